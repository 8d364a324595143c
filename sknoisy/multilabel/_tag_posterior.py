"""From the evidence about one tag to the probability that it is true."""

from dataclasses import dataclass
from numbers import Real

import numpy as np
from scipy.special import expit, logit

from sknoisy._binary_flips import (
    SMALLEST_PROBA,
    estimate_missing_rate,
    fit_flips,
    flip_posterior,
    true_proba,
)
from sknoisy._compat import Interval, StrOptions

RATE = [Interval(Real, 0, 1, closed="left"), "array-like"]
MISSING_RATE = [StrOptions({"estimate"}), *RATE]
# Normal prior of standard deviation 1/4 of the weights of evidence, around J^(-1/2) for
# J sources: sources that agree are not counted J times. Chosen with RIDGE.
WEIGHT_PENALTY = 8.0
# Ranks blanks whose posterior has reached 1: odds of at most a million.
LARGEST_PROBA = 1 - 1e-6


@dataclass(frozen=True)
class TagPosterior:
    """What was found out about one tag; the rates are NaN without evidence.

    ``label_proba`` is the probability that the tag is given, by evidence that has not
    seen it, ``posterior`` that it is true, both of shape (n_samples,).
    """

    label_proba: np.ndarray
    posterior: np.ndarray
    missing_rate: float = np.nan
    highest_missing_rate: float = np.nan
    omission_rate: float = np.nan
    weights: np.ndarray | None = None


def rates_of_tags(owner, n_labels):
    """Return ``missing_rate`` and ``spurious_rate`` of an estimator, one per tag.

    Missing rates that are to be estimated are NaN.
    """
    missing = owner.missing_rate
    missing = np.nan if isinstance(missing, str) else missing
    missing = _one_per_tag(missing, "missing_rate", n_labels)
    spurious = _one_per_tag(owner.spurious_rate, "spurious_rate", n_labels)
    known = np.nan_to_num(missing, nan=0.0)
    sensible = (known >= 0) & (spurious >= 0) & (known + spurious < 1)
    if not sensible.all():
        raise ValueError(
            "missing_rate and spurious_rate expected numbers from 0 whose sum is below "
            f"1, or NaN to estimate a missing rate, but got {missing} and {spurious}. "
            "A tag that is given more often where it is false says the opposite of its "
            "name: exchange its zeros and ones."
        )
    return missing, spurious


def _one_per_tag(value, name, n_labels):
    value = np.asarray(value, dtype=float)
    if value.shape not in {(), (n_labels,)}:
        raise ValueError(
            f"{name} expected a number or shape ({n_labels},), a number per tag, but "
            f"got shape {value.shape}. Order the numbers as the columns of y."
        )
    return np.broadcast_to(value, n_labels)


def tag_posterior(columns, labels, k, rates):
    """Return what a list of probabilities, one array per source, says about tag k.

    Without evidence, None, and for trusted entries, the posterior is the tag itself.
    ``rates`` are the missing rates, NaN where to be estimated, and the spurious rates.
    """
    tagged, weight = labels.tags.column(k), labels.sample_weight
    if columns is None:
        share = np.full(len(tagged), weight @ tagged / weight.sum())
        return TagPosterior(share, tagged.astype(float))
    proba, weights = pool_evidence(columns, tagged, weight, labels.blank_sample(k))
    trusted = labels.trusted_rows(k)
    # Trusted tags did not come about as the others did.
    noisy = tagged & ~trusted & (weight > 0)
    estimated, highest = estimate_missing_rate(
        proba, noisy if noisy.any() else tagged, weight
    )
    missing = estimated if np.isnan(rates[0][k]) else float(rates[0][k])
    posterior = posterior_of_tag(proba, tagged, missing, rates[1][k])
    posterior = np.where(trusted, tagged, posterior)
    omission = weighted_mean(posterior, weight * ~tagged)
    return TagPosterior(proba, posterior, missing, highest, omission, weights)


def pool_evidence(columns, tagged, sample_weight, sample=None):
    r"""Return the probability of the tag by all sources, and the weight of each.

    With the share :math:`b` of tagged rows and sources :math:`q_j`,

    .. math:: \operatorname{logit} q = \operatorname{logit} b + a
        + \sum_j w_j (\operatorname{logit} q_j - \operatorname{logit} b),

    with :math:`w_j \ge 0`. No source has seen the tag of the row, so the likelihood
    that chooses the weights is one of held-out tags. ``sample`` is what
    ``TagLabels.blank_sample`` returns: the rows that the weights are fitted on.
    """
    share = sample_weight @ tagged / sample_weight.sum()
    share = logit(np.clip(share, SMALLEST_PROBA, 1 - SMALLEST_PROBA))
    logits = [logit(np.clip(q, SMALLEST_PROBA, 1 - SMALLEST_PROBA)) for q in columns]
    logits = np.stack(logits) - share
    rows, blanks = (slice(None), 1.0) if sample is None else sample
    fit = fit_flips(
        logits[:, rows, None],
        tagged[rows, None],
        offset=share,
        sample_weight=(sample_weight / np.where(tagged, 1.0, blanks))[rows],
        weight=len(columns) ** -0.5,
        weight_penalty=WEIGHT_PENALTY,
        lowest_weight=0.0,
    )
    return expit(share + fit.levels[0] + fit.weights @ logits), fit.weights


def posterior_of_tag(proba, tagged, missing_rate, spurious_rate=0.0):
    """Return the probability that a tag is true, from that of its being given."""
    p = true_proba(proba, missing_rate, spurious_rate)
    return flip_posterior(p, tagged, missing_rate, spurious_rate)


def entry_quality(proba, labels, k, missing_rate, spurious_rate):
    """Return quality of the entries, omission rate and precision of tag k.

    The quality ranks as P(entry is right) does, and is 1 if trusted. The other two are
    the shares of true tags among blanks and tags, NaN where there are none.
    """
    tagged, weight = labels.tags.column(k), labels.sample_weight
    posterior = posterior_of_tag(proba, tagged, missing_rate, spurious_rate)
    trusted = labels.trusted_rows(k)
    posterior = np.where(trusted, tagged, posterior)
    given = np.clip(proba - spurious_rate, 0, LARGEST_PROBA)
    odds = missing_rate / (1 - missing_rate - spurious_rate) * given / (1 - given)
    # Not the posterior itself: it is 1 for many blanks, and for all tags if none is
    # spurious. Of a tag, the probability that the row deserves it whoever tagged it.
    p = true_proba(proba, missing_rate, spurious_rate)
    quality = np.where(tagged, p, 1 / (1 + odds))
    return (
        np.where(trusted, 1.0, quality),
        weighted_mean(posterior, weight * ~tagged),
        weighted_mean(posterior, weight * tagged),
    )


def weighted_mean(values, weight):
    """Return a mean, NaN where nothing has weight."""
    return float(values @ weight / weight.sum()) if weight.any() else np.nan
