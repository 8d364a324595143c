"""Replace each label by the most probable true class."""

from numbers import Real

import numpy as np

from sknoisy._compat import HasMethods, Interval
from sknoisy._meta import prepared
from sknoisy.evidence import ProbabilitySource
from sknoisy.refinement._base import BaseRefiner, keep_posterior
from sknoisy.transition import ConfidentTransition


class PosteriorRelabeling(ProbabilitySource, BaseRefiner):
    """Replace each label by the most probable true class.

    The probabilities of the true classes follow from a noise transition matrix, the
    label given, and out-of-fold probabilities, or the neighbours where the matrix is
    estimated by them.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or "precomputed", default=None
        The model that is asked. None means the classifier that is being trained,
        where there is one, else :class:`~sklearn.linear_model.LogisticRegression`.
        With "precomputed", X holds out-of-fold probabilities.

    transition : transition estimator, default=None
        Where the matrix comes from. None means
        :class:`~sknoisy.transition.ConfidentTransition`. An estimator that yields the
        probabilities of the true classes itself has the last word about them.

    min_proba : float, default=0.0
        Samples whose most probable class has a lower probability are left out, in
        [0, 1].

    soft : bool, default=False
        Whether to keep the probabilities of all classes instead of the best alone.

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
        Weight of each class for each sample.

    sample_weight_ : ndarray of shape (n_samples,)
        Sum of the soft labels of each sample.

    transduction_ : ndarray of shape (n_samples,)
        The label that carries most weight: the corrected labels.

    clean_proba_ : ndarray of shape (n_samples, n_classes)
        Probability of each true class.

    label_quality_ : ndarray of shape (n_samples,)
        Probability that the label given is right.

    transition_matrix_ : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.

    classes_ : ndarray of shape (n_classes,)
        The distinct labels.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where it has names that are strings.

    See Also
    --------
    ConfidentPruning : Leave suspicious samples out.
    sknoisy.RefinedLabelClassifier : Train a classifier on the corrected labels.

    Notes
    -----
    A wrong correction is worse than a sample left out: it is one more wrong label, and
    one that the model finds probable. Where the evidence is weak, raise ``min_proba``.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from sknoisy.refinement import PosteriorRelabeling
    >>> X, y = load_iris(return_X_y=True)
    >>> y[0] = 2
    >>> refiner = PosteriorRelabeling().fit(scale(X), y)
    >>> int(refiner.transduction_[0])
    0
    """

    _parameter_constraints: dict = {
        **ProbabilitySource._parameter_constraints,
        "transition": [HasMethods(["fit", "_posterior"]), None],
        "min_proba": [Interval(Real, 0, 1, closed="both")],
        "soft": ["boolean"],
    }

    def __init__(
        self,
        estimator=None,
        transition=None,
        *,
        min_proba=0.0,
        soft=False,
        cv=None,
        memory=None,
        n_jobs=None,
        random_state=None,
    ):
        super().__init__(
            estimator, cv=cv, memory=memory, n_jobs=n_jobs, random_state=random_state
        )
        self.transition = transition
        self.min_proba = min_proba
        self.soft = soft

    def _refine(self, X, labels):
        step = ConfidentTransition() if self.transition is None else self.transition
        step = prepared(step, self._default_estimator, self._progress)
        proba = self._proba(X, labels)
        self.transition_matrix_, posterior = step._posterior(X, proba, labels)
        posterior = keep_posterior(self, posterior, labels)
        best = np.eye(labels.n_classes)[posterior.argmax(axis=1)]
        kept = (posterior.max(axis=1) >= self.min_proba) * labels.sample_weight
        return (posterior if self.soft else best) * kept[:, None]
