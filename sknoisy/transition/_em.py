"""Transition matrix by the likelihood of the labels under a model's predictions."""

from numbers import Integral, Real

from sknoisy._compat import Interval
from sknoisy.evidence import ProbabilitySource
from sknoisy.transition._base import BaseTransitionEstimator
from sknoisy.transition._vote_model import likeliest_vote_model

# From as they are to nearly the most probable class alone, as in the clean posterior.
INVERSE_TEMPERATURES = (1, 2, 4, 8, 16)
# Noise rate to start from: the likelihood is flat near the uniform matrix.
START_RATE = 0.2


class EMTransition(ProbabilitySource, BaseTransitionEstimator):
    r"""Transition matrix under which the labels are most likely, given a model.

    The out-of-fold probabilities of the noisy labels are read as a vote that went
    through the noise, like the label itself, and perhaps through a confusion of the
    model's own. Both matrices are found by expectation-maximisation.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or "precomputed", default=None
        The model that is asked. None means the classifier that is being trained,
        where there is one, else :class:`~sklearn.linear_model.LogisticRegression`.
        With "precomputed", X holds out-of-fold probabilities.

    max_iter : int, default=300
        Steps of expectation-maximisation at the most.

    tol : float, default=1e-3
        The steps end when no entry of the matrix changes by more.

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
    transition_matrix_ : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``; rows sum to 1.

    clean_proba_ : ndarray of shape (n_samples, n_classes)
        Probability of each true class given the prediction and the label.

    noise_rate_ : float
        Estimated share of wrong labels, in [0, 1].

    n_iter_ : int
        Steps taken.

    classes_ : ndarray of shape (n_classes,)
        The distinct labels, in the order of rows and columns.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where it has names that are strings.

    See Also
    --------
    NeighborTransition : The same mixture, with the neighbours instead of a model.
    ConfidentTransition : By confident learning.

    Notes
    -----
    With the prediction :math:`p_{ij}` of row `i`, the prior :math:`\pi`, the confusion
    `R` of the model and the inverse temperature :math:`s`,

    .. math:: q_{ik} \propto \pi_k \prod_j (RT)_{kj}^{s p_{ij}}, \qquad
              P(k \mid x_i, \tilde y_i) \propto q_{ik} T_{k \tilde y_i},

    and :math:`s` is the one of 1, 2, 4, 8, 16 that makes the labels most likely. With
    two classes and strong noise this likelihood is nearly flat, and the matrix stays
    close to where it starts or turns uniform; the neighbours tell more there.

    References
    ----------
    A. P. Dawid, A. M. Skene, "Maximum Likelihood Estimation of Observer Error-Rates
    Using the EM Algorithm", Applied Statistics 28, 1979.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from sknoisy.noise import UniformNoise
    >>> from sknoisy.transition import EMTransition
    >>> X, y = load_iris(return_X_y=True)
    >>> y_noisy = UniformNoise(0.2, random_state=0).corrupt(y)
    >>> T = EMTransition().fit(scale(X), y_noisy).transition_matrix_
    >>> T.shape
    (3, 3)
    """

    _parameter_constraints: dict = {
        **ProbabilitySource._parameter_constraints,
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        estimator=None,
        *,
        max_iter=300,
        tol=1e-3,
        cv=None,
        memory=None,
        n_jobs=None,
        random_state=None,
    ):
        super().__init__(
            estimator, cv=cv, memory=memory, n_jobs=n_jobs, random_state=random_state
        )
        self.max_iter = max_iter
        self.tol = tol

    def _estimate(self, X, proba, labels):
        model = likeliest_vote_model(
            [proba],
            labels,
            inverse_temperatures=INVERSE_TEMPERATURES,
            start_rate=START_RATE,
            max_iter=self.max_iter,
            tol=self.tol,
        )
        self.clean_proba_ = model.clean_proba
        self.n_iter_ = model.n_iter
        return model.T
