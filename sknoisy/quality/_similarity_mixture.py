"""Label quality by a mixture over the similarity of prediction and label."""

from numbers import Integral

import numpy as np

from sknoisy._compat import Interval, StrOptions
from sknoisy._embedding import EMBEDDING_CONSTRAINT
from sknoisy.evidence import (
    EVIDENCE_CONSTRAINT,
    ProbabilitySource,
    check_evidence,
    gather_evidence,
    pool_evidence,
)
from sknoisy.quality._base import BaseLabelQuality
from sknoisy.quality._noise_rate import estimate_noise
from sknoisy.quality._similarity import (
    MIXTURE_CONSTRAINT,
    NEIGHBORS,
    SIMILARITY_CONSTRAINT,
    MixtureFitter,
    label_similarity,
)


class SimilarityMixture(ProbabilitySource, BaseLabelQuality):
    r"""Label quality as the probability that a similarity belongs to the right labels.

    An out-of-fold prediction is compared with the label. Over all rows these
    similarities are a mixture of two populations, wrong labels with low ones and right
    labels with high ones; the quality of a label is the probability of the latter.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or "precomputed", default=None
        The model that is asked. None means the classifier that is being trained,
        where there is one, else :class:`~sklearn.linear_model.LogisticRegression`.
        With "precomputed", X holds out-of-fold probabilities.

    evidence : str or list of str, default="auto"
        Whose prediction is compared, one or several of "model", "forest" and
        "neighbors", see :class:`~sknoisy.NoisyLabelClassifier`: "auto" pools the model
        and an out-of-bag forest. With "precomputed" it is always the model's.

    similarity : str or callable, default="margin"
        With the prediction :math:`p` and the label :math:`\tilde y`, "margin" is the
        lead :math:`(p_{\tilde y} - \max_{k \neq \tilde y} p_k + 1) / 2`, "cosine" is
        :math:`p_{\tilde y} / \lVert p \rVert` and "probability" :math:`p_{\tilde y}`
        itself; "neighbors" is the share of neighbours that have the label and asks no
        model. A callable gets probabilities of shape (n_samples, n_classes) and the
        column of each label, and returns a number per row, higher for agreement.

    mixture : {"beta", "gaussian"} or mixture estimator, default="beta"
        The mixture, see :class:`ScoreMixture`; any estimator with ``fit`` and
        ``predict_proba`` whose second column is the high component.

    scope : {"global", "class"}, default="global"
        One mixture over all rows, or one for the rows of each label.

    min_class_size : int, default=50
        With ``scope="class"``: labels with fewer rows take the mixture of all rows.

    embedding : "auto", "passthrough" or transformer, default="auto"
        Space of the forest and of the neighbours, see :class:`NeighborAgreement`.
        Where it does not apply, the model alone is used after a warning.

    cv : int, splitter or iterable, default=None
        Folds. None means 5 stratified folds in which copies of a row stay together.

    memory : str or object with the joblib.Memory interface, default=None
        Where out-of-fold probabilities and neighbours are cached.

    n_jobs : int, default=None
        Number of folds fitted side by side.

    random_state : int, RandomState instance or None, default=None
        Seed for those random states of the classifier that have none.

    Attributes
    ----------
    label_quality_ : ndarray of shape (n_samples,)
        Probability that the label is right; 1 throughout where no noise shows and one
        component is enough to describe the similarities.

    similarity_ : ndarray of shape (n_samples,)
        Similarity of prediction and label.

    mixtures_ : list of mixture estimators
        The mixture of all rows; with ``scope="class"`` followed by one per class.

    noise_rate_ : float
        Estimated share of wrong labels, in [0, 1].

    classes_ : ndarray of shape (n_classes,)
        The distinct labels.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where it has names that are strings.

    See Also
    --------
    sknoisy.SimilarityReweightingClassifier : Train a classifier with these weights.
    ScoreMixture : The mixture itself.
    ModelConfidence : The similarity as it is, without a mixture.

    Notes
    -----
    Noise shows where labels disagree with the predictions that are surest, as in
    :class:`~sknoisy.NoisyLabelClassifier`. Only where it does not, one component is
    tried against two: at high noise the two populations may run into one.

    The predictions must come from rows that the model has not seen: a model that
    memorises its labels agrees with all of them. Noise that follows the features looks
    like right labels, and hard or rare classes look like wrong ones.

    References
    ----------
    X. Zhang et al., "ReSup: Reliable Label Noise Suppression for Facial Expression
    Recognition", arXiv:2305.17895, 2023.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sknoisy.noise import UniformNoise
    >>> from sknoisy.quality import SimilarityMixture
    >>> X, y = load_digits(return_X_y=True)
    >>> noise = UniformNoise(0.3, random_state=0)
    >>> y_noisy = noise.corrupt(y)
    >>> quality = SimilarityMixture(similarity="neighbors").fit(X, y_noisy)
    >>> wrong = y_noisy != y
    >>> low = quality.label_quality_ < 0.5
    >>> bool(wrong[low].mean() > 0.9)
    True
    """

    _parameter_constraints: dict = {
        **ProbabilitySource._parameter_constraints,
        "evidence": EVIDENCE_CONSTRAINT,
        "similarity": [StrOptions({NEIGHBORS}), *SIMILARITY_CONSTRAINT],
        "mixture": MIXTURE_CONSTRAINT,
        "scope": [StrOptions({"global", "class"})],
        "min_class_size": [Interval(Integral, 2, None, closed="left")],
        "embedding": EMBEDDING_CONSTRAINT,
    }

    def __init__(
        self,
        estimator=None,
        *,
        evidence="auto",
        similarity="margin",
        mixture="beta",
        scope="global",
        min_class_size=50,
        embedding="auto",
        cv=None,
        memory=None,
        n_jobs=None,
        random_state=None,
    ):
        super().__init__(
            estimator, cv=cv, memory=memory, n_jobs=n_jobs, random_state=random_state
        )
        self.evidence = evidence
        self.similarity = similarity
        self.mixture = mixture
        self.scope = scope
        self.min_class_size = min_class_size
        self.embedding = embedding

    def _score(self, X, labels):
        check_evidence(self.evidence)
        proba = self._compared(X, labels)
        self.similarity_ = label_similarity(self.similarity, proba, labels)
        noise_found = estimate_noise(proba, labels).found_in_core
        fitter = MixtureFitter(
            self.mixture, noise_found, self.scope, self.min_class_size
        )
        weights, self.mixtures_ = fitter.weigh(self.similarity_, labels)
        self.noise_rate_ = float(1 - np.average(weights, weights=labels.sample_weight))
        return weights

    def _compared(self, X, labels):
        """Return the predictions that are compared with the labels."""
        if not isinstance(self.estimator, str):
            by_neighbors = self.similarity == NEIGHBORS
            names = NEIGHBORS if by_neighbors else self.evidence
            evidence = gather_evidence(names, self._inputs(X, labels))
            if len(evidence) == 1:
                return next(iter(evidence.values()))
            return pool_evidence(evidence, labels)
        if self.similarity == NEIGHBORS:
            raise ValueError(
                "similarity='neighbors' expected rows of features in X, but with "
                "estimator='precomputed' X holds probabilities. Choose another "
                "similarity, or leave estimator out."
            )
        return self._proba(X, labels)
