"""Scorers for ``scoring=``, for searches in which the test labels are noisy too."""

import warnings

import numpy as np
from sklearn.utils.metadata_routing import MetadataRequest
from sklearn.utils.validation import check_consistent_length

from sknoisy._compat import StrOptions, _num_samples, validate_params
from sknoisy._labels import encode_labels
from sknoisy._transition_matrix import check_transition_matrix, normalize_rows
from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.metrics._confusion_scores import CONFUSION_SCORES
from sknoisy.metrics._corrected_score import check_condition, clean_joint
from sknoisy.metrics._proba_scores import PROBA_SCORES
from sknoisy.metrics._read import (
    METRICS,
    common_classes,
    read_labels_and_predictions,
    read_share,
)
from sknoisy.quality._noise_model import (
    NoiseModel,
    cached,
    clean_label_posterior,
    estimated_noise,
    is_symmetric,
    symmetric_part,
)

# A symmetric matrix changes the scale of a test part. One matrix of each part of 200
# rows cost up to 18.9 points of accuracy against plain scoring, of 1,000 rows at most
# 2.8 (suite search, before posteriors took the place of asymmetric matrices).
FEWEST_TEST_ROWS = 1000
# Weight of the score by the posterior beside the one by the symmetric matrix, whose
# order is that of plain scoring. On the sets that choose, the regret under pair and
# block noise is 0.9 points for 0.8 and 1, and 1.2 for 0.5; on the others 1 loses up to
# 10 points more than plain scoring under other noise (suite search, "posterior's").
POSTERIOR_SHARE = 0.8
# Standard errors above what the noise allows from which labels are taken to be right:
# a perfect classifier gets there by chance in one of 740 test parts.
ERRORS_ABOVE = 3.0
# Metrics of which less is better; their scorers are negative.
LOSSES = {"log_loss", "brier"}
# What scikit-learn's scorers are called, beside the names of the metrics.
NAMES = {
    **{name: name for name in METRICS if name not in LOSSES},
    "neg_log_loss": "log_loss",
    "neg_brier_score": "brier",
    "roc_auc_ovr": "roc_auc",
}


class _Scorer:
    """Call of a fitted classifier on rows and labels; a higher score is better.

    It has no parameters that a search would reset: what ``fit`` found travels with it.
    """

    def __init__(self, metric):
        self.name, self.metric = metric, NAMES[metric]
        self._weight_request = None

    def set_score_request(self, *, sample_weight):
        """Say whether a search with metadata routing shall pass weights on.

        Parameters
        ----------
        sample_weight : bool, None or str
            As in :meth:`sklearn.linear_model.LogisticRegression.set_score_request`.

        Returns
        -------
        self : object
            The scorer.
        """
        self._weight_request = sample_weight
        return self

    def get_metadata_routing(self):
        """Return what the scorer requests.

        Returns
        -------
        MetadataRequest
            The request of ``score``.
        """
        request = MetadataRequest(owner=self)
        request.score.add_request(param="sample_weight", alias=self._weight_request)
        return request

    def _predictions(self, estimator, X):
        """Return what the metric needs of a classifier."""
        if self.metric in CONFUSION_SCORES:
            return estimator.predict(X)
        if hasattr(estimator, "predict_proba") or self.metric in LOSSES:
            return estimator.predict_proba(X)
        return estimator.decision_function(X)

    def _classes(self, estimator, y):
        """Return the classes of the classifier, and of labels that it has not seen."""
        if not hasattr(estimator, "classes_"):
            raise ValueError(
                f"{self!r} expected a fitted classifier with classes_, but got "
                f"{type(estimator).__name__}. Use scores of classification with "
                "classifiers."
            )
        known = np.asarray(estimator.classes_)
        if self.metric in CONFUSION_SCORES:
            return common_classes([known, y], repr(self))
        return known

    def _signed(self, value):
        return float(-value if self.metric in LOSSES else value)


class _NoiseCorrectedScorer(_Scorer):
    """Scorer of :func:`noise_corrected_scorer`."""

    def __init__(self, metric, transition):
        super().__init__(metric)
        self.transition = transition
        self.classes_ = self.transition_matrix_ = None

    def __repr__(self):
        given = "auto" if isinstance(self.transition, str) else "given"
        return f"noise_corrected_scorer({self.name!r}, transition={given!r})"

    def fit(self, X, y):
        """Estimate the noise once, on all rows of a search.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            Rows.

        y : array-like of shape (n_samples,)
            Noisy labels.

        Returns
        -------
        self : object
            The scorer, which scores every test part by this estimate.
        """
        check_consistent_length(X, y)
        classes, codes = encode_labels(y, owner=repr(self))
        self.classes_ = classes
        self.transition_matrix_ = self._noise(X, codes, len(classes)).transition
        return self

    def __call__(self, estimator, X, y, sample_weight=None):
        """Return the corrected score.

        Parameters
        ----------
        estimator : classifier
            Fitted, to other rows.

        X : array-like, frame, sparse matrix or sequence of n_samples rows
            Test rows.

        y : array-like of shape (n_samples,)
            Their noisy labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        float
            The score; it may leave the range of the metric by the error that the
            correction has.
        """
        classes = self._classes(estimator, y)
        classes, codes, predicted = read_labels_and_predictions(
            y, self._predictions(estimator, X), self.metric, classes, repr(self)
        )
        share = read_share(sample_weight, len(codes))
        model = self._model_of(X, codes, classes, share)
        T = model.transition
        self._warn_of_right_labels(codes, predicted, T)
        if model.clean_proba is None:
            return self._signed(self._value(codes, predicted, T, share))
        K, scaled = len(T), self.metric in CONFUSION_SCORES
        # A symmetric matrix would take an area under a curve beyond 1.
        scaled &= self.classes_ is not None or len(codes) >= FEWEST_TEST_ROWS
        symmetric = symmetric_part(T) if scaled else np.eye(K)
        by_matrix = self._value(codes, predicted, symmetric, share)
        # Each row once for each class that may be its clean one.
        share = share[:, None] * clean_label_posterior(model.clean_proba, T, codes)
        predicted = np.repeat(predicted, K, axis=0)
        codes = np.tile(np.arange(K), len(codes))
        by_posterior = self._value(codes, predicted, np.eye(K), share.ravel())
        return self._signed(
            POSTERIOR_SHARE * by_posterior + (1 - POSTERIOR_SHARE) * by_matrix
        )

    def _value(self, codes, predicted, T, share):
        """Return the metric, corrected by a matrix."""
        if self.metric in PROBA_SCORES:
            score = PROBA_SCORES[self.metric]
            return score(codes, predicted, np.linalg.inv(T), share).value
        K, score = len(T), CONFUSION_SCORES[self.metric]
        N = np.bincount(codes * K + predicted, share, minlength=K * K).reshape(K, K)
        # The inverse keeps the accuracy linear in the noisy one, so that a symmetric
        # matrix cannot change a ranking.
        nonlinear = score is not CONFUSION_SCORES["accuracy"]
        C = clean_joint(
            N / N.sum(), T, condition=np.linalg.cond(T), nonlinear=nonlinear
        )
        return score(C)[0]

    def _warn_of_right_labels(self, codes, predicted, T):
        """Warn where the labels agree with a classifier more than noise allows."""
        best = predicted if predicted.ndim == 1 else predicted.argmax(axis=1)
        agreement, most = np.mean(best == codes), T.diagonal().max()
        error = np.sqrt(most * (1 - most) / len(codes))
        if agreement > most + ERRORS_ABOVE * error:
            warnings.warn(
                f"{self!r} expected labels of which at least {1 - most:.0%} are wrong, "
                f"but {agreement:.0%} of these agree with the classifier: the score is "
                "too high. Of right labels take estimator.score, after a search "
                "search.best_estimator_.score.",
                UserWarning,
                stacklevel=3,
            )

    def _model_of(self, X, codes, classes, weight):
        """Return the noise model that belongs to some test rows."""
        estimated = isinstance(self.transition, str)
        if self.classes_ is not None:
            T = self._matrix_of(classes)
            if not estimated or is_symmetric(T):
                return NoiseModel(T)
            return self._noise(X, codes, len(classes), T, weight)
        model = self._noise(X, codes, len(classes), None, weight)
        symmetric = estimated and model.clean_proba is None
        if symmetric and len(codes) < FEWEST_TEST_ROWS:
            warnings.warn(
                f"{self!r} was not fitted, and from {len(codes)} test rows no "
                "noise rate is estimated, but from "
                f"{FEWEST_TEST_ROWS} or more: the score is that of the labels as they "
                "are. Pass the scorer after .fit(X, y) with all rows of the search.",
                NoEvidenceWarning,
            )
            return NoiseModel(np.eye(len(classes)))
        return model

    def _noise(self, X, codes, n_classes, T=None, weight=None):
        if not isinstance(self.transition, str):
            T = check_transition_matrix(
                self.transition, n_classes=n_classes, name="transition"
            )
            check_condition(T)
            return NoiseModel(T)
        # The candidates of a search share the forest of each of its test parts.
        given = X, codes, n_classes, T, weight
        return cached(("noise", *given), lambda: estimated_noise(*given))

    def _matrix_of(self, classes):
        """Return the fitted matrix for the classes of a classifier."""
        position = np.searchsorted(self.classes_, classes)
        position = np.minimum(position, len(self.classes_) - 1)
        if (self.classes_[position] != classes).any():
            unknown = np.setdiff1d(classes, self.classes_).tolist()
            raise ValueError(
                f"{self!r} expected the classes {self.classes_.tolist()} that it was "
                f"fitted to, but got {unknown} as well. Fit it to all rows of the "
                "search."
            )
        # A test part may lack classes: what is left of each row is its distribution.
        return normalize_rows(self.transition_matrix_[np.ix_(position, position)])


class _QualityWeightedScorer(_Scorer):
    """Scorer of :func:`quality_weighted_scorer`."""

    def __init__(self, metric, quality):
        super().__init__(metric)
        self.quality = quality

    def __repr__(self):
        return f"quality_weighted_scorer({self.name!r})"

    def __call__(self, estimator, X, y, sample_weight=None):
        """Return the score in which each row weighs by the quality of its label.

        Parameters
        ----------
        estimator : classifier
            Fitted, to other rows.

        X : array-like, frame, sparse matrix or sequence of n_samples rows
            Test rows.

        y : array-like of shape (n_samples,)
            Their labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights that multiply the qualities; where the scorer holds none, the
            qualities themselves.

        Returns
        -------
        float
            The score.
        """
        weight = self._weight(X, sample_weight)
        classes = self._classes(estimator, y)
        classes, codes, predicted = read_labels_and_predictions(
            y, self._predictions(estimator, X), self.metric, classes, repr(self)
        )
        share = read_share(weight, len(codes))
        if self.metric in CONFUSION_SCORES:
            K = len(classes)
            N = np.bincount(codes * K + predicted, share, minlength=K * K)
            return self._signed(CONFUSION_SCORES[self.metric](N.reshape(K, K))[0])
        R = np.eye(len(classes))
        return self._signed(PROBA_SCORES[self.metric](codes, predicted, R, share).value)

    def _weight(self, X, sample_weight):
        if self.quality is None:
            if sample_weight is None:
                raise ValueError(
                    f"{self!r} expected the quality of each test label, but got none. "
                    "Pass quality=, a function of the test rows or the name of a "
                    "column of X, or sample_weight= with a search that routes it."
                )
            return sample_weight
        if callable(self.quality):
            quality = self.quality(X)
        elif hasattr(X, "columns"):
            quality = X[self.quality]
        else:
            raise ValueError(
                f"{self!r} expected a frame with the column {self.quality!r}, but got "
                f"{type(X).__name__}. Pass a function of the test rows as quality."
            )
        quality = np.asarray(quality, dtype=float)
        if quality.shape != (_num_samples(X),):
            raise ValueError(
                f"{self!r} expected one quality for each of the {_num_samples(X)} test "
                f"rows, but got shape {quality.shape}. Return one number per row."
            )
        return quality if sample_weight is None else quality * sample_weight


@validate_params(
    {
        "metric": [StrOptions(set(NAMES))],
        "transition": [StrOptions({"auto"}), "array-like"],
    },
    prefer_skip_nested_validation=True,
)
def noise_corrected_scorer(metric, *, transition="auto"):
    r"""Make a scorer that corrects for label noise, for ``scoring=`` of a search.

    Parameters
    ----------
    metric : str
        "accuracy", "balanced_accuracy", "f1_macro", "f1_micro", "cohen_kappa",
        "matthews_corrcoef", "roc_auc" (also "roc_auc_ovr"), "average_precision",
        "neg_log_loss" or "neg_brier_score"; the last two are negative losses.

    transition : "auto" or array-like of shape (n_classes, n_classes), default="auto"
        ``T[i, j] = P(noisy = j | clean = i)`` in the order of the sorted classes.
        "auto" estimates the noise: on all rows of the search where ``fit`` of the
        scorer has been called with them, which is recommended, else on each test part
        by itself.

    Returns
    -------
    callable
        Scorer with the signature ``scorer(estimator, X, y, sample_weight=None)`` and a
        method ``fit(X, y)`` that returns it.

    Raises
    ------
    ValueError
        If the metric is unknown, or a given matrix does not fit the classes.

    See Also
    --------
    noise_corrected_score : Score and interval for given predictions.
    sknoisy.model_selection.LabelQualityFold : Test on labels of high quality instead.

    Notes
    -----
    "auto" predicts each row by the trees of a forest that have not seen it, and counts
    the labels of the surest rows of each predicted class. The lower 95 % bound of the
    share of wrong ones among the surest fifth is the error rate; the surer half tells
    where wrong labels go. Where these go to all other classes alike the matrix
    is symmetric; it leaves the symmetric form by empirical Bayes, and only where a
    likelihood ratio test at 0.001 % rejects it.

    With one symmetric matrix the corrected accuracy is an increasing function of the
    accuracy on the noisy labels, so that the ranking of candidates is that of plain
    scoring. With an asymmetric one each row counts for every class by the posterior

    .. math:: P(y = i \mid x, \tilde y) \propto P(y = i \mid x)\, T_{i \tilde y},
              \qquad P(y \mid x)^\top = P(\tilde y \mid x)^\top T^{-1},

    of a forest on the test rows alone: it has not seen the labels that the candidates
    were trained on, and so does not share what these have learnt from wrong ones. The
    score is four fifths of this one and a fifth of the one by the symmetric matrix, or
    for metrics of probabilities by the labels as they are. A given ``transition`` is
    corrected by its inverse, which needs no forest but has a higher variance.

    A scorer that was not fitted has a matrix for each test part as well. As error rates
    of small parts differ by chance, in parts of less than 1,000 rows the labels as they
    are take the place of the symmetric matrix, with a warning where this is all.

    Two classes have no asymmetry of this kind: one may lose more labels than the other,
    which cannot be told from overlap without trusted labels, and is not corrected.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sknoisy.metrics import noise_corrected_scorer
    >>> from sknoisy.noise import PairNoise
    >>> X, y = load_digits(return_X_y=True)
    >>> y_noisy = PairNoise(0.4, random_state=0).corrupt(y)
    >>> grid = {"n_neighbors": [1, 5, 20]}
    >>> scoring = noise_corrected_scorer("accuracy").fit(X, y_noisy)
    >>> search = GridSearchCV(KNeighborsClassifier(), grid, scoring=scoring, cv=3)
    >>> search.fit(X, y_noisy).best_params_
    {'n_neighbors': 20}
    """
    return _NoiseCorrectedScorer(metric, transition)


@validate_params(
    {
        "metric": [StrOptions(set(NAMES))],
        "quality": [callable, str, None],
    },
    prefer_skip_nested_validation=True,
)
def quality_weighted_scorer(metric, *, quality=None):
    """Make a scorer in which each test row weighs by the quality of its label.

    For labels of known quality: agreement of annotators, a trusted source, a review.

    Parameters
    ----------
    metric : str
        As in :func:`noise_corrected_scorer`.

    quality : callable, str or None, default=None
        Function that returns the quality of each of the test rows that it is given,
        shape (n_samples,), or the name of a column of a frame. None takes the
        ``sample_weight`` that a search with metadata routing passes on, after
        ``set_score_request(sample_weight=True)`` of the scorer.

    Returns
    -------
    callable
        Scorer with the signature ``scorer(estimator, X, y, sample_weight=None)``.

    See Also
    --------
    sknoisy.model_selection.LabelQualityFold : Leave labels of low quality out.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sknoisy.metrics import quality_weighted_scorer
    >>> X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 0])
    >>> clf = LogisticRegression().fit(X, [0, 0, 1, 1])
    >>> agreement = lambda X: np.where(X[:, 0] == 3, 0.2, 1.0)
    >>> round(quality_weighted_scorer("accuracy", quality=agreement)(clf, X, y), 4)
    0.9375
    """
    return _QualityWeightedScorer(metric, quality)
