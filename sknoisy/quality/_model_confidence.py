"""Label quality by the probability that a model gives to the label."""

from sknoisy._compat import StrOptions
from sknoisy.evidence import ProbabilitySource
from sknoisy.quality._base import BaseLabelQuality
from sknoisy.quality._scores import SCORES


class ModelConfidence(ProbabilitySource, BaseLabelQuality):
    """Label quality by a model that has not seen the label.

    Each row is scored by a copy of the classifier that was trained on other folds.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or "precomputed", default=None
        The model that is asked. None means the classifier that is being trained,
        where there is one, else :class:`~sklearn.linear_model.LogisticRegression`.
        With "precomputed", X holds out-of-fold probabilities.

    method : str, default="normalized_margin"
        The score: "normalized_margin", "self_confidence" or
        "confidence_weighted_entropy", see :func:`sknoisy.label_quality`.

    cv : int, splitter or iterable, default=None
        Folds. None means 5 stratified folds in which copies of a row stay together.

    memory : str or object with the joblib.Memory interface, default=None
        Where the out-of-fold probabilities are cached.

    n_jobs : int, default=None
        Number of folds fitted side by side.

    random_state : int, RandomState instance or None, default=None
        Seed for those random states of the classifier that have none.

    Attributes
    ----------
    label_quality_ : ndarray of shape (n_samples,)
        Scores in [0, 1]; a higher score is a more believable label.

    classes_ : ndarray of shape (n_classes,)
        The distinct labels.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where it has names that are strings.

    See Also
    --------
    NeighborAgreement : Score by the labels of the neighbours, without any fit.
    sknoisy.label_quality : The same score from given probabilities.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from sknoisy.quality import ModelConfidence
    >>> X, y = load_iris(return_X_y=True)
    >>> X = scale(X)
    >>> y[0] = 2
    >>> quality = ModelConfidence().fit(X, y).label_quality_
    >>> int(quality.argmin())
    0
    """

    _parameter_constraints: dict = {
        **ProbabilitySource._parameter_constraints,
        "method": [StrOptions(set(SCORES))],
    }

    def __init__(
        self,
        estimator=None,
        *,
        method="normalized_margin",
        cv=None,
        memory=None,
        n_jobs=None,
        random_state=None,
    ):
        super().__init__(
            estimator, cv=cv, memory=memory, n_jobs=n_jobs, random_state=random_state
        )
        self.method = method

    def _score(self, X, labels):
        return SCORES[self.method](self._proba(X, labels), labels.codes)
