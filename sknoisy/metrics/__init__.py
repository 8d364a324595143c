"""Scores, scorers and their intervals where the test labels are wrong too."""

from sknoisy.metrics._corrected_score import CorrectedScore, noise_corrected_score
from sknoisy.metrics._scorers import noise_corrected_scorer, quality_weighted_scorer
from sknoisy.metrics._trusted_score import trusted_score

__all__ = [
    "CorrectedScore",
    "noise_corrected_score",
    "noise_corrected_scorer",
    "quality_weighted_scorer",
    "trusted_score",
]
