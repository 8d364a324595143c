"""What else is wrong with a table: one small function a kind of finding."""

from dataclasses import dataclass

import numpy as np

from sknoisy.report._column_findings import (
    find_column_faults,
    find_copies,
    find_leaks,
)
from sknoisy.report._facts import FINDING_KINDS
from sknoisy.report._label_findings import (
    find_missing,
    find_notes,
    find_numeric_labels,
    find_overlaps,
    find_rare,
    find_spellings,
    find_tags,
)


@dataclass(frozen=True)
class Inspected:
    """What the findings are drawn from; rows are the labelled ones.

    Attributes
    ----------
    table : Table
        The table.
    present : ndarray of bool of shape (n_rows,)
        Which of its rows have a label.
    columns : list of Column
        The columns.
    agreements : dict of str to float
        Share of labels that each column predicts by itself.
    codes : ndarray of int of shape (n_labelled,)
        Labels as positions in ``classes``.
    merged : ndarray of int of shape (n_labelled,)
        The same with one position for all spellings of a label.
    classes : ndarray of object of shape (n_classes,)
        The labels.
    evidence : LabelEvidence
        What is known about the labels.
    """

    table: object
    present: np.ndarray
    columns: list
    agreements: dict
    codes: np.ndarray
    merged: np.ndarray
    classes: np.ndarray
    evidence: object

    @property
    def counts(self):
        """How often each label is given."""
        return np.bincount(self.codes, minlength=len(self.classes))

    def names(self, positions):
        """Return the labels at some positions as texts."""
        return tuple(str(self.classes[position]) for position in positions)

    def in_table(self, rows):
        """Return the row numbers of the table of some labelled rows."""
        return np.flatnonzero(self.present)[rows]


def find_all(inspected):
    """Return everything that the owner of a table should know.

    Parameters
    ----------
    inspected : Inspected
        What is known.

    Returns
    -------
    tuple of Finding
        Problems first, then in the order of ``FINDING_KINDS``.
    """
    found = [one for find in FINDERS for one in find(inspected)]
    order = {kind: place for place, kind in enumerate(FINDING_KINDS)}
    return tuple(sorted(found, key=lambda f: (f.severity != "problem", order[f.kind])))


# Each yields the findings of its kinds; what is found is sorted afterwards.
FINDERS = (
    find_leaks,
    find_copies,
    find_overlaps,
    find_spellings,
    find_tags,
    find_numeric_labels,
    find_rare,
    find_missing,
    find_column_faults,
    find_notes,
)
