"""robustness_curve: what is trained on what, resuming, progress, picture, bad input."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier

from sknoisy.model_selection import robustness_curve
from sknoisy.noise import PairNoise, TransitionNoise

X, Y = load_iris(return_X_y=True)


class Recorder(ClassifierMixin, BaseEstimator):
    """Remember the labels of each fit, and predict the first class."""

    seen = []

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.seen.append(y)
        return self

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


def test_training_labels_have_the_rate_and_test_labels_are_clean():
    Recorder.seen.clear()
    curve = robustness_curve(Recorder(), X, Y, PairNoise(), [0, 0.3], random_state=0)
    assert curve.scores.shape == (1, 2, 5)
    np.testing.assert_allclose(curve.scores, 1 / 3)
    clean = [np.bincount(y).tolist() for y in Recorder.seen[:5]]
    assert clean == [[40, 40, 40]] * 5
    assert all(
        (np.sort(y) != np.repeat([0, 1, 2], 40)).any() for y in Recorder.seen[5:]
    )


def test_accuracy_falls_and_names_are_kept():
    models = {"one": KNeighborsClassifier(1), "many": KNeighborsClassifier(15)}
    curve = robustness_curve(models, X, Y, rates=[0, 0.4], random_state=0)
    assert curve.names == ["one", "many"]
    assert curve.mean[0, 1] < curve.mean[1, 1] < curve.mean[1, 0]
    assert (curve.standard_error >= 0).all()
    listed = robustness_curve(list(models.values()), X, Y, rates=[0], random_state=0)
    assert listed.names == ["KNeighborsClassifier 1", "KNeighborsClassifier 2"]


def test_a_run_goes_on_where_it_was(tmp_path):
    Recorder.seen.clear()
    options = {"memory": str(tmp_path), "random_state": 0, "cv": 3}
    first = robustness_curve(Recorder(), X, Y, rates=[0.1], **options)
    assert len(Recorder.seen) == 3
    again = robustness_curve(Recorder(), X, Y, rates=[0.1, 0.2], **options)
    assert len(Recorder.seen) == 6
    np.testing.assert_array_equal(first.scores[0, 0], again.scores[0, 0])


def test_progress_counts_to_the_end():
    seen = []
    robustness_curve(
        GaussianNB(), X, Y, rates=[0, 0.2], cv=2, progress=lambda *a: seen.append(a)
    )
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_display():
    pytest.importorskip("matplotlib")
    import matplotlib

    matplotlib.use("agg")
    from sknoisy.inspection import RobustnessCurveDisplay

    curve = robustness_curve([GaussianNB()], X, Y, rates=[0, 0.2], cv=2)
    display = RobustnessCurveDisplay(curve).plot()
    assert len(display.lines_) == 1
    assert display.ax_.get_ylabel() == "score on clean labels"
    matplotlib.pyplot.close(display.figure_)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rates": [1.2]}, r"noise rates in \[0, 1\)"),
        ({"rates": []}, r"shape \(n_rates,\)"),
        ({"noise": TransitionNoise(np.eye(3))}, "has none"),
    ],
)
def test_bad_input_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        robustness_curve(GaussianNB(), X, Y, **options)
