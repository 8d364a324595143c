"""The classifier for tables of tags of which some are missing or spurious."""

from numbers import Real

import numpy as np
from scipy import sparse
from sklearn.utils.metaestimators import available_if

from sknoisy._compat import Interval, StrOptions
from sknoisy._context import CONTEXT_CONSTRAINTS, seed_unset
from sknoisy._embedding import EMBEDDING_CONSTRAINT
from sknoisy._meta import BaseLabelNoiseClassifier, inner_has
from sknoisy._soft_labels import fit_soft_labels, takes_weights
from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.multilabel._tag_evidence import KINDS, gather_evidence, has_evidence
from sknoisy.multilabel._tag_labels import TagLabels, is_single_column, read_table
from sknoisy.multilabel._tag_models import (
    TagFit,
    TagModels,
    best_f1_threshold,
    fit_blocks,
    fit_tag,
    soft_labels_of_tag,
    sparse_posterior,
    tag_proba,
)
from sknoisy.multilabel._tag_posterior import (
    MISSING_RATE,
    RATE,
    rates_of_tags,
    tag_posterior,
)

ACTIONS = {"auto", "soft", "weight", "relabel", "filter"}


class MultilabelNoisyClassifier(BaseLabelNoiseClassifier):
    r"""Train a classifier per tag where tags are missing or wrong.

    In tagging data a 1 is a claim and a 0 means "no, or nobody said so". A model fitted
    on other folds, the neighbours of the row, and the other tags of the row together
    give the probability that each tag is true, and the classifier is trained on these.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``, default=None
        The binary classifier to train for each tag; its own parameters are left alone.
        None means :class:`~sklearn.linear_model.LogisticRegression`.

    evidence : {"auto", "model", "neighbors", "tags"}, default="auto"
        The classifier, trained on other folds; the 20 nearest neighbours, searched
        once for all tags; a ridge regression of each tag on all others; or, with
        "auto", all of them. The last two need no fit of the classifier.

    missing_rate : "estimate", float or array-like, default="estimate"
        Probability in [0, 1) that a true tag is not given, one or, of shape
        (n_labels,), one per tag, NaN where it is to be estimated. "estimate" takes it
        from the evidence; that of :func:`estimate_label_quality` is better.

    spurious_rate : float or array-like, default=0.0
        Probability in [0, 1) that a tag is given where it is not true, one or one per
        tag. With 0, tags are taken as right, and blanks alone are in question.

    action : {"auto", "soft", "weight", "relabel", "filter"}, default="auto"
        Train on the posterior, each row as a tag and as a blank; weigh each entry by
        its probability of being right; replace it by what is more probable; or leave
        it out if the opposite is. The first two need a classifier that takes
        ``sample_weight``. "auto" means "soft", or "relabel" for one that takes none.

    threshold : float or "f1", default=0.5
        From which probability on a tag is predicted: a number in (0, 1) or, which
        suits rare tags, that with the highest F1 expected on the rows of ``fit``.

    embedding : "auto", "passthrough" or transformer, default="auto"
        Space in which neighbours are searched, see
        :class:`~sknoisy.NoisyLabelClassifier`.

    cv : int, splitter or iterable, default=None
        Folds, the same for all tags. None means 5, stratified by the rarest tag of
        each row, in which copies of a row stay together.

    memory : str or object with the joblib.Memory interface, default=None
        Where out-of-fold probabilities and neighbours are cached.

    n_jobs : int, default=None
        Number of blocks of 16 tags fitted side by side.

    random_state : int, RandomState instance or None, default=None
        Seed for those random states of the classifier that have none.

    Attributes
    ----------
    estimators_ : list of n_labels classifiers
        The fitted classifiers; a constant one for a tag that all rows have or lack.

    missing_rate_ : ndarray of shape (n_labels,)
        Estimated or as passed. NaN for tags that too few rows have or lack.

    spurious_rate_ : ndarray of shape (n_labels,)
        As passed.

    missing_rate_bounds_ : ndarray of shape (n_labels, 2)
        Range in which the missing rate can lie if no tag is spurious.

    false_omission_rate_ : ndarray of shape (n_labels,)
        Estimated share of true tags among the blanks.

    clean_proba_ : csr_array of float32 of shape (n_samples, n_labels)
        Probability that each tag is true for the rows of ``fit``; those below 0.05 are
        left out.

    evidence_weights_ : ndarray of shape (n_labels, n_sources)
        Weights of model, neighbours and tags, as far as they are used.

    threshold_ : ndarray of shape (n_labels,)
        From which probability on each tag is predicted.

    label_names_ : ndarray of shape (n_labels,)
        Names of the tags: the columns of a frame, or numbers.

    classes_ : list of n_labels ndarrays
        The classes 0 and 1 of each tag. After a fit to a single column of classes, an
        array of these, and only ``estimator_`` is there beside it.

    estimator_ : object
        What predicts.

    n_features_in_ : int
        Number of columns of X, where the classifier tells.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where the classifier tells.

    See Also
    --------
    MultilabelAudit : Which tags are missing or wrong.
    sknoisy.NoisyLabelClassifier : The same idea for one label per row.

    Notes
    -----
    The evidence is pooled into :math:`q = P(\tilde y_k = 1 \mid \text{all but }
    \tilde y_k)` by a logistic regression with weights that are not negative. With the
    missing rate :math:`m_k`, a blank is a missing tag with probability

    .. math:: P(y_k = 1 \mid \tilde y_k = 0) = \frac{m_k}{1 - m_k} \, \frac{q}{1 - q},

    at most 1. With ``evidence="model"`` and ``action="soft"`` these are the weights of
    Elkan and Noto as published. No row having been annotated again, a high :math:`m_k`
    cannot be told from a tag that is hard to predict: one minus the upper quartile of
    :math:`q` over the tagged rows, which stands in for it, is then too high.

    With five folds a fit costs six fits of the classifier for each tag. In more than
    10,000 rows, models of other folds learn a tag from its rows and twenty blanks for
    each of them, and from as many blanks as make 10,000 rows at least; their odds are
    multiplied by the share of blanks drawn. Neighbours are searched among 20,000 rows.
    Nothing of shape (n_samples, n_labels) is held except sparse tables.

    References
    ----------
    C. Elkan, K. Noto, "Learning Classifiers from Only Positive and Unlabeled Data",
    KDD 2008.

    Examples
    --------
    The predictions are closer to the truth than the tags they were learnt from:

    >>> from sklearn.datasets import make_multilabel_classification
    >>> from sklearn.metrics import f1_score
    >>> from sknoisy.multilabel import MultilabelNoisyClassifier
    >>> from sknoisy.noise import MultilabelNoise
    >>> X, y = make_multilabel_classification(600, n_classes=4, random_state=0)
    >>> y_noisy = MultilabelNoise(missing_rate=0.6, random_state=0).corrupt(y)
    >>> clf = MultilabelNoisyClassifier().fit(X / 10, y_noisy)
    >>> scores = [f1_score(y, tags, average="macro")
    ...           for tags in (y_noisy, clf.predict(X / 10))]
    >>> bool(scores[1] > scores[0] + 0.1)
    True
    """

    _parameter_constraints: dict = {
        **BaseLabelNoiseClassifier._parameter_constraints,
        "evidence": [StrOptions({"auto", *KINDS})],
        "missing_rate": MISSING_RATE,
        "spurious_rate": RATE,
        "action": [StrOptions(ACTIONS)],
        "threshold": [StrOptions({"f1"}), Interval(Real, 0, 1, closed="neither")],
        "embedding": EMBEDDING_CONSTRAINT,
        **CONTEXT_CONSTRAINTS,
    }

    def __init__(
        self,
        estimator=None,
        *,
        evidence="auto",
        missing_rate="estimate",
        spurious_rate=0.0,
        action="auto",
        threshold=0.5,
        embedding="auto",
        cv=None,
        memory=None,
        n_jobs=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.evidence = evidence
        self.missing_rate = missing_rate
        self.spurious_rate = spurious_rate
        self.action = action
        self.threshold = threshold
        self.embedding = embedding
        self.cv = cv
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state

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
            Rows, or entries, that are known to be right. They are kept as they are.

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
            If a table holds anything but zeros and ones, all tags are all zero or all
            one, the rows are not those of X, or classes are missing, continuous or one.
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
        if not is_single_column(y, type(self).__name__):
            return read_table(self, X, y, *given)
        y = y.toarray().ravel() if sparse.issparse(y) else y
        return super()._read_labels(X, y, *given)

    def _fit(self, X, labels):
        base = seed_unset(self._inner_estimator(), self.random_state)
        # A column of classes has no tags beside it: the base learns it as it is.
        if not isinstance(labels, TagLabels):
            table = labels.one_hot() * labels.sample_weight[:, None]
            return fit_soft_labels(base, X, table, labels.classes, params=labels.params)
        rates = rates_of_tags(self, labels.tags.n_labels)
        action = _action_for(base, self.action)
        evidence = gather_evidence(self, base, X, labels)
        given = base, X, labels, evidence, has_evidence(labels), rates, action
        given = *given, self.threshold
        fits = fit_blocks(_fit_tags, given, labels, self.n_jobs, self._progress)
        self._keep(fits, labels, rates)
        return TagModels(fits)

    def _keep(self, fits, labels, rates):
        """Set the fitted attributes."""
        found = [fit.found for fit in fits]
        self.label_names_ = labels.tags.names
        self.missing_rate_ = np.array([one.missing_rate for one in found])
        self.spurious_rate_ = np.array(rates[1])
        # 0 * NaN is NaN: tags without evidence have no bounds.
        highest = np.array([one.highest_missing_rate for one in found])
        self.missing_rate_bounds_ = np.column_stack([0 * highest, highest])
        self.false_omission_rate_ = np.array([one.omission_rate for one in found])
        self.clean_proba_ = sparse_posterior(fits, labels.tags.n_samples)
        weights = [one.weights for one in found]
        # Tags without evidence have NaN for each source.
        width = max((len(one) for one in weights if one is not None), default=0)
        nothing = np.full(width, np.nan)
        self.evidence_weights_ = np.array(
            [nothing if one is None else one for one in weights]
        )
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


def _fit_tags(base, X, labels, evidence, enough, rates, action, threshold, block):
    """Evidence, posterior, action and fit of each tag of a block, in any process."""
    fits = []
    for k, columns in zip(
        block, evidence.of_block(X, labels, block, enough), strict=True
    ):
        found = tag_posterior(columns, labels, k, rates)
        table = soft_labels_of_tag(action, found.posterior, labels.tags.column(k))
        model = fit_tag(base, X, table, labels)
        level = threshold
        if threshold == "f1":
            scores, weight = tag_proba(model, X), labels.sample_weight
            level = best_f1_threshold(scores, found.posterior, weight)
        fits.append(TagFit.of(model, level, found))
    return fits


def _action_for(base, action):
    """Return the action, "auto" resolved, and refuse one that the base cannot do."""
    weighs = takes_weights(base)
    if action in {"soft", "weight"} and not weighs:
        raise UnsuitableEstimatorError(
            f"action={action!r} needs a classifier that takes sample_weight, but "
            f"{type(base).__name__} takes none. Use action='relabel' or "
            "action='filter', which need no weights."
        )
    if action == "auto":
        return "soft" if weighs else "relabel"
    return action


def _dtype_of(y):
    """Return the dtype in which tags are predicted: theirs, if it holds numbers."""
    dtype = getattr(y, "dtype", None)
    known = isinstance(dtype, np.dtype) and dtype.kind in "biuf"
    # Sparse tables hold no other order of bytes than that of the machine, nor float16.
    if not known or dtype == np.float16:
        return np.dtype(int)
    return dtype.newbyteorder("=")
