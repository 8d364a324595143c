"""The classifier for tables of tags of which some are missing."""

from numbers import Real

import numpy as np

from sknoisy._compat import Interval, StrOptions
from sknoisy._evidence import EMBEDDING_CONSTRAINT
from sknoisy._soft_labels import takes_weights
from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.multilabel._base import BaseTagClassifier
from sknoisy.multilabel._rates import RATE, TAGABILITY, rates_of_tags
from sknoisy.multilabel._tag_evidence import KINDS, gather_evidence, has_evidence
from sknoisy.multilabel._tag_models import TagFit, fit_tag, tag_proba, thinned
from sknoisy.multilabel._tag_posterior import (
    best_f1_threshold,
    estimate_tagability,
    pool_evidence,
    posterior_of_tag,
)


class MultilabelNoisyClassifier(BaseTagClassifier):
    r"""Train a classifier per tag where tags are missing, or wrong.

    In tagging data a 1 is a claim and a 0 is "no, or nobody said so". For each tag,
    three witnesses that have not seen it are heard: a model fitted on other folds, the
    neighbours of the row, and the other tags of the row. What they say together tells
    which blanks are likely missing tags, and the classifier is trained again with
    these blanks counted, in part, as tags.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``, default=None
        The binary classifier to train for each tag; its own parameters are left alone.
        None means :class:`~sklearn.linear_model.LogisticRegression`.

    evidence : {"auto", "model", "neighbors", "tags"}, default="auto"
        Who is heard: the classifier, trained on other folds; the 20 nearest
        neighbours, searched once for all tags; a ridge regression of each tag on all
        others; or, with "auto", all of them. Neither of the last two needs a fit of
        the classifier.

    tagability : "estimate", float or array-like, default="estimate"
        Probability in (0, 1] that a true tag is given, one or, of shape (n_labels,),
        one per tag. "estimate" reads it off the
        evidence, see Notes; what re-annotated rows say is better, see
        :func:`estimate_label_quality`.

    spurious_rate : float or array-like, default=0.0
        Probability in [0, 1) that a tag is given where it is not true, one or one per
        tag. With 0, tags
        are never doubted.

    action : {"auto", "soft", "relabel"}, default="auto"
        Train on the probabilities, which needs a classifier that takes
        ``sample_weight``, or turn blanks into tags, and tags into blanks, where that
        is more likely than not. "auto" means "soft" where weights are taken.

    threshold : float or "f1", default=0.5
        From which probability on a tag is predicted: a number in (0, 1) or, with
        "f1", for each tag the one with the highest F1 that is expected on the rows of
        ``fit``, which suits rare tags.

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

    tagability_ : ndarray of shape (n_labels,)
        Probability that a true tag is given, estimated or as passed. NaN for tags
        that too few rows have or lack.

    tagability_bounds_ : ndarray of shape (n_labels, 2)
        Range in which the tagability can lie if no tag is spurious.

    false_omission_rate_ : ndarray of shape (n_labels,)
        Estimated share of true tags among the blanks.

    soft_labels_ : csr_array of shape (n_samples, n_labels)
        Probability that each tag is true for the rows of ``fit``; those below 0.05 are
        left out.

    evidence_weights_ : ndarray of shape (n_labels, n_kinds)
        Exponents of model, neighbours and tags, as far as they were heard, in the
        pooled evidence.

    threshold_ : ndarray of shape (n_labels,)
        From which probability on each tag is predicted.

    label_names_ : ndarray of shape (n_labels,)
        Names of the tags: the columns of a frame, or numbers.

    classes_ : list of n_labels ndarrays
        The classes 0 and 1 of each tag. After a fit to a single column of classes, an
        array of these, and only ``estimator_`` is there beside it.

    estimator_ : object
        What answers.

    n_features_in_ : int
        Number of columns of X, where the classifier tells.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where the classifier tells.

    See Also
    --------
    TagabilityWeightedClassifier : Simpler treatments of missing tags.
    MultilabelAudit : Which tags are missing or wrong.
    sknoisy.NoisyLabelClassifier : The same idea for one label per row.

    Notes
    -----
    The evidence is pooled into :math:`e = P(\tilde y_k = 1 \mid \text{all but }
    \tilde y_k)` by a logistic regression with exponents that are not negative. With
    the tagability :math:`\rho_k`, a blank is a missing tag with probability

    .. math:: P(y_k = 1 \mid \tilde y_k = 0) =
        \frac{1 - \rho_k}{\rho_k} \, \frac{e}{1 - e},

    at most 1. Without any row looked at again, :math:`\rho_k` cannot be told from a
    tag that is hard to predict: the upper quartile of :math:`e` over the tagged rows,
    which stands in for it, is too low where the tag never becomes certain.

    With five folds a fit costs six fits of the classifier for each tag. Nothing of
    shape (n_samples, n_labels) is held except sparse tables.

    References
    ----------
    C. Elkan, K. Noto, "Learning Classifiers from Only Positive and Unlabeled Data",
    KDD 2008.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_multilabel_classification
    >>> from sklearn.metrics import f1_score
    >>> from sklearn.multioutput import MultiOutputClassifier
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sknoisy.multilabel import MultilabelNoisyClassifier
    >>> X, y = make_multilabel_classification(600, n_classes=4, random_state=0)
    >>> kept = np.random.RandomState(0).uniform(size=y.shape) < 0.6
    >>> X, y_noisy, X_test, y_test = X[:400], (y * kept)[:400], X[400:], y[400:]
    >>> base = LogisticRegression(max_iter=1000)
    >>> plain = MultiOutputClassifier(base).fit(X, y_noisy)
    >>> clf = MultilabelNoisyClassifier(base).fit(X, y_noisy)
    >>> scores = [f1_score(y_test, m.predict(X_test), average="macro")
    ...           for m in (plain, clf)]
    >>> bool(scores[1] > scores[0] + 0.1)
    True
    """

    _parameter_constraints: dict = {
        **BaseTagClassifier._parameter_constraints,
        "evidence": [StrOptions({"auto", *KINDS})],
        "tagability": TAGABILITY,
        "spurious_rate": RATE,
        "action": [StrOptions({"auto", "soft", "relabel"})],
        "threshold": [StrOptions({"f1"}), Interval(Real, 0, 1, closed="neither")],
        "embedding": EMBEDDING_CONSTRAINT,
    }

    def __init__(
        self,
        estimator=None,
        *,
        evidence="auto",
        tagability="estimate",
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
        self.tagability = tagability
        self.spurious_rate = spurious_rate
        self.action = action
        self.threshold = threshold
        self.embedding = embedding
        self.cv = cv
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _prepare(self, base, X, labels):
        """Return evidence, rates and which tags they are used for."""
        weighs = takes_weights(base)
        if self.action == "soft" and not weighs:
            raise UnsuitableEstimatorError(
                "action='soft' needs a classifier that takes sample_weight, but "
                f"{type(base).__name__} takes none. Use action='relabel', which needs "
                "no weights."
            )
        soft = weighs if self.action == "auto" else self.action == "soft"
        kinds = KINDS if self.evidence == "auto" else (self.evidence,)
        rates = rates_of_tags(self, labels)
        evidence = gather_evidence(self, base, X, labels, kinds)
        return evidence, rates, has_evidence(labels), soft

    def _work(self, base, X, labels, common, block):
        evidence, rates, enough, soft = common
        votes = evidence.votes(labels, block)
        fits = []
        for place, k in enumerate(block):
            found = {}
            believed = labels.tags.column(k).astype(float)
            if enough[k]:
                vote = None if votes is None else votes[:, place]
                columns = evidence.columns(X, labels, k, vote)
                believed, found = believe(columns, labels, k, rates)
            trained = believed if soft else np.round(believed)
            model = fit_tag(base, X, trained, labels)
            found["threshold"] = self._threshold_of(model, X, believed, labels)
            fits.append(TagFit(model, thinned(believed), **found))
        return fits

    def _threshold_of(self, model, X, believed, labels):
        """Return from which probability on a tag is predicted."""
        if self.threshold != "f1":
            return self.threshold
        if not believed.any():
            return 0.5
        return best_f1_threshold(tag_proba(model, X), believed, labels.sample_weight)

    def _keep(self, fits, labels):
        super()._keep(fits, labels)
        found = [fit.exponents for fit in fits]
        width = max((len(one) for one in found if one is not None), default=0)
        nothing = np.full(width, np.nan)
        self.evidence_weights_ = np.array(
            [nothing if one is None else one for one in found]
        )


def believe(columns, labels, k, rates):
    """Return how likely a tag is true for each row, and what was found on the way.

    Parameters
    ----------
    columns : list of ndarray of shape (n_samples,)
        Evidence.

    labels : TagLabels
        The tags.

    k : int
        Number of the tag.

    rates : tuple of two ndarrays of shape (n_labels,)
        Tagability, NaN where it is to be estimated, and rate of spurious tags.

    Returns
    -------
    believed : ndarray of shape (n_samples,)
        Probabilities; verified entries are what they are.

    found : dict
        ``tagability``, ``lowest``, ``omission`` and ``exponents``.
    """
    tagged, mass = labels.tags.column(k), labels.sample_weight
    proba, exponents = pool_evidence(columns, tagged, mass)
    verified = labels.verified(k)
    # Tags that were verified did not come about as the others did.
    free = tagged & ~verified if (tagged & ~verified & (mass > 0)).any() else tagged
    tagability, lowest = estimate_tagability(proba, free, mass)
    given, spurious = rates[0][k], rates[1][k]
    tagability = tagability if np.isnan(given) else given
    believed = posterior_of_tag(proba, tagged, tagability, spurious)
    believed = np.where(verified, tagged, believed)
    omission = np.average(believed[~tagged], weights=mass[~tagged])
    found = {
        "tagability": tagability,
        "lowest": lowest,
        "omission": float(omission),
        "exponents": exponents,
    }
    return believed, found
