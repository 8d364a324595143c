"""Each label counts for as much as it can be trusted."""

from numbers import Real

from sklearn.utils import get_tags

from sknoisy._compat import HasMethods, Interval
from sknoisy._meta import prepared
from sknoisy.quality import ModelConfidence
from sknoisy.refinement._base import BaseRefiner


class QualityWeighting(BaseRefiner):
    """Weight each sample by the quality of its label.

    The soft label of row `i` is :math:`q_i^a` for its own label, with the label quality
    score :math:`q_i` and the power :math:`a`, and 0 for every other class.

    Parameters
    ----------
    quality : label quality estimator, default=None
        Where the scores come from. None means
        :class:`~sknoisy.quality.ModelConfidence` around the classifier that is being
        trained.

    power : float, default=1.0
        Power to which the scores are raised. 0 trusts all labels alike; a large power
        trusts only the best.

    Attributes
    ----------
    soft_labels_ : ndarray of shape (n_samples, n_classes)
        Weight of each class for each sample.

    sample_weight_ : ndarray of shape (n_samples,)
        Sum of the soft labels of each sample.

    transduction_ : ndarray of shape (n_samples,)
        The label that carries most weight.

    label_quality_ : ndarray of shape (n_samples,)
        The scores.

    classes_ : ndarray of shape (n_classes,)
        The distinct labels.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where it has names that are strings.

    See Also
    --------
    ConfidentPruning : Leave suspicious samples out.
    sknoisy.RefinedLabelClassifier : Train a classifier on the soft labels.

    Notes
    -----
    A fully grown tree ends in leaves of single samples, which decide whatever their
    weight is. For such classifiers leave samples out instead.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from sknoisy.refinement import QualityWeighting
    >>> X, y = load_iris(return_X_y=True)
    >>> X = scale(X)
    >>> y[0] = 2
    >>> refiner = QualityWeighting().fit(X, y)
    >>> bool(refiner.sample_weight_[0] < 0.1)
    True
    """

    _parameter_constraints: dict = {
        "quality": [HasMethods(["fit", "_score"]), None],
        "power": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, quality=None, *, power=1.0):
        self.quality = quality
        self.power = power

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        quality = ModelConfidence() if self.quality is None else self.quality
        tags.input_tags = get_tags(quality).input_tags
        return tags

    def _refine(self, X, labels):
        quality = ModelConfidence() if self.quality is None else self.quality
        quality = prepared(quality, self._default_estimator, self._progress)
        self.label_quality_ = labels.quality_of_trusted(quality._score(X, labels))
        weight = self.label_quality_**self.power * labels.sample_weight
        return labels.one_hot() * weight[:, None]
