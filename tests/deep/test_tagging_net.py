import pickle

import numpy as np
import pandas as pd
import pytest

torch = pytest.importorskip("torch")

from scipy import sparse  # noqa: E402
from sklearn.metrics import f1_score, roc_auc_score  # noqa: E402
from sklearn.metrics.pairwise import cosine_similarity  # noqa: E402
from skorch.dataset import ValidSplit  # noqa: E402

from sknoisy.deep import TaggingNetClassifier  # noqa: E402
from sknoisy.deep._tagging_net import entry_losses  # noqa: E402


@pytest.fixture(scope="module")
def data():
    rng = np.random.RandomState(0)
    factors = rng.normal(size=(600, 3))
    X = factors @ rng.normal(size=(3, 10)) + 0.3 * rng.normal(size=(600, 10))
    directions = rng.normal(size=(3, 6))
    directions[:, 1] = directions[:, 0]
    y = (factors @ directions + 0.2 * rng.normal(size=(600, 6)) > 0.5).astype(int)
    noisy = y * (rng.uniform(size=y.shape) < 0.5)
    return X[:400], noisy[:400], y[:400], X[400:], y[400:]


def net(**params):
    usual = {"max_epochs": 20, "lr": 0.01, "n_hidden": 8, "random_state": 0}
    return TaggingNetClassifier(**(usual | params))


def macro_f1(clf, X, y):
    return f1_score(y, clf.predict(X), average="macro", zero_division=0)


def test_missing_rate_finds_the_true_tags(data):
    X, noisy, _, X_test, y_test = data
    plain = net().fit(X, noisy)
    behind = net(missing_rate=0.5).fit(X, noisy)
    assert roc_auc_score(y_test, plain.predict_proba(X_test)) > 0.9
    assert macro_f1(behind, X_test, y_test) > macro_f1(plain, X_test, y_test) + 0.1


def test_loss_is_that_of_the_tags_given():
    logits = torch.tensor([[0.3, -2.0]], dtype=torch.float64)
    tags = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    missing = torch.tensor([[0.6, 0.0]], dtype=torch.float64)
    spurious = torch.tensor([[0.0, 0.1]], dtype=torch.float64)
    p = 1 / (1 + np.exp([-0.3, 2.0]))
    q = np.array([0.4, 1.0]) * p + np.array([0.0, 0.1]) * (1 - p)
    expected = -np.log([q[0], 1 - q[1]])
    losses = entry_losses(logits, tags, missing, spurious)
    np.testing.assert_allclose(losses.numpy()[0], expected)


@pytest.mark.parametrize("tag", [0.0, 1.0])
def test_loss_without_rates_is_the_binary_cross_entropy(tag):
    logits = torch.tensor([[-1e4, -1.0, 0.5, 1e4]], requires_grad=True)
    tags, none = torch.full((1, 4), tag), torch.zeros(4)
    plain = torch.nn.functional.binary_cross_entropy_with_logits
    losses = entry_losses(logits, tags, none, none)
    torch.testing.assert_close(losses, plain(logits, tags, reduction="none"))
    (found,) = torch.autograd.grad(losses.sum(), logits)
    torch.testing.assert_close(found, torch.sigmoid(logits) - tags)


def test_entries_without_weight_do_not_matter(data):
    X, noisy, y, *_ = data
    weights = np.ones(noisy.shape)
    weights[noisy != y] = 0
    with_wrong = net(max_epochs=3).fit(X, noisy, sample_weight=weights)
    with_right = net(max_epochs=3).fit(X, y, sample_weight=weights)
    np.testing.assert_array_equal(
        with_wrong.predict_proba(X), with_right.predict_proba(X)
    )


def test_weights_of_rows_and_of_entries_mean_the_same(data):
    X, noisy, *_ = data
    weights = np.random.RandomState(0).randint(1, 3, size=len(X)).astype(float)
    # Without scaling, which heeds the weights of rows.
    params = {"module": torch.nn.Linear(10, 6), "max_epochs": 2, "batch_size": -1}
    rows, entries = net(**params), net(**params)
    rows.fit(X, noisy, sample_weight=weights)
    # The loss of a batch is divided by the weight of its rows, not of its entries.
    entries.fit(
        X, noisy, sample_weight=np.repeat(weights[:, None], 6, 1) / weights.mean()
    )
    np.testing.assert_allclose(
        rows.predict_proba(X), entries.predict_proba(X), atol=1e-5
    )


def test_verified_rows_have_no_missing_tags(data):
    X, noisy, *_ = data
    plain = net(max_epochs=3).fit(X, noisy)
    trusted = np.ones(len(X), dtype=bool)
    trusting = net(max_epochs=3, missing_rate=0.5).fit(X, noisy, trusted=trusted)
    np.testing.assert_allclose(
        plain.predict_proba(X), trusting.predict_proba(X), atol=1e-6
    )


def test_synonyms_have_similar_vectors(data):
    X, _, y, *_ = data
    clf = net().fit(X, y)
    assert clf.label_vectors_.shape == (6, 8)
    similarity = cosine_similarity(clf.label_vectors_)
    assert similarity[0, 1] > max(0.4, similarity[0, 2:].max())


@pytest.mark.parametrize(
    "container", [sparse.csr_array, pd.DataFrame, np.ndarray.tolist]
)
def test_tags_in_any_container(data, container):
    X, noisy, *_ = data
    expected = net(max_epochs=1).fit(X, noisy)
    clf = net(max_epochs=1).fit(X, container(noisy))
    np.testing.assert_array_equal(clf.predict_proba(X), expected.predict_proba(X))
    assert clf.label_names_.tolist() == list(range(6))


def test_validation_data_and_a_module_of_ones_own(data):
    X, noisy, *_ = data
    module = torch.nn.Sequential(torch.nn.Linear(10, 6))
    clf = net(module=module, max_epochs=3, train_split=ValidSplit(4)).fit(
        X.astype(np.float32), noisy
    )
    assert 0.5 < clf.history[-1, "valid_acc"] <= 1
    assert clf.label_vectors_.shape == (6, 10)


def test_it_survives_a_pickle(data):
    X, noisy, *_ = data
    clf = net(max_epochs=1, missing_rate=0.5).fit(X, noisy)
    again = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(again.predict(X), clf.predict(X))


def test_a_column_of_classes_is_learnt_as_such(data):
    X, noisy, _, *_ = data
    y = np.array(["a", "b", "c"])[noisy[:, 0] + noisy[:, 2]]
    clf = net(max_epochs=3).fit(X, y)
    assert clf.predict_proba(X).shape == (400, 3)
    assert set(clf.predict(X)) <= {"a", "b", "c"}


@pytest.mark.parametrize(
    ("params", "fit_params", "message"),
    [
        ({"missing_rate": [0.5, 0.5]}, {}, r"missing_rate expected shape \(6,\)"),
        (
            {"missing_rate": [1.0] * 6},
            {},
            r"missing_rate expected shape .* in \[0, 1\)",
        ),
        ({"spurious_rate": [-0.1] * 6}, {}, "spurious_rate expected shape"),
        (
            {"missing_rate": 0.5, "spurious_rate": 0.5},
            {},
            r"expected missing_rate \+ spurious_rate below 1",
        ),
        ({"criterion": torch.nn.BCELoss}, {}, "loss is the cross-entropy of each tag"),
        (
            {},
            {"sample_weight": np.ones((400, 2))},
            r"sample_weight expected finite numbers of shape \(400,\) or \(400, 6\)",
        ),
        ({}, {"sample_weight": -np.ones((400, 6))}, "that are not negative"),
    ],
)
def test_rates_and_weights_that_cannot_be(data, params, fit_params, message):
    X, noisy, *_ = data
    with pytest.raises(ValueError, match=message):
        net(**params).fit(X, noisy, **fit_params)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.full((400, 2), 3), "expected zeros and ones in y"),
        (np.zeros((400, 2), int), "of 2 tags 2 are all zero and 0 all one"),
        ([("a", "b"), ("b",)] * 200, "but got rows of different lengths"),
        ([{"a", "b"}, set()] * 200, "but got sets of labels. Pass sklearn"),
    ],
)
def test_tables_that_are_no_tags(data, y, message):
    with pytest.raises(ValueError, match=message):
        net().fit(data[0], y)
