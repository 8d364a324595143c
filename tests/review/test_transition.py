import numpy as np
import pytest

from sknoisy.review import estimate_noise_rate, estimate_transition_matrix

T = np.array([[0.8, 0.15, 0.05], [0.1, 0.7, 0.2], [0.0, 0.1, 0.9]])


def drawn(rng, n_samples=600):
    """Return labels, true labels, a model's posterior and a review by suspicion."""
    truth = rng.choice(3, n_samples, p=[0.5, 0.3, 0.2])
    uniform = rng.uniform(size=n_samples)
    y = (uniform[:, None] > T[truth].cumsum(axis=1)[:, :2]).sum(axis=1)
    posterior = (np.eye(3)[truth] + rng.dirichlet(np.ones(3), n_samples)) / 2
    proba = np.full(n_samples, np.nan)
    picked = np.argsort(posterior[np.arange(n_samples), y])[:60]
    rest = np.setdiff1d(np.arange(n_samples), picked)
    proba[picked], proba[rng.permutation(rest)[:90]] = 1, 90 / len(rest)
    return y, truth, posterior, proba


@pytest.mark.parametrize("powered", [False, True])
def test_matrix_is_unbiased_and_covered(powered):
    rng = np.random.RandomState(0)
    errors, covered = [], []
    for _ in range(150):
        y, truth, posterior, proba = drawn(rng)
        joint = np.eye(3)[truth].T @ np.eye(3)[y]
        real = joint / joint.sum(axis=1, keepdims=True)
        found = estimate_transition_matrix(
            y, truth, proba, posterior if powered else None
        )
        np.testing.assert_allclose(found.value.sum(axis=1), 1)
        errors.append(found.value - real)
        low, high = np.moveaxis(found.interval, -1, 0)
        covered.append((low <= real) & (real <= high))
    # Where no label is ever wrong in some way, predictions cannot go below zero.
    assert np.abs(np.mean(errors, axis=0)).max() < (0.03 if powered else 0.01)
    assert np.mean(covered, axis=0).min() > 0.88
    assert np.mean(covered) > 0.93


def test_good_predictions_make_it_more_exact():
    rng = np.random.RandomState(1)
    errors = []
    for _ in range(40):
        y, truth, posterior, proba = drawn(rng)
        joint = np.eye(3)[truth].T @ np.eye(3)[y]
        real = joint / joint.sum(axis=1, keepdims=True)
        pair = (
            estimate_transition_matrix(y, truth, proba, p) for p in (None, posterior)
        )
        errors.append([np.abs(found.value - real).mean() for found in pair])
    plain, powered = np.mean(errors, axis=0)
    assert powered < 0.9 * plain


def test_everything_checked_is_counted():
    y, truth = np.array(list("aabbbc")), np.array(list("abbbac"))
    found = estimate_transition_matrix(y, truth, np.ones(6))
    expected = [[0.5, 0.5, 0], [1 / 3, 2 / 3, 0], [0, 0, 1]]
    np.testing.assert_allclose(found.value, expected)
    assert np.ptp(found.interval, axis=-1).max() == 0
    assert found.n_checked == 6


def test_two_classes_agree_with_the_noise_rate():
    rng = np.random.RandomState(2)
    truth = np.zeros(200, int)
    truth[:20] = 1
    y = np.where(rng.uniform(size=200) < 0.3, 1 - truth, truth)
    proba = np.where(rng.permutation(200) < 80, 0.4, np.nan)
    joint = estimate_transition_matrix(y, truth, proba)
    asked = ~np.isnan(proba)
    wrong = (y != truth)[asked & (truth == 0)].mean()
    assert joint.value[0, 1] == pytest.approx(wrong)
    rate = estimate_noise_rate(np.where(asked, y != truth, np.nan), proba)
    share = truth[asked].mean()
    expected = (1 - share) * joint.value[0, 1] + share * joint.value[1, 0]
    assert rate.value == pytest.approx(expected)


def test_class_without_a_verdict_is_unknown():
    y = np.array([0, 0, 1, 1, 2, 2])
    truth = np.array([0, np.nan, 1, np.nan, np.nan, np.nan])
    proba = np.where(np.isnan(truth), np.nan, 1 / 3)
    found = estimate_transition_matrix(y, truth, proba)
    assert np.isnan(found.value[2]).all()
    np.testing.assert_array_equal(found.interval[2], [[0, 1]] * 3)
    # One verdict a class says next to nothing.
    assert found.interval[0, 0, 0] < 0.35


def test_classes_give_the_order():
    y, truth = np.array(["no", "yes"] * 4), np.array(["no", "no", "yes", "yes"] * 2)
    options = {"classes": ["yes", "no"]}
    found = estimate_transition_matrix(y, truth, np.full(8, 0.5), **options).value
    plain = estimate_transition_matrix(y, truth, np.full(8, 0.5)).value
    np.testing.assert_allclose(found, plain[::-1, ::-1])


@pytest.mark.parametrize(
    "missing", [None, float("nan"), np.datetime64("NaT")], ids=["None", "NaN", "NaT"]
)
def test_what_is_missing(missing):
    y = np.array(["a", "b", "a", "b"])
    truth = np.array(["a", "b", missing, missing], dtype=object)
    found = estimate_transition_matrix(y, truth, np.full(4, 0.5))
    assert found.n_checked == 2


def test_missing_value_of_pandas():
    pandas = pytest.importorskip("pandas")
    truth = pandas.Series([0, 1, None, None], dtype="Int64")
    found = estimate_transition_matrix([0, 1, 0, 1], truth, np.full(4, 0.5))
    assert found.n_checked == 2


@pytest.mark.parametrize(
    ("truth", "options", "message"),
    [
        (["a", "z", "a", "b"], {}, "one of the classes .* got 'z' in row 1"),
        (["a", "b"], {}, r"y_checked of shape \(4,\)"),
        ([["a"], ["b"]], {}, r"y_checked of shape \(4,\)"),
        ([None] * 4, {}, "at least one verdict"),
        (["a", "b", "a", "b"], {"prediction": np.ones((4, 2))}, "sum"),
        (["a", "b", "a", "b"], {"classes": ["a"]}, "also holds"),
    ],
)
def test_bad_input(truth, options, message):
    with pytest.raises(ValueError, match=message):
        estimate_transition_matrix(
            ["a", "b", "a", "b"], truth, np.full(4, 0.5), **options
        )
