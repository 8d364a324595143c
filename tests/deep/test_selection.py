import numpy as np
import pytest

torch = pytest.importorskip("torch")

from sknoisy._labels import NoisyLabels  # noqa: E402
from sknoisy.deep import CoTeachingClassifier, LossHistoryClassifier  # noqa: E402
from sknoisy.deep._core import label_purity, posterior  # noqa: E402
from sknoisy.deep._rows import RowDataset  # noqa: E402
from sknoisy.deep._selection import keep_low, only_kept, thresholds  # noqa: E402
from sknoisy.deep._skorch_net import Training  # noqa: E402
from sknoisy.noise import UniformNoise  # noqa: E402


def record(codes, **more):
    codes = np.asarray(codes)
    return NoisyLabels(codes=codes, classes=np.arange(codes.max() + 1), **more)


def test_each_label_keeps_its_own_share():
    scores = np.array([5.0, 1, 3, 2, 4, 50, 10, 30, 20, 40])
    labels = record([0] * 5 + [1] * 5)
    kept = keep_low(scores, np.array([0.4, 0.8]), labels)
    assert np.flatnonzero(kept).tolist() == [1, 3, 6, 7, 8, 9]


def test_weights_count_as_repeated_rows():
    rng = np.random.RandomState(0)
    scores, codes = rng.rand(40), np.arange(40) % 3
    weight = rng.randint(1, 4, 40)
    rows = np.repeat(np.arange(40), weight)
    share = np.array([0.3, 0.5, 0.9])
    weighted = thresholds(scores, share, codes, weight.astype(float))
    repeated = thresholds(scores[rows], share, codes[rows], np.ones(len(rows)))
    np.testing.assert_array_equal(weighted, repeated)


def test_best_row_of_a_label_and_verified_rows_are_always_kept():
    labels = record([0, 0, 0, 1], trusted=np.array([0, 0, 1, 0], bool))
    kept = keep_low(np.array([1.0, 2, 3, 9]), np.array([1e-6, 1e-6]), labels)
    assert kept.tolist() == [True, False, True, True]


def test_rows_without_a_score_are_left_out():
    kept = keep_low(np.array([np.nan, 1.0, 2.0]), np.ones(1), record([0, 0, 0]))
    assert kept.tolist() == [False, True, True]


def test_loss_is_the_mean_over_the_kept_rows():
    losses = torch.tensor([1.0, 2.0, 4.0])
    weight = torch.tensor([1.0, 3.0, 1.0])
    kept = torch.tensor([True, True, False])
    mean = (only_kept(losses, kept, weight) * weight).sum() / weight.sum()
    torch.testing.assert_close(mean, torch.tensor((1 + 2 * 3) / 4))
    nothing = only_kept(losses, torch.zeros(3, dtype=torch.bool), weight)
    assert (nothing == 0).all()


def test_purity_is_the_share_of_right_labels():
    rng = np.random.RandomState(0)
    T = np.array([[0.6, 0.4, 0.0], [0.0, 0.9, 0.1], [0.3, 0.0, 0.7]])
    y = rng.choice(3, 30000, p=[0.2, 0.5, 0.3])
    noisy = (rng.rand(30000)[:, None] > T.cumsum(axis=1)[y]).sum(axis=1)
    expected = [(y == noisy)[noisy == label].mean() for label in range(3)]
    np.testing.assert_allclose(label_purity(T, record(noisy)), expected, atol=0.02)


def test_posterior_is_bayes_rule():
    T = np.array([[0.8, 0.2], [0.4, 0.6]])
    clean = posterior(np.array([[0.5, 0.5], [0.9, 0.1]]), T, np.array([1, 0]))
    np.testing.assert_allclose(clean, [[0.25, 0.75], [18 / 19, 1 / 19]])
    never = posterior(np.array([[0.3, 0.7]]), np.array([[1.0, 0], [1, 0]]), [1])
    np.testing.assert_allclose(never, [[0.3, 0.7]])


def digits_like(seed=0, n=600):
    rng = np.random.RandomState(seed)
    y = np.arange(n) % 4
    return 5 * np.eye(4)[y] + rng.normal(size=(n, 4)), y


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.45])
@pytest.mark.parametrize("cls", [CoTeachingClassifier, LossHistoryClassifier])
def test_share_to_keep_follows_the_noise(cls, rate):
    X, y = digits_like()
    noisy = UniformNoise(rate, random_state=0).corrupt(y)
    clf = cls(max_epochs=8, lr=0.01, random_state=0).fit(X, noisy)
    assert clf.keep_share_.shape == (4,)
    assert abs(clf.keep_share_.mean() - (1 - rate)) < 0.1


@pytest.mark.parametrize("cls", [CoTeachingClassifier, LossHistoryClassifier])
def test_share_given_per_class_is_followed(cls):
    X, y = digits_like()
    share = [0.9, 0.5, 0.6, 1.0]
    y = UniformNoise(0.3, random_state=0).corrupt(y)
    clf = cls(keep_share=share, max_epochs=7, random_state=0).fit(X, y)
    np.testing.assert_array_equal(clf.keep_share_, share)
    if cls is LossHistoryClassifier:
        kept = [clf.kept_[y == label].mean() for label in range(4)]
    else:
        low = clf.last_losses_ <= clf.thresholds_[:, y]
        kept = [low[:, y == label].mean() for label in range(4)]
    np.testing.assert_allclose(kept, share, atol=0.02)


@pytest.mark.parametrize("cls", [CoTeachingClassifier, LossHistoryClassifier])
@pytest.mark.parametrize(
    ("share", "match"),
    [
        (0.0, r"keep_share must lie in \(0, 1\]"),
        (1.2, r"keep_share must lie in \(0, 1\]"),
        ([0.5, 0.5], r"array of shape \(4,\)"),
    ],
)
def test_bad_shares_are_refused(cls, share, match):
    X, y = digits_like(n=80)
    with pytest.raises(ValueError, match=match):
        cls(keep_share=share, max_epochs=6).fit(X, y)


def test_history_holds_the_loss_of_every_row_and_epoch():
    X, y = digits_like()
    noisy = UniformNoise(0.3, random_state=0).corrupt(y)
    clf = LossHistoryClassifier(max_epochs=7, lr=0.01, random_state=0).fit(X, noisy)
    assert clf.loss_history_.shape == (7, 600)
    assert np.isfinite(clf.loss_history_).all()
    right = noisy == y
    mean = clf.loss_history_.mean(axis=0)
    assert mean[right].mean() < mean[~right].mean()
    assert right[clf.kept_].mean() > 0.95


def test_networks_learn_from_their_own_half_in_the_warm_up():
    X, y = digits_like()
    clf = CoTeachingClassifier(max_epochs=3, warmup_epochs=3, lr=0.01, random_state=0)
    clf.fit(X, y)
    half = clf._half_.numpy()
    assert abs(half.mean() - 0.5) < 0.01
    assert np.isfinite(clf.last_losses_).all()


def test_each_network_selects_for_the_other():
    X, y = digits_like()
    clf = CoTeachingClassifier(max_epochs=6, lr=0.01, random_state=0)
    clf.fit(X, UniformNoise(0.3, random_state=0).corrupt(y))
    clf.thresholds_ = np.array([[1.0] * 4, [-1.0] * 4])
    source = torch.utils.data.TensorDataset(torch.zeros(600, 1))
    clf._training_ = Training(RowDataset(source), record(y))
    losses = torch.tensor([[0.5, 2.0], [0.5, 2.0]])
    rows = type("Rows", (), {"index": torch.arange(2), "weight": torch.ones(2)})
    both = clf._losses_of_both(losses, None, torch.tensor([0, 1]), rows)
    # The first finds row 0 fit to learn from, the second finds nothing.
    torch.testing.assert_close(both, torch.tensor([2 * 0.5, 0.0]))
