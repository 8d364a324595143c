"""Tables with an entry for each training row can be dropped after a fit."""

import pickle

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

import sknoisy
from sknoisy import (
    NoiseTransitionClassifier,
    NoisyLabelClassifier,
    RefinedLabelClassifier,
    SoftLabelClassifier,
)
from sknoisy.annotators import CrowdLabelClassifier, PartialLabelClassifier
from sknoisy.multilabel import MultilabelNoisyClassifier
from sknoisy.noise import UniformNoise
from sknoisy.quality import NeighborAgreement
from sknoisy.refinement import ConfidentPruning, QualityWeighting, TrustedLabelRefiner
from sknoisy.semi_supervised import PseudoLabelRefinementClassifier

N = 97  # A prime that no other shape of a fitted attribute has.
X, y_true = make_blobs(N, n_features=3, centers=3, cluster_std=1.5, random_state=0)
y = UniformNoise(0.2, random_state=0).corrupt(y_true)
CLASSIFIERS = [
    getattr(sknoisy, name)()
    for name in sknoisy.__all__
    if isinstance(getattr(sknoisy, name), type)
    and issubclass(getattr(sknoisy, name), ClassifierMixin)
]
REFINERS = [ConfidentPruning(), QualityWeighting(NeighborAgreement())]
CLASSIFIERS += [RefinedLabelClassifier(refiner=refiner) for refiner in REFINERS]
CLASSIFIERS += [
    RefinedLabelClassifier(refiner=TrustedLabelRefiner()),
    PseudoLabelRefinementClassifier(random_state=0),
    CrowdLabelClassifier(),
    PartialLabelClassifier(),
    MultilabelNoisyClassifier(GaussianNB()),
    RefinedLabelClassifier(NoiseTransitionClassifier(), ConfidentPruning(cv=2)),
]
LABELS = {
    CrowdLabelClassifier: np.column_stack([y, y_true]),
    PartialLabelClassifier: np.eye(3, dtype=int)[y],
    MultilabelNoisyClassifier: np.eye(3, dtype=int)[y],
}


def per_row(value, path="", seen=()):
    """Return where something of length N is reachable from a fitted estimator."""
    if isinstance(value, np.ndarray) or hasattr(value, "tocsr"):
        return [path] if N in value.shape else []
    if isinstance(value, BaseEstimator):
        value = vars(value)
    if isinstance(value, list | tuple):
        value = dict(enumerate(value))
    if not isinstance(value, dict):
        return []
    return [w for key, v in value.items() for w in per_row(v, f"{path}.{key}")]


@pytest.mark.filterwarnings("ignore:.* found no trusted label")
@pytest.mark.parametrize("clf", CLASSIFIERS, ids=lambda clf: repr(clf)[:60])
def test_nothing_with_an_entry_a_row_is_left(clf):
    labels = LABELS.get(type(clf), y)
    clf.fit(X, labels)
    expected = clf.predict_proba(X)
    assert clf.drop_row_tables() is clf
    assert per_row(clf) == []
    np.testing.assert_array_equal(clf.predict_proba(X), expected)
    clf.fit(X, labels)
    assert isinstance(clf, SoftLabelClassifier) or per_row(clf)


def test_a_saved_classifier_takes_no_more_for_more_rows():
    clf = NoisyLabelClassifier(evidence="model", cv=2, action="weight")
    sizes = []
    for times in (2, 8):
        clf.fit(np.repeat(X, times, axis=0), np.repeat(y, times)).drop_row_tables()
        sizes.append(len(pickle.dumps(clf)))
    assert max(sizes) < 8_000
    assert abs(sizes[0] - sizes[1]) < 100
    assert clf.transition_matrix_.shape == (3, 3)
    with pytest.raises(AttributeError, match="no attribute 'clean_proba_'"):
        _ = clf.clean_proba_


def test_a_classifier_that_is_not_fitted_has_none():
    with pytest.raises(ValueError, match="is not fitted yet"):
        NoisyLabelClassifier(LogisticRegression()).drop_row_tables()
