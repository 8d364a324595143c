"""What holds for every net that is trained against label noise in its own way."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, make_blobs
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV

torch = pytest.importorskip("torch")

from skorch.dataset import ValidSplit  # noqa: E402

from sknoisy.deep import (  # noqa: E402
    CoTeachingClassifier,
    EarlyLearningClassifier,
    LossHistoryClassifier,
    NoiseAdaptationClassifier,
)
from sknoisy.deep._early_learning import agreement_with_past  # noqa: E402
from sknoisy.exceptions import DoubtfulMatrixWarning  # noqa: E402
from sknoisy.noise import TransitionNoise, UniformNoise  # noqa: E402
from sknoisy.transition import NeighborTransition, TrustedTransition  # noqa: E402

CLASSES = np.array(["ant", "bee", "cat"])
T = np.array([[0.7, 0.3, 0.0], [0.1, 0.6, 0.3], [0.3, 0.1, 0.6]])
NETS = [
    NoiseAdaptationClassifier(),
    NoiseAdaptationClassifier(noise_layer="softmax"),
    EarlyLearningClassifier(),
    LossHistoryClassifier(),
    CoTeachingClassifier(),
]
LINEAR = {"module__in_features": 2, "module__out_features": 3}
# What a matrix learnt from few rows looks like does not matter to some tests.
any_matrix = pytest.mark.filterwarnings(
    "ignore::sknoisy.exceptions.DoubtfulMatrixWarning"
)
each_net = pytest.mark.parametrize("net", NETS, ids=repr)


def fast(net, **params):
    usual = {"max_epochs": 10, "lr": 0.01, "random_state": 0}
    return clone(net).set_params(**(usual | params))


class Probabilities(torch.nn.Linear):
    def __init__(self):
        super().__init__(2, 3)

    def forward(self, X):
        return torch.softmax(super().forward(X), dim=1)


@pytest.fixture(scope="module")
def blobs():
    corners = [[0, 0], [4, 0], [0, 4]]
    X, y = make_blobs(600, centers=corners, cluster_std=1.0, random_state=0)
    return X, y, TransitionNoise(T, random_state=0).corrupt(y)


@each_net
def test_strings_and_doubles_in_fitted_names_out(net, blobs):
    X, y, noisy = blobs
    clf = fast(net).fit(X, CLASSES[noisy])
    assert clf.score(X, CLASSES[y]) > 0.85
    assert clf.transition_matrix_.shape == (3, 3)
    np.testing.assert_allclose(clf.transition_matrix_.sum(axis=1), 1)
    np.testing.assert_allclose(clf.clean_proba_.sum(axis=1), 1, atol=1e-5)
    assert roc_auc_score(noisy == y, clf.label_quality_) > 0.8
    assert 0 <= clf.noise_rate_ <= 1
    assert clf.classes_.tolist() == CLASSES.tolist()


@each_net
def test_matrix_given_is_the_matrix_kept(net, blobs):
    X, y, noisy = blobs
    layer = {"noise_layer": "auto"} if "noise_layer" in net.get_params() else {}
    clf = fast(net, transition=T, **layer).fit(X, noisy)
    np.testing.assert_allclose(clf.transition_matrix_, T, atol=1e-6)
    assert abs(clf.noise_rate_ - (noisy != y).mean()) < 0.05
    assert clf.score(X, y) > 0.8


@each_net
def test_matrix_by_any_estimator_of_it(net, blobs):
    X, y, noisy = blobs
    layer = {"noise_layer": "auto"} if "noise_layer" in net.get_params() else {}
    clf = fast(net, transition=NeighborTransition(), **layer).fit(X, noisy)
    expected = NeighborTransition().fit(X, noisy).transition_matrix_
    np.testing.assert_allclose(clf.transition_matrix_, expected, atol=1e-6)
    assert clf.score(X, y) > 0.85


@any_matrix
@each_net
def test_weights_of_one_are_no_weights(net, blobs):
    X, _, noisy = blobs
    X, noisy = X[:200], noisy[:200]
    with_ones = fast(net, max_epochs=7).fit(X, noisy, sample_weight=np.ones(200))
    without = fast(net, max_epochs=7).fit(X, noisy)
    np.testing.assert_array_equal(with_ones.predict_proba(X), without.predict_proba(X))
    np.testing.assert_array_equal(with_ones.label_quality_, without.label_quality_)


# Dropout and the halves of co-teaching are drawn row by row.
@pytest.mark.parametrize(
    "net",
    [
        NoiseAdaptationClassifier(),
        EarlyLearningClassifier(),
        LossHistoryClassifier(),
    ],
    ids=repr,
)
def test_weight_two_is_a_repeated_row(net, blobs):
    X, _, noisy = blobs
    X, noisy = X[:120], noisy[:120]
    twice = np.arange(120) % 3 == 0
    whole = {"batch_size": -1, "max_epochs": 8, "transition": T, "lr": 0.5}
    whole |= {"module": torch.nn.Linear, "optimizer": torch.optim.SGD, **LINEAR}
    weighted = fast(net, **whole).fit(X, noisy, sample_weight=1.0 + twice)
    rows = np.concatenate([np.arange(120), np.flatnonzero(twice)])
    repeated = fast(net, **whole).fit(X[rows], noisy[rows])
    np.testing.assert_allclose(
        weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-5
    )
    plain = fast(net, **whole).fit(X, noisy)
    assert np.abs(weighted.predict_proba(X) - plain.predict_proba(X)).max() > 1e-3


@any_matrix
@each_net
def test_verified_labels_are_certain(net, blobs):
    X, y, noisy = blobs
    trusted = np.arange(len(y)) % 4 == 0
    labels = np.where(trusted, y, noisy)
    clf = fast(net).fit(X, labels, trusted=trusted)
    assert (clf.label_quality_[trusted] == 1).all()
    np.testing.assert_array_equal(clf.clean_proba_[trusted], np.eye(3)[y[trusted]])


@any_matrix
def test_verified_labels_are_learnt_plainly_by_early_learning(blobs):
    X, y, _ = blobs
    options = {"trusted": np.ones(120, bool)}
    plain = fast(EarlyLearningClassifier(strength=0)).fit(X[:120], y[:120])
    for params in ({"strength": 5.0}, {"strength": 5.0, "transition": T}):
        clf = fast(EarlyLearningClassifier(), **params).fit(X[:120], y[:120], **options)
        np.testing.assert_array_equal(
            clf.predict_proba(X[:120]), plain.predict_proba(X[:120])
        )
    alone = fast(EarlyLearningClassifier(strength=5.0)).fit(X[:120], y[:120])
    assert (alone.predict_proba(X[:120]) != plain.predict_proba(X[:120])).any()


@any_matrix
@pytest.mark.parametrize("net", [NoiseAdaptationClassifier, EarlyLearningClassifier])
def test_matrix_by_verified_labels(net, blobs):
    X, y, noisy = blobs
    trusted = np.arange(len(y)) % 4 == 0
    labels = np.where(trusted, y, noisy)
    clf = fast(net(), transition=TrustedTransition(), max_epochs=1)
    clf.fit(X, labels, trusted=trusted)
    step = TrustedTransition().fit(X, labels, trusted=trusted)
    np.testing.assert_allclose(
        clf.transition_matrix_, step.transition_matrix_, atol=1e-4
    )


@any_matrix
@each_net
def test_pickle_predicts_the_same(net, blobs):
    X, _, noisy = blobs
    clf = fast(net, max_epochs=2).fit(X, noisy)
    other = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(clf.predict_proba(X), other.predict_proba(X))


@any_matrix
@each_net
def test_training_goes_on_where_it_stopped(net, blobs):
    X, _, noisy = blobs
    whole = fast(net, max_epochs=9).fit(X, noisy)
    parts = pickle.loads(pickle.dumps(fast(net, max_epochs=3).fit(X, noisy)))
    parts.partial_fit(X, noisy, epochs=6)
    np.testing.assert_allclose(
        parts.predict_proba(X), whole.predict_proba(X), atol=1e-6
    )
    assert len(parts.history_) == 9


@any_matrix
@each_net
@pytest.mark.parametrize("epochs", [0, 1])
def test_hardly_any_training_still_ends_in_attributes(net, blobs, epochs):
    X, _, noisy = blobs
    net = fast(net, max_epochs=epochs, transition=T)
    clf = net.fit(X, noisy)
    assert clf.label_quality_.shape == (600,)
    assert np.isfinite(clf.clean_proba_).all()


@any_matrix
@each_net
def test_validation_rows_get_their_attributes_too(net, blobs):
    X, y, noisy = blobs
    split = ValidSplit(5, stratified=True)
    clf = fast(net, train_split=split).fit(X, noisy)
    assert "valid_loss" in clf.history_[-1]
    assert np.isfinite(clf.clean_proba_).all()
    assert roc_auc_score(noisy == y, clf.label_quality_) > 0.7


@any_matrix
@each_net
def test_label_that_validation_lacks(net, blobs):
    X, _, noisy = blobs
    rows = (
        np.flatnonzero(noisy != 2)[:60].tolist() + np.flatnonzero(noisy == 2).tolist()
    )
    X, noisy = X[rows], noisy[rows]

    def split(dataset, y=None, groups=None):
        subset = torch.utils.data.Subset
        return subset(dataset, range(30, len(dataset))), subset(dataset, range(30))

    clf = fast(net, max_epochs=6, train_split=split, transition=T).fit(X, noisy)
    assert np.isfinite(clf.history_[:, "valid_loss"]).all()


@each_net
def test_missing_values_are_refused(net, blobs):
    X, _, noisy = blobs
    X = X.copy()
    X[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        fast(net).fit(X, noisy)


@any_matrix
@each_net
def test_module_of_probabilities_is_refused(net, blobs):
    X, _, noisy = blobs
    with pytest.raises(ValueError, match="return logits, but got probabilities"):
        fast(net, module=Probabilities).fit(X, noisy)


@each_net
def test_matrix_of_another_size_is_refused(net, blobs):
    X, _, noisy = blobs
    with pytest.raises(ValueError, match=r"transition must have shape \(3, 3\)"):
        fast(net, transition=np.eye(4), max_epochs=6).fit(X, noisy)


@each_net
def test_estimator_of_the_matrix_needs_a_table(net, blobs):
    X, _, noisy = blobs
    net = fast(net, transition=NeighborTransition(), max_epochs=6)
    net.set_params(module=torch.nn.Linear, **LINEAR)
    with pytest.raises(ValueError, match="expected X as a table"):
        net.fit({"input": X.astype(np.float32)}, noisy)


@pytest.mark.filterwarnings("ignore:.*mostly labelled as another class")
def test_fewer_rows_than_entries_of_the_matrix():
    y = np.repeat(np.arange(8), 6)
    X = np.random.RandomState(0).normal(size=(48, 3)) + 20 * y[:, None]
    for net in (NoiseAdaptationClassifier(), CoTeachingClassifier()):
        with pytest.warns(DoubtfulMatrixWarning, match="8 x 8 entries from 48 rows"):
            fast(net, max_epochs=6).fit(X, y)


@any_matrix
def test_grid_search_over_a_net(blobs):
    X, _, noisy = blobs
    search = GridSearchCV(
        fast(NoiseAdaptationClassifier(), max_epochs=2),
        {"noise_layer__dropout": [0.0, 0.3], "noise_layer": ["softmax"]},
        cv=2,
    )
    assert "noise_layer__dropout" in search.fit(X, noisy).best_params_


@pytest.mark.parametrize(
    "net", [EarlyLearningClassifier(), CoTeachingClassifier()], ids=repr
)
def test_better_than_the_plain_net_at_the_end(net):
    X, y = load_digits(return_X_y=True)
    train, test = slice(0, 1000), slice(1000, None)
    noisy = UniformNoise(0.4, random_state=0).corrupt(y[train])
    params = {"max_epochs": 20, "random_state": 0}
    # The identity as the matrix leaves nothing but the network.
    plain = NoiseAdaptationClassifier(
        transition=np.eye(10), average_weights=False, **params
    )
    plain = plain.fit(X[train], noisy).score(X[test], y[test])
    clf = clone(net).set_params(**params).fit(X[train], noisy)
    assert clf.score(X[test], y[test]) > plain + 0.03


def test_much_noise_does_not_make_all_rows_agree_on_one_class():
    X, y = load_digits(return_X_y=True)
    train, test = slice(0, 1000), slice(1000, None)
    noisy = UniformNoise(0.6, random_state=0).corrupt(y[train])
    T = 0.4 * np.eye(10) + 0.6 * (1 - np.eye(10)) / 9
    clf = EarlyLearningClassifier(transition=T, max_epochs=15, random_state=0)
    assert clf.fit(X[train], noisy).score(X[test], y[test]) > 0.6


def test_early_learning_sets_in_where_there_is_noise():
    X, y = load_digits(return_X_y=True)
    noisy = UniformNoise(0.4, random_state=0).corrupt(y[:800])
    params = {"max_epochs": 12, "random_state": 0}
    clf = EarlyLearningClassifier(**params)
    quiet = clone(clf).fit(X[:800], y[:800]).history[:, "strength"]
    loud = clone(clf).fit(X[:800], noisy).history[:, "strength"]
    assert quiet[0] == loud[0] == 0
    assert quiet[-1] < 0.5
    # Kept, although by then some wrong labels are known by heart.
    assert set(loud[6:]) == {3}
    fixed = clone(clf).set_params(strength=2, max_epochs=2).fit(X[:800], noisy)
    assert fixed.history[:, "strength"] == [2, 2]


def test_early_learning_agrees_with_its_past_by_hand():
    past = torch.tensor([[0.0, 0.0], [0.5, 0.5]])
    log_proba = torch.tensor([[0.8, 0.2]]).log()
    found = agreement_with_past(log_proba, past, torch.tensor([1]), 0.75)
    # The past moves to 0.75 * 0.5 + 0.25 * p first: 0.575 and 0.425.
    torch.testing.assert_close(past, torch.tensor([[0.0, 0.0], [0.575, 0.425]]))
    expected = np.log(1 - 0.8 * 0.575 - 0.2 * 0.425)
    torch.testing.assert_close(found, torch.tensor([expected], dtype=torch.float32))


def test_early_learning_resists_a_label_against_its_own_past():
    past = torch.tensor([[0.9975, 0.0025]])
    z = torch.tensor([[3.0, -3.0]], requires_grad=True)
    log_proba = torch.log_softmax(z, dim=1)
    agreement = agreement_with_past(log_proba, past, torch.tensor([0]), 0.7)
    (-log_proba[0, 1] + 3 * agreement.sum()).backward()
    # Cross-entropy alone would push the first logit down.
    assert z.grad[0, 0] < 0
