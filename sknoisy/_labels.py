"""Noisy labels in, integer codes out: the two doors.

Whoever wraps an estimator does not touch ``X``: it goes through :func:`read_labels`
and hands ``X`` on as it came, so that frames, sparse matrices, texts and missing
values reach the inner estimator, which judges them. Whoever computes on ``X`` makes
it an array first, by :func:`sklearn.utils.validation.validate_data`.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from sklearn.utils.validation import check_consistent_length, column_or_1d

from sknoisy._class_codes import check_targets, distinct_labels
from sknoisy._compat import _check_method_params, _check_sample_weight, _num_samples


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
    default_estimator : estimator or None
        What a step without an estimator of its own uses to find evidence.
    announce : callable or None
        Called with the name and the number of steps of work that starts, for progress
        bars.
    report : callable or None
        Called with the name of the work after each step.
    """

    codes: np.ndarray
    classes: np.ndarray
    sample_weight: np.ndarray | None = None
    groups: object = None
    trusted: np.ndarray | None = None
    params: dict = field(default_factory=dict)
    default_estimator: object = None
    announce: object = None
    report: object = None

    def __post_init__(self):
        if self.sample_weight is None:
            object.__setattr__(self, "sample_weight", np.ones(len(self.codes)))

    @property
    def n_samples(self):
        """Number of rows."""
        return len(self.codes)

    @property
    def n_classes(self):
        """Number of classes."""
        return len(self.classes)

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

    def with_default(self, estimator):
        """Return the same record with another default estimator."""
        return replace(self, default_estimator=estimator)

    def take(self, X, rows):
        """Return the record of some rows, which reports to nobody.

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
            for name in ("codes", "sample_weight", "groups", "trusted")
        }
        params = _check_method_params(X, self.params, indices=rows)
        return replace(self, **aligned, params=params, announce=None, report=None)

    def keep_trusted(self, soft_labels):
        """Return soft labels in which verified rows keep label and weight."""
        if self.trusted is None:
            return soft_labels
        verified = self.one_hot() * self.sample_weight[:, None]
        return np.where(self.trusted[:, None], verified, soft_labels)

    def certain_of_trusted(self, proba):
        """Return class probabilities in which verified labels are certain."""
        if self.trusted is None:
            return proba
        return np.where(self.trusted[:, None], self.one_hot(), proba)

    def quality_of_trusted(self, quality):
        """Return label quality scores in which verified labels score 1."""
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
        Mask of the verified labels.

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


def encode_labels(y, *, owner, classes=None):
    """Return the sorted classes and the position of each label among them.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels of any type that can be sorted.

    owner : str
        Name of the caller, for the messages.

    classes : array-like of shape (n_classes,), default=None
        The classes in the order wanted. If None, the sorted labels of ``y``.

    Returns
    -------
    classes : ndarray of shape (n_classes,)
        The classes.

    codes : ndarray of shape (n_samples,)
        ``classes[codes]`` is ``y``.
    """
    y = _as_column(y, owner)
    if classes is None:
        return distinct_labels(y)
    classes = np.asarray(classes)
    order = np.argsort(classes)
    position = np.searchsorted(classes, y, sorter=order)
    codes = order[np.minimum(position, len(classes) - 1)]
    unknown = classes[codes] != y
    if unknown.any():
        raise ValueError(
            f"{owner} expected labels among the classes {classes.tolist()}, but y also "
            f"holds {sorted(set(y[unknown].tolist()))}. Pass classes= with every label."
        )
    return classes, codes


def _as_column(y, owner):
    """Return y as a one-dimensional array without missing values."""
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] > 1:
        raise ValueError(
            f"{owner} expected y of shape (n_samples,), one label per row, but got "
            f"shape {y.shape}; multi-label and multi-output y is not supported here. "
            "Fit one classifier per column, for example with "
            "sklearn.multioutput.MultiOutputClassifier."
        )
    y = column_or_1d(y, warn=True)
    missing = _missing(y)
    if missing.any():
        raise ValueError(
            f"{owner} expected a label in every row, but input y contains NaN or None "
            f"in {missing.sum()} of {len(y)} rows, the first in row "
            f"{int(missing.argmax())}. Drop these rows."
        )
    if y.dtype.kind == "O":
        y = _of_one_type(y, owner)
    if y.dtype.kind == "f" and np.isinf(y).any():
        raise ValueError(
            f"{owner} expected the label of a class in every row, but input y contains "
            f"infinity in row {int(np.isinf(y).argmax())}. Drop these rows, and check "
            "that the right column was passed as y."
        )
    check_targets(y)
    return y


def _of_one_type(y, owner):
    """Return labels held as objects in a dtype of their own, if they have one."""
    kinds = {str if isinstance(label, str) else type(label) for label in y}
    if len(kinds) > 1:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise ValueError(
            f"{owner} expected labels of one type in y, but got a mix of {names}. "
            "Convert them to one type, for example with y.astype(str)."
        )
    return y if kinds == {str} else np.array(y.tolist())


def _missing(y):
    """Return the mask of missing labels of any dtype."""
    if y.dtype.kind == "O":
        return np.array([label is None or _differs(label, label) for label in y], bool)
    return y != y


def _differs(a, b):
    """Whether two labels differ; pandas' NA, which will not say, is missing too."""
    try:
        return bool(a != b)
    except TypeError:
        return True


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
            f"{classes[0]!r}. Check that the right column was passed as y."
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


def _check_groups(groups, codes):
    """Return the group of each row as an array without missing values."""
    groups = column_or_1d(groups)
    check_consistent_length(codes, groups)
    missing = _missing(groups)
    if missing.any():
        raise ValueError(
            "groups expected a value in every row, but there is NaN or None in "
            f"{missing.sum()} of {len(groups)} rows, the first in row "
            f"{int(missing.argmax())}. Give each of these rows a group of its own."
        )
    return groups


def _check_trusted(trusted, n_samples):
    """Return the mask of verified labels as a boolean array."""
    trusted = np.asarray(trusted)
    if trusted.dtype.kind != "b" or trusted.shape != (n_samples,):
        raise ValueError(
            f"trusted must be a boolean mask of shape ({n_samples},), one entry per "
            f"row of X, but got dtype {trusted.dtype} and shape {trusted.shape}. For "
            "row numbers, pass numpy.isin(numpy.arange(len(y)), rows)."
        )
    return trusted
