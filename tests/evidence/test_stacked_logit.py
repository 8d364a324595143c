"""The conditional logit over tables of probabilities."""

import numpy as np
from numpy.testing import assert_allclose

from sknoisy.evidence._stacked_logit import (
    StackedLogit,
    fit_stacked_logit,
    log_tables,
)


def _tables(rng, n_rows=400, n_classes=3, n_tables=2):
    return list(rng.dirichlet(np.ones(n_classes), (n_tables, n_rows)))


def _drawn(proba, rng):
    return (proba.cumsum(axis=1) < rng.random((len(proba), 1))).sum(axis=1)


def test_true_exponents_and_offsets_are_found():
    rng = np.random.default_rng(0)
    tables = _tables(rng, n_rows=20_000)
    truth = StackedLogit(np.array([1.5, -0.5]), np.array([0.5, 0.0, -0.5]))
    codes = _drawn(truth.proba(tables), rng)
    found = fit_stacked_logit(tables, codes, np.ones(20_000), [1, 0])
    assert_allclose(found.coefficients, truth.coefficients, atol=0.06)
    assert_allclose(found.offsets, truth.offsets, atol=0.06)


def test_without_weight_it_stays_where_it_starts():
    tables = _tables(np.random.default_rng(0))
    found = fit_stacked_logit(tables, np.zeros(400, int), np.zeros(400), [1, 0])
    assert_allclose(found.coefficients, [1, 0], atol=1e-8)
    assert_allclose(found.offsets, 0, atol=1e-8)


def test_the_more_rows_the_farther_from_the_start():
    rng = np.random.default_rng(0)
    tables = _tables(rng)
    codes = tables[1].argmax(axis=1)
    moves = [
        np.abs(fit_stacked_logit(tables, codes, np.full(400, w), [1, 0]).coefficients
               - [1, 0]).sum()
        for w in (1e-4, 1e-2, 1)
    ]  # fmt: skip
    assert moves[0] < 0.1 < moves[1] < moves[2]


def test_a_weight_of_two_is_two_rows():
    rng = np.random.default_rng(0)
    tables = _tables(rng, n_rows=20)
    codes = rng.integers(3, size=20)
    weighted = fit_stacked_logit(tables, codes, np.full(20, 2.0), [1, 0])
    doubled = [np.repeat(table, 2, axis=0) for table in tables]
    twice = fit_stacked_logit(doubled, np.repeat(codes, 2), np.ones(40), [1, 0])
    assert_allclose(weighted.coefficients, twice.coefficients, atol=1e-5)


def test_impossible_classes_stay_finite():
    tables = [np.array([[1.0, 0, 0], [0, 1, 0]])]
    assert np.isfinite(log_tables(tables)).all()
    proba = StackedLogit(np.ones(1), np.zeros(3)).proba(tables)
    assert_allclose(proba.sum(axis=1), 1)
    assert proba.min() > 0
