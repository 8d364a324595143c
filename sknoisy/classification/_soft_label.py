"""Any classifier on a table of class probabilities or weights."""

from dataclasses import dataclass, replace

import numpy as np
from sklearn.utils.validation import check_consistent_length

from sknoisy._compat import _check_sample_weight
from sknoisy._labels import NoisyLabels, encode_labels
from sknoisy._meta import BaseLabelNoiseClassifier
from sknoisy._soft_labels import fit_soft_labels


@dataclass(frozen=True)
class _SoftLabels(NoisyLabels):
    """The record of a table: ``codes`` are the classes of largest weight."""

    table: np.ndarray | None = None

    @property
    def soft_labels(self):
        """Weight of each class for each sample, times the weight of the sample."""
        table = self.one_hot() if self.table is None else self.table
        return table * self.sample_weight[:, None]


class SoftLabelClassifier(BaseLabelNoiseClassifier):
    r"""Train a classifier on a table of class probabilities or weights.

    Votes of annotators, the output of another model, a label model of weak supervision
    or the ``clean_proba_`` of one of our classifiers: each says how much a sample
    counts as each class. Any classifier that takes ``sample_weight`` learns from that
    here, boosting and forests included; a table of zeros and ones asks for no weights,
    so that any classifier takes it.

    Parameters
    ----------
    estimator : classifier, default=None
        The classifier to train. None means
        :class:`~sklearn.linear_model.LogisticRegression`.

    classes : array-like of shape (n_classes,), default=None
        The labels that the columns of a table stand for, in their order. None means the
        names of the columns of a frame, else 0 to K - 1. Where plain labels are given,
        they must be among these.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier. It knows only the classes that carry weight.

    soft_labels_ : ndarray of shape (n_samples, n_classes)
        Weight of each class for each sample, as trained on, with columns in the order
        of ``classes_``.

    sample_weight_ : ndarray of shape (n_samples,)
        Sum of the soft labels of each sample.

    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.

    n_features_in_ : int
        Number of columns of X, where the classifier tells.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where the classifier tells.

    See Also
    --------
    RefinedLabelClassifier : Make the table from noisy labels, too.

    Notes
    -----
    With the weights :math:`w_{ik} \geq 0` of the table, the loss that is minimised is

    .. math:: \sum_i \sum_k w_{ik}\, \ell(k, f(x_i)).

    A row in which several classes carry weight is written once for each of them.
    Classes with less than a twentieth of the weight of their row are dropped, and
    their weight goes to the others. Weights are taken as they are: rows need not sum to
    1, counts of votes weigh a sample by the number of its votes, and a row of zeros
    leaves a sample out. Divide the table by its row sums to have all samples weigh
    the same.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sknoisy import SoftLabelClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> table = LogisticRegression(max_iter=500).fit(X, y).predict_proba(X)
    >>> clf = SoftLabelClassifier(LogisticRegression(max_iter=500)).fit(X, table)
    >>> clf.predict(X[:3])
    array([0, 0, 0])
    >>> 0.9 < clf.score(X, table) < 1  # expected accuracy under the table
    True
    """

    _parameter_constraints: dict = {
        **BaseLabelNoiseClassifier._parameter_constraints,
        "classes": ["array-like", None],
    }

    # The weights of a table are trained on as they are.
    _weights_are_relative = False

    def __init__(self, estimator=None, *, classes=None):
        self.estimator = estimator
        self.classes = classes

    def fit(self, X, y, sample_weight=None, *, groups=None, trusted=None, **params):
        """Fit on a table of class probabilities or weights, or on plain labels.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            Whatever the inner classifier takes; it is handed on as it came.

        y : array-like of shape (n_samples, n_classes) or (n_samples,)
            Weight of each class for each sample, not negative, at least two columns; or
            plain labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights that are not negative; they multiply the rows of the table.

        groups : array-like of shape (n_samples,), default=None
            Checked, and not needed: nothing is held out here.

        trusted : array-like of bool of shape (n_samples,), default=None
            Checked, and not needed: every label is taken as it is.

        **params : dict
            Metadata that the inner classifier requests; needs
            ``sklearn.set_config(enable_metadata_routing=True)``.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If the table has negative or missing entries, no weight at all, a single
            column, or not as many rows as X or columns as ``classes``; if labels are
            missing, continuous or outside ``classes``.
        UnsuitableEstimatorError
            If weights differ and the classifier takes no ``sample_weight``.
        """
        return super().fit(
            X, y, sample_weight, groups=groups, trusted=trusted, **params
        )

    def score(self, X, y, sample_weight=None):
        """Return the accuracy, in expectation under a table.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            Samples.

        y : array-like of shape (n_samples, n_classes) or (n_samples,)
            Table with columns as in ``fit``, or labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples; they multiply the rows of the table.

        Returns
        -------
        float
            Share of the weight that lies on the predicted classes.
        """
        table = None if y is None else self._read_table(y)
        if table is None:
            return super().score(X, y, sample_weight)
        codes = np.searchsorted(self.classes_, self.predict(X))
        check_consistent_length(codes, table)
        if table.shape[1] != len(self.classes_):
            raise ValueError(
                f"{type(self).__name__}.score expected a table y of shape (n_samples, "
                f"{len(self.classes_)}), a column for each of classes_, but got shape "
                f"{table.shape}. Pass the columns that fit has seen."
            )
        if sample_weight is not None:
            weight = _check_sample_weight(sample_weight, table)
            table = table * weight[:, None]
        return float(table[np.arange(len(codes)), codes].sum() / table.sum())

    def _read_labels(self, X, y, sample_weight, groups, trusted, params):
        rest = (sample_weight, groups, trusted, params)
        table = None if y is None else self._read_table(y)
        if table is None:
            labels = super()._read_labels(X, y, *rest)
            labels = replace(labels, **self._known_classes(labels))
            return labels.extended_to(_SoftLabels)
        # The record wants labels of two classes; a table may weigh one alone.
        stand_in = np.arange(len(table)) % 2 if len(table) > 1 else np.array([0, 1])
        labels = super()._read_labels(X, stand_in, *rest)
        labels = replace(labels, codes=table.argmax(axis=1), classes=self._names(y))
        return labels.extended_to(_SoftLabels, table=table)

    def _known_classes(self, labels):
        """Return codes and classes of plain labels where ``classes`` names more."""
        if self.classes is None:
            return {}
        classes, codes = encode_labels(
            labels.y, owner=type(self).__name__, classes=np.unique(self.classes)
        )
        return {"classes": classes, "codes": codes}

    def _read_table(self, y):
        """Return y as a checked table with columns in sorted order, or None."""
        try:
            table, owner = np.asarray(y), type(self).__name__
        except ValueError:
            return None  # rows of unequal length are no table
        if table.ndim != 2:
            return None
        if table.shape[1] == 1 and table.dtype.kind in "iubOUS":
            return None  # plain labels in a column, of which scikit-learn warns
        columns = self._columns(y)
        try:
            table = table.astype(float)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{owner} expected numbers in a table y, but got dtype {table.dtype}. "
                "Pass a weight for each class, or one label per row."
            ) from error
        if table.shape[1] != len(columns) or len(columns) < 2:
            wanted = "at least 2" if self.classes is None else len(columns)
            raise ValueError(
                f"{owner} expected a table y of shape (n_samples, n_classes) with "
                f"{wanted} columns, one per class, but got shape {table.shape}. Give "
                "every class a column, or pass plain labels of shape (n_samples,)."
            )
        self._check_entries(table)
        # classes_ is sorted, as everywhere in scikit-learn.
        return table[:, np.argsort(columns)]

    def _check_entries(self, table):
        owner = type(self).__name__
        if not np.isfinite(table).all():
            row = int((~np.isfinite(table)).any(axis=1).argmax())
            raise ValueError(
                f"{owner} expected finite weights in the table y, but row {row} holds "
                "NaN or infinity. Fill it in, or write a row of zeros to leave the "
                "sample out."
            )
        if table.min(initial=0) < 0:
            row = int((table < 0).any(axis=1).argmax())
            raise ValueError(
                f"{owner} expected weights in the table y that are not negative, but "
                f"row {row} holds {table[row].min():.6g}. Clip the table at 0."
            )
        if not table.any():
            raise ValueError(
                f"{owner} expected some weight in the table y, but it holds only "
                "zeros: every sample would be left out. Check how the table was made."
            )

    def _columns(self, y):
        """Return what the columns of a table stand for, in their order."""
        if self.classes is not None:
            return np.asarray(self.classes)
        return np.asarray(getattr(y, "columns", range(np.shape(y)[1])))

    def _names(self, y):
        return np.sort(self._columns(y))

    def _fit(self, X, labels):
        self.soft_labels_ = labels.soft_labels
        self.sample_weight_ = self.soft_labels_.sum(axis=1)
        return fit_soft_labels(
            self._inner_estimator(),
            X,
            self.soft_labels_,
            labels.classes,
            params=labels.params,
        )
