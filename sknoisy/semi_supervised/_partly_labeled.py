"""Labels of which some are missing, behind the marker that stands for them."""

import warnings
from dataclasses import dataclass, replace

import numpy as np
from sklearn.utils.validation import column_or_1d

from sknoisy._labels import NoisyLabels, _missing, as_array
from sknoisy.exceptions import NoEvidenceWarning


@dataclass(frozen=True)
class PartlyLabeled(NoisyLabels):
    """The record of labels that not all rows have.

    Attributes
    ----------
    labeled : ndarray of bool of shape (n_samples,)
        Rows with a label. The codes of the others mean nothing.
    """

    labeled: np.ndarray = None

    def one_hot(self):
        """Return the labels as a table, rows of zeros where there is none."""
        return super().one_hot() * self.labeled[:, None]

    def take(self, X, rows):
        """Return the record of some rows, which reports to nobody."""
        return replace(super().take(X, rows), labeled=self.labeled[rows])

    def labeled_only(self):
        """Return the same record with weight on rows with a label alone."""
        return replace(self, sample_weight=self.sample_weight * self.labeled)


class PartlyLabeledReader:
    """Mixin of the classifiers with ``unlabeled``, in front of their base."""

    def _read_labels(self, X, y, sample_weight, groups, trusted, params):
        labeled = None
        if self.unlabeled is not None and y is not None:
            labeled = labeled_rows(y, self.unlabeled, owner=type(self).__name__)
            # A column stays one, so that the warning about it is given once, below.
            y = as_array(y)
            y = np.reshape(with_placeholders(y, labeled), y.shape)
        labels = super()._read_labels(X, y, sample_weight, groups, trusted, params)
        if labeled is None:
            labeled = np.ones(labels.n_samples, dtype=bool)
        labels = labels.extended_to(PartlyLabeled, labeled=labeled)
        self._check_labels(labels)
        return labels

    def _check_labels(self, labels):
        """Refuse what contradicts that some rows have no label."""
        if labels.trusted is not None and (labels.trusted & ~labels.labeled).any():
            raise ValueError(
                "trusted expected rows that have a label, but "
                f"{(labels.trusted & ~labels.labeled).sum()} of its rows have the "
                f"marker unlabeled={self.unlabeled!r}. Set trusted to False there."
            )
        # The base has counted the classes in y, but not those that carry weight.
        weighted = labels.labeled & (labels.sample_weight > 0)
        if len(np.unique(labels.codes[weighted])) < 2:
            raise ValueError(
                "sample_weight expected some weight on rows with a label, in at least "
                "2 classes, but leaves fewer. Give weight to the labels that count."
            )


def labeled_rows(y, unlabeled, *, owner):
    """Return which rows have a label.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels.

    unlabeled : object or None
        What stands in the place of a label; a missing value stands for None and NaN
        alike. None means that every row has a label.

    owner : str
        Name of the estimator that asks, for the messages.

    Returns
    -------
    ndarray of bool of shape (n_samples,)
        True where there is a label.

    Raises
    ------
    ValueError
        If no row has a label.

    Warns
    -----
    NoEvidenceWarning
        If a marker is given and no row has it.
    """
    y = column_or_1d(as_array(y))
    if unlabeled is None or not len(y):
        return np.ones(len(y), dtype=bool)
    labeled = ~_is_marked(y, unlabeled)
    if not labeled.any():
        raise ValueError(
            f"{owner} expected some rows with a label, but all {len(y)} entries of y "
            f"are the marker unlabeled={unlabeled!r}. Label a few rows of each class."
        )
    if labeled.all():
        warnings.warn(
            f"{owner} found no row without a label: no entry of y is the marker "
            f"unlabeled={unlabeled!r}. Check the marker, or pass unlabeled=None if "
            "every row has a label.",
            NoEvidenceWarning,
        )
    return labeled


def with_placeholders(y, labeled):
    """Return the labels in which the first one stands where there is none.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels and markers.

    labeled : ndarray of bool of shape (n_samples,)
        Rows with a label.

    Returns
    -------
    array of shape (n_samples,)
        ``y`` itself if every row has a label.
    """
    if labeled.all():
        return y
    # Any label of the right type would do: unlabelled rows have no weight as labels.
    y = as_array(y).copy()
    y[~labeled] = y[labeled][0]
    return y


def _is_marked(y, unlabeled):
    """Return where the marker stands; labels of another type are no markers."""
    if _missing(np.array([unlabeled], dtype=object))[0]:
        return _missing(y)
    if y.dtype.kind == "O":
        return np.array([_equals(label, unlabeled) for label in y], dtype=bool)
    # NumPy would compare the number -1 with the text "-1" by its own rules.
    if isinstance(unlabeled, str) != (y.dtype.kind in "US"):
        return np.zeros(len(y), dtype=bool)
    return y == unlabeled


def _equals(label, unlabeled):
    """Whether a label is the marker; pandas.NA, which compares to NA, is not."""
    try:
        return bool(label == unlabeled)
    except TypeError:
        return False
