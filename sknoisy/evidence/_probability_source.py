"""Parameters of steps that fit a model out of fold."""

from sklearn.linear_model import LogisticRegression

from sknoisy._compat import HasMethods, StrOptions
from sknoisy._context import CONTEXT_CONSTRAINTS, FitContext, seed_unset
from sknoisy._folds import make_folds
from sknoisy._meta import PRECOMPUTED
from sknoisy._proba import check_proba
from sknoisy.evidence._pool import EvidenceInputs, gather_evidence


class ProbabilitySource:
    """Parameters of steps that ask a model about labels that it has not seen."""

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit"]), StrOptions({PRECOMPUTED}), None],
        **CONTEXT_CONSTRAINTS,
    }

    def __init__(
        self, estimator=None, *, cv=None, memory=None, n_jobs=None, random_state=None
    ):
        self.estimator = estimator
        self.cv = cv
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _proba(self, X, labels):
        """Return the out-of-fold probabilities, made or given."""
        if isinstance(self.estimator, str):
            return check_proba(X, labels, owner=type(self).__name__)
        return gather_evidence("model", self._inputs(X, labels))["model"]

    def _inputs(self, X, labels, estimator=None):
        """Return what the sources of evidence are given for this step."""
        context = FitContext.of(self)
        known = (
            estimator, self.estimator, self._default_estimator, LogisticRegression()
        )  # fmt: skip
        base = next(model for model in known if model is not None)
        return EvidenceInputs(
            base=seed_unset(base, context.random_state),
            X=X,
            labels=labels,
            folds=make_folds(X, labels, self.cv),
            context=context,
        )
