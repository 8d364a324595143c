"""Two models weigh the labels for each other by the similarity of their predictions."""

from functools import partial
from numbers import Integral

import numpy as np
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state

from sknoisy._clean_posterior import clean_posterior, log_odds, spread_quality
from sknoisy._compat import (
    HasMethods,
    Interval,
    StrOptions,
    _check_method_params,
    _safe_indexing,
)
from sknoisy._context import CONTEXT_CONSTRAINTS, FitContext, seed_unset
from sknoisy._embedding import EMBEDDING_CONSTRAINT
from sknoisy._folds import make_folds
from sknoisy._meta import BaseLabelNoiseClassifier, narrowed
from sknoisy._out_of_fold import out_of_fold_proba
from sknoisy._proba import class_proba
from sknoisy._soft_labels import (
    fit_soft_labels,
    settle,
    soft_labels_for,
    takes_weights,
)
from sknoisy.classification._action_choice import UNIFORM_SHARE
from sknoisy.evidence import EvidenceInputs, forest_evidence, pool_evidence
from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.quality._noise_rate import estimate_noise
from sknoisy.quality._similarity import (
    MIXTURE_CONSTRAINT,
    SIMILARITY_CONSTRAINT,
    MixtureFitter,
    label_similarity,
)
from sknoisy.transition._resolve import (
    TRANSITION_CONSTRAINT,
    check_matrix,
    resolve_transition,
)


class SimilarityReweightingClassifier(BaseLabelNoiseClassifier):
    """Train a classifier with weights from the similarity of prediction and label.

    A mixture fitted to the similarities of out-of-fold predictions and labels says how
    likely each label is right. Two models decide together: a classifier and the
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

    exchange : bool or "pool", default="pool"
        Which weights a model is trained with: those of the other model (True), its own
        (False), or the weights that belong to the geometric mean of both predictions
        ("pool").

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
        decides alone after a warning.

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
        "exchange": ["boolean", StrOptions({"pool"})],
        "transition": [*TRANSITION_CONSTRAINT, None],
        "action": [StrOptions({"auto", "weight", "filter", "resample"})],
        "n_rounds": [Interval(Integral, 1, None, closed="left")],
        "combine": [StrOptions({"mean", "first", "second"})],
        "embedding": EMBEDDING_CONSTRAINT,
        **CONTEXT_CONSTRAINTS,
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
        context = FitContext.of(self)
        bases = [seed_unset(base, context.random_state) for base in self._bases()]
        self._check_options(bases, labels)
        folds = make_folds(X, labels, self.cv)
        inputs = [EvidenceInputs(base, X, labels, folds, context) for base in bases]
        views = [partial(self._predicted, one) for one in inputs]
        if self.second_estimator is None and inputs[0].embedding is not None:
            table = forest_evidence(inputs[0])
            views.append(lambda _: table)
        self.history_, soft_labels = [], [None] * len(views)
        for _ in range(self.n_rounds):
            probas = [view(soft) for view, soft in zip(views, soft_labels, strict=True)]
            proba = pool_evidence(dict(enumerate(probas)), labels)
            if not self.history_:
                self.selection_, self._noise = self._select(bases, proba, labels)
            compared = [proba] * len(probas) if self.exchange == "pool" else probas
            weights = self._exchanged(
                [self._weigh(table, X, labels, bases[0]) for table in compared], labels
            )
            soft_labels = [self._soft_labels(w, labels) for w in weights]
        self._keep(weights, proba, labels)
        rng = check_random_state(context.random_state)
        self.estimators_ = [
            self._trained(base, X, soft, weight, labels, rng)
            for base, soft, weight in zip(bases, soft_labels, weights, strict=False)
        ]
        del self._noise
        return self._combined(self.estimators_)

    def _bases(self):
        """Return the classifiers that are trained."""
        bases = [self._inner_estimator(), self.second_estimator]
        return [base for base in bases if base is not None]

    def _check_options(self, bases, labels):
        """Raise errors that name the way out, before any fold is fitted."""
        if self.combine == "second" and self.second_estimator is None:
            raise ValueError(
                "combine='second' expected a second_estimator, but got None: the "
                "forest gives evidence and does not predict. Pass second_estimator, "
                "or use combine='first'."
            )
        check_matrix(self.transition, labels)
        for base in bases:
            if self.action == "weight" and not takes_weights(base):
                raise UnsuitableEstimatorError(
                    "action='weight' needs classifiers that take sample_weight, but "
                    f"{type(base).__name__} takes none. Use action='filter' or "
                    "action='resample', which need no weights."
                )

    def _predicted(self, inputs, soft_labels):
        """Return out-of-fold probabilities; the label where a row is never held out."""
        proba = out_of_fold_proba(inputs, soft_labels)
        return np.where(np.isnan(proba), inputs.labels.one_hot(), proba)

    def _select(self, bases, proba, labels):
        """Return what is done about the noise, and what is known of its amount."""
        noise, action = estimate_noise(proba, labels), self.action
        if action == "auto":
            weighable = all(takes_weights(base) for base in bases)
            action = "weight" if weighable else "filter"
            action = action if noise.found_in_core else "keep"
        return noise.describe(action), noise

    def _weigh(self, proba, X, labels, base):
        """Return weights, similarities and mixture by one table of predictions."""
        fitter = MixtureFitter(self.mixture, self._noise.found_in_core)
        scores = label_similarity(self.similarity, proba, labels)
        weights, (mixture,) = fitter.weigh(scores, labels)
        if self.transition is not None:
            T = resolve_transition(self.transition, X, proba, labels, base=base)
            self.transition_matrix_ = T
            if isinstance(self.transition, str):
                T = (1 - UNIFORM_SHARE) * T + UNIFORM_SHARE / labels.n_classes
            posterior = clean_posterior(
                proba, T, labels.codes, weights=labels.sample_weight
            )
            # Mixture and matrix with equal say, as the geometric mean of their odds.
            odds = [log_odds(weights), log_odds(labels.proba_of_label(posterior))]
            weights = labels.quality_of_trusted(expit(np.mean(odds, axis=0)))
        return weights, scores, mixture

    def _exchanged(self, found, labels):
        """Keep what was found, and return the weights for each of the models."""
        own, similarities, self.mixtures_ = map(list, zip(*found, strict=True))
        self.similarity_ = np.stack(similarities)
        weight = labels.sample_weight
        rate = 1 - np.average(np.mean(own, axis=0), weights=weight)
        mean = np.average(self.similarity_.mean(axis=0), weights=weight)
        self.history_.append({"noise_rate": float(rate), "similarity": float(mean)})
        return own[::-1] if self.exchange is True else own

    def _soft_labels(self, quality, labels):
        """Return the soft labels that the weights make."""
        action = self.selection_["action"]
        if action == "keep":
            return soft_labels_for("keep", None, labels)
        if action != "weight":
            # Drawn anew in each fold, samples would only add to the spread.
            quality = (quality > 0.5).astype(float)
        weight = quality * labels.sample_weight
        return settle(labels.one_hot() * weight[:, None], labels)

    def _trained(self, base, X, soft_labels, quality, labels, rng):
        """Return a classifier fitted to soft labels, or to rows drawn by quality."""
        params = labels.params
        if self.selection_["action"] == "resample":
            rows = draw_rows(quality * labels.sample_weight, labels, rng)
            X, soft_labels = _safe_indexing(X, rows), labels.one_hot()[rows]
            params = _check_method_params(X, params, indices=rows)
        return fit_soft_labels(base, X, soft_labels, labels.classes, params=params)

    def _keep(self, weights, proba, labels):
        """Keep what was found about the labels as fitted attributes."""
        self.label_weights_ = np.stack(weights)
        self.label_quality_ = self.label_weights_.mean(axis=0)
        error = 1 - self.label_quality_
        self.noise_rate_ = float(np.average(error, weights=labels.sample_weight))
        self.clean_proba_ = spread_quality(proba, labels.codes, self.label_quality_)

    def _answering(self):
        return self._combined(self._bases())

    def _combined(self, models):
        """Return what predicts."""
        if len(models) == 1 or self.combine == "first":
            return models[0]
        return MeanProba(models) if self.combine == "mean" else models[1]


def draw_rows(weight, labels, rng):
    """Draw as many rows as there are, with replacement, at least one of each class.

    Parameters
    ----------
    weight : ndarray of shape (n_samples,)
        What the probability of a row is proportional to. If all is 0, the sample
        weights take its place.

    labels : NoisyLabels
        The labels.

    rng : RandomState
        Source of the draw.

    Returns
    -------
    ndarray
        Row numbers; the best row of a class that was not drawn stands at the end.
    """
    if not weight.any():
        weight = labels.sample_weight
    rows = rng.choice(len(weight), size=len(weight), p=weight / weight.sum())
    lost = np.setdiff1d(np.arange(labels.n_classes), labels.codes[rows])
    best = [np.argmax(np.where(labels.codes == c, weight, -1)) for c in lost]
    return np.concatenate([rows, np.array(best, dtype=rows.dtype)])


class MeanProba(ClassifierMixin, BaseEstimator):
    """The mean of the probabilities of classifiers that know the same classes.

    Unlike :class:`~sklearn.ensemble.VotingClassifier` it takes classifiers that are
    fitted already, each on rows of its own, and is no transformer.

    Parameters
    ----------
    estimators : list of classifiers
        The classifiers, with ``predict_proba``.
    """

    def __init__(self, estimators):
        self.estimators = estimators

    def __getattr__(self, name):
        # What describes the rows and classes is the same for all members.
        if name in {"classes_", "n_features_in_", "feature_names_in_"}:
            return getattr(self.estimators[0], name)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __sklearn_is_fitted__(self):
        return hasattr(self, "classes_")

    def predict_proba(self, X):
        """Return the mean of the probabilities.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        tables = [class_proba(model, X, self.classes_) for model in self.estimators]
        return np.mean(tables, axis=0)

    def predict(self, X):
        """Return the most probable class of each row.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            Samples.

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels among ``classes_``.
        """
        return self.classes_[self.predict_proba(X).argmax(axis=1)]
