"""Train without the labels that look wrong."""

import numpy as np

from sknoisy._compat import StrOptions
from sknoisy.evidence import ProbabilitySource
from sknoisy.quality._find import RULES
from sknoisy.quality._scores import normalized_margin
from sknoisy.refinement._base import BaseRefiner


class ConfidentPruning(ProbabilitySource, BaseRefiner):
    """Leave out the samples whose labels confident learning finds wrong.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or "precomputed", default=None
        The model that is asked. None means the classifier that is being trained,
        where there is one, else :class:`~sklearn.linear_model.LogisticRegression`.
        With "precomputed", X holds out-of-fold probabilities.

    rule : str, default="both"
        What counts as wrong: "both", "class", "noise_rate", "confident_joint" or
        "clean_proba", see :func:`sknoisy.find_label_errors`.

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
    soft_labels_ : ndarray of shape (n_samples, n_classes)
        Weight of each class for each sample: zeros for the samples left out.

    sample_weight_ : ndarray of shape (n_samples,)
        Sum of the soft labels of each sample.

    transduction_ : ndarray of shape (n_samples,)
        The label that carries most weight.

    label_quality_ : ndarray of shape (n_samples,)
        Normalised margins, in [0, 1].

    pruned_ : ndarray of bool of shape (n_samples,)
        The samples left out.

    classes_ : ndarray of shape (n_classes,)
        The distinct labels.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where it has names that are strings.

    See Also
    --------
    QualityWeighting : Weight the samples instead.
    sknoisy.RefinedLabelClassifier : Train a classifier on what is left.

    References
    ----------
    C. Northcutt, L. Jiang, I. Chuang, "Confident Learning: Estimating Uncertainty in
    Dataset Labels", Journal of Artificial Intelligence Research 70, 2021.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from sknoisy.refinement import ConfidentPruning
    >>> X, y = load_iris(return_X_y=True)
    >>> X = scale(X)
    >>> y[0] = 2
    >>> refiner = ConfidentPruning().fit(X, y)
    >>> bool(refiner.pruned_[0])
    True
    """

    _parameter_constraints: dict = {
        **ProbabilitySource._parameter_constraints,
        "rule": [StrOptions(set(RULES))],
    }

    def __init__(
        self,
        estimator=None,
        *,
        rule="both",
        cv=None,
        memory=None,
        n_jobs=None,
        random_state=None,
    ):
        super().__init__(
            estimator, cv=cv, memory=memory, n_jobs=n_jobs, random_state=random_state
        )
        self.rule = rule

    def _refine(self, X, labels):
        proba = self._proba(X, labels)
        quality = normalized_margin(proba, labels.codes)
        self.label_quality_ = labels.quality_of_trusted(quality)
        wrong = RULES[self.rule](proba, labels.codes, labels.sample_weight)
        self.pruned_ = wrong if labels.trusted is None else wrong & ~labels.trusted
        weight = np.where(self.pruned_, 0.0, labels.sample_weight)
        return labels.one_hot() * weight[:, None]
