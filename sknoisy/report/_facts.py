"""What an audit knows, as frozen records of plain values; rendering is elsewhere."""

from dataclasses import dataclass

import numpy as np


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

    kind : {"number", "date", "category", "text", "image", "unused"}
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


@dataclass(frozen=True, repr=False, eq=False)
class TableFacts:
    """What was audited.

    Parameters
    ----------
    name : str
        What the table is called, such as the name of its file.

    label_name : str
        What the labels are called, such as the name of their column.

    n_rows : int
        Number of rows, with or without a label.

    columns : tuple of ColumnFacts
        What is known about each column, in the order of the table.

    data : object, default=None
        All rows without the label: a frame of pandas, or a sparse array. Use
        ``row_values`` of the report to read them.

    thumbnails : dict of int to bytes, default=None
        Small images by row number as the content of a PNG or JPEG file, of the most
        suspicious rows; None where rows are no images.

    See Also
    --------
    AuditReport : Holds it as ``table``.

    Examples
    --------
    >>> from sknoisy.report import TableFacts
    >>> TableFacts("animals.csv", "species", 120, columns=()).n_rows
    120
    """

    name: str
    label_name: str
    n_rows: int
    columns: tuple
    data: object = None
    thumbnails: dict | None = None


@dataclass(frozen=True, repr=False, eq=False)
class RankedLabels:
    """The labels in the order of suspicion: position 0 is the row to look at first.

    Parameters
    ----------
    rows : ndarray of int of shape (n_labelled,)
        Row numbers in the table, counted from 0.

    given : ndarray of object of shape (n_labelled,)
        Labels as they stand in the table.

    suggested : ndarray of object of shape (n_labelled,)
        The label that the evidence finds most probable.

    quality : ndarray of shape (n_labelled,)
        How far the evidence supports the label given, in [0, 1].

    error : ndarray of shape (n_labelled,)
        Probability that the label is wrong, in [0, 1], as far as the noise rate is
        right; never rises.

    flagged : ndarray of bool of shape (n_labelled,)
        Rows for which another label is suggested.

    trusted : ndarray of bool of shape (n_labelled,)
        Rows whose label was checked before.

    against : ndarray of object of shape (n_labelled, n_against)
        Names of the columns whose values speak most against the label, the strongest
        first; "" where no more do, and beyond the first 2,000 rows.

    words : ndarray of object of shape (n_labelled,)
        Words of texts that speak most against the label, separated by ", "; "" where
        there are none.

    See Also
    --------
    AuditReport : Holds it as ``ranking``.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sknoisy.report import audit
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> y[40] = 2
    >>> audit(X, y, random_state=0).ranking.rows[0]
    np.int64(40)
    """

    rows: np.ndarray
    given: np.ndarray
    suggested: np.ndarray
    quality: np.ndarray
    error: np.ndarray
    flagged: np.ndarray
    trusted: np.ndarray
    against: np.ndarray
    words: np.ndarray


@dataclass(frozen=True, repr=False, eq=False)
class ClassFacts:
    """What is known about the classes.

    Parameters
    ----------
    names : ndarray of object of shape (n_classes,)
        The distinct labels, numbers by size and words by alphabet.

    counts : ndarray of int of shape (n_classes,)
        How often each is given.

    transition_matrix : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``, in the order of ``names``. Where the
        lower end of the noise rate is 0, its confusions are an upper estimate that
        counts mistakes of the evidence; else they are scaled to the rate.

    confusions : tuple of Confusion
        The most frequent confusions, the largest number of rows first.

    See Also
    --------
    AuditReport : Holds it as ``by_class``.

    Examples
    --------
    >>> import numpy as np
    >>> from sknoisy.report import ClassFacts
    >>> ClassFacts(["cat", "dog"], [30, 20], np.eye(2), confusions=()).counts
    [30, 20]
    """

    names: np.ndarray
    counts: np.ndarray
    transition_matrix: np.ndarray
    confusions: tuple


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
    "unreadable_image",
    "identifier",
    "constant",
    "missing_values",
    "unused",
    "note",
)
