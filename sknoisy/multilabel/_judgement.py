"""How believable each entry of a table of tags is."""

from dataclasses import dataclass

import numpy as np

from sknoisy.multilabel._result import Result
from sknoisy.multilabel._tag_posterior import (
    estimate_tagability,
    pool_evidence,
    posterior_of_tag,
    true_proba,
)

FAINTEST = 1e-6


@dataclass(frozen=True)
class SuspiciousTags(Result):
    """Entries of a table of tags, the most suspicious first."""

    row: np.ndarray
    label: np.ndarray
    label_code: np.ndarray
    label_quality: np.ndarray

    def __len__(self):
        """Return the number of entries."""
        return len(self.row)


class AskEvidence:
    """Ask about some tags, in a form that travels to other processes."""

    def __init__(self, X, labels, evidence, enough):
        self.X, self.labels = X, labels
        self.evidence, self.enough = evidence, enough

    def __call__(self, block):
        """Return probabilities, tagability and its lower bound for each tag."""
        votes = self.evidence.votes(self.labels, block)
        votes = [None] * len(block) if votes is None else votes.T
        return [self._ask(k, vote) for k, vote in zip(block, votes, strict=True)]

    def _ask(self, k, vote):
        tagged, mass = self.labels.tags.column(k), self.labels.sample_weight
        if not self.enough[k]:
            share = np.full(len(tagged), mass @ tagged / mass.sum(), dtype=np.float32)
            return share, np.nan, np.nan
        columns = self.evidence.columns(self.X, self.labels, k, vote)
        proba, _ = pool_evidence(columns, tagged, mass)
        estimated, lowest = estimate_tagability(proba, tagged, mass)
        return proba.astype(np.float32), estimated, lowest


def judge_tag(proba, labels, k, rates):
    """Return the quality of each entry of a tag, and what that means for the tag.

    Parameters
    ----------
    proba : ndarray of shape (n_samples,)
        Probability that the tag is given.

    labels : TagLabels
        The tags.

    k : int
        Number of the tag.

    rates : tuple of two floats
        Tagability and rate of spurious tags.

    Returns
    -------
    quality : ndarray of shape (n_samples,)
        How believable each entry is.

    omission, precision : float
        Share of true tags among the blanks and among the tags; NaN where there is
        none of either.
    """
    tagged, mass, proba = (
        labels.tags.column(k),
        labels.sample_weight,
        proba.astype(float),
    )
    tagability, spurious = rates
    posterior = posterior_of_tag(proba, tagged, tagability, spurious)
    real = np.clip(proba - spurious, 0, 1 - FAINTEST)
    odds = (1 - tagability) / (tagability - spurious) * real / (1 - real)
    # Not the posterior itself, which is 1 for many blanks: this never ends the ranking.
    quality = np.where(tagged, true_proba(proba, *rates), 1 / (1 + odds))
    verified = labels.verified(k)
    return (
        np.where(verified, 1.0, quality),
        _mean(posterior, mass * ~tagged),
        _mean(posterior, mass * tagged),
    )


def _mean(values, mass):
    return float(values @ mass / mass.sum()) if mass.any() else np.nan


def most_suspicious(quality, tags, names, n, tagged):
    """Return the entries of the lowest quality among the tags or the blanks.

    Parameters
    ----------
    quality : ndarray of shape (n_samples, n_labels)
        Quality of each entry.

    tags : csr_array of bool of shape (n_samples, n_labels)
        The tags.

    names : ndarray of shape (n_labels,)
        Their names.

    n : int or None
        How many; None means all with a quality below one half.

    tagged : bool
        Whether tags or blanks are wanted.

    Returns
    -------
    SuspiciousTags
        The entries.
    """
    # Everything that is not asked for is as good as it can be.
    asked = np.where(tags.toarray() == tagged, quality, np.inf).ravel()
    n_asked = np.count_nonzero(np.isfinite(asked) if n is not None else asked < 0.5)
    n = n_asked if n is None else min(n, n_asked)
    low = np.flatnonzero(asked <= np.partition(asked, n - 1)[n - 1]) if n else []
    order = np.array(low, dtype=np.intp)
    order = order[np.argsort(asked[order], kind="stable")][:n]
    row, code = np.unravel_index(order, quality.shape)
    return SuspiciousTags(row, names[code], code, quality[row, code])
