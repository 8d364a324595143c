"""What an audit knows, as frozen records of plain values; rendering is elsewhere."""

from dataclasses import dataclass

import numpy as np

from sknoisy.report._export import row_values, to_dict, to_frame, to_json
from sknoisy.report._files import replacing
from sknoisy.report._sheet import sheet_of_report, write_sheet
from sknoisy.report._text import render_report


@dataclass(frozen=True)
class NoiseFacts:
    """How many labels are wrong, as far as the evidence tells.

    Parameters
    ----------
    rate : float
        Estimated share of wrong labels, in [lower, upper].

    lower, upper : float
        What the rate is at least and at most, in [0, 1].

    suspected : bool
        Whether labels disagree even where the evidence is surest.

    identifiable : bool
        Whether wrong labels can be told from an overlap of the classes. Where they
        cannot, show ``sentence`` instead of the rate.

    agreement : float
        Share of the labels that the evidence predicts, in [0, 1].

    sentence : str
        The same in words, ready to be printed.

    See Also
    --------
    AuditReport : Holds it as ``noise``.

    Examples
    --------
    >>> from sknoisy.report import NoiseFacts
    >>> NoiseFacts(0.1, 0.05, 0.2, True, True, 0.85, "About 10.0% ...").rate
    0.1
    """

    rate: float
    lower: float
    upper: float
    suspected: bool
    identifiable: bool
    agreement: float
    sentence: str


@dataclass(frozen=True)
class Confusion:
    """A class that is given as another one.

    Parameters
    ----------
    clean, given : str
        The class that the rows are of, and the one that they are labelled as.

    share : float
        Estimated share of the rows of ``clean`` that are labelled ``given``.

    n_rows : float
        How many rows that is, about.

    See Also
    --------
    AuditReport : Holds the largest as ``confusions``.

    Examples
    --------
    >>> from sknoisy.report import Confusion
    >>> Confusion("cat", "lynx", share=0.2, n_rows=12.0).given
    'lynx'
    """

    clean: str
    given: str
    share: float
    n_rows: float


@dataclass(frozen=True)
class ColumnFacts:
    """What is known about a column.

    Parameters
    ----------
    name : str
        Its name.

    kind : {"number", "date", "category", "text", "unused"}
        How it is treated.

    reason : str
        Why it is unused, such as "is an identifier"; else "".

    share_missing : float
        Share of rows without a value, in [0, 1].

    n_distinct : int
        Number of distinct values.

    agreement : float
        Share of the labels that the column predicts by itself, in [0, 1]; NaN where
        this is not looked at.

    See Also
    --------
    AuditReport : Holds one for each column as ``columns``.

    Examples
    --------
    >>> from sknoisy.report import ColumnFacts
    >>> ColumnFacts("weight", "number", "", 0.1, n_distinct=80, agreement=0.6).kind
    'number'
    """

    name: str
    kind: str
    reason: str
    share_missing: float
    n_distinct: int
    agreement: float


@dataclass(frozen=True)
class Finding:
    """One thing about the table that its owner should know.

    Parameters
    ----------
    kind : str
        One of ``FINDING_KINDS``.

    severity : {"problem", "hint"}
        Whether it makes the audit wrong or useless as it stands, or is worth a look.

    title : str
        A few words, such as "40 rows contradict a copy of theirs".

    text : str
        What was found and what to do about it, one to three sentences.

    columns : tuple of str, default=()
        Names of the columns concerned.

    classes : tuple of str, default=()
        Labels concerned.

    rows : array-like of int of shape (n_concerned,), default=()
        Row numbers of the table concerned, counted from 0, in order; empty where the
        finding is not about rows.

    groups : array-like of int of shape (n_concerned,), default=()
        Equal numbers for rows that belong together, such as copies of one row.

    See Also
    --------
    AuditReport : Holds all of them as ``findings``.

    Examples
    --------
    >>> from sknoisy.report import Finding
    >>> Finding("constant", "hint", "Column 'a' is empty", "It is not used.").title
    "Column 'a' is empty"
    """

    kind: str
    severity: str
    title: str
    text: str
    columns: tuple = ()
    classes: tuple = ()
    rows: np.ndarray = ()
    groups: np.ndarray = ()

    def __post_init__(self):
        for name in ("rows", "groups"):
            # A frozen dataclass is filled in this way.
            numbers = np.asarray(getattr(self, name), dtype=int)
            object.__setattr__(self, name, numbers)


# In the order of a report: what is surely wrong with a table first.
FINDING_KINDS = (
    "contradicting_duplicates",
    "near_duplicates",
    "duplicates",
    "leak",
    "near_leak",
    "overlap",
    "spelling",
    "tags",
    "list_column",
    "numeric_label",
    "rare_class",
    "missing_label",
    "identifier",
    "constant",
    "missing_values",
    "unused",
    "note",
)
# What a threshold can be set on beside the findings of each kind, by name.
FIGURES = {
    "noise_rate": lambda report: report.noise.rate,
    "noise_rate_lower": lambda report: report.noise.lower,
    "noise_rate_upper": lambda report: report.noise.upper,
    "n_flagged": lambda report: report.n_flagged,
    "flagged_share": lambda report: report.n_flagged / report.n_labelled,
    "n_to_check": lambda report: report.n_to_check,
}


@dataclass(frozen=True, repr=False, eq=False)
class AuditReport:
    """What an audit found, see :func:`audit`.

    All arrays of length ``n_labelled`` are in the order of suspicion: position 0 is the
    row to look at first.

    Parameters
    ----------
    name : str
        What the table is called, such as the name of its file.

    label_name : str
        What the labels are called, such as the name of their column.

    n_rows : int
        Number of rows of the table, with or without a label.

    rows : ndarray of int of shape (n_labelled,)
        Row numbers in the table, counted from 0.

    given : ndarray of object of shape (n_labelled,)
        Labels as they stand in the table.

    suggested : ndarray of object of shape (n_labelled,)
        The label that the evidence finds most probable.

    quality : ndarray of shape (n_labelled,)
        How far the evidence supports the label given, in [0, 1].

    flagged : ndarray of bool of shape (n_labelled,)
        Rows for which another label is suggested.

    trusted : ndarray of bool of shape (n_labelled,)
        Rows whose label was checked before.

    expected_wrong : ndarray of shape (n_labelled,)
        Expected number of wrong labels among the first 1, 2, ... rows, as far as
        ``noise.rate`` is right.

    n_to_check : int
        Number of rows for which a look pays: up to there at least every second label
        is expected to be wrong. 0 where ``noise.lower`` is 0.

    against : ndarray of object of shape (n_labelled, n_against)
        Names of the columns whose values speak most against the label, the strongest
        first; "" where no more do, and beyond the first 2,000 rows.

    words : ndarray of object of shape (n_labelled,)
        Words of texts that speak most against the label, separated by ", "; "" where
        there are none.

    classes : ndarray of object of shape (n_classes,)
        The distinct labels, numbers by size and words by alphabet.

    class_counts : ndarray of int of shape (n_classes,)
        How often each is given.

    transition_matrix : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``, in the order of ``classes``. Where
        ``noise.lower`` is 0, its confusions are an upper estimate that counts mistakes
        of the evidence; else they are scaled to ``noise.rate``.

    confusions : tuple of Confusion
        The most frequent confusions, the largest number of rows first.

    noise : NoiseFacts
        How many labels are wrong.

    findings : tuple of Finding
        What else is wrong with the table, problems first.

    columns : tuple of ColumnFacts
        What is known about each column, in the order of the table.

    how : dict of str to str
        What reproduces the audit: ``code`` (lines of Python), ``version``,
        ``estimator`` and ``random_state``.

    data : object, default=None
        All rows of the table without the label: a frame of pandas, or a sparse array.
        Use ``row_values`` to read them.

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

    name: str
    label_name: str
    n_rows: int
    rows: np.ndarray
    given: np.ndarray
    suggested: np.ndarray
    quality: np.ndarray
    flagged: np.ndarray
    trusted: np.ndarray
    expected_wrong: np.ndarray
    n_to_check: int
    against: np.ndarray
    words: np.ndarray
    classes: np.ndarray
    class_counts: np.ndarray
    transition_matrix: np.ndarray
    confusions: tuple
    noise: NoiseFacts
    findings: tuple
    columns: tuple
    how: dict
    data: object = None

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
            Where to write, all or nothing. None means to return the text.

        Returns
        -------
        str or None
            What ``to_dict`` returns as JSON in ASCII, without the characters "<", ">"
            and "&", so that it can stand in a page; None where it was written.
        """
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
            Where to write, all or nothing.
        """
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
