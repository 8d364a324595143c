"""The published forms of the five methods, as the guide writes them.

The calls are read from the page "What each paper's form is, and what the default is",
so that page and test cannot differ, and are held against its numbers worked by hand.
"""

import doctest
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB

PAGE = Path(__file__).parents[1] / "docs" / "user_guide" / "published_forms.rst"
DEEP = ("from skorch", "from sknoisy.deep")
HAS_TORCH = bool(find_spec("torch") and find_spec("skorch"))
needs_torch = pytest.mark.skipif(not HAS_TORCH, reason="needs torch and skorch")
P_FIRST, P_SECOND = np.array([0.6, 0.3, 0.1]), np.array([0.2, 0.5, 0.3])


def from_page(*names):
    """Return what the code of the page assigns to some names."""
    namespace, text = {}, PAGE.read_text(encoding="utf-8")
    for example in doctest.DocTestParser().get_examples(text):
        source = example.source
        imports = source.startswith(("import ", "from "))
        # Without torch the other calls are still tested.
        if imports and source.startswith(DEEP) and not HAS_TORCH:
            continue
        if imports or source.partition(" = ")[0] in names:
            exec(source, namespace)
    found = [namespace[name] for name in names]
    return found if len(found) > 1 else found[0]


# ReSup


def cosine(proba, label):
    return proba[label] / np.linalg.norm(proba)


def test_cosine_of_resup():
    assert cosine(P_FIRST, 0) == pytest.approx(0.8847, abs=1e-4)
    assert cosine(P_SECOND, 0) == pytest.approx(0.3244, abs=1e-4)


@needs_torch
def test_resup_net(monkeypatch):
    import torch

    from sknoisy.deep import ReSupNetClassifier, _resup_net

    class Says(torch.nn.Module):
        """Predict the same for every row, whatever is trained."""

        def __init__(self, proba):
            super().__init__()
            self.logits = torch.log(torch.as_tensor(proba, dtype=torch.float32))
            self.layer = torch.nn.Linear(4, 3)

        def forward(self, x):
            return 0 * self.layer(x) + self.logits

    costs, asked = [], []
    plain = ReSupNetClassifier._losses_of_both

    def recorded(net, losses, y_pred, codes, rows):
        total = plain(net, losses, y_pred, codes, rows)
        costs.append(total[codes == 0].detach().numpy())
        return total

    def weights(tables, similarity, codes):
        asked.append(similarity[:, np.asarray(codes) == 0].numpy())
        return torch.tensor([[0.9], [0.4]]).expand(similarity.shape).clone()

    monkeypatch.setattr(ReSupNetClassifier, "_losses_of_both", recorded)
    monkeypatch.setattr(_resup_net, "look_up", weights)
    networks = {"module": Says, "module__proba": P_FIRST}
    networks |= {"second_module": Says, "second_module__proba": P_SECOND}
    net = from_page("resup").set_params(**networks, max_epochs=3, random_state=0)
    X, y = load_iris(return_X_y=True)
    net.fit(X, y)
    # 150 rows are two batches: an epoch of warm-up, and two with weights.
    assert len(costs) == 6
    assert_allclose(np.concatenate(costs[:2]), 2.1203, atol=1e-4)
    assert_allclose(np.concatenate(costs[2:]), 2.0528, atol=1e-4)
    first, second = asked[0]
    assert_allclose(first, 0.8847, atol=1e-4)
    assert_allclose(second, 0.3244, atol=1e-4)
    assert_allclose(net.predict_proba(X), np.tile(P_FIRST, (150, 1)), atol=1e-6)


@needs_torch
def test_resup_net_takes_two_components_where_all_labels_are_right():
    X, y = load_iris(return_X_y=True)
    net = from_page("resup").set_params(max_epochs=3, lr=0.01, random_state=0)
    for (mixture,) in net.fit(X, y).mixtures_:
        assert (mixture.n_components_, mixture.n_iter_) == (2, 10)
        assert mixture.distribution == "beta"


def test_resup_for_any_classifier():
    X, y = load_iris(return_X_y=True)
    y = np.where(np.arange(150) % 5 == 0, (y + 1) % 3, y)
    clf = from_page("reweighting").set_params(
        estimator=GaussianNB(),
        second_estimator=GaussianNB(var_smoothing=0.1),
        random_state=0,
    )
    clf.fit(X, y)
    # The weights that the models found, which they swap for training.
    swapped = clf.label_weights_
    own = clf.set_params(exchange=False).fit(X, y).label_weights_
    first_round = clf.set_params(exchange=True, n_rounds=1).fit(X, y).label_weights_
    each = clf.set_params(exchange=False, n_rounds=1).fit(X, y).label_weights_
    assert_allclose(first_round, each[::-1])
    assert swapped.shape == own.shape == (2, 150)
    assert len(clf.estimators_) == 2
    wrong = np.arange(150) % 5 == 0
    assert swapped[:, wrong].mean() < 0.2 < 0.8 < swapped[:, ~wrong].mean()


# The dropout noise layer


@needs_torch
def test_dropout_noise_layer():
    import torch

    rng = np.random.RandomState(0)
    y = np.repeat(np.arange(4), 100)
    X = np.array([[3, 0], [-3, 0], [0, 3], [0, -3]])[y] + rng.normal(size=(400, 2))
    clf = from_page("jindal").set_params(max_epochs=0, random_state=0).fit(X, y)
    start = clf.noise_layer_.transition_matrix().numpy()
    assert_allclose(np.diag(start), 0.4754, atol=1e-4)
    assert_allclose(start[~np.eye(4, dtype=bool)], 0.1749, atol=1e-4)
    # Dropout in training: rows that are certain of class 0 are kept or dropped.
    layer = clf.noise_layer_.train()
    torch.manual_seed(0)
    with torch.no_grad():
        seen = layer(100.0 * torch.eye(4)[[0] * 500]).exp()[:, 0].numpy()
    kept = seen > 0.3
    assert_allclose(seen[kept], 0.5031, atol=1e-4)
    assert_allclose(seen[~kept], 0.25, atol=1e-6)
    assert 0.05 < 1 - kept.mean() < 0.15
    # Removed for predictions, which are the soft-max of the network.
    clf.set_params(max_epochs=3).fit(X, y)
    with torch.no_grad():
        logits = clf.module_(torch.as_tensor(X, dtype=torch.float32)).double()
    proba = torch.softmax(logits, dim=1).numpy()
    assert_allclose(clf.predict_proba(X), proba, atol=1e-6)
    assert clf.averaged_module_ is None


# The tagging study


def test_eight_analyses():
    inputs = ["Y", "truth", "scores", "vectors"]
    names = ["occurrence", "together", "sample", "quality", "ranks", "auc"]
    found = from_page(*inputs, *names, "report", "pairs")
    occurrence, together, sample, quality, ranks, auc, report, pairs = found[4:]
    assert_array_equal(occurrence, [3, 3, 1])
    assert_allclose(together.matrix[0], [1, 2 / 3, 0])
    chances = {}
    for code, proba in zip(sample.label_code, sample.sampling_proba, strict=True):
        chances.setdefault(int(code), []).append(float(proba))
    assert sorted(chances[0]) == pytest.approx([1 / 3, 1 / 2])
    assert sorted(chances[2]) == pytest.approx([1 / 4, 1])
    assert_allclose(quality.precision, 1)
    assert_allclose(quality.tagability, [3 / 4, 1, 1 / 3])
    rank = ranks.loc["occurrence", "tagability"]
    assert rank == pytest.approx(0.866, abs=1e-3)
    assert_allclose(auc, [4 / 6, 5 / 6, 3 / 4])
    assert_allclose(quality.auc_shrinkage, [0.5, 1, 0.5])
    assert_allclose(report.auc, auc)
    assert_allclose(report.auc_corrected, [0.8333, 0.8333, 1], atol=1e-4)
    place = [*zip(pairs.first, pairs.second, strict=True)].index((0, 1))
    assert pairs.similarity[place] == pytest.approx(0.7071, abs=1e-4)
    assert pairs.cooccurrence[place] == pytest.approx(2 / 3)


# SLR


def test_slr():
    slr = from_page("slr")
    for clusters in ([0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 2, 2, 3, 3]):
        slr.partial_fit(clusters)
    projection = [[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]]
    assert_allclose(slr.projection_.toarray(), projection)
    soft = slr.soft_labels_.toarray()
    assert_allclose(soft[[0, 2]], [[0.75, 0.25, 0, 0], [0.25, 0.75, 0, 0]])
    assert soft[0] @ soft[2] / (soft[0] @ soft[0]) == pytest.approx(0.6)
    assert_array_equal(slr.labels_, [0, 0, 0, 0, 1, 1, 1, 1])
    # A threshold below the distance of 0.4 keeps all four, as the largest would.
    again = from_page("slr").set_params(distance_threshold=0.39)
    for clusters in ([0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 2, 2, 3, 3]):
        again.partial_fit(clusters)
    assert again.n_clusters_ == 4


# GauFuse


N_STEPS = 40
NOTHING_KNOWN = [np.zeros((N_STEPS, 1))]


class ScoresByRound(BaseEstimator):
    """Stands in for a network: one score table a round, and what was taught is kept."""

    def __init__(self, scores, taught):
        self.scores = scores
        self.taught = taught

    def step_model(self, options, rng):
        return self

    def train(self, values, offsets, evidence, targets, *, round_number):
        self.round_ = round_number
        self.taught.append(targets.copy())

    def proba(self, values, offsets):
        scores = self.scores[min(self.round_, len(self.scores) - 1)]
        return np.column_stack([scores, 1 - scores])


def steps(*parts):
    """Return scores that are 0 but for some (start, end, value)."""
    scores = np.zeros(N_STEPS)
    for start, end, value in parts:
        scores[start:end] = value
    return scores


def gaufuse_on(scores, **params):
    """Return the localizer fitted on a sequence with a class, and what was taught."""
    taught = []
    localizer = from_page("gaufuse").set_params(
        estimator=ScoresByRound(scores, taught), **params
    )
    return localizer.fit(NOTHING_KNOWN, [{"a"}]), taught


def test_gaufuse_teaches_linear_programs_and_then_changes():
    # The model of round r - 1 gives what is taught in round r.
    heights = [0.6, 0.3, 0.5, 0.5, 0.4, 0.8, 0.8]
    gaufuse, taught = gaufuse_on([steps((10, 20, height)) for height in heights])
    assert gaufuse.n_iter_ == len(taught) == 7
    assert not taught[0].any()
    assert_allclose(gaufuse.thresholds_[[0, -1]], [0.001, 0.039])
    assert len(gaufuse.thresholds_) == 20
    expected = [
        # Ten steps share the score of the segment, times the weight of the round.
        10 * 0.06,
        28.1 * 0.03,
        # From the third round on it is the change, times eta.
        47 * 2 * (0.05 - 0.03),
        0,
        50 * 2 * (0.04 - 0.05),
        50 * 2.15 * (0.08 - 0.04),
    ]
    for labels, label in zip(taught[1:], expected, strict=True):
        # The ridge of the solver leaves 1e-4 of a label at most, times 50.
        assert_allclose(labels[:, 0], steps((10, 20, label)), atol=1e-2)
        assert not labels[:, 1].any()
    (row,) = gaufuse.predict(NOTHING_KNOWN)
    assert_allclose([row["start"], row["end"], row["score"]], [10, 20, 0.8])


TWO_LEVELS = steps((8, 20, 0.02), (10, 15, 0.5))


@pytest.mark.parametrize("weights", ["inner", "score"])
def test_gaufuse_predicts_with_the_weights_of_its_fusion(weights):
    params = {"fusion__thresholds": [0.01, 0.1], "fusion__weights": weights}
    localizer, _ = gaufuse_on([TWO_LEVELS], **params, n_rounds=0)
    # The core, with a mean of 0.5 inside and of 0.02 around it, gathers the other.
    wide = (5 * 0.5 + 7 * 0.02) / 12
    inner, score = np.array([0.5, wide]), np.array([0.5 - 0.02, wide])
    weight = np.exp((inner if weights == "inner" else score) / 0.2)
    weight /= weight.sum()
    (row,) = localizer.predict(NOTHING_KNOWN)
    assert_allclose(row["start"], weight @ [10, 8])
    assert_allclose(row["end"], weight @ [15, 20])
    assert_allclose(row["score"], weight @ score)


def test_gaufuse_keeps_the_core_by_low_temperatures():
    params = {"fusion__thresholds": [0.01, 0.1], "n_rounds": 4}
    _, taught = gaufuse_on([TWO_LEVELS], **params, fusion__min_bag_score=0.0)
    # exp((0.22 - 0.5) / 0.02) is 8e-7: the core alone, with 0.48 on five steps.
    assert_allclose(taught[1][:, 0], steps((10, 15, 10 * 0.096)), atol=5e-3)


def test_gaufuse_does_not_look_for_classes_below_the_filter():
    localizer, _ = gaufuse_on([steps((10, 20, 0.15))], n_rounds=0)
    assert len(localizer.predict(NOTHING_KNOWN)) == 0
    localizer.set_params(fusion__min_bag_score=0.0)
    assert len(localizer.predict(NOTHING_KNOWN)) == 1


def test_gaufuse_fuses_with_inner_weights():
    from sknoisy.sequence import _fusion
    from sknoisy.sequence._proposals import Proposals

    fusion = from_page("gaufuse").fusion
    proposals = Proposals(
        np.array([[0.0, 20.0], [12.0, 24.0]]),
        np.array([0.8, 0.6]),
        np.zeros(2, int),
        np.zeros(2, int),
        np.array([0.9, 0.7]),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_fusion, "propose", lambda *args: proposals)
        kept = np.ones((1, 1), dtype=bool)
        found = fusion._decode(np.zeros((40, 1)), np.array([0, 40]), kept)
    assert_allclose(found.segments, [[3.227, 21.076]], atol=1e-3)
    assert_allclose(found.scores, [0.746], atol=1e-3)
