"""What another n checks would buy."""

from dataclasses import dataclass
from textwrap import fill

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit


@dataclass(frozen=True)
class ReviewForecast:
    """What another n checks are expected to bring.

    Parameters
    ----------
    n : int
        How many more rows would be checked.

    n_wrong : float
        Expected number of wrong labels among them.

    n_wrong_left : float
        Estimated number of wrong labels among all rows without a verdict.

    n_overturned : float
        Expected number of rows whose verdict is neither the label given nor the one
        that the estimator suggests; NaN where it suggests none.

    half_width : float
        Half the width of the interval of the noise rate now, NaN without an estimate.

    half_width_after : float
        The same after the checks, NaN without an estimate.

    See Also
    --------
    ReviewSession.forecast : Makes it.

    Examples
    --------
    >>> from sknoisy.review import ReviewForecast
    >>> print(ReviewForecast(100, 38.2, 410.0, 12.4, 0.05, 0.04))
    Another 100 checks are expected to find 38 wrong labels of about 410 that are left,
    12 of them with a true label that the estimator does not suggest, and to narrow the
    interval of the noise rate from ±5.0 to ±4.0 points.
    """

    n: int
    n_wrong: float
    n_wrong_left: float
    n_overturned: float
    half_width: float
    half_width_after: float

    def __str__(self):
        text = (
            f"Another {self.n} checks are expected to find {self.n_wrong:.0f} wrong "
            f"labels of about {self.n_wrong_left:.0f} that are left"
        )
        if not np.isnan(self.n_overturned):
            text += (
                f", {self.n_overturned:.0f} of them with a true label that the "
                "estimator does not suggest"
            )
        if not np.isnan(self.half_width):
            text += (
                ", and to narrow the interval of the noise rate from "
                f"±{100 * self.half_width:.1f} to ±{100 * self.half_width_after:.1f} "
                "points"
            )
        return fill(f"{text}.", width=84)


def recalibrated(doubt, doubt_before, is_wrong):
    """Return probabilities that labels are wrong, corrected by verdicts.

    Parameters
    ----------
    doubt : ndarray of shape (n,)
        What the estimator says.

    doubt_before : ndarray of shape (n_verdicts,)
        What it said about checked rows before they were.

    is_wrong : ndarray of shape (n_verdicts,)
        Zeros and ones.

    Returns
    -------
    ndarray of shape (n,)
        A logistic curve of what it says, drawn to what it says where there are few
        verdicts.
    """
    before = logit(np.clip(doubt_before, 1e-3, 1 - 1e-3))
    design = np.column_stack([np.ones(len(before)), before])
    start = np.array([0.0, 1.0])

    def loss(coef):
        score = design @ coef
        likely = np.logaddexp(0, score).sum() - is_wrong @ score
        # A ridge of one draws the curve to the identity.
        slope = design.T @ (expit(score) - is_wrong) + coef - start
        return likely + ((coef - start) ** 2).sum() / 2, slope

    # Whatever is doubted more shall not count as more likely right.
    bounds = [(None, None), (0, None)]
    coef = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x
    return expit(coef[0] + coef[1] * logit(np.clip(doubt, 1e-3, 1 - 1e-3)))
