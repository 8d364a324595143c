"""Centres of the classes with verified rows counted in."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknoisy.refinement import _trusted_prototypes
from sknoisy.refinement._trusted_prototypes import (
    _centres,
    _held_out_logits,
    _logits,
    _moved,
    prototype_proba,
)

N = 120
CODES = np.arange(N) % 3
CENTRES = np.array([[3.0, 0], [0, 3], [-3, -3]])


@pytest.fixture
def clouds():
    rng = np.random.default_rng(0)
    Z = CENTRES[CODES] + rng.normal(size=(N, 2))
    # What is believed of the rows is turned by one class, as bad labels would have it.
    believed = np.full((N, 3), 0.2)
    believed[np.arange(N), (CODES + 1) % 3] = 0.6
    return Z, believed


def test_verified_rows_put_the_centres_right(clouds):
    Z, believed = clouds
    trusted, ones = np.arange(N) < 12, np.ones(N)
    proba = prototype_proba(Z, believed, CODES, trusted, ones, np.arange(12))
    assert_allclose(proba.sum(axis=1), 1)
    assert (proba.argmax(axis=1) == CODES).mean() > 0.95


def test_verified_rows_are_judged_without_their_owner(clouds):
    Z, believed = clouds
    trusted, weights = np.arange(N) < 6, np.linspace(1, 2, N)
    centres, precision = _centres(Z, believed, trusted, weights)
    known, owners = (
        np.eye(3)[CODES[:6]] * weights[:6, None],
        np.array([0, 0, 1, 2, 2, 2]),
    )
    found = _held_out_logits(Z[:6], known, owners, centres, precision, 2.0)
    for row in range(6):
        others = owners != owners[row]
        moved = _moved(
            known[others].sum(axis=0), known[others].T @ Z[:6][others], centres, 2.0
        )
        # A class of which all verified rows are the owner's own is left as believed.
        expected = _logits(Z[[row]], moved, precision)[0]
        assert_allclose(found[row], expected, atol=1e-9)


def test_classes_without_any_verified_row_keep_a_centre(clouds):
    Z, believed = clouds
    trusted = (np.arange(N) < 12) & (CODES != 2)
    owners = np.arange(trusted.sum())
    proba = prototype_proba(Z, np.eye(3)[CODES], CODES, trusted, np.ones(N), owners)
    assert (proba[CODES == 2].argmax(axis=1) == 2).mean() > 0.9
    assert np.isfinite(prototype_proba(
        Z, believed, CODES, trusted, np.ones(N), owners)).all()  # fmt: skip


def test_weights_are_repetitions(clouds):
    Z, believed = clouds
    trusted, weights = np.arange(N) < 9, 1.0 + (np.arange(N) % 2)
    weighted = prototype_proba(Z, believed, CODES, trusted, weights, np.arange(9))
    rows = np.repeat(np.arange(N), weights.astype(int))
    again = prototype_proba(
        Z[rows], believed[rows], CODES[rows], trusted[rows], np.ones(len(rows)),
        rows[trusted[rows]],
    )  # fmt: skip
    assert_allclose(weighted[rows], again, atol=0.02)
    assert_array_equal(weighted[rows].argmax(axis=1), again.argmax(axis=1))


def test_many_columns_are_scaled_one_by_one(clouds, monkeypatch):
    Z, believed = clouds
    trusted, ones = np.arange(N) < 12, np.ones(N)
    monkeypatch.setattr(_trusted_prototypes, "MOST_DIMENSIONS", 1)
    precision = _centres(Z, believed, trusted, ones)[1]
    assert_array_equal(precision, np.diag(np.diag(precision)))
    proba = prototype_proba(Z, believed, CODES, trusted, ones, np.arange(12))
    assert (proba.argmax(axis=1) == CODES).mean() > 0.9
