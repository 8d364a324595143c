"""What all loaders of bundled data have in common."""

import sys

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.utils import Bunch

from sknoisy.datasets import (
    load_breast_cancer_rules,
    load_digits_prototypes,
    load_wine_annotators,
)
from sknoisy.datasets._bunch import finish

LOADERS = (load_breast_cancer_rules, load_digits_prototypes, load_wine_annotators)
SHAPES = {
    load_breast_cancer_rules: (569, 30, 2, 3),
    load_digits_prototypes: (1797, 64, 10, 1),
    load_wine_annotators: (178, 13, 3, 5),
}


@pytest.mark.parametrize("load", LOADERS)
def test_shapes_and_names(load):
    n_samples, n_features, n_classes, n_annotators = SHAPES[load]
    bunch = load()
    assert bunch.data.shape == (n_samples, n_features)
    assert bunch.target.shape == bunch.target_noisy.shape == (n_samples,)
    assert bunch.annotations.shape == (n_samples, n_annotators)
    assert len(bunch.annotator_names) == n_annotators
    assert len(bunch.feature_names) == n_features
    assert len(bunch.target_names) == n_classes
    assert bunch.target_noisy.dtype == bunch.target.dtype
    assert set(bunch.target_noisy) == set(bunch.target)
    assert bunch.frame is None


@pytest.mark.parametrize("load", LOADERS)
def test_description_gives_the_measured_noise_rate(load):
    bunch = load()
    rate = np.mean(bunch.target != bunch.target_noisy)
    assert 0.05 <= rate <= 0.40
    assert f"{rate:.1%}" in bunch.DESCR
    # The docstring says it too, and the description of scikit-learn follows ours.
    assert f"{rate:.1%}" in load.__doc__
    assert "Data Set Characteristics" in bunch.DESCR


@pytest.mark.parametrize("load", LOADERS)
def test_two_calls_agree_and_share_nothing(load):
    first, second = load(), load()
    assert_array_equal(first.target_noisy, second.target_noisy)
    assert_array_equal(first.annotations, second.annotations)
    first.target_noisy[:] = 0
    assert_array_equal(load().target_noisy, second.target_noisy)


@pytest.mark.parametrize("load", LOADERS)
def test_pair_holds_the_noisy_labels(load):
    X, y = load(return_X_y=True)
    bunch = load()
    assert_array_equal(X, bunch.data)
    assert_array_equal(y, bunch.target_noisy)
    assert (y != bunch.target).any()


@pytest.mark.parametrize("load", LOADERS)
def test_tables(load):
    arrays, tables = load(), load(as_frame=True)
    assert list(tables.data.columns) == arrays.feature_names
    assert isinstance(tables.target, pd.Series)
    assert list(tables.annotations.columns) == arrays.annotator_names
    assert list(tables.frame.columns) == [
        *arrays.feature_names,
        "target",
        "target_noisy",
    ]
    assert_array_equal(tables.frame["target"], arrays.target)
    assert_array_equal(tables.frame["target_noisy"], arrays.target_noisy)
    assert_array_equal(tables.data, arrays.data)
    X, y = load(as_frame=True, return_X_y=True)
    assert isinstance(X, pd.DataFrame)
    assert y.name == "target_noisy"


@pytest.mark.parametrize("load", LOADERS)
def test_without_pandas_only_tables_fail(load, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert load().frame is None
    with pytest.raises(ImportError, match=rf"{load.__name__}.*\"\.\[report\]\""):
        load(as_frame=True)


@pytest.mark.parametrize("load", LOADERS)
def test_parameters_are_checked(load):
    with pytest.raises(ValueError, match=r"'as_frame' parameter of .*must be"):
        load(as_frame="pandas")


def test_pair_of_a_clean_set_holds_the_true_labels():
    bunch = Bunch(data=np.eye(2), target=np.array([0, 1]), target_noisy=None)
    _, y = finish(bunch, owner="load", return_X_y=True, as_frame=False)
    assert_array_equal(y, [0, 1])
