"""What must make no difference makes none, for every estimator that takes rows.

Estimators are found by ``__all__``. Folds are dealt by default, and not given, so that
the way they are dealt is tested with the rest.
"""

from inspect import signature

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.naive_bayes import GaussianNB

import sknoisy
from sknoisy import quality, refinement, transition
from sknoisy.noise import UniformNoise

X, y_true = make_blobs(66, n_features=3, centers=3, cluster_std=2, random_state=0)
X = X.round(3)
codes = UniformNoise(0.2, random_state=0).corrupt(y_true)
weights = np.random.RandomState(0).uniform(0.5, 2, 66)
groups = np.random.RandomState(1).permutation(66) // 2
NAMES = np.array(["ash", "beech", "cherry"])
# What draws is not compared with other rows, which draw otherwise.
DRAWS = {"LabelNoiseInjector", "PseudoLabelRefiner"}
# Its rows are scores, of which it learns a mixture; it has tests of its own.
DRAWS |= {"ScoreMixture"}
pytestmark = [
    pytest.mark.filterwarnings("ignore:.* found no trusted label"),
    pytest.mark.filterwarnings("ignore::sknoisy.exceptions.LabelNoiseWarning"),
    pytest.mark.filterwarnings("ignore:.*had not settled"),
]


def small(cls):
    """Return an estimator around a base whose fit is exact, with few fits."""
    given = {"estimator": GaussianNB(), "cv": 2, "random_state": 0, "evidence": "model"}
    known = signature(cls).parameters
    return cls(**{name: value for name, value in given.items() if name in known})


CLASSES = {
    name: getattr(module, name)
    for module in (sknoisy, quality, refinement, transition)
    for name in module.__all__
    if hasattr(getattr(module, name), "fit")
    and "y" in signature(getattr(module, name).fit).parameters
    and not name.startswith("Base")
    and name not in DRAWS
}
every_estimator = pytest.mark.parametrize("cls", CLASSES.values(), ids=CLASSES)
with_weights = pytest.mark.parametrize(
    "cls",
    [c for c in CLASSES.values() if "sample_weight" in signature(c.fit).parameters],
    ids=lambda cls: cls.__name__,
)


def found(estimator, rows=slice(None), order=(0, 1, 2)):
    """Return what an estimator has found of rows and classes, by name."""
    fitted = vars(estimator)
    tables = {"transition_matrix_": lambda T: T[np.ix_(order, order)]}
    tables |= {"label_quality_": lambda q: q[rows]}
    tables |= {"clean_proba_": lambda P: P[rows][:, order]}
    tables |= {"soft_labels_": lambda S: _shares(S)[rows][:, order]}
    picked = {
        name: read(fitted[name]) for name, read in tables.items() if name in fitted
    }
    assert picked, "nothing is compared"
    return picked


def _shares(soft_labels):
    total = soft_labels.sum(axis=1, keepdims=True)
    return np.divide(soft_labels, total, out=0 * soft_labels, where=total > 0)


def assert_same(first, second):
    assert first.keys() == second.keys()
    for name, table in first.items():
        np.testing.assert_allclose(table, second[name], atol=1e-6, err_msg=name)


@pytest.fixture(scope="module")
def plain():
    """Return a function that fits each class once, on rows as they are."""
    fitted = {}

    def fit(cls, **beside):
        key = cls, *beside
        if key not in fitted:
            fitted[key] = small(cls).fit(X, codes, **beside)
        return fitted[key]

    return fit


@every_estimator
def test_the_same_fit_again(cls, plain):
    assert_same(found(clone(plain(cls)).fit(X, codes)), found(plain(cls)))


@every_estimator
def test_order_of_rows(cls, plain):
    order = np.random.RandomState(0).permutation(66)
    shuffled = small(cls).fit(X[order], codes[order])
    assert_same(found(shuffled), found(plain(cls), rows=order))


@every_estimator
def test_names_of_classes_in_another_order(cls, plain):
    order = np.array([2, 0, 1])
    renamed = small(cls).fit(X, NAMES[order][codes])
    assert_same(found(renamed, order=order), found(plain(cls)))


def backwards_frame(X):
    return pd.DataFrame(X, index=range(66, 0, -1))


@every_estimator
@pytest.mark.parametrize(
    "contain",
    [
        np.asfortranarray,
        lambda X: pd.DataFrame(X, index=range(66, 0, -1)),
        np.ndarray.tolist,
    ],
    ids=["fortran", "pandas", "list"],
)
def test_container_of_rows(cls, contain, plain):
    assert_same(found(small(cls).fit(contain(X), codes)), found(plain(cls)))


@with_weights
def test_scale_of_weights(cls, plain):
    scaled = small(cls).fit(X, codes, sample_weight=1e-3 * weights)
    assert_same(found(scaled), found(plain(cls, sample_weight=weights)))


@with_weights
@pytest.mark.parametrize("grouped", [False, True])
def test_rows_without_weight(cls, grouped, plain):
    beside = {"sample_weight": weights} | ({"groups": groups} if grouped else {})
    more = {"sample_weight": np.r_[weights, np.zeros(9)]}
    more |= {"groups": np.r_[groups, np.arange(100, 109)]} if grouped else {}
    extended = small(cls).fit(np.r_[X, X[:9] + 5], np.r_[codes, codes[1:10]], **more)
    assert_same(found(extended, rows=np.arange(66)), found(plain(cls, **beside)))


@with_weights
@pytest.mark.parametrize("grouped", [False, True])
def test_two_copies_at_half_the_weight(cls, grouped, plain):
    beside = {"sample_weight": weights} | ({"groups": groups} if grouped else {})
    more = {name: np.tile(values, 2) for name, values in beside.items()}
    more["sample_weight"] = more["sample_weight"] / 2
    halves = small(cls).fit(np.tile(X, (2, 1)), np.tile(codes, 2), **more)
    assert_same(found(halves, rows=np.arange(66)), found(plain(cls, **beside)))


@pytest.mark.parametrize(
    "cls",
    [c for c in CLASSES.values() if "n_jobs" in signature(c).parameters],
    ids=lambda cls: cls.__name__,
)
def test_jobs_in_threads(cls, plain):
    with parallel_config("threading"):
        shared = small(cls).set_params(n_jobs=3).fit(X, codes)
    assert_same(found(shared), found(plain(cls)))
