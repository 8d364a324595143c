"""The table under audit."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Table:
    """What was read: features and labels of every row of the input.

    Attributes
    ----------
    name : str
        What to call the table in the report.
    frame : DataFrame of shape (n_rows, n_columns)
        All columns but the label, under distinct names.
    labels : ndarray of str of shape (n_rows,)
        The label of each row exactly as it stands in the file; "" where there is none.
    label_name : str
        Name of the column of labels.
    notes : list of str
        What the user should know about how the table was read.
    """

    name: str
    frame: object
    labels: object
    label_name: str
    notes: list = field(default_factory=list)
