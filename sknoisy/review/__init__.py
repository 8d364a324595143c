"""Which labels should I check next? Rows to look at, and what the verdicts tell."""

from sknoisy.review._estimates import estimate_accuracy, estimate_noise_rate
from sknoisy.review._forecast import ReviewForecast
from sknoisy.review._result import ReviewEstimate
from sknoisy.review._session import ReviewSession
from sknoisy.review._suggest import ReviewSuggestion, suggest_review
from sknoisy.review._transition import estimate_transition_matrix

__all__ = [
    "ReviewEstimate",
    "ReviewForecast",
    "ReviewSession",
    "ReviewSuggestion",
    "estimate_accuracy",
    "estimate_noise_rate",
    "estimate_transition_matrix",
    "suggest_review",
]
