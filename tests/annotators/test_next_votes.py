"""Which items another annotator should look at."""

import numpy as np
import pytest
from scipy.stats import entropy
from sklearn.exceptions import NotFittedError

from sknoisy.annotators import DawidSkene, items_needing_votes

HALF = np.log(2)


def fitted(proba, T):
    crowd = DawidSkene()
    crowd.clean_proba_ = np.asarray(proba, dtype=float)
    crowd.transition_matrices_ = np.asarray(T, dtype=float)
    crowd.annotator_names_ = np.array(["ann", "bob"])
    return crowd


def test_values_by_hand():
    perfect, useless = np.eye(2), np.full((2, 2), 0.5)
    crowd = fitted([[0.5, 0.5], [0.9, 0.1], [1, 0]], [perfect, useless])
    rows, values = items_needing_votes(crowd, annotator="ann", return_values=True)
    np.testing.assert_array_equal(rows, [0, 1, 2])
    # Who is always right takes all entropy away; who tosses a coin takes none.
    np.testing.assert_allclose(values, [HALF, entropy([0.9, 0.1]), 0], atol=1e-12)
    _, values = items_needing_votes(crowd, annotator="bob", return_values=True)
    np.testing.assert_allclose(values, 0, atol=1e-12)
    _, values = items_needing_votes(crowd, return_values=True)
    # The mean annotator is right in 3 of 4: the answer to a coin toss tells that much.
    assert values[0] == pytest.approx(HALF - entropy([0.75, 0.25]))


def test_classes_that_no_annotator_tells_apart_come_last():
    # Class 0 is known from the others, while nobody can tell 1 from 2.
    T = [[[1, 0, 0], [0, 0.5, 0.5], [0, 0.5, 0.5]]] * 2
    crowd = fitted([[0, 0.5, 0.5], [0.7, 0.3, 0]], T)
    np.testing.assert_array_equal(items_needing_votes(crowd), [1, 0])


def test_number_of_items():
    crowd = fitted([[0.5, 0.5]] * 4, [np.eye(2)] * 2)
    np.testing.assert_array_equal(items_needing_votes(crowd, 2), [0, 1])


def test_bad_requests_are_refused():
    crowd = fitted([[0.5, 0.5]], [np.eye(2)] * 2)
    with pytest.raises(ValueError, match=r"one of annotator_names_, .*but got 'eve'"):
        items_needing_votes(crowd, annotator="eve")
    with pytest.raises(ValueError, match="'n_items' parameter"):
        items_needing_votes(crowd, 0)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        items_needing_votes(DawidSkene())
