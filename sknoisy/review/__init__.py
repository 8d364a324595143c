"""Which labels should I check next? Rows to look at, and what the verdicts tell."""

from sknoisy._checked_rows import ReviewEstimate
from sknoisy.review._estimates import estimate_noise_rate, estimate_transition_matrix
from sknoisy.review._read_verdicts import read_verdicts
from sknoisy.review._session import ReviewSession
from sknoisy.review._suggest import ReviewSuggestion, suggest_review

__all__ = [
    "ReviewEstimate",
    "ReviewSession",
    "ReviewSuggestion",
    "estimate_noise_rate",
    "estimate_transition_matrix",
    "read_verdicts",
    "suggest_review",
]
