import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknoisy.inspection import (
    DetectionPrecisionRecallDisplay,
    LabelQualityDisplay,
    NeighborhoodDisplay,
    ReviewCurveDisplay,
    SegmentActivationDisplay,
    TransitionMatrixDisplay,
)
from sknoisy.sequence import (
    detection_average_precision,
    gaussian_weighted_fusion,
    generate_proposals,
    segment_table,
)

ACTIVATION = np.concatenate([np.zeros(5), [0.2, 0.9, 0.9, 0.2], np.zeros(5)])
TRUTH = segment_table(
    [0, 20, 50, 0], [10, 30, 70, 4], label=["a", "a", "b", "a"], bag=[0, 0, 0, 1]
)
FOUND = segment_table(
    [1, 40, 21, 52, 0],
    [10, 45, 31, 70, 2],
    label=["a", "a", "a", "b", "a"],
    bag=[0, 0, 0, 0, 1],
    score=[0.9, 0.8, 0.7, 0.6, 0.5],
)
DRAW = {
    "activation": (SegmentActivationDisplay, (ACTIVATION,)),
    "detections": (DetectionPrecisionRecallDisplay, (TRUTH, FOUND)),
}
LABELS = ["a", "a", "b", "b"]
PROBA = [[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.1, 0.9]]
EVERY = {
    **DRAW,
    "matrix": (TransitionMatrixDisplay, (LABELS, LABELS)),
    "quality": (LabelQualityDisplay, (LABELS, PROBA)),
    "review": (ReviewCurveDisplay, (np.eye(4, dtype=bool)[0], [0.1, 0.2, 0.3, 0.4])),
    "neighbors": (NeighborhoodDisplay, (PROBA, LABELS, 0)),
}
every = pytest.mark.parametrize(("display", "data"), EVERY.values(), ids=EVERY)
draws = pytest.mark.parametrize(("display", "data"), DRAW.values(), ids=DRAW)


@every
def test_without_matplotlib_the_error_says_what_to_install(display, data, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r'plot needs .* pip install "\.\[plot\]"'):
        display.from_predictions(*data)


@every
def test_axes_of_ones_own_or_new_ones(display, data, pyplot):
    figure, axes = pyplot.subplots(1, 2)
    shown = display.from_predictions(*data, ax=axes[1])
    assert shown.ax_ is axes[1]
    assert shown.figure_ is figure
    assert not axes[0].has_data()
    again = shown.plot()
    assert again is shown
    assert again.ax_ is not axes[1]


@draws
def test_style_of_ones_own(display, data, pyplot):
    _, axes = pyplot.subplots()
    display.from_predictions(*data, ax=axes, linestyle="--")
    assert axes.lines[0].get_linestyle() == "--"


def bars(display, kind):
    """Return start and end of each bar of a lane."""
    boxes = [path.get_extents() for path in display.bars_[kind].get_paths()]
    return [[box.x0, box.x1] for box in boxes]


def test_activation_is_proposed_and_fused(pyplot):
    display = SegmentActivationDisplay.from_predictions(
        ACTIVATION, truth=[[5, 9]], thresholds=[0.1, 0.5], name="run"
    )
    proposals = generate_proposals(ACTIVATION, thresholds=[0.1, 0.5])
    segments, scores = gaussian_weighted_fusion(proposals[:, :2], proposals[:, 2])
    assert_array_equal(display.proposals, [[5, 9], [6, 8]])
    assert_allclose(bars(display, "proposals"), proposals[:, :2])
    assert_allclose(bars(display, "segments"), segments)
    assert_allclose(bars(display, "truth"), [[5, 9]])
    assert [text.get_text() for text in display.ax_.texts] == [f"{scores[0]:.2f}"]
    x, y = display.line_.get_data()
    assert_array_equal(x, np.arange(len(ACTIVATION) + 1))
    assert_array_equal(y[:-1], ACTIVATION)
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["run", "truth", "segments", "proposals"]


def test_segments_that_are_given_are_drawn_as_they_are(pyplot):
    display = SegmentActivationDisplay.from_predictions(ACTIVATION, [[2, 4], [6, 7.5]])
    assert_allclose(bars(display, "segments"), [[2, 4], [6, 7.5]])
    assert not display.ax_.texts
    assert "truth" not in display.bars_


class Localizer:
    """Knows two classes, by the columns of a bag."""

    classes_ = np.array(["run", "jump"])
    thresholds_ = np.array([0.1, 0.5])

    def predict_proba(self, X):
        return list(X)

    def predict(self, X):
        labels = ["jump", "run", "run"]
        return segment_table([0, 5, 1], [2, 9, 3], label=labels, score=[0.9, 0.6, 0.1])


def test_from_a_localizer(pyplot):
    bag = np.column_stack([ACTIVATION, 0.1 * ACTIVATION])
    draw = SegmentActivationDisplay.from_estimator
    display = draw(Localizer(), bag, truth=[[5, 9]])
    assert display.name == "run"
    assert_array_equal(display.activation, ACTIVATION)
    assert_array_equal(display.segments, [[5, 9], [1, 3]])
    assert_array_equal(display.scores, [0.6, 0.1])
    assert_array_equal(display.proposals, [[5, 9], [6, 8]])
    other = draw(Localizer(), bag, label="jump", name="a jump")
    assert_array_equal(other.segments, [[0, 2]])
    assert other.name == "a jump"
    with pytest.raises(ValueError, match=r"label expected .*\['run', 'jump'\].*'swim'"):
        draw(Localizer(), bag, label="swim")
    assert draw(Localizer(), np.empty((0, 2))).activation.shape == (0,)


@pytest.mark.parametrize("activation", [[], [0.5], np.zeros(9), np.full(9, -2.0)])
def test_activations_without_anything_in_them(pyplot, activation):
    display = SegmentActivationDisplay.from_predictions(activation, truth=[])
    assert bars(display, "segments") == []
    assert bars(display, "truth") == []
    low = display.ax_.get_ylim()[0]
    assert low < min([0, *activation])


BAD = {
    "classes": (([[0.1, 0.2]],), {}, "scores expected one number per step"),
    "segments": ((ACTIVATION, [[3, 2]]), {}, "segment 0 starts at 3 and ends at 2"),
    "truth": ((ACTIVATION,), {"truth": [[3, 2]]}, "truth expected each segment to end"),
    "scores": ((ACTIVATION, [[3, 5]], [1, 2]), {}, "scores expected one entry"),
}


@pytest.mark.parametrize(("data", "options", "message"), BAD.values(), ids=BAD)
def test_bad_activations(data, options, message):
    with pytest.raises(ValueError, match=message):
        SegmentActivationDisplay.from_predictions(*data, **options)


def test_curves_by_hand(pyplot):
    display = DetectionPrecisionRecallDisplay.from_predictions(
        TRUTH, FOUND, iou_thresholds=[0.5, 0.8], label="a"
    )
    # Hit, miss, hit, hit at 0.5; at 0.8 the last two (0.82 and 0.5) part.
    thirds = np.ceil(3 * display.recall - 1e-9).astype(int)
    assert_allclose(display.precision[0], np.array([1, 1, 0.75, 0.75])[thirds])
    assert_allclose(display.precision[1], np.array([1, 1, 2 / 3, 0])[thirds])
    assert_allclose(display.average_precision, [2.5 / 3, 5 / 9])
    assert display.ax_.get_title() == "a"
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["overlap 0.5 (AP 0.83)", "overlap 0.8 (AP 0.56)"]


def test_curves_are_means_over_labels(pyplot):
    draw = DetectionPrecisionRecallDisplay.from_predictions
    both = draw(TRUTH, FOUND, name="all")
    single = [draw(TRUTH, FOUND, label=label) for label in ("a", "b")]
    assert_allclose(both.precision, np.mean([d.precision for d in single], axis=0))
    for overlap, area in zip((0.3, 0.5, 0.7), both.average_precision, strict=True):
        expected = detection_average_precision(TRUTH, FOUND, overlap)
        assert area == pytest.approx(expected)
    assert both.ax_.get_title() == "all"


def test_nothing_found_and_nothing_true(pyplot):
    draw = DetectionPrecisionRecallDisplay.from_predictions
    assert not draw(TRUTH, FOUND[:0]).precision.any()
    assert not draw(TRUTH[:0], FOUND).precision.any()


def test_a_label_that_is_not_there():
    with pytest.raises(ValueError, match=r"label expected one of .*\['a', 'b'\].*'z'"):
        DetectionPrecisionRecallDisplay.from_predictions(TRUTH, FOUND, label="z")
