"""Two models weigh the labels for each other by the similarity of their predictions."""

from functools import partial
from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state

from sknoisy._clean_posterior import spread_doubt
from sknoisy._compat import (
    HasMethods,
    Interval,
    StrOptions,
)
from sknoisy._evidence import (
    EMBEDDING_CONSTRAINT,
    FOLDING_CONSTRAINTS,
    model_evidence,
    narrowed,
    neighbor_evidence,
    neighborhood,
    pool,
    seed_unset,
)
from sknoisy._meta import BaseLabelNoiseClassifier
from sknoisy._soft_labels import takes_weights
from sknoisy.classification._label_weights import weigh_labels
from sknoisy.classification._mean_proba import MeanProba
from sknoisy.classification._resampling import draw_rows, fit_rows
from sknoisy.classification._transition_option import (
    TRANSITION_CONSTRAINT,
    check_transition_option,
)
from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.quality._core_disagreement import select_action
from sknoisy.quality._similarity import (
    MIXTURE_CONSTRAINT,
    SIMILARITY_CONSTRAINT,
)
from sknoisy.refinement._base import settle


class SimilarityReweightingClassifier(BaseLabelNoiseClassifier):
    """Train a classifier with weights from the similarity of prediction and label.

    A mixture fitted to the similarities of out-of-fold predictions and labels says how
    likely each label is right. Two models judge together: a classifier and the
    neighbours, or two classifiers that swap their weights.

    Parameters
    ----------
    estimator : classifier, default=None
        The classifier to train. None means
        :class:`~sklearn.linear_model.LogisticRegression`.

    second_estimator : classifier, default=None
        The second model, which should make other mistakes than the first. None means
        the 10 nearest neighbours, which need no fit; then ``estimator`` alone predicts.

    similarity : {"margin", "cosine", "probability"} or callable, default="margin"
        How predictions and labels are compared, see
        :class:`~sknoisy.quality.SimilarityMixture`.

    mixture : {"beta", "gaussian"} or mixture estimator, default="beta"
        The mixture, see :class:`~sknoisy.quality.ScoreMixture`.

    exchange : bool or {"pool", "product"}, default="pool"
        Which weights a model is trained with: those of the other model (True), its own
        (False), the product of both ("product"), or the weights that belong to the
        geometric mean of both predictions ("pool").

    transition : "auto", transition estimator, array-like of shape \
(n_classes, n_classes) or None, default="auto"
        If not None, the probability that a label is right is also taken from the clean
        posterior, which the noise transition matrix makes of a prediction, and pooled
        with that of the mixture. "auto" means
        :class:`~sknoisy.transition.ConfidentTransition`, a quarter of which is
        replaced by pure chance. An estimated matrix has no say if it holds more labels
        for wrong than the mixture does.

    action : {"auto", "weight", "filter", "resample"}, default="auto"
        What the weights do: weigh the samples, leave those below one half out, or draw
        as many samples with replacement, in proportion to them. Where noise is found
        "auto" means "weight", or "filter" if a classifier takes no weights; where none
        is, the labels as they are. An action that is named is always carried out.

    n_rounds : int, default=1
        Rounds of prediction and weighing. From the second on the folds are trained
        with the weights, or on the rows kept, of the round before.

    combine : {"mean", "first", "second"}, default="mean"
        Which classifier predicts where there are two: the mean of their probabilities,
        or one of them.

    embedding : "auto", "passthrough" or transformer, default="auto"
        Space in which neighbours are searched, see
        :class:`~sknoisy.NoisyLabelClassifier`. Where it does not apply, ``estimator``
        judges alone after a warning.

    cv : int, splitter or iterable, default=None
        Folds. None means 5 stratified folds in which copies of a row stay together.

    memory : str or object with the joblib.Memory interface, default=None
        Where out-of-fold probabilities and neighbours are cached.

    n_jobs : int, default=None
        Number of folds fitted side by side.

    random_state : int, RandomState instance or None, default=None
        Seed of "resample", and for those random states of the classifiers that have
        none.

    Attributes
    ----------
    estimator_ : classifier
        What predicts: one of ``estimators_``, or the mean of their probabilities.

    estimators_ : list of classifiers
        The fitted classifiers, one or two.

    label_quality_ : ndarray of shape (n_samples,)
        Probability that the label is right, the mean over ``label_weights_``.

    clean_proba_ : ndarray of shape (n_samples, n_classes)
        ``label_quality_`` for the label given; the rest is shared by the other classes
        as the predictions have it.

    noise_rate_ : float
        Estimated share of wrong labels, in [0, 1].

    label_weights_ : ndarray of shape (n_models, n_samples)
        Weights that each model was given, in [0, 1].

    similarity_ : ndarray of shape (n_mixtures, n_samples)
        Similarities of the last round: one row with "pool", else one per model.

    mixtures_ : list of mixture estimators
        The mixtures of ``similarity_``.

    transition_matrix_ : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)`` of the last prediction, unless
        ``transition`` is None.

    history_ : list of dict
        For each round ``noise_rate`` and ``similarity``, the mean similarity.

    selection_ : dict
        What was chosen and why: ``noise_found``, ``action`` ("keep" where the labels
        are left alone), ``core_disagreement`` with ``core_disagreement_lower``, and
        ``reason``, a sentence.

    classes_ : ndarray of shape (n_classes,)
        The distinct labels.

    n_features_in_ : int
        Number of columns of X, where the classifier tells.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where the classifier tells.

    See Also
    --------
    NoisyLabelClassifier : Choose the treatment for me.
    sknoisy.quality.SimilarityMixture : The weights without the classifier.

    Notes
    -----
    Fully grown trees without a bootstrap are pure down to single samples, which decide
    whatever they weigh: ``action="filter"`` suits them better.

    A fit costs ``n_rounds`` times the folds for each classifier, and one or two final
    fits. Predictions are out-of-fold, since a model that memorises its labels agrees
    with all of them. With ``n_rounds`` above 1, a held-out label has had a say in the
    weights of the round before.

    The published method [1]_ trains two networks that swap weights in every batch and
    adds a consistency term; :class:`sknoisy.deep.ReSupNetClassifier` is that. Its
    counterpart here is ``similarity="cosine", exchange=True, transition=None,
    n_rounds=2`` with a ``second_estimator``.

    References
    ----------
    .. [1] X. Zhang, Y. Lu, H. Yan, J. Huang, Y. Ji, Y. Gu, "ReSup: Reliable Label
       Noise Suppression for Facial Expression Recognition", IEEE Transactions on
       Affective Computing, 2025.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sknoisy import SimilarityReweightingClassifier
    >>> from sknoisy.noise import UniformNoise
    >>> X, y = load_digits(return_X_y=True)
    >>> y_noisy = UniformNoise(0.3, random_state=0).corrupt(y[:1000])
    >>> base = make_pipeline(StandardScaler(), LogisticRegression())
    >>> plain = base.fit(X[:1000], y_noisy).score(X[1000:], y[1000:])
    >>> clf = SimilarityReweightingClassifier(base).fit(X[:1000], y_noisy)
    >>> bool(clf.score(X[1000:], y[1000:]) > plain + 0.05)
    True
    """

    _parameter_constraints: dict = {
        **BaseLabelNoiseClassifier._parameter_constraints,
        "second_estimator": [HasMethods(["fit", "predict_proba"]), None],
        "similarity": SIMILARITY_CONSTRAINT,
        "mixture": MIXTURE_CONSTRAINT,
        "exchange": ["boolean", StrOptions({"pool", "product"})],
        "transition": [*TRANSITION_CONSTRAINT, None],
        "action": [StrOptions({"auto", "weight", "filter", "resample"})],
        "n_rounds": [Interval(Integral, 1, None, closed="left")],
        "combine": [StrOptions({"mean", "first", "second"})],
        "embedding": EMBEDDING_CONSTRAINT,
        **FOLDING_CONSTRAINTS,
    }

    def __init__(
        self,
        estimator=None,
        second_estimator=None,
        *,
        similarity="margin",
        mixture="beta",
        exchange="pool",
        transition="auto",
        action="auto",
        n_rounds=1,
        combine="mean",
        embedding="auto",
        cv=None,
        memory=None,
        n_jobs=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.second_estimator = second_estimator
        self.similarity = similarity
        self.mixture = mixture
        self.exchange = exchange
        self.transition = transition
        self.action = action
        self.n_rounds = n_rounds
        self.combine = combine
        self.embedding = embedding
        self.cv = cv
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state

    def __sklearn_tags__(self):
        return narrowed(super().__sklearn_tags__(), self.second_estimator)

    def _fit(self, X, labels):
        bases = [seed_unset(base, self.random_state) for base in self._bases()]
        self._check_options(bases, labels)
        views = self._views(bases, X, labels)
        self.history_, soft_labels = [], [None] * len(views)
        for _ in range(self.n_rounds):
            probas = [view(soft) for view, soft in zip(views, soft_labels, strict=True)]
            if not self.history_:
                self.selection_ = self._select(bases, pool(probas), labels)
            weights = self._weigh(probas, bases[0], X, labels)
            soft_labels = [self._treated(w, labels) for w in weights]
        self._keep(weights, pool(probas), labels)
        self.estimators_ = []
        rng = check_random_state(self.random_state)
        for base, soft, weight in zip(bases, soft_labels, weights, strict=False):
            rows = None
            if self.selection_["action"] == "resample":
                rows = draw_rows(weight * labels.sample_weight, labels, rng)
            self.estimators_.append(fit_rows(base, X, soft, rows, labels))
        return self._combined(self.estimators_)

    def _bases(self):
        """Return the classifiers that are trained."""
        bases = [self._inner_estimator(), self.second_estimator]
        return [base for base in bases if base is not None]

    def _check_options(self, bases, labels):
        """Raise errors that name the way out, before any fold is fitted."""
        if self.combine == "second" and self.second_estimator is None:
            raise ValueError(
                "combine='second' expected a second_estimator, but got None: "
                "neighbours judge labels and do not predict. Pass second_estimator, "
                "or use combine='first'."
            )
        check_transition_option(self.transition, labels)
        for base in bases:
            if self.action == "weight" and not takes_weights(base):
                raise UnsuitableEstimatorError(
                    "action='weight' needs classifiers that take sample_weight, but "
                    f"{type(base).__name__} takes none. Use action='filter' or "
                    "action='resample', which need no weights."
                )

    def _select(self, bases, proba, labels):
        """Return what is done about the noise, and why."""
        weighable = all(takes_weights(base) for base in bases)
        treatment = "weight" if weighable else "filter"
        return select_action(self.action, proba, labels, treatment=treatment)

    def _views(self, bases, X, labels):
        """Return for each model the function from soft labels to probabilities."""
        views = [partial(model_evidence, self, base, X, labels) for base in bases]
        if self.second_estimator is None:
            graph = neighborhood(self, bases[0], X, labels)
            if graph is not None:
                views.append(partial(neighbor_evidence, graph, labels))
        return views

    def _weigh(self, probas, base, X, labels):
        """Return the weights that each model is to be trained with."""
        n_models = len(probas)
        if self.exchange == "pool":
            probas = [pool(probas)]
        found = [self._judge(proba, base, X, labels) for proba in probas]
        own, similarities, self.mixtures_ = map(list, zip(*found, strict=True))
        self.similarity_ = np.stack(similarities)
        rate = 1 - np.average(np.mean(own, axis=0), weights=labels.sample_weight)
        mean = np.average(self.similarity_.mean(axis=0), weights=labels.sample_weight)
        self.history_.append({"noise_rate": float(rate), "similarity": float(mean)})
        if self.exchange == "pool":
            return own * n_models
        if self.exchange == "product":
            return [np.prod(own, axis=0)] * n_models
        return own[::-1] if self.exchange else own

    def _judge(self, proba, base, X, labels):
        """Return the weights by one prediction, its similarities and their mixture."""
        found = weigh_labels(
            proba,
            base,
            X,
            labels,
            noise_found=self.selection_["noise_found"],
            similarity=self.similarity,
            mixture=self.mixture,
            transition=self.transition,
        )
        if found.transition_matrix is not None:
            self.transition_matrix_ = found.transition_matrix
        return found.weights, found.similarity, found.mixture

    def _treated(self, weights, labels):
        """Return the soft labels that the weights make."""
        action = self.selection_["action"]
        if action == "keep":
            weights = np.ones_like(weights)
        elif action != "weight":
            # Drawn anew in each fold, samples would only add to the spread.
            weights = (weights > 0.5).astype(float)
        return settle(
            labels.one_hot() * (weights * labels.sample_weight)[:, None], labels
        )

    def _keep(self, weights, proba, labels):
        """Keep what was found about the labels as fitted attributes."""
        self.label_weights_ = np.stack(weights)
        self.label_quality_ = self.label_weights_.mean(axis=0)
        doubt = 1 - self.label_quality_
        self.noise_rate_ = float(np.average(doubt, weights=labels.sample_weight))
        self.clean_proba_ = spread_doubt(proba, labels.codes, self.label_quality_)

    def _answering(self):
        return self._combined(self._bases())

    def _combined(self, models):
        """Return what predicts."""
        if len(models) == 1 or self.combine == "first":
            return models[0]
        return MeanProba(models) if self.combine == "mean" else models[1]
