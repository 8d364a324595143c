"""Noisy labels in, integer codes out: the two doors.

Whoever wraps an estimator does not touch ``X``: it goes through :func:`read_labels`
and hands ``X`` on as it came, so that frames, sparse matrices, texts and missing
values reach the inner estimator, which checks them. Whoever computes on ``X`` makes
it an array first, by :func:`sklearn.utils.validation.validate_data`.
"""

from dataclasses import dataclass, field, fields, replace

import numpy as np
from sklearn.utils.validation import check_consistent_length

from sknoisy._aligned import _check_groups, _check_trusted
from sknoisy._compat import _check_method_params, _check_sample_weight, _num_samples
from sknoisy._label_column import (
    _missing,
    _named,
    _of_one_type,
    as_array,
    encode_labels,
)

__all__ = [
    "NoisyLabels",
    "_missing",
    "_of_one_type",
    "as_array",
    "encode_labels",
    "label_record",
    "read_labels",
]


@dataclass(frozen=True)
class NoisyLabels:
    """What is known about the labels: the record that every hook receives.

    Attributes
    ----------
    codes : ndarray of shape (n_samples,)
        Noisy labels as positions in ``classes``.
    classes : ndarray of shape (n_classes,)
        The distinct labels, sorted.
    sample_weight : ndarray of shape (n_samples,)
        Sample weights; ones where none were given.
    groups : array-like of shape (n_samples,) or None
        Rows of one group are never split between folds and never vote on each other.
    trusted : ndarray of bool of shape (n_samples,) or None
        Rows whose label has been verified.
    params : dict
        Further metadata for the ``fit`` of the inner estimator.
    points : ndarray of int of shape (n_samples,) or None
        Equal numbers for rows of equal content, where they have been compared.
    unit : float
        What a weight of 1 is in the units of the user, see :meth:`relative_to`.
    n_samples, n_classes : int
        Number of rows and of classes.
    has_trusted : bool
        Whether any row that carries weight has a trusted label.
    """

    codes: np.ndarray
    classes: np.ndarray
    sample_weight: np.ndarray | None = None
    groups: object = None
    trusted: np.ndarray | None = None
    params: dict = field(default_factory=dict)
    points: np.ndarray | None = None
    unit: float = 1.0
    n_samples: int = field(init=False)
    n_classes: int = field(init=False)
    has_trusted: bool = field(init=False)

    def __post_init__(self):
        # A frozen dataclass is filled in this way.
        keep = object.__setattr__
        keep(self, "n_samples", len(self.codes))
        keep(self, "n_classes", len(self.classes))
        if self.sample_weight is None:
            keep(self, "sample_weight", np.ones(self.n_samples))
        trusted = self.trusted
        any_trusted = trusted is not None and (trusted & (self.sample_weight > 0)).any()
        keep(self, "has_trusted", bool(any_trusted))

    @property
    def y(self):
        """The noisy labels in the user's own terms."""
        return self.classes[self.codes]

    def proba_of_label(self, table):
        """Return the entry of each row at the label given.

        Parameters
        ----------
        table : ndarray of shape (n_samples, n_classes)
            A column per class.

        Returns
        -------
        ndarray of shape (n_samples,)
            One entry per row.
        """
        return table[np.arange(self.n_samples), self.codes]

    def one_hot(self):
        """Return the labels as a table of shape (n_samples, n_classes)."""
        return np.eye(self.n_classes)[self.codes]

    def relative_to(self, points):
        """Return the record with weights whose median over distinct rows is 1.

        Weights say how much one row counts beside another. In this unit neither their
        scale nor writing a row twice at half the weight changes anything.

        Parameters
        ----------
        points : ndarray of int of shape (n_samples,)
            Equal numbers for rows of equal content.

        Returns
        -------
        NoisyLabels
            The record, which knows the points.
        """
        if not points.any():
            # Rows that are all alike cannot be told apart: each is a point of its own.
            points = np.arange(self.n_samples)
        weight = np.bincount(points, self.sample_weight)
        unit = np.median(weight[weight > 0])
        weight = self.sample_weight / unit
        return replace(self, sample_weight=weight, points=points, unit=float(unit))

    def extended_to(self, cls, **more):
        """Return a record of a class derived from this one, with more fields."""
        known = {f.name: getattr(self, f.name) for f in fields(self) if f.init}
        return cls(**known, **more)

    def take(self, X, rows):
        """Return the record of some rows.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            All rows; only its length is looked at.

        rows : ndarray of int
            Row numbers.

        Returns
        -------
        NoisyLabels
            The record. It knows all classes, whether or not they are left.
        """
        aligned = {
            name: None if (value := getattr(self, name)) is None else value[rows]
            for name in ("codes", "sample_weight", "groups", "trusted", "points")
        }
        params = _check_method_params(X, self.params, indices=rows)
        return replace(self, **aligned, params=params)

    def keep_trusted(self, soft_labels):
        """Return soft labels in which trusted rows keep label and weight."""
        if self.trusted is None:
            return soft_labels
        trusted = self.one_hot() * self.sample_weight[:, None]
        return np.where(self.trusted[:, None], trusted, soft_labels)

    def certain_of_trusted(self, proba):
        """Return class probabilities in which trusted labels are certain."""
        if self.trusted is None:
            return proba
        return np.where(self.trusted[:, None], self.one_hot(), proba)

    def quality_of_trusted(self, quality):
        """Return label quality scores in which trusted labels score 1."""
        return quality if self.trusted is None else np.where(self.trusted, 1.0, quality)


def label_record(y, *, owner, classes=None):
    """Return the record of labels that come alone, without rows of features.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels.

    owner : str
        Name of the function that asks, for the messages.

    classes : array-like of shape (n_classes,), default=None
        The classes in the order of the columns. If None, the sorted labels of ``y``.

    Returns
    -------
    NoisyLabels
        The record.
    """
    classes, codes = encode_labels(y, owner=owner, classes=classes)
    return NoisyLabels(codes=codes, classes=classes)


def read_labels(X, y, *, owner, sample_weight=None, groups=None, trusted=None):
    """Check the labels and everything that is aligned with them.

    Parameters
    ----------
    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Only its length is looked at.

    y : array-like of shape (n_samples,)
        Noisy labels.

    owner : str
        Name of the estimator that asks, for the messages.

    sample_weight : array-like of shape (n_samples,), default=None
        Non-negative weights.

    groups : array-like of shape (n_samples,), default=None
        Group of each row.

    trusted : array-like of bool of shape (n_samples,), default=None
        Mask of the trusted labels.

    Returns
    -------
    NoisyLabels
        The record that travels to the hooks.
    """
    if y is None:
        raise ValueError(
            f"{owner} requires y to be passed, but the target y is None. Pass one "
            "label per row of X."
        )
    if X is None:
        raise ValueError(
            f"{owner} expected X with one row per label, but got None. Pass the rows "
            "of features first and the labels second: fit(X, y)."
        )
    classes, codes = encode_labels(y, owner=owner)
    check_consistent_length(X, codes)
    _check_classes(classes, owner)
    return NoisyLabels(
        codes=codes,
        classes=classes,
        sample_weight=None
        if sample_weight is None
        else _check_weights(sample_weight, X),
        groups=None if groups is None else _check_groups(groups, codes),
        trusted=None if trusted is None else _check_trusted(trusted, len(codes)),
    )


def _check_classes(classes, owner):
    """Refuse labels from which nothing can be learnt."""
    if not len(classes):
        raise ValueError(
            f"{owner} expected at least 2 rows, but X and y have 0 sample(s). Check "
            "what selected the rows."
        )
    if len(classes) < 2:
        raise ValueError(
            f"{owner} needs labels of at least 2 classes, but y holds only one class: "
            f"{_named(classes[0])}. Check that the right column was passed as y."
        )


def _check_weights(sample_weight, X):
    """Return the weights as an array without negative or missing values."""
    weights = _check_sample_weight(
        sample_weight, np.empty((_num_samples(X), 1)), ensure_non_negative=True
    )
    if not weights.any():
        raise ValueError(
            "sample_weight expected at least one non-zero number, but got only zeros: "
            "every row would be left out."
        )
    return weights
