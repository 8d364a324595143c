"""The one place that imports private names of scikit-learn.

Every other module imports these names from here, so that a release of scikit-learn
that moves one of them is answered in this file alone.
"""

from inspect import signature

from joblib.parallel import get_active_backend
from sklearn.base import _fit_context, is_classifier
from sklearn.metrics import get_scorer
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils import _safe_indexing
from sklearn.utils._metadata_requests import _routing_enabled
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    Options,
    StrOptions,
    validate_parameter_constraints,
    validate_params,
)
from sklearn.utils.metadata_routing import _raise_for_params
from sklearn.utils.parallel import Parallel
from sklearn.utils.validation import (
    _check_method_params,
    _check_sample_weight,
    _num_samples,
)

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn below 1.9 has no callbacks: they do nothing there

    class CallbackSupportMixin:
        """Stand-in whose contexts report to nobody."""

        def _init_callback_context(self, **_):
            return _SilentContext()

    class _SilentContext:
        def __getattr__(self, _):
            return lambda **_: self

    def with_callbacks(method):
        """Return the method as it is."""
        return method


class FitsAndPredicts(HasMethods):
    """Constraint of a classifier that need not show ``predict`` before it is fitted.

    ``StackingClassifier`` shows that of its last estimator, and has none by default.
    """

    def __init__(self):
        super().__init__(["fit", "predict"])

    def is_satisfied_by(self, val):
        """Whether a value may be passed."""
        fits = callable(getattr(val, "fit", None)) and hasattr(val, "__sklearn_tags__")
        return super().is_satisfied_by(val) or (fits and is_classifier(val))


def parallel_as_they_come(n_jobs, prefer=None):
    """Return the ``Parallel`` whose results come one by one where a backend can.

    Some backends of joblib, such as "multiprocessing", hand them over all at once.
    """
    backend, _ = get_active_backend(prefer=prefer)
    one_by_one = getattr(backend, "supports_return_generator", False)
    more = {"return_as": "generator"} if one_by_one else {}
    return Parallel(n_jobs=n_jobs, prefer=prefer, **more)


__all__ = [
    "BaseSearchCV",
    "CallbackSupportMixin",
    "FitsAndPredicts",
    "HasMethods",
    "Interval",
    "Options",
    "StrOptions",
    "_check_method_params",
    "_check_sample_weight",
    "_fit_context",
    "_num_samples",
    "_openmp_effective_n_threads",
    "_raise_for_params",
    "_routing_enabled",
    "_safe_indexing",
    "_weight_request",
    "_weighted_scoring",
    "parallel_as_they_come",
    "validate_parameter_constraints",
    "validate_params",
    "with_callbacks",
]


def _weight_request(part, method):
    """Return what an object requests of sample_weight: None where it said nothing."""
    if not hasattr(part, "_get_metadata_request"):
        return False
    request = part._get_metadata_request()
    return getattr(request, method).requests.get("sample_weight", False)


def _weighted_scoring(scoring):
    """Return the scoring of a search, in which undecided scorers ask for weights."""
    if isinstance(scoring, list | tuple | set):
        scoring = {name: name for name in scoring}
    if isinstance(scoring, dict):
        return {name: _weighted_scoring(one) for name, one in scoring.items()}
    scorer = get_scorer(scoring) if isinstance(scoring, str) else scoring
    if hasattr(scorer, "_score_func") and _weight_request(scorer, "score") is None:
        takes_weights = "sample_weight" in signature(scorer._score_func).parameters
        scorer.set_score_request(sample_weight=takes_weights)
    return scorer
