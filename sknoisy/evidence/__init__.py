"""Evidence about labels: out-of-sample class probabilities, one table a source.

A source is a function of :class:`EvidenceInputs` that returns an array of shape
(n_samples, n_classes), or None where it has nothing to say. To add one, write it in a
file of its own and enter it in ``SOURCES`` of ``_pool.py``.
"""

from sknoisy.evidence._forest import forest_evidence, forest_evidence_without
from sknoisy.evidence._neighbors import neighbor_evidence
from sknoisy.evidence._pool import (
    EVIDENCE_CONSTRAINT,
    EvidenceInputs,
    all_sources,
    check_evidence,
    gather_evidence,
    geometric_mean,
    names_of_sources,
    pool_evidence,
)
from sknoisy.evidence._probability_source import ProbabilitySource

__all__ = [
    "EVIDENCE_CONSTRAINT",
    "EvidenceInputs",
    "ProbabilitySource",
    "all_sources",
    "check_evidence",
    "forest_evidence",
    "forest_evidence_without",
    "gather_evidence",
    "geometric_mean",
    "names_of_sources",
    "neighbor_evidence",
    "pool_evidence",
]
