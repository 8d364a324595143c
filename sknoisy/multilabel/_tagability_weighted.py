"""Simple treatments of missing tags: by the tagability and nothing else."""

import numpy as np

from sknoisy._compat import StrOptions
from sknoisy._soft_labels import takes_weights
from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.multilabel._base import BaseTagClassifier
from sknoisy.multilabel._noisy_classifier import believe
from sknoisy.multilabel._rates import RATE, TAGABILITY, rates_of_tags
from sknoisy.multilabel._tag_evidence import gather_evidence, has_evidence
from sknoisy.multilabel._tag_models import TagFit, fit_tag, thinned


class TagabilityWeightedClassifier(BaseTagClassifier):
    r"""Train a classifier per tag with blanks that count for less than tags.

    The tagability :math:`\rho = P(\tilde y = 1 \mid y = 1)` of a tag is how likely it
    is given where it is true. If it is low, a blank says little, and probabilities
    learnt from the tags are too low.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``, default=None
        The binary classifier to train for each tag. None means
        :class:`~sklearn.linear_model.LogisticRegression`.

    tagability : "estimate", float or array-like, default="estimate"
        Probability in (0, 1] that a true tag is given, one or, of shape (n_labels,),
        one per tag. "estimate" reads it off
        out-of-fold probabilities; what re-annotated rows say is better, see
        :func:`estimate_label_quality`.

    spurious_rate : float or array-like, default=0.0
        Probability in [0, 1) that a tag is given where it is not true, one or one per
        tag.

    mode : {"weight", "unlabeled", "calibrate"}, default="weight"
        With "weight" every blank counts twice: as a tag with its probability of being
        a missing one, and as a blank with the rest. With "unlabeled" all blanks
        of a tag have the same lower weight, one minus the share of missing tags among
        them. With "calibrate" the classifier is trained as it is, and its
        probabilities are divided by the tagability, which changes no ranking.

    cv : int, splitter or iterable, default=None
        Folds, the same for all tags. None means 5, stratified by the rarest tag of
        each row, in which copies of a row stay together.

    memory : str or object with the joblib.Memory interface, default=None
        Where out-of-fold probabilities are cached.

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

    threshold_ : ndarray of shape (n_labels,)
        From which probability on each tag is predicted: 0.5.

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
    MultilabelNoisyClassifier : Also asks neighbours and the other tags.

    Notes
    -----
    With :math:`p(x)` the probability that the tag is given, a blank is a missing tag
    with probability :math:`g(x) = \frac{1-\rho}{\rho} \frac{p(x)}{1-p(x)}`, and the
    share of missing tags among the blanks is the mean of :math:`g`. This holds if tags
    are given to a share of the rows that deserve them, whatever their features.

    References
    ----------
    C. Elkan, K. Noto, "Learning Classifiers from Only Positive and Unlabeled Data",
    KDD 2008.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_multilabel_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sknoisy.multilabel import TagabilityWeightedClassifier
    >>> X, y = make_multilabel_classification(600, n_classes=4, random_state=0)
    >>> kept = np.random.RandomState(0).uniform(size=y.shape) < 0.6
    >>> base = LogisticRegression(max_iter=1000)
    >>> clf = TagabilityWeightedClassifier(base, tagability=0.6).fit(X, y * kept)
    >>> expected, blank = clf.predict_proba(X).mean(axis=0), (y * kept).mean(axis=0)
    >>> bool((abs(expected - y.mean(axis=0)) < abs(blank - y.mean(axis=0))).all())
    True
    """

    _parameter_constraints: dict = {
        **BaseTagClassifier._parameter_constraints,
        "tagability": TAGABILITY,
        "spurious_rate": RATE,
        "mode": [StrOptions({"weight", "unlabeled", "calibrate"})],
    }

    def __init__(
        self,
        estimator=None,
        *,
        tagability="estimate",
        spurious_rate=0.0,
        mode="weight",
        cv=None,
        memory=None,
        n_jobs=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.tagability = tagability
        self.spurious_rate = spurious_rate
        self.mode = mode
        self.cv = cv
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _prepare(self, base, X, labels):
        """Return evidence, rates and which tags they are used for."""
        if self.mode != "calibrate" and not takes_weights(base):
            raise UnsuitableEstimatorError(
                f"mode={self.mode!r} needs a classifier that takes sample_weight, but "
                f"{type(base).__name__} takes none. Use mode='calibrate', which needs "
                "no weights."
            )
        rates = rates_of_tags(self, labels)
        evidence = gather_evidence(self, base, X, labels, ("model",))
        return evidence, rates, has_evidence(labels)

    def _work(self, base, X, labels, common, block):
        evidence, rates, enough = common
        fits = []
        for k in block:
            given = labels.tags.column(k).astype(float)
            believed, found = given, {}
            if enough[k]:
                columns = evidence.columns(X, labels, k)
                believed, found = believe(columns, labels, k, rates)
                del found["exponents"]
            model, scale = self._treat(base, X, given, believed, found, labels, k)
            fits.append(TagFit(model, thinned(believed), scale=scale, **found))
        return fits

    def _treat(self, base, X, given, believed, found, labels, k):
        """Return the fitted classifier, and by what to divide its probabilities."""
        if not found or self.mode == "weight":
            return fit_tag(base, X, believed, labels), 1.0
        if self.mode == "calibrate":
            return fit_tag(base, X, given, labels), found["tagability"]
        blank = (given == 0) & ~labels.verified(k)
        weights = np.where(blank, 1 - found["omission"], 1.0)
        return fit_tag(base, X, given, labels, weights), 1.0
