"""Noise that depends on the features of each row."""

from numbers import Real

import numpy as np
from scipy.optimize import brentq
from scipy.special import softmax
from scipy.stats import truncnorm
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_array, check_consistent_length, check_random_state

from sknoisy._compat import Interval
from sknoisy.noise._base import BaseRateNoise


class InstanceNoise(BaseRateNoise):
    """Noise whose wrong labels depend on the features.

    Each row draws a probability of being wrong, and *which* wrong label it gets
    follows from a random projection of its features: rows that look alike are mistaken
    for the same class. This is the procedure by which [1]_ makes noise for its
    experiments.

    Parameters
    ----------
    rate : float, default=0.2
        Expected share of wrong labels, in [0, 1).

    std : float, default=0.1
        Spread of the probability of being wrong over the rows, in [0, 1]: standard
        deviation of the normal distribution before truncation. With 0 all rows are
        equally at risk.

    random_state : int, RandomState instance or None, default=None
        Seed of the projection, of the flip rates and of the flips. Pass an int for the
        same flips at every call.

    See Also
    --------
    UniformNoise : Flips that depend on nothing.
    TransitionNoise : Flips that depend on the class alone.

    Notes
    -----
    With ``K`` classes and ``x`` the features after each column of ``X`` has been
    centred and divided by its standard deviation, so that units do not matter, a row
    of class ``y`` has

    - a flip rate ``q`` drawn from a normal distribution truncated to [0, 1];
    - scores ``x @ W[y]``, where ``W[y]`` of shape (n_features, K) is standard normal;
    - ``P(noisy = j) = q * softmax(scores)[j]`` for ``j != y``, the softmax being taken
      over the other classes, and ``P(noisy = y) = 1 - q``.

    The paper puts the normal distribution at ``rate``, and truncation then moves the
    mean. Here it is put where the mean *after* truncation is ``rate``. Close to 0 and
    1 the spread is held to ten times the distance of ``rate`` from the bound; the
    distribution hardly depends on it there.

    Scores grow with the number of features: with dozens of them the wrong label is
    nearly a function of the row. With two classes there is only one wrong label, so
    that the noise does not depend on the features at all.

    References
    ----------
    .. [1] X. Xia, T. Liu, B. Han, N. Wang, M. Gong, H. Liu, G. Niu, D. Tao and M.
       Sugiyama, "Part-dependent Label Noise: Towards Instance-dependent Label Noise",
       NeurIPS, 2020.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from sknoisy.noise import InstanceNoise
    >>> X, y = load_digits(return_X_y=True)
    >>> y_noisy = InstanceNoise(rate=0.3, random_state=0).corrupt(y, X)
    >>> bool(0.25 < np.mean(y_noisy != y) < 0.35)
    True
    """

    _parameter_constraints: dict = {
        **BaseRateNoise._parameter_constraints,
        "std": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(self, rate=0.2, *, std=0.1, random_state=None):
        super().__init__(rate, random_state=random_state)
        self.std = std

    def _flip_proba(self, codes, X, n_classes):
        X = _check_features(X)
        check_consistent_length(X, codes)
        rng = check_random_state(self.random_state)
        scores = _projection_scores(X, codes, n_classes, rng)
        flip_rates = _draw_flip_rates(self.rate, self.std, len(codes), rng)
        rows = np.arange(len(codes))
        scores[rows, codes] = -np.inf
        proba = flip_rates[:, np.newaxis] * softmax(scores, axis=1)
        proba[rows, codes] = 1 - flip_rates
        return proba


def _check_features(X):
    """Return X as a numeric array or CSR matrix."""
    if X is None:
        raise ValueError(
            "InstanceNoise needs X of shape (n_samples, n_features), since its flips "
            "depend on the features, but got None. Call corrupt(y, X), or use "
            "UniformNoise, which needs no features."
        )
    try:
        return check_array(X, accept_sparse="csr", dtype=np.float64, input_name="X")
    except (TypeError, ValueError) as error:
        raise ValueError(
            "InstanceNoise needs X as a numeric array of shape (n_samples, n_features) "
            f"without missing values, but this X was refused: {error} Encode and "
            "impute it first, or use UniformNoise, which needs no features."
        ) from error


def _projection_scores(X, codes, n_classes, rng):
    """Project standardised rows by the random matrix of their class."""
    scaler = StandardScaler(with_mean=False).fit(X)
    X = scaler.transform(X)
    center = scaler.mean_ / scaler.scale_
    scores = np.empty((len(codes), n_classes))
    for k in range(n_classes):
        # Drawn for absent classes too, so that the seed alone decides W.
        W = rng.standard_normal((X.shape[1], n_classes))
        # Centring the scores rather than X keeps sparse X sparse.
        scores[codes == k] = X[codes == k] @ W - center @ W
    return scores


def _draw_flip_rates(rate, std, size, rng):
    """Draw from a normal distribution truncated to [0, 1] so that its mean is rate."""
    distance = min(rate, 1 - rate)
    # Below a mean of a tenth of its scale a truncated normal is exponential in all but
    # name, and the tail it is cut from so far away that digits are lost.
    scale = min(std, 10 * distance)
    if scale < 1e-9:
        return np.full(size, float(rate))

    def excess_mean(location):
        ends = np.array([-location, 1 / scale - location])
        density = truncnorm.pdf(ends, *ends)
        return location + density[0] - density[1] - distance / scale

    # Mills' ratio bounds the mean by scale**2 / -location where location is negative,
    # and cutting both ends moves a mean below 1/2 upwards: the root lies between.
    location = brentq(excess_mean, -scale / distance - 1, distance / scale + 1)
    draws = truncnorm.rvs(-location, 1 / scale - location, size=size, random_state=rng)
    rates = np.clip(scale * (location + draws), 0, 1)
    return rates if rate <= 0.5 else 1 - rates
