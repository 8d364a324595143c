"""Verdicts that people have filled in, put in the place of the labels given."""

import os

import numpy as np

from sknoisy._labels import label_record
from sknoisy.report._sheet import read_filled
from sknoisy.review._verdicts import read_row_verdicts

OWNER = "read_verdicts"


def read_verdicts(path, y, *, classes=None):
    r"""Put the verdicts of a sheet in the place of the labels given.

    Parameters
    ----------
    path : str, Path or list of these
        Sheets that :meth:`~sknoisy.report.AuditReport.to_sheet` or
        :meth:`ReviewSession.to_sheet` has written: CSV, Excel, or tasks that were
        exported from Label Studio, with labels filled in under ``verdict``. Any table
        will do that has the columns ``row``, ``given_label`` and ``verdict``.

    y : array-like of shape (n_samples,)
        Labels as given, of the rows that the sheets count from 0.

    classes : array-like of shape (n_classes,), default=None
        What a verdict may be. If None, the distinct labels of ``y``.

    Returns
    -------
    y_checked : ndarray of shape (n_samples,)
        The labels, with the verdicts in their place.

    trusted : ndarray of bool of shape (n_samples,)
        Rows that have a verdict, for ``trusted`` of :func:`~sknoisy.report.audit` and
        of the classifiers.

    Raises
    ------
    ValueError
        If a sheet cannot be read, a line belongs to none of the rows or to another
        label, a verdict is no class, or two verdicts contradict each other.
    ImportError
        If a sheet is a workbook and openpyxl is not installed.

    See Also
    --------
    ReviewSession.read_verdicts : The same within a review in rounds.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sknoisy.review import read_verdicts
    >>> path = Path(tempfile.mkdtemp(), "list.csv")
    >>> size = path.write_text("row,given_label,verdict\n2,dog,cat\n0,cat,cat\n")
    >>> y, trusted = read_verdicts(path, ["cat", "dog", "dog"])
    >>> y.tolist(), trusted.tolist()
    (['cat', 'dog', 'cat'], [True, False, True])
    """
    labels = label_record(y, owner=OWNER, classes=classes)
    given, known = labels.classes[labels.codes], labels.classes.tolist()
    asked = dict(enumerate(given.tolist()))
    paths = [path] if isinstance(path, str | os.PathLike) else list(path)
    found = [read_filled(one, asked, known) for one in paths]
    rows = [row for rows, _ in found for row in rows]
    verdicts = [label for _, labels in found for label in labels]
    rows, codes = read_row_verdicts(
        rows, verdicts, len(given), labels.classes, owner=OWNER
    )
    checked, trusted = given.copy(), np.zeros(len(given), dtype=bool)
    checked[rows], trusted[rows] = labels.classes[codes], True
    return checked, trusted
