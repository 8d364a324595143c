import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknoisy import NoisyLabelClassifier
from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.inspection import (
    LabelQualityDisplay,
    NeighborhoodDisplay,
    ReviewCurveDisplay,
    RobustnessCurveDisplay,
    TransitionMatrixDisplay,
)
from sknoisy.metrics import noise_corrected_scorer
from sknoisy.model_selection import robustness_curve
from sknoisy.review import ReviewSession

pytestmark = pytest.mark.usefixtures("pyplot")


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.RandomState(0)
    truth = np.repeat(["left", "right"], 40)
    X = rng.normal(size=(80, 2)) + np.where(truth == "left", -4, 4)[:, None]
    given = truth.copy()
    given[[3, 50, 60]] = ["right", "left", "left"]
    return X, given, given != truth


@pytest.fixture(scope="module")
def fitted(blobs):
    clf = NoisyLabelClassifier(LogisticRegression(), evidence="neighbors")
    return clf.fit(*blobs[:2])


def texts(ax):
    return [text.get_text() for text in ax.texts]


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_matrix_by_hand():
    truth = ["a", "a", "a", "b", "b", "b", "b"]
    given = ["b", "a", "a", "b", "b", "b", "a"]
    display = TransitionMatrixDisplay.from_predictions(truth, given)
    assert_allclose(display.transition_matrix, [[2 / 3, 1 / 3], [1 / 4, 3 / 4]])
    assert [text.get_text() for text in display.text_] == ["67", "33", "25", "75"]
    assert display.ax_.get_ylabel() == "true class"
    ticks = [tick.get_text() for tick in display.ax_.get_yticklabels()]
    assert ticks == ["a", "b"]


def test_matrix_of_an_estimator(fitted):
    pipeline = make_pipeline(StandardScaler(), fitted)
    for estimator in (fitted, pipeline):
        display = TransitionMatrixDisplay.from_estimator(estimator, colorbar=False)
        assert_array_equal(display.transition_matrix, fitted.transition_matrix_)
        assert display.display_labels.tolist() == ["left", "right"]
        assert display.figure_.axes == [display.ax_]


def test_matrix_of_a_class_that_no_row_is_of():
    draw = TransitionMatrixDisplay.from_predictions
    display = draw(["a", "a"], ["b", "a"], classes=["a", "b"])
    assert np.isnan(display.transition_matrix[1]).all()
    assert len(display.text_) == 2


def test_matrix_of_many_classes_names_none():
    display = TransitionMatrixDisplay(np.eye(80)).plot()
    assert not display.text_
    assert len(display.ax_.get_yticks()) < 20


BAD_MATRICES = {
    "shape": ([[1.0, 0.0]], None, "square"),
    "sums": ([[0.5, 0.2], [0, 1]], None, "sum to 1"),
    "names": (np.eye(2), ["a"], "a name for each of the 2 classes, but got 1"),
}


@pytest.mark.parametrize(("T", "names", "message"), BAD_MATRICES.values())
def test_bad_matrices(T, names, message):
    with pytest.raises(ValueError, match=message):
        TransitionMatrixDisplay(T, display_labels=names).plot()


def test_labels_that_are_not_equally_many():
    with pytest.raises(ValueError, match=r"in y_noisy as in y_true, 3, but got 2"):
        TransitionMatrixDisplay.from_predictions([0, 1, 1], [0, 1])


@pytest.mark.parametrize(
    "draw",
    [
        TransitionMatrixDisplay.from_estimator,
        LabelQualityDisplay.from_estimator,
        ReviewCurveDisplay.from_estimator,
        lambda estimator: NeighborhoodDisplay.from_estimator(estimator, [[1]], [1]),
    ],
)
def test_an_estimator_that_knows_nothing_about_labels(draw):
    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    with pytest.raises(UnsuitableEstimatorError, match="LogisticRegression has none"):
        draw(model)


def test_an_estimator_that_is_not_fitted():
    with pytest.raises(NotFittedError, match="not fitted yet"):
        TransitionMatrixDisplay.from_estimator(NoisyLabelClassifier())


def test_a_scorer_has_a_matrix_too(blobs):
    scorer = noise_corrected_scorer("accuracy").fit(*blobs[:2])
    display = TransitionMatrixDisplay.from_estimator(scorer)
    assert_array_equal(display.transition_matrix, scorer.transition_matrix_)


def test_quality_counts_by_class(blobs, fitted):
    _, given, wrong = blobs
    display = LabelQualityDisplay.from_estimator(fitted, given, is_wrong=wrong)
    low = fitted.label_quality_ < 0.5
    expected = [[low[given == k].sum(), (given == k).sum()] for k in ("left", "right")]
    assert_array_equal(display.counts_, expected)
    assert low.sum() >= 3
    assert legend(display.ax_)[2] == "known to be wrong: 3"
    names = [tick.get_text() for tick in display.ax_.get_yticklabels()]
    assert names[0] == f"left ({expected[0][0]} of {expected[0][1]})"
    assert_allclose(display.line_.get_xdata(), 0.5)


def test_quality_bars_are_roots_of_numbers():
    quality = [0.01] * 9 + [0.99] * 4
    display = LabelQualityDisplay(quality).plot()
    heights = [bar.get_height() for bar in display.ax_.patches]
    assert heights[0] / heights[1] == pytest.approx(3 / 2)


def test_quality_with_names_of_the_classes():
    display = LabelQualityDisplay(
        [0.1, 0.9, 0.8], [0, 1, 1], display_labels=["b", "a$"]
    ).plot()
    names = [tick.get_text() for tick in display.ax_.get_yticklabels()]
    assert names == ["b (1 of 1)", r"a\$ (0 of 2)"]
    with pytest.raises(ValueError, match="each of the 2 classes, but got 1"):
        LabelQualityDisplay([0.1, 0.9], [0, 1], display_labels=["b"]).plot()


def test_quality_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match=r"each of the 3 rows .* got 2"):
        LabelQualityDisplay([0.1, 0.2, 0.3], ["a", "b"]).plot()
    with pytest.raises(ValueError, match=r"is_wrong as a boolean mask of shape \(2,\)"):
        LabelQualityDisplay([0.1, 0.2], is_wrong=[0, 1]).plot()


def test_review_curve_of_an_estimator(blobs, fitted):
    wrong = blobs[2]
    display = ReviewCurveDisplay.from_estimator(fitted, wrong, n_rows=10)
    order = np.argsort(fitted.label_quality_, kind="stable")[:10]
    assert_array_equal(display.n_found[1:], wrong[order].cumsum())
    assert_array_equal(display.n_checked, np.arange(11))
    assert display.n_wrong == 3
    x, y = display.chance_.get_data()
    assert_allclose([x, y], [[0, 10], [0, 30 / 80]])


def test_review_curve_of_expected_errors(fitted):
    display = ReviewCurveDisplay.from_estimator(fitted)
    expected = np.sort(1 - fitted.label_quality_)[::-1].cumsum()
    assert_allclose(display.n_found[1:], expected)
    second = ReviewCurveDisplay.from_estimator(fitted, ax=display.ax_, name="two")
    assert legend(second.ax_).count("in random order") == 1


def test_a_long_review_curve_has_few_points():
    quality = np.linspace(0, 1, 20_000)
    display = ReviewCurveDisplay.from_predictions(quality < 0.3, quality)
    x, y = display.line_.get_data()
    assert len(x) <= 400
    assert (x[-1], y[-1]) == (20_000, display.n_wrong)


def test_review_curve_of_a_session(blobs):
    X, given, wrong = blobs
    clf = NoisyLabelClassifier(LogisticRegression(), evidence="neighbors")
    review = ReviewSession(clf, X, given, random_state=0)
    rows = review.suggest(20).rows
    assert len(ReviewCurveDisplay.from_review(review).n_found) == 1
    truth = np.where(wrong, np.where(given == "left", "right", "left"), given)
    review.record(rows[:15], truth[rows[:15]])
    display = ReviewCurveDisplay.from_review(review, name="round 1")
    assert_array_equal(display.n_found[1:], wrong[rows[:15]].cumsum())
    estimate = review.noise_rate()
    assert display.n_wrong == pytest.approx(80 * estimate.value)
    assert "estimate of all" in legend(display.ax_)


def test_robustness_from_an_estimator(blobs):
    X, given, _ = blobs
    model, options = LogisticRegression(), {"rates": [0, 0.4], "random_state": 0}
    draw = RobustnessCurveDisplay.from_estimator
    display = draw(model, X, given, scoring="balanced_accuracy", **options)
    curve = robustness_curve(model, X, given, scoring="balanced_accuracy", **options)
    assert_array_equal(display.curve.scores, curve.scores)
    assert display.ax_.get_ylabel() == "balanced accuracy on clean labels"
    assert legend(display.ax_) == ["LogisticRegression"]


def test_neighbors_of_the_most_suspicious_row(blobs, fitted):
    X, given, _ = blobs
    display = NeighborhoodDisplay.from_estimator(fitted, X, given)
    row = int(np.argmin(fitted.label_quality_))
    scaled = StandardScaler().fit_transform(X)
    nearest = np.argsort(np.linalg.norm(scaled - scaled[row], axis=1))[1:6]
    assert_array_equal(display.rows, [row, *nearest])
    assert display.labels == given[display.rows].tolist()
    assert display.kind_ == "table"
    assert display.columns == ["0", "1"]


def test_neighbors_in_a_frame_show_the_columns_that_are_asked_for(blobs):
    X, given, _ = blobs
    frame = pd.DataFrame(X, columns=["width", "height"]).assign(name="x$y$")
    draw = NeighborhoodDisplay.from_predictions
    display = draw(frame, given, 3, columns=["name", "width"], n_neighbors=2)
    assert display.columns == ["name", "width"]
    assert display.values.shape == (3, 2)
    assert display.ax_.tables[0][1, 3].get_text().get_text() == r"x\$y\$"
    display.figure_.canvas.draw()
    with pytest.raises(ValueError, match=r"columns expected names among .*\['age'\]"):
        draw(frame, given, 3, columns=["age"])


def test_neighbors_among_texts_and_images(blobs):
    X, given, _ = blobs
    draw = NeighborhoodDisplay.from_predictions
    words = [f"text {i} " * 60 for i in range(80)]
    display = draw(words, given, 3, points=X)
    assert display.kind_ == "text"
    shown = next(text for text in texts(display.ax_) if text.startswith("text 3"))
    assert shown.endswith("…")
    assert len(shown) < 150
    images = np.random.RandomState(0).rand(80, 4, 5)
    for data, shape in ((images, None), (images.reshape(80, 20), (4, 5))):
        display = draw(data, given, 3, image_shape=shape)
        assert display.kind_ == "image"
        assert_array_equal(display.values, images[display.rows])
        titles = [part.get_title() for part in display.ax_.child_axes]
        assert titles == given[display.rows].tolist()


def test_neighbors_that_cannot_be_found(blobs):
    X, given, _ = blobs
    draw = NeighborhoodDisplay.from_predictions
    with pytest.raises(ValueError, match=r"row expected a number from 0 to 79, .* 80"):
        draw(X, given, 80)
    with pytest.raises(ValueError, match=r"points of shape \(80, .* got shape \(2,"):
        draw(X, given, 3, points=X[:2])
    words = pd.DataFrame({"text": ["a", "b"] * 40})
    with pytest.raises(ValueError, match=r"got no numeric column\. Pass points="):
        draw(words, given, 3)
