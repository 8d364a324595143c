"""Audit a labelled table: which labels are wrong, and what else is wrong with it."""

from sknoisy._context import FitContext
from sknoisy.report._assemble import report_on
from sknoisy.report._evidence import Settings
from sknoisy.report._table import as_table


def audit(
    data,
    y=None,
    *,
    label=None,
    trusted=None,
    groups=None,
    estimator=None,
    random_state=None,
):
    """Find out which labels of a table look wrong, and what else is wrong with it.

    Every label is compared with models that have not seen it. Beside the suspicious
    rows, the report names contradicting copies, columns that give the label away,
    classes that no column tells apart, spellings of one label, and more.

    Parameters
    ----------
    data : frame, array-like or sparse matrix of shape (n_rows, n_columns), list of \
str, or path
        The table: a frame of pandas or polars with columns of any kind, numbers, or
        texts. A path is that of a folder with a folder of images for each class: rows
        are the images in the order of classes and paths.

    y : array-like of shape (n_rows,), default=None
        The labels. None where ``data`` is a frame or a folder that holds them.

    label : str, default=None
        Name of the column of labels, where ``y`` is None.

    trusted : array-like of bool of shape (n_rows,), default=None
        Mask of the rows whose label has been checked. They are never flagged, and
        teach how far the evidence is right.

    groups : array-like of shape (n_rows,) or str, default=None
        Group of each row, or the name of the column that holds it. Rows of one group,
        such as those of one patient, are never evidence about each other.

    estimator : classifier or array-like of shape (n_rows, n_classes), default=None
        What labels are compared with, beside a forest: a classifier, or out-of-sample
        class probabilities with columns in the sorted order of the labels (those of a
        frame are matched by name). A ``Pipeline`` is given the rows as they were
        passed, any other classifier the numbers that :class:`TableEncoder` makes of
        them. Of a folder of images, a ``Pipeline`` is given the paths, so that its
        first step can embed the images; any other classifier their pixels at 16 x 16,
        from 0 to 1. None means :class:`~sklearn.linear_model.LogisticRegression`.

    random_state : int, RandomState instance or None, default=None
        Seed of the forest and of whatever else is random.

    Returns
    -------
    AuditReport
        The facts. Print it, or use ``to_frame``, ``to_json`` and ``to_html``.

    Raises
    ------
    ValueError
        If labels or rows cannot be audited: no such column, no label, one class, a
        label per row, numbers on a continuous scale, several labels per row, other
        lengths, no column that says anything, or a folder without images.
    ImportError
        If pandas is not installed, or Pillow for a folder of images.

    See Also
    --------
    TableEncoder : The same treatment of columns, for pipelines.
    sknoisy.NoisyLabelClassifier : Train in spite of wrong labels.
    sknoisy.find_label_errors : The list alone, from given probabilities.
    sknoisy.multilabel.MultilabelAudit : For several labels per row.

    Notes
    -----
    Rows whose label is missing, blank, or one of the words "NA", "N/A", "NaN" and
    "null", are left out and counted. No warning is shown: what matters of them is a
    finding of the report.

    Images that cannot be read, also those that unfold to more pixels than Pillow's
    limit against decompression bombs, are left out and named by a finding. Those of
    equal pixels count as copies.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sknoisy.noise import UniformNoise
    >>> from sknoisy.report import audit
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> noisy = UniformNoise(0.2, random_state=0).corrupt(y)
    >>> report = audit(X, noisy, random_state=0)
    >>> bool(report.noise.lower < (noisy != y).mean() < report.noise.upper)
    True
    >>> first = report.rows[: report.n_to_check]
    >>> bool((noisy != y)[first].mean() > 0.8)
    True
    """
    table = as_table(data, y, label=label, trusted=trusted, groups=groups)
    seed = FitContext.of(Settings(random_state=random_state)).random_state
    return report_on(table, Settings(estimator=estimator, random_state=seed))
