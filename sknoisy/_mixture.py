"""A mixture of two distributions of scores: those of wrong labels and of right ones."""

from numbers import Integral, Real

import numpy as np
from scipy.special import betaln, expit, logsumexp, softmax
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from sknoisy._compat import (
    Interval,
    StrOptions,
    _check_sample_weight,
    _fit_context,
)

# Moments of a Beta distribution exist only for 0 < variance < mean (1 - mean).
SMALLEST_SPREAD = 1e-3
WIDEST_SHARE = 0.999
MARGIN = 1e-4
# Beta(1, 2) and Beta(2, 1).
START_MEANS, START_VARIANCE = np.array([1 / 3, 2 / 3]), 1 / 18


class ScoreMixture(DensityMixin, BaseEstimator):
    r"""Two overlapping populations of scores, the low and the high.

    Wrong labels have low scores and right labels high ones. Where the two overlap, the
    mixture tells how likely a sample belongs to the high population. Several scores of
    a sample are taken as independent within each population.

    Parameters
    ----------
    distribution : {"beta", "gaussian"}, default="beta"
        Shape of both components.

    n_components : {"auto", 1, 2}, default="auto"
        Number of components. "auto" takes two where the Bayesian information criterion
        prefers them to one, or where the one would have a peak at either end.

    max_iter : int, default=100
        Largest number of EM steps.

    tol : float, default=1e-4
        The steps end when no mean, standard deviation or weight of a component changes
        by more, on the scale from smallest to largest score. 0 goes through all steps.

    Attributes
    ----------
    n_components_ : int
        Number of components, 1 or 2.

    weights_ : ndarray of shape (n_components_,)
        Share of each component; the last is the high one.

    means_ : ndarray of shape (n_components_, n_features_in_)
        Means of the components.

    variances_ : ndarray of shape (n_components_, n_features_in_)
        Variances of the components.

    bounds_ : ndarray of shape (2, n_features_in_)
        Smallest and largest possible score: 0 and 1 for a column within them, else the
        range of the column. Beta distributions take scores beyond as the bound.

    rising_range_ : ndarray of shape (2, n_features_in_)
        Scores between which the probability of the high component rises. Outside it
        stays what it is at the nearer end.

    n_iter_ : int
        Number of EM steps.

    converged_ : bool
        Whether the steps ended by ``tol``.

    n_features_in_ : int
        Number of scores per sample.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where it has names that are strings.

    See Also
    --------
    sknoisy.quality.SimilarityMixture : Label quality by such a mixture.
    sklearn.mixture.GaussianMixture : Mixtures of any number of components.

    Notes
    -----
    The M-step matches moments [1]_: with the weighted mean :math:`m` and variance
    :math:`v` of a component, :math:`\alpha = m (m (1 - m) / v - 1)` and
    :math:`\beta = \alpha (1 - m) / m`. It starts from Beta(1, 2) and Beta(2, 1) with
    equal weights, or from normal distributions of the same moments. A component that
    loses its scores is dropped, and components that change places are put in order.

    References
    ----------
    .. [1] E. Arazo et al., "Unsupervised Label Noise Modeling and Loss Correction",
       ICML 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from sknoisy.quality import ScoreMixture
    >>> rng = np.random.default_rng(0)
    >>> scores = np.concatenate([rng.beta(2, 8, size=300), rng.beta(9, 1, size=700)])
    >>> mixture = ScoreMixture().fit(scores.reshape(-1, 1))
    >>> mixture.weights_.round(1)
    array([0.3, 0.7])
    >>> mixture.predict([[0.1], [0.9]])
    array([0, 1])
    """

    _parameter_constraints: dict = {
        "distribution": [StrOptions({"beta", "gaussian"})],
        "n_components": [
            StrOptions({"auto"}),
            Interval(Integral, 1, 2, closed="both"),
        ],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        distribution="beta",
        *,
        n_components="auto",
        max_iter=100,
        tol=1e-4,
    ):
        self.distribution = distribution
        self.n_components = n_components
        self.max_iter = max_iter
        self.tol = tol

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None):
        """Fit the mixture.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Scores, one column each; a higher score is better.

        y : None
            Ignored.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        self : object
            The fitted mixture.

        Raises
        ------
        ValueError
            If a score is missing or infinite, or no sample has weight.
        """
        X = validate_data(self, X, dtype=np.float64)
        weight = _check_sample_weight(
            sample_weight, X, dtype=np.float64, ensure_non_negative=True
        )
        if not weight.any():
            raise ValueError(
                "ScoreMixture expected some sample weight above 0, but all weights are "
                "0. Leave sample_weight out, or check it."
            )
        # Rows without weight shall not even decide a range.
        X, weight = X[weight > 0], weight[weight > 0]
        self.bounds_ = _bounds(X)
        U, share = self._unit(X), weight / weight.sum()
        self.n_iter_, self.converged_ = 0, True
        one = np.ones(1), *self._moments(U, share[:, None])
        two = self._two(U, share) if self.n_components != 1 else None
        if two is not None and self.n_components == "auto":
            gain = share @ (self._log_density(U, *two) - self._log_density(U, *one))
            if not self._worth(2 * gain * weight.sum(), weight.sum(), one):
                two = None
        self._keep(one if two is None else two)
        return self

    def predict_proba(self, X):
        """Return the probability of each component, which rises with the score.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Scores.

        Returns
        -------
        ndarray of shape (n_samples, 2)
            Probability of the low and of the high component. Where one component is
            enough, all belongs to the high one.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        high = np.ones(len(X))
        if self.n_components_ == 2:
            U = self._unit(np.clip(X, *self.rising_range_))
            joint = self._log_joint(U, *self._components)
            high = expit(joint[:, 1] - joint[:, 0])
        return np.column_stack([1 - high, high])

    def predict(self, X):
        """Return the more probable component.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Scores.

        Returns
        -------
        ndarray of shape (n_samples,)
            0 for the low component, 1 for the high one.
        """
        return self.predict_proba(X).argmax(axis=1)

    def score_samples(self, X):
        """Return the logarithm of the density at each sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Scores.

        Returns
        -------
        ndarray of shape (n_samples,)
            Log-density of the mixture.
        """
        check_is_fitted(self)
        U = self._unit(validate_data(self, X, dtype=np.float64, reset=False))
        scale = np.log(np.diff(self.bounds_, axis=0)).sum()
        return self._log_density(U, *self._components) - scale

    def score(self, X, y=None):
        """Return the mean log-density of the samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Scores.

        y : None
            Ignored.

        Returns
        -------
        float
            Mean of ``score_samples(X)``.
        """
        return float(self.score_samples(X).mean())

    def sample(self, n_samples=1, *, random_state=None):
        """Draw samples.

        Parameters
        ----------
        n_samples : int, default=1
            Number of samples.

        random_state : int, RandomState instance or None, default=None
            Seed of the draw.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            Scores.

        y : ndarray of shape (n_samples,)
            Component of each sample, 0 for the low and 1 for the high one.
        """
        check_is_fitted(self)
        rng = check_random_state(random_state)
        weights, means, variances = self._components
        drawn = rng.choice(len(weights), size=n_samples, p=weights)
        if self.distribution == "gaussian":
            U = rng.normal(means[drawn], np.sqrt(variances[drawn]))
        else:
            alpha, beta = _beta_parameters(means, variances)
            U = rng.beta(alpha[drawn], beta[drawn])
        low, high = self.bounds_
        return low + (high - low) * U, drawn + 2 - len(weights)

    def _unit(self, X):
        """Return the scores on the scale from smallest to largest."""
        low, high = self.bounds_
        U = (X - low) / (high - low)
        if self.distribution == "gaussian":
            return U
        return np.clip(U, MARGIN, 1 - MARGIN)

    def _worth(self, gain, n_samples, one):
        """Whether a second component is worth its parameters."""
        _, means, variances = one
        if self.distribution == "beta":
            # A Beta distribution with two peaks holds two populations all by itself.
            alpha, beta = _beta_parameters(means, variances)
            if ((alpha < 1) & (beta < 1)).any():
                return True
        return gain > (1 + 2 * means.size) * np.log(max(n_samples, 2))

    def _two(self, U, share):
        """Return two components, or None where one of them loses its scores."""
        means = np.repeat(START_MEANS[:, None], U.shape[1], axis=1)
        components = np.full(2, 0.5), means, np.full_like(means, START_VARIANCE)
        self.converged_ = False
        while not self.converged_ and self.n_iter_ < self.max_iter:
            self.n_iter_ += 1
            parts = share[:, None] * softmax(self._log_joint(U, *components), axis=1)
            weights = parts.sum(axis=0)
            if weights.min() < MARGIN:
                return None
            moved = weights, *self._moments(U, parts)
            self.converged_ = _distance(components, moved) < self.tol
            components = moved
        order = np.argsort(components[1].mean(axis=1), kind="stable")
        return tuple(part[order] for part in components)

    def _moments(self, U, parts):
        """Return means and variances of parts of the samples, none degenerate."""
        total = parts.sum(axis=0)[:, None]
        means = parts.T @ U / total
        variances = np.maximum(parts.T @ U**2 / total - means**2, SMALLEST_SPREAD**2)
        if self.distribution == "beta":
            variances = np.minimum(variances, WIDEST_SHARE * means * (1 - means))
        return means, variances

    def _log_joint(self, U, weights, means, variances):
        """Return the log of weight times density of each sample and component."""
        if self.distribution == "gaussian":
            distances = (U**2) @ (1 / variances).T - 2 * U @ (means / variances).T
            constant = (means**2 / variances + np.log(2 * np.pi * variances)).sum(1)
            return np.log(weights) - (distances + constant) / 2
        alpha, beta = _beta_parameters(means, variances)
        powers = np.log(U) @ (alpha - 1).T + np.log1p(-U) @ (beta - 1).T
        return np.log(weights) + powers - betaln(alpha, beta).sum(axis=1)

    def _log_density(self, U, *components):
        return logsumexp(self._log_joint(U, *components), axis=1)

    def _keep(self, components):
        """Keep the components as attributes, in the units of the scores."""
        self._components = components
        self.weights_, means, variances = components
        low, high = self.bounds_
        self.n_components_ = len(means)
        self.means_ = low + (high - low) * means
        self.variances_ = (high - low) ** 2 * variances
        self.rising_range_ = self.bounds_
        if self.n_components_ == 2:
            self.rising_range_ = low + (high - low) * self._rising(means, variances)

    def _rising(self, means, variances):
        """Return where the odds of the high component rise, column by column."""
        # The slope of the log-odds has one root, before or after which they fall.
        if self.distribution == "gaussian":
            steepness = 1 / variances
            bend = steepness[0] - steepness[1]
            pull = means[0] * steepness[0] - means[1] * steepness[1]
            turns, falls_after = bend != 0, bend < 0
        else:
            alpha, beta = _beta_parameters(means, variances)
            pull, other = alpha[1] - alpha[0], beta[1] - beta[0]
            bend = pull + other
            turns, falls_after = pull * other > 0, pull > 0
        root = np.divide(pull, bend, out=np.zeros_like(pull), where=turns)
        start = np.where(turns & ~falls_after, root, -np.inf)
        end = np.where(turns & falls_after, root, np.inf)
        # A column in which the high component is the lower one says nothing.
        ends = np.where(means[1] > means[0], [start, end], means[0])
        return ends if self.distribution == "gaussian" else np.clip(ends, 0, 1)


def _bounds(X):
    """Return the smallest and the largest possible score of each column."""
    low, high = X.min(axis=0), X.max(axis=0)
    inside = (low >= 0) & (high <= 1)
    # Scores that are all the same still need an interval to lie in.
    high = np.where(high > low, high, low + 1)
    return np.stack([np.where(inside, 0.0, low), np.where(inside, 1.0, high)])


def _distance(before, after):
    """Return the largest change of a weight, mean or standard deviation."""
    before, after = ((w, m, np.sqrt(v)) for w, m, v in (before, after))
    return max(np.abs(new - old).max() for old, new in zip(before, after, strict=True))


def _beta_parameters(means, variances):
    """Return the parameters of the Beta distributions with these moments."""
    concentration = means * (1 - means) / variances - 1
    return means * concentration, (1 - means) * concentration
