"""What all quality scores share."""

from inspect import signature

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sknoisy import quality
from sknoisy._distinct_rows import distinct_rows
from sknoisy._labels import read_labels
from sknoisy._meta import prepared
from sknoisy.quality import NeighborAgreement

SCORES = [
    cls
    for name in quality.__all__
    if isinstance(cls := getattr(quality, name), type) and name[:4] != "Base"
]


@pytest.mark.parametrize("cls", SCORES)
def test_parameters_are_kept_as_they_are_given(cls):
    given = {name: object() for name in signature(cls).parameters}
    assert cls(**given).get_params(deep=False) == given


def first_column(X):
    return X[:, :1]


def test_neighbours_are_searched_where_the_classifier_at_hand_places_rows():
    rng = np.random.RandomState(0)
    y = np.arange(60) % 2
    X = np.column_stack([y + rng.normal(size=60), 100 * rng.normal(size=60)])
    base = make_pipeline(FunctionTransformer(first_column), GaussianNB())
    step = prepared(NeighborAgreement(), base)
    labels = read_labels(X, y, owner="Test").relative_to(distinct_rows(X))
    expected = NeighborAgreement(embedding="passthrough").fit(X[:, :1], y)
    np.testing.assert_array_equal(step._score(X, labels), expected.label_quality_)
