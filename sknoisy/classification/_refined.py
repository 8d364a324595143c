"""Any classifier on the soft labels of any refiner."""

from sknoisy._compat import HasMethods
from sknoisy._meta import BaseLabelNoiseClassifier, prepared, take_over
from sknoisy._soft_labels import fit_soft_labels, settle
from sknoisy.refinement import QualityWeighting
from sknoisy.refinement._base import keep_soft_labels


class RefinedLabelClassifier(BaseLabelNoiseClassifier):
    """Train a classifier on the soft labels of a refiner.

    Parameters
    ----------
    estimator : classifier, default=None
        The classifier to train. None means
        :class:`~sklearn.linear_model.LogisticRegression`.

    refiner : refiner, default=None
        Turns noisy labels into soft labels, see :mod:`sknoisy.refinement`. None means
        :class:`~sknoisy.refinement.QualityWeighting`. A refiner without a classifier
        of its own asks ``estimator`` for evidence.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier.

    refiner_ : refiner
        The refiner, with the attributes that it left.

    soft_labels_ : ndarray of shape (n_samples, n_classes)
        Weight of each class for each sample, as trained on.

    sample_weight_ : ndarray of shape (n_samples,)
        Sum of the soft labels of each sample.

    transduction_ : ndarray of shape (n_samples,)
        The label that carries most weight.

    label_quality_ : ndarray of shape (n_samples,)
        Label quality scores in [0, 1], where the refiner yields them.

    classes_ : ndarray of shape (n_classes,)
        The distinct labels.

    n_features_in_ : int
        Number of columns of X, where the classifier tells.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where the classifier tells.

    See Also
    --------
    NoisyLabelClassifier : Choose the treatment for me.
    sknoisy.refinement : The refiners.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.preprocessing import scale
    >>> from sknoisy import RefinedLabelClassifier
    >>> from sknoisy.noise import UniformNoise
    >>> from sknoisy.refinement import ConfidentPruning
    >>> X, y = load_iris(return_X_y=True)
    >>> X = scale(X)
    >>> y_noisy = UniformNoise(0.3, random_state=0).corrupt(y)
    >>> base = LogisticRegression()
    >>> clf = RefinedLabelClassifier(base, ConfidentPruning()).fit(X, y_noisy)
    >>> clf.score(X, y) > 0.85
    True
    """

    _parameter_constraints: dict = {
        **BaseLabelNoiseClassifier._parameter_constraints,
        "refiner": [HasMethods(["_refine"]), None],
    }

    def __init__(self, estimator=None, refiner=None):
        self.estimator = estimator
        self.refiner = refiner

    def _fit(self, X, labels):
        base = self._inner_estimator()
        refiner = QualityWeighting() if self.refiner is None else self.refiner
        self.refiner_ = prepared(refiner, base, self._progress)
        soft_labels = settle(self.refiner_._refine(X, labels), labels)
        # What the refiner was given for this fit alone is no part of what is kept.
        del self.refiner_._default_estimator, self.refiner_._progress
        keep_soft_labels(self, soft_labels * labels.unit, labels)
        names = ["label_quality_", "clean_proba_", "transition_matrix_"]
        take_over(self, self.refiner_, names)
        return fit_soft_labels(
            base, X, soft_labels, labels.classes, params=labels.params
        )
