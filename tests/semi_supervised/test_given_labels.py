import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknoisy._clean_posterior import clean_posterior
from sknoisy._labels import NoisyLabels
from sknoisy.semi_supervised._given_labels import (
    FEWEST_LABELS,
    PRIOR_LABELS,
    TEMPERATURES,
    UNIFORM_SHARE,
    best_temperature,
    choose_action,
    hard_labels,
    label_posterior,
    tempered,
)
from sknoisy.transition import ConfidentTransition


def record(codes, classes="abc", **known):
    return NoisyLabels(np.array(codes), np.array(list(classes)), **known)


def test_few_labels_are_kept():
    evidence = np.tile([0.1, 0.9], (12, 1))
    for n_labels in (FEWEST_LABELS - 1, FEWEST_LABELS):
        given = record(np.repeat([0, 1], [n_labels, 12 - n_labels]), "ny")
        found = choose_action("auto", evidence, given)
        enough = n_labels == FEWEST_LABELS
        assert found["action"] == ("relabel" if enough else "keep")
        assert ("Class n has fewer than 5 labels" in found["reason"]) != enough
        assert choose_action("relabel", evidence, given)["action"] == "relabel"


def test_an_estimated_matrix_is_drawn_to_even_noise():
    rng = np.random.RandomState(0)
    codes = np.repeat([0, 1], [40, 10])
    evidence = rng.dirichlet([2, 1], size=50)
    given = record(codes, "ny")
    posterior, T = label_posterior("auto", None, None, evidence, given)
    estimated = ConfidentTransition()._estimate(None, evidence, given)
    rate = min(np.mean(evidence.argmax(axis=1) != codes), 0.4)
    even = np.array([[1 - rate, rate], [rate, 1 - rate]])
    share = np.array([[40], [10]]) / (np.array([[40], [10]]) + PRIOR_LABELS)
    assert_allclose(T, share * estimated + (1 - share) * even)
    assert_allclose(posterior, clean_posterior(evidence, T, codes))
    given_T = np.array([[0.7, 0.3], [0.1, 0.9]])
    assert_array_equal(
        label_posterior(given_T, None, None, evidence, given)[1], given_T
    )


def test_trusted_labels_are_certain():
    given = record([0, 1], "ny", trusted=np.array([True, False]))
    evidence = np.array([[0.1, 0.9], [0.6, 0.4]])
    posterior, _ = label_posterior(np.eye(2) * 0.6 + 0.2, None, None, evidence, given)
    assert_array_equal(posterior[0], [1, 0])
    assert posterior[1].max() < 1


def test_temperatures_keep_the_order_and_the_sum():
    proba = np.random.RandomState(0).dirichlet(np.ones(4), size=20)
    for temperature in (4, 1 / 3):
        table = tempered(proba, temperature)
        assert_allclose(table.sum(axis=1), 1)
        assert_array_equal(table.argsort(axis=1), proba.argsort(axis=1))
    assert_allclose(tempered(proba, 1), proba)
    posterior = np.array([[0.6, 0.3, 0.1], [0.2, 0.5, 0.3]])
    assert_array_equal(hard_labels(posterior), [[1, 0, 0], [0, 1, 0]])


@pytest.mark.parametrize("temperature", [0.25, 1, 4])
def test_the_best_temperature_undoes_another(temperature):
    rng = np.random.RandomState(1)
    true = 0.9 * rng.dirichlet(np.ones(3), size=3000) + 0.1 / 3
    codes = np.array([rng.choice(3, p=p) for p in true])
    found = best_temperature(tempered(true, temperature), np.eye(3), record(codes))
    assert found == 1 / temperature


def test_likelihood_goes_through_the_matrix():
    T = np.array([[0.9, 0.1], [0.3, 0.7]])
    proba = np.array([[0.6, 0.4], [0.2, 0.8], [0.5, 0.5]])
    given = record([0, 1, 0], "ny", sample_weight=np.array([1.0, 2.0, 1.0]))
    mixed = (1 - UNIFORM_SHARE) * T + UNIFORM_SHARE / 2
    scores = [
        given.sample_weight
        @ np.log((tempered(proba, t) @ mixed)[range(3), given.codes])
        for t in TEMPERATURES
    ]
    assert best_temperature(proba, T, given) == TEMPERATURES[np.argmax(scores)]
