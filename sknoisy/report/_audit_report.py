"""The report of an audit: its facts under short names, and what is made of them."""

from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

import numpy as np

from sknoisy.report._export import row_values, to_dict, to_frame, to_json
from sknoisy.report._facts import (
    FINDING_KINDS,
    ClassFacts,
    NoiseFacts,
    RankedLabels,
    TableFacts,
)
from sknoisy.report._files import replacing
from sknoisy.report._sheet import sheet_of_report, write_sheet
from sknoisy.report._text import render_report

# What a threshold can be set on beside the findings of each kind, by name.
FIGURES = {
    "noise_rate": lambda report: report.noise.rate,
    "noise_rate_lower": lambda report: report.noise.lower,
    "noise_rate_upper": lambda report: report.noise.upper,
    "n_flagged": lambda report: report.n_flagged,
    "flagged_share": lambda report: report.n_flagged / report.n_labelled,
    "n_to_check": lambda report: report.n_to_check,
}


# Which method writes a file of which ending.
WRITERS = {
    ".html": "to_html(path)",
    ".htm": "to_html(path)",
    ".json": "to_json(path)",
    ".csv": "to_frame().to_csv(path), or a list to fill in by to_sheet(path)",
    ".xlsx": "to_sheet(path)",
}


def _check_ending(path, method):
    """Refuse a path whose ending says that something else is written."""
    ending = Path(path).suffix.lower()
    writer = WRITERS.get(ending, "")
    if writer.startswith(method):
        return
    expected = [name for name, by in WRITERS.items() if by.startswith(method)]
    advice = (
        f"A {ending} file is written by {writer}" if writer else "Pass another name"
    )
    raise ValueError(
        f"{method} expected a path that ends in {' or '.join(expected)}, but got "
        f"{str(path)!r}. {advice}."
    )


def _short(record, attribute):
    """Return a property that reads an attribute of a record."""
    name = f"{record}.{attribute}"
    return property(attrgetter(name), doc=f"The same as ``{name}``.")


@dataclass(frozen=True, repr=False, eq=False)
class AuditReport:
    """What an audit found, see :func:`audit`.

    What is read often has a short name: ``rows``, ``given``, ``suggested``,
    ``quality``, ``flagged``, ``trusted``, ``against`` and ``words`` of ``ranking``;
    ``name``, ``label_name``, ``n_rows``, ``columns`` and ``data`` of ``table``;
    ``classes``, ``class_counts``, ``transition_matrix`` and ``confusions`` of
    ``by_class``.

    Parameters
    ----------
    table : TableFacts
        What was audited.

    ranking : RankedLabels
        The labels in the order of suspicion.

    by_class : ClassFacts
        The classes, and which is given as which.

    noise : NoiseFacts
        How many labels are wrong.

    findings : tuple of Finding
        What else is wrong with the table, problems first.

    how : dict of str to str
        What reproduces the audit: ``code`` (lines of Python), ``version``,
        ``estimator`` and ``random_state``.

    See Also
    --------
    audit : Makes one.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sknoisy.report import audit
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> y[[3, 40]] = 2
    >>> report = audit(X, y, random_state=0)
    >>> report.rows[:2].tolist()
    [3, 40]
    >>> report.to_frame()["suggested_label"][[3, 40]].tolist()
    [0, 0]
    """

    table: TableFacts
    ranking: RankedLabels
    by_class: ClassFacts
    noise: NoiseFacts
    findings: tuple
    how: dict

    name = _short("table", "name")
    label_name = _short("table", "label_name")
    n_rows = _short("table", "n_rows")
    columns = _short("table", "columns")
    data = _short("table", "data")
    rows = _short("ranking", "rows")
    given = _short("ranking", "given")
    suggested = _short("ranking", "suggested")
    quality = _short("ranking", "quality")
    flagged = _short("ranking", "flagged")
    trusted = _short("ranking", "trusted")
    against = _short("ranking", "against")
    words = _short("ranking", "words")
    classes = _short("by_class", "names")
    class_counts = _short("by_class", "counts")
    transition_matrix = _short("by_class", "transition_matrix")
    confusions = _short("by_class", "confusions")

    @property
    def expected_wrong(self):
        """Expected number of wrong labels among the first 1, 2, ... rows.

        An array of shape (n_labelled,), right as far as ``noise.rate`` is.
        """
        return np.cumsum(self.ranking.error)

    @property
    def n_to_check(self):
        """Number of rows for which a look pays.

        Up to there at least every second label is expected to be wrong. 0 where
        ``noise.lower`` is 0.
        """
        return int((self.ranking.error >= 0.5).sum()) if self.noise.lower > 0 else 0

    @property
    def n_labelled(self):
        """Number of rows with a label."""
        return len(self.rows)

    @property
    def n_flagged(self):
        """Number of rows for which another label is suggested."""
        return int(self.flagged.sum())

    @property
    def measures(self):
        """Dict of str to float: the figures that a threshold can be set on.

        The keys are "noise_rate", "noise_rate_lower", "noise_rate_upper", "n_flagged",
        "flagged_share", "n_to_check", and each of ``FINDING_KINDS``, which counts the
        rows concerned, or the findings where they are not about rows.
        """
        figures = {name: figure(self) for name, figure in FIGURES.items()}
        for kind in FINDING_KINDS:
            found = [len(f.rows) or 1 for f in self.findings if f.kind == kind]
            figures[kind] = sum(found)
        return {name: float(value) for name, value in figures.items()}

    def row_values(self, position, n_values=6):
        """Return the values by which a reader recognises a row.

        Parameters
        ----------
        position : int
            Place in the order of suspicion, from 0.

        n_values : int, default=6
            Number of values at most.

        Returns
        -------
        list of tuple of str, str and bool
            Name of the column, its value as plain, unescaped text, and whether it
            speaks against the label; those that do come first, then texts.
        """
        return row_values(self, position, n_values)

    def to_dict(self):
        """Return the facts as dicts, lists, strings, numbers, booleans and None.

        Returns
        -------
        dict
            Scalars by the names of the attributes; ``rows`` holds a list for each
            column of the list of rows, ``noise`` a dict, ``findings``, ``columns`` and
            ``confusions`` lists of dicts. The table itself is not in it.
        """
        return to_dict(self)

    def to_json(self, path=None):
        """Return the facts as JSON, or write them to a file.

        Parameters
        ----------
        path : str or Path, default=None
            Where to write, all or nothing; it ends in ``.json``. None means to return
            the text.

        Returns
        -------
        str or None
            What ``to_dict`` returns as JSON in ASCII, without the characters "<", ">"
            and "&", so that it can stand in a page; None where it was written.

        Raises
        ------
        ValueError
            If the path has another ending.
        """
        if path is not None:
            _check_ending(path, "to_json")
        text = to_json(self)
        if path is None:
            return text
        with replacing(path) as file:
            file.write(text)
        return None

    def to_frame(self):
        """Return a data frame with one row per row of the table.

        Returns
        -------
        DataFrame of shape (n_rows, n_columns)
            In the order of the table, with the index ``row`` from 0: ``given_label``,
            ``suggested_label``, ``label_quality``, ``flagged``, ``rank`` (0 is the most
            suspicious), ``trusted``, ``against`` (names of columns), and a column of
            booleans for each kind of finding that is about rows. Rows without a label
            have None and NaN.
        """
        return to_frame(self)

    def to_html(self, path):
        """Write the report as one self-contained HTML file.

        Parameters
        ----------
        path : str or Path
            Where to write, all or nothing; it ends in ``.html`` or ``.htm``.

        Raises
        ------
        ImportError
            If Jinja2 or matplotlib is not installed.
        ValueError
            If the path has another ending.
        """
        _check_ending(path, "to_html")
        from sknoisy.report._html import render_html

        page = render_html(self)
        with replacing(path) as file:
            file.write(page)

    def to_sheet(self, path, n_rows=None, *, hide_suggestion=False):
        """Write the most suspicious rows with an empty column for verdicts.

        Parameters
        ----------
        path : str or Path
            Where to write. The ending says in which form: ``.csv``, ``.xlsx`` for
            Excel, which needs openpyxl, or ``.json``, tasks of Label Studio. A sheet
            that holds verdicts is not written over.

        n_rows : int, default=None
            Number of rows. None means ``n_to_check``, and 20 at least.

        hide_suggestion : bool, default=False
            Whether to leave out what the audit says of them, so that verdicts do not
            follow it.
        """
        sheet = sheet_of_report(self, n_rows, hide_suggestion=hide_suggestion)
        write_sheet(path, sheet)

    def _repr_html_(self):
        try:
            from sknoisy.report._html import render_html

            return render_html(self)
        except ImportError:
            # Without the libraries of a page, notebooks show the short form.
            return None

    def __str__(self):
        return render_report(self)

    def __repr__(self):
        return (
            f"<AuditReport of {self.name!r}: {self.n_flagged} of {self.n_labelled} "
            f"labels flagged, {len(self.findings)} findings>"
        )
