"""noise_corrected_score: hand-worked numbers, scikit-learn, and bad input."""

import numpy as np
import pytest
from sklearn import metrics

from sknoisy.metrics import noise_corrected_score
from sknoisy.metrics._confusion_scores import CONFUSION_SCORES
from sknoisy.metrics._corrected_score import clean_joint

T2 = np.array([[0.8, 0.2], [0.3, 0.7]])
T3 = np.array([[0.7, 0.2, 0.1], [0.05, 0.8, 0.15], [0.2, 0.1, 0.7]])


def sample(seed, n=400):
    """Return clean labels, noisy labels and probabilities of three classes."""
    rng = np.random.RandomState(seed)
    y = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    logits = rng.randn(n, 3) + 2 * np.eye(3)[y]
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    noisy = (rng.rand(n)[:, None] > np.cumsum(T3[y], axis=1)).sum(axis=1)
    return y, noisy, proba


def one_versus_rest(score):
    return lambda y, p: np.mean([score(y == k, p[:, k]) for k in range(3)])


REFERENCE = {
    "accuracy": metrics.accuracy_score,
    "balanced_accuracy": metrics.balanced_accuracy_score,
    "f1_macro": lambda y, p: metrics.f1_score(y, p, average="macro"),
    "f1_micro": lambda y, p: metrics.f1_score(y, p, average="micro"),
    "cohen_kappa": metrics.cohen_kappa_score,
    "matthews_corrcoef": metrics.matthews_corrcoef,
    "log_loss": metrics.log_loss,
    "roc_auc": one_versus_rest(metrics.roc_auc_score),
    "average_precision": one_versus_rest(metrics.average_precision_score),
}


def predictions(metric, proba):
    return proba.argmax(axis=1) if metric in CONFUSION_SCORES else proba


def test_accuracy_by_hand():
    """N = [[.5, .1], [.1, .3]] and T⁻¹ = [[1.4, -.4], [-.6, 1.6]].

    C = T⁻ᵀ N = [[.64, -.04], [-.04, .44]], so the accuracy is 1.08, shown as 1; with
    the prediction 0 throughout, C = [[.6, 0], [.4, 0]].
    """
    y = np.repeat([0, 0, 1, 1], [50, 10, 10, 30])
    y_pred = np.repeat([0, 1, 0, 1], [50, 10, 10, 30])
    score = noise_corrected_score(y, y_pred, transition=T2)
    assert score.uncorrected == pytest.approx(0.8)
    assert score.value == 1
    C = clean_joint(np.array([[0.5, 0.1], [0.1, 0.3]]), T2, condition=2)
    np.testing.assert_allclose(C, [[0.64, -0.04], [-0.04, 0.44]])
    constant = noise_corrected_score(y, 0 * y, transition=T2, classes=[0, 1])
    assert constant.value == pytest.approx(0.6)


def test_standard_error_by_hand():
    """Symmetric noise of 20 % scales the error of a share by 1 / .6."""
    y = np.repeat([0, 0, 1, 1], [40, 10, 10, 40])
    y_pred = np.repeat([0, 1, 0, 1], [40, 10, 10, 40])
    T = [[0.8, 0.2], [0.2, 0.8]]
    score = noise_corrected_score(y, y_pred, transition=T)
    assert score.value == pytest.approx(1.0)
    assert score.standard_error == pytest.approx(np.sqrt(0.8 * 0.2 / 100) / 0.6)
    assert score.condition_number == pytest.approx(1 / 0.6)


def test_support_adds_the_variance_of_the_matrix_by_hand():
    """Accuracy a = (p - e) / (1 - 2 e) of balanced classes, e read off each class.

    Its derivative by the error rate of one class is (2 a - 1) / (2 (1 - 2 e)) at equal
    rates, and that rate has variance e (1 - e) / m.
    """
    y = np.repeat([0, 0, 1, 1], [350, 150, 150, 350])
    y_pred = np.repeat([0, 1, 0, 1], [350, 150, 150, 350])
    T, m = [[0.8, 0.2], [0.2, 0.8]], 1e5
    known = noise_corrected_score(y, y_pred, transition=T)
    read = noise_corrected_score(y, y_pred, transition=T, support=[m, m])
    slope = (2 * known.value - 1) / (2 * 0.6)
    added = 2 * slope**2 * 0.2 * 0.8 / m
    gained = read.standard_error**2 - known.standard_error**2
    assert gained == pytest.approx(added, rel=1e-3)


@pytest.mark.parametrize("metric", REFERENCE)
def test_without_noise_it_is_the_metric_of_scikit_learn(metric):
    y, _, proba = sample(0)
    y_pred = predictions(metric, proba)
    score = noise_corrected_score(y, y_pred, metric=metric, transition=np.eye(3))
    assert score.value == pytest.approx(REFERENCE[metric](y, y_pred))
    assert score.uncorrected == pytest.approx(score.value)


def test_brier_without_noise_is_that_of_scikit_learn():
    rng = np.random.RandomState(0)
    y, p = rng.randint(0, 2, 50), rng.rand(50)
    score = noise_corrected_score(y, p, metric="brier", transition=np.eye(2))
    assert score.value == pytest.approx(metrics.brier_score_loss(y, p))


@pytest.mark.parametrize("metric", [*REFERENCE, "brier"])
def test_correction_recovers_the_clean_score(metric):
    y, noisy, proba = sample(1, n=40000)
    y_pred = predictions(metric, proba)
    options = {"metric": metric, "transition": T3}
    score = noise_corrected_score(noisy, y_pred, **options)
    clean = noise_corrected_score(y, y_pred, metric=metric, transition=np.eye(3)).value
    assert abs(score.value - clean) < 4 * score.standard_error
    assert abs(score.uncorrected - clean) > 10 * abs(score.value - clean)


@pytest.mark.parametrize("metric", CONFUSION_SCORES)
def test_gradients_are_the_derivatives(metric):
    C = np.random.RandomState(0).dirichlet(np.ones(9)).reshape(3, 3)
    gradient, step = CONFUSION_SCORES[metric](C)[1], 1e-6
    for i, j in np.ndindex(3, 3):
        shift = np.zeros((3, 3))
        shift[i, j] = step
        up, down = (CONFUSION_SCORES[metric](C + s * shift)[0] for s in (1, -1))
        assert gradient[i, j] == pytest.approx((up - down) / (2 * step), abs=1e-5)


@pytest.mark.parametrize(
    "metric", ["log_loss", "roc_auc", "average_precision", "brier"]
)
def test_weights_count_as_copies(metric):
    _, noisy, proba = sample(2, n=60)
    weight = np.random.RandomState(0).randint(1, 4, 60)
    options = {"metric": metric, "transition": np.eye(3)}
    weighted = noise_corrected_score(noisy, proba, sample_weight=weight, **options)
    copies = np.repeat(np.arange(60), weight)
    written = noise_corrected_score(noisy[copies], proba[copies], **options)
    assert weighted.value == pytest.approx(written.value)


def test_classes_may_be_named_and_ordered():
    y, y_pred = np.array(["a", "b", "b", "a"]), np.array(["a", "b", "a", "a"])
    named = noise_corrected_score(y, y_pred, transition=T2, classes=["a", "b"])
    swapped = noise_corrected_score(
        y, y_pred, transition=T2[::-1, ::-1], classes=["b", "a"]
    )
    assert named.value == pytest.approx(swapped.value)


def test_ill_conditioned_matrix_keeps_shares_within_bounds():
    e = 0.48
    T = np.array([[1 - e, e], [e, 1 - e]])
    rng = np.random.RandomState(0)
    y, y_pred = rng.randint(0, 2, 200), rng.randint(0, 2, 200)
    score = noise_corrected_score(y, y_pred, transition=T)
    assert score.condition_number == pytest.approx(25)
    assert 0 <= score.value <= 1
    assert np.ptp(score.interval) > 0.9


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"transition": [[0.5, 0.5], [0.5, 0.5]]}, "that can be inverted"),
        ({"transition": np.eye(3)}, r"must have shape \(2, 2\)"),
        ({"transition": [[0.9, 0.4], [0.1, 0.6]]}, "looks transposed"),
        ({"transition": T2, "classes": [0, 2]}, "y also holds"),
        ({"transition": T2, "classes": [0, 0]}, "at least two different classes"),
        ({"transition": T2, "support": [3]}, "2 positive numbers"),
        ({"transition": T2, "sample_weight": [0, 0, 0, 0]}, "at least one non-zero"),
        ({"transition": T2, "metric": "f2"}, "'metric' parameter"),
        ({"transition": T2, "metric": "log_loss", "y_pred": np.ones((4, 3))}, "column"),
        (
            {"transition": T2, "metric": "log_loss", "y_pred": np.ones((4, 2))},
            "rows sum to 1",
        ),
        ({"transition": T2, "metric": "roc_auc", "y_pred": [np.nan] * 4}, "finite"),
        ({"transition": T2, "y_pred": [0, 1, 0]}, "inconsistent numbers of samples"),
        ({"transition": T2, "y_noisy": np.eye(2)[[0, 1, 0, 1]]}, "sknoisy.multilabel"),
        ({"transition": T2, "y_noisy": [], "y_pred": []}, "at least one row"),
    ],
)
def test_bad_input_is_refused(options, message):
    arguments = {"y_noisy": [0, 1, 0, 1], "y_pred": [0, 1, 1, 1], **options}
    y_noisy, y_pred = arguments.pop("y_noisy"), arguments.pop("y_pred")
    with pytest.raises(ValueError, match=message):
        noise_corrected_score(y_noisy, y_pred, **arguments)


@pytest.mark.parametrize("metric", ["cohen_kappa", "matthews_corrcoef"])
def test_where_one_class_is_all_there_is_nothing_is_beyond_chance(metric):
    value, gradient = CONFUSION_SCORES[metric](np.array([[1.0, 0.0], [0.0, 0.0]]))
    assert value == 0
    np.testing.assert_array_equal(gradient, 0)


def test_a_score_as_text():
    y = np.repeat([0, 1], [60, 40])
    score = noise_corrected_score(y, 0 * y, transition=T2, classes=[0, 1])
    low, high = score.interval
    expected = f"0.6 (95 % interval {low:.4g} to {high:.4g}; 0.6 on the labels as they"
    assert str(score) == f"{expected} are)"


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision"])
def test_an_area_is_refused_where_the_matrix_leaves_a_class_without_rows(metric):
    y, scores = np.repeat(["ash", "elm"], [18, 2]), np.linspace(0, 1, 20)
    # A fifth of the 18 would already be more than the two.
    with pytest.raises(ValueError, match=r"every class .* class elm has -16.67%"):
        noise_corrected_score(
            y, scores, metric=metric, transition=[[0.8, 0.2], [0.2, 0.8]]
        )
