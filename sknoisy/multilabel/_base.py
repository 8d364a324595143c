"""Base of the classifiers of this room: a table of tags in, a table of tags out."""

from dataclasses import replace

import numpy as np
from scipy import sparse
from sklearn.utils.metaestimators import available_if

from sknoisy._evidence import FOLDING_CONSTRAINTS, seed_unset
from sknoisy._meta import BaseLabelNoiseClassifier, inner_has
from sknoisy._soft_labels import fit_soft_labels
from sknoisy.multilabel._tag_labels import TagLabels, is_single_column, read_table
from sknoisy.multilabel._tag_models import TagModels, fit_blocks, sparse_columns


class BaseTagClassifier(BaseLabelNoiseClassifier):
    """Base of the classifiers that learn a table of noisy tags, one tag at a time.

    A subclass implements ``_prepare(base, X, labels)``, which returns what all tags
    have in common, and ``_work(base, X, labels, common, block)``, which returns a
    :class:`TagFit` for each tag of a block.
    """

    _parameter_constraints: dict = {
        **BaseLabelNoiseClassifier._parameter_constraints,
        **FOLDING_CONSTRAINTS,
    }

    def fit(self, X, y, sample_weight=None, *, groups=None, trusted=None, **params):
        """Fit on noisy tags.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            Whatever the inner classifier takes; it is handed on as it came.

        y : array-like, sparse matrix or frame of shape (n_samples, n_labels)
            Tags, zeros and ones. Of a single column, or of shape (n_samples,), it
            holds classes, on which the inner classifier is trained as it is.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights that are not negative. Learned weights are multiplied by them.

        groups : array-like of shape (n_samples,), default=None
            Rows of one group stay in one fold and are no evidence about each other.

        trusted : array-like of bool of shape (n_samples,) or (n_samples, n_labels), \
default=None
            Rows, or entries, that have been verified. They are kept as they are.

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
            If a table of tags holds anything but zeros and ones, or the number of rows
            differs from that of X; for a single column, if the labels are missing,
            continuous or of a single class.
        UnsuitableEstimatorError
            If the inner classifier gives no probabilities, or takes no weights where
            they are needed.
        """
        return super().fit(
            X, y, sample_weight, groups=groups, trusted=trusted, **params
        )

    def _read_labels(self, X, y, sample_weight, groups, trusted, params):
        """Return the record of a table of tags, or that of a column of classes."""
        given = sample_weight, groups, trusted, params
        self._sparse_output = sparse.issparse(y)
        self._dtype = _dtype_of(y)
        if not is_single_column(y):
            return read_table(self, X, y, *given)
        y = y.toarray().ravel() if sparse.issparse(y) else y
        return super()._read_labels(X, y, *given)

    def _fit(self, X, labels):
        base = seed_unset(self._inner_estimator(), self.random_state)
        if not isinstance(labels, TagLabels):
            soft_labels = labels.one_hot() * labels.sample_weight[:, None]
            return fit_soft_labels(
                base, X, soft_labels, labels.classes, params=labels.params
            )
        common = self._prepare(base, X, labels)
        bare = replace(labels, announce=None, report=None)
        work = _Work(self, base, X, bare, common)
        fits = fit_blocks(work, labels, self.n_jobs)
        self._keep(fits, labels)
        return TagModels(fits)

    def _keep(self, fits, labels):
        """Set the fitted attributes."""
        self.label_names_ = labels.tags.names
        self.tagability_ = np.array([fit.tagability for fit in fits])
        lowest = [fit.lowest for fit in fits]
        highest = np.where(np.isnan(lowest), np.nan, 1.0)
        self.tagability_bounds_ = np.column_stack([lowest, highest])
        self.false_omission_rate_ = np.array([fit.omission for fit in fits])
        columns = (fit.believed for fit in fits)
        self.soft_labels_ = sparse_columns(columns, labels.tags.n_samples)
        self.threshold_ = np.array([fit.threshold for fit in fits])
        self.estimators_ = [fit.model for fit in fits]

    @available_if(inner_has("predict"))
    def predict(self, X):
        """Predict the tags of each row.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            Samples.

        Returns
        -------
        ndarray or csr_matrix of shape (n_samples, n_labels)
            Zeros and ones, sparse if ``y`` was sparse in ``fit``. After a fit to a
            single column of classes, these, of shape (n_samples,).
        """
        tags = self._answer("predict", X)
        if not sparse.issparse(tags):
            return tags
        # The matrix class is what scikit-learn's own metrics are made for.
        tags = sparse.csr_matrix(tags.astype(self._dtype))
        return tags if self._sparse_output else tags.toarray()

    @available_if(inner_has("predict_proba"))
    def predict_proba(self, X):
        """Predict the probability of each tag.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_labels)
            Probability of each tag. After a fit to a single column of classes, their
            probabilities, of shape (n_samples, n_classes).
        """
        return self._answer("predict_proba", X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.classifier_tags.multi_label = True
        return tags


class _Work:
    """The work on some tags, in a form that travels to other processes."""

    def __init__(self, owner, base, X, labels, common):
        self.given = base, X, labels, common
        self.owner = owner

    def __call__(self, block):
        return self.owner._work(*self.given, block)


def _dtype_of(y):
    """Return the dtype in which tags are predicted: theirs, if it holds numbers."""
    dtype = getattr(y, "dtype", None)
    known = isinstance(dtype, np.dtype) and dtype.kind in "biuf"
    return dtype if known else np.dtype(int)
