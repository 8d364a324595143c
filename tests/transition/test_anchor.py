"""Anchor points and the dual estimate."""

import numpy as np
import pytest

from sknoisy.transition import AnchorPointTransition, DualTTransition
from sknoisy.transition._anchor import anchor_rows

PROBA = np.array(
    [[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4], [0.2, 0.8], [0.4, 0.6]]
)
Y = np.array([0, 0, 1, 0, 1, 0])


@pytest.mark.parametrize(
    ("quantile", "rows"), [(1, [0, 4]), (0.75, [1, 4]), (0.5, [2, 5]), (0.2, [3, 5])]
)
def test_anchor_is_the_quantile_of_the_rows_predicted_as_the_class(quantile, rows):
    np.testing.assert_array_equal(anchor_rows(PROBA, quantile, np.ones(6)), rows)


def test_among_equally_sure_rows_the_order_decides():
    sure = np.tile([0.9, 0.8, 0.9], 20)
    proba = np.column_stack([sure, 1 - sure])
    # Twenty rows are less sure, so that half of all is reached at the tenth of these.
    anchor = np.flatnonzero(sure == 0.9)[9]
    assert anchor_rows(proba, 0.5, np.ones(60))[0] == anchor


def test_weights_count_as_copies():
    copies = np.array([1, 3, 1, 2, 1, 2])
    weighted = anchor_rows(PROBA, 0.6, copies.astype(float))
    repeated = anchor_rows(PROBA.repeat(copies, axis=0), 0.6, np.ones(copies.sum()))
    np.testing.assert_array_equal(weighted, np.arange(6).repeat(copies)[repeated])


def test_class_that_is_never_predicted_takes_its_likeliest_row():
    proba = np.array([[0.9, 0.1], [0.6, 0.4], [0.8, 0.2]])
    np.testing.assert_array_equal(anchor_rows(proba, 1, np.ones(3)), [0, 1])


def test_matrix_is_what_the_model_predicts_at_the_anchors():
    T = AnchorPointTransition("precomputed", quantile=1).fit(PROBA, Y)
    np.testing.assert_allclose(T.transition_matrix_, [[0.9, 0.1], [0.2, 0.8]])


def test_dual_matrix_is_the_product_of_two_steps():
    T = DualTTransition("precomputed", quantile=1).fit(PROBA, Y).transition_matrix_
    # Four rows are predicted as 0, one of them labelled 1; of two predicted as 1, one.
    counted = np.array([[0.75, 0.25], [0.5, 0.5]])
    np.testing.assert_allclose(T, np.array([[0.9, 0.1], [0.2, 0.8]]) @ counted)


def test_prediction_without_a_row_leads_to_its_own_label():
    """Four rows are predicted as 0, one as 1, none as 2."""
    proba = np.array([[8, 1, 1], [6, 3, 1], [5, 3, 2], [4, 3, 3], [2, 7, 1]]) / 10
    labels = np.array([0, 0, 1, 2, 0])
    T = DualTTransition("precomputed", quantile=1).fit(proba, labels)
    anchors = proba[[0, 4, 3]]
    counted = np.array([[0.5, 0.25, 0.25], [1, 0, 0], [0, 0, 1]])
    np.testing.assert_allclose(T.transition_matrix_, anchors @ counted)


@pytest.mark.parametrize("cls", [AnchorPointTransition, DualTTransition])
def test_the_default_is_the_last_tenth(cls):
    proba = np.column_stack([np.linspace(0.6, 0.99, 40), np.linspace(0.4, 0.01, 40)])
    proba = np.concatenate([proba, proba[:, ::-1]])
    labels = np.repeat([0, 1], 40)
    T, wanted = (
        cls("precomputed", **options).fit(proba, labels).transition_matrix_
        for options in ({}, {"quantile": 0.9})
    )
    np.testing.assert_array_equal(T, wanted)
    assert T[0, 0] == pytest.approx(proba[35, 0])


@pytest.mark.parametrize("quantile", [0, 1.1])
def test_quantile_out_of_range(quantile):
    with pytest.raises(ValueError, match="quantile"):
        AnchorPointTransition("precomputed", quantile=quantile).fit(PROBA, Y)
