import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from sknoisy._transition_matrix import (
    check_transition_matrix,
    make_transition_matrix,
    normalize_rows,
)

KINDS = ["uniform", "pair", "random", "block"]


@settings(max_examples=60, deadline=None)
@given(
    n_classes=st.integers(2, 30),
    rate=st.floats(0, 1, exclude_max=True),
    kind=st.sampled_from(KINDS),
    seed=st.integers(0, 2**32 - 1),
)
def test_rows_are_distributions_with_the_rate_off_the_diagonal(
    n_classes, rate, kind, seed
):
    T = make_transition_matrix(n_classes, rate, kind=kind, random_state=seed)
    assert T.shape == (n_classes, n_classes)
    assert (T >= 0).all()
    assert_allclose(T.sum(axis=1), 1, atol=1e-12)
    assert_allclose(np.diag(T), 1 - rate, atol=1e-15)
    assert_allclose(check_transition_matrix(T, n_classes=n_classes), T, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_rate_zero_is_the_identity(kind):
    T = make_transition_matrix(5, 0, kind=kind, random_state=0)
    assert_array_equal(T, np.eye(5))


@pytest.mark.parametrize("kind", KINDS)
def test_rates_may_differ_by_class(kind):
    rates = np.array([0.0, 0.1, 0.45, 0.9])
    T = make_transition_matrix(4, rates, kind=kind, random_state=0)
    assert_allclose(1 - np.diag(T), rates, atol=1e-15)
    assert_allclose(T.sum(axis=1), 1)


def test_kinds_by_hand():
    assert_allclose(
        make_transition_matrix(3, 0.4),
        [[0.6, 0.2, 0.2], [0.2, 0.6, 0.2], [0.2, 0.2, 0.6]],
    )
    assert_allclose(
        make_transition_matrix(3, 0.4, kind="pair"),
        [[0.6, 0.4, 0], [0, 0.6, 0.4], [0.4, 0, 0.6]],
    )


@pytest.mark.parametrize(
    ("n_classes", "groups"),
    [
        (2, "00"),
        (3, "000"),
        (4, "0011"),
        (5, "00111"),
        (7, "0001111"),
        (8, "00011122"),
        (10, "0001112222"),
    ],
)
def test_blocks_leave_no_class_alone(n_classes, groups):
    T = make_transition_matrix(n_classes, 0.3, kind="block")
    groups = np.array(list(groups))
    together = groups[:, np.newaxis] == groups
    assert_array_equal(T > 0, together)
    off = together & ~np.eye(n_classes, dtype=bool)
    expected = 0.3 / off.sum(axis=1, keepdims=True)
    assert_allclose(T[off], np.broadcast_to(expected, T.shape)[off])


def test_random_rows_are_seeded_and_differ():
    first, again, other = (
        make_transition_matrix(4, 0.3, kind="random", random_state=seed)
        for seed in (0, 0, 1)
    )
    assert_array_equal(first, again)
    assert not np.allclose(first, other)
    assert not np.allclose(first[0, 2:], first[1, 2:])


@pytest.mark.parametrize("n_classes", [1, 0, -3, 2.5, "3", True])
def test_number_of_classes_is_checked(n_classes):
    with pytest.raises(ValueError, match=r"n_classes must be an integer of at least 2"):
        make_transition_matrix(n_classes)


@pytest.mark.parametrize("rate", [1, 1.0, -0.1, 20, np.nan, "a lot", None, [0.2, 1.2]])
def test_rate_is_checked(rate):
    with pytest.raises(ValueError, match=r"rate must lie in \[0, 1\), but got"):
        make_transition_matrix(2, rate)


def test_shape_of_the_rates_is_checked():
    with pytest.raises(ValueError, match=r"array of shape \(3,\).*got shape \(2,\)"):
        make_transition_matrix(3, [0.1, 0.2])


def test_kind_is_checked():
    with pytest.raises(ValueError, match=r"kind must be one of 'uniform', .*'circle'"):
        make_transition_matrix(3, kind="circle")


@settings(max_examples=60, deadline=None)
@given(
    a=arrays(
        float,
        st.tuples(st.integers(1, 5), st.integers(1, 5)),
        elements=st.just(0.0) | st.floats(1e-300, 1e6),
    )
)
def test_normalized_rows_sum_to_one(a):
    rows = normalize_rows(a)
    assert_allclose(rows.sum(axis=1), 1)
    total = a.sum(axis=1, keepdims=True)
    assert_allclose(rows * total, a, rtol=1e-12)
    assert_allclose(rows[total[:, 0] == 0], 1 / a.shape[1])


def test_check_returns_a_copy_and_heals_rounding():
    T = np.array([[0.9, 0.1], [0.3333333, 0.6666666]])
    checked = check_transition_matrix(T)
    assert checked.dtype == np.float64
    assert_allclose(checked.sum(axis=1), 1, atol=1e-15)
    checked[0, 0] = 5
    assert T[0, 0] == 0.9


@pytest.mark.parametrize(
    "T",
    [
        [[1, 0], [0, 1]],
        np.eye(2, dtype=bool),
        np.eye(2, dtype=np.float32),
        np.eye(2).astype(object),
    ],
)
def test_check_accepts_what_is_a_matrix(T):
    assert_array_equal(check_transition_matrix(T), np.eye(2))


def test_check_accepts_frames():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame([[0.8, 0.2], [0, 1.0]], index=["a", "b"], columns=["a", "b"])
    assert_allclose(check_transition_matrix(frame), [[0.8, 0.2], [0, 1]])


TRANSPOSED = np.array([[0.9, 0.4], [0.1, 0.6]])


@pytest.mark.parametrize(
    ("T", "message"),
    [
        ([0.5, 0.5], r"square array of shape .* got shape \(2,\)\. Give one row"),
        (np.ones((2, 3)) / 3, r"square array .* got shape \(2, 3\)"),
        (np.empty((0, 0)), r"square array .* got shape \(0, 0\)"),
        (1.0, r"square array .* got shape \(\)"),
        ([["a", "b"], ["c", "d"]], r"must be a numeric array .* dtype <U1.*Pass rows"),
        ([[1.0], [0.5, 0.5]], r"must be a numeric array .*Pass rows of equal length"),
        (np.array([[None, {}], [1, 1]]), r"must be a numeric array"),
        (np.eye(2) + 0j, r"must be a numeric array .* complex"),
        ([[np.nan, 1], [0, 1]], r"finite .* row 0, column 0 is nan\. Replace it"),
        ([[1, 0], [np.inf, 0]], r"finite .* row 1, column 0 is inf"),
        ([[1.2, -0.2], [0, 1]], r"in \[0, 1\], .*row 0, column 1 is -0\.2\. .*clip"),
        ([[8, 2], [1, 9]], r"rows that sum to 1, .* sums to 10\. If it holds counts"),
        (TRANSPOSED, r"looks transposed: columns sum to 1; .*; pass T\.T\."),
    ],
)
def test_check_says_what_is_wrong(T, message):
    with pytest.raises(ValueError, match=message):
        check_transition_matrix(T)


def test_rows_sum_to_1_within_a_millionth_and_exactly_afterwards():
    T = np.array([[0.9, 0.1 + 9e-7], [0.4, 0.6 - 9e-7]])
    checked = check_transition_matrix(T)
    assert_allclose(checked.sum(axis=1), 1, rtol=0, atol=1e-15)
    for off in (2e-6, -2e-6):
        with pytest.raises(ValueError, match=r"row 1 sums to (1\.000002|0\.999998)"):
            check_transition_matrix([[0.9, 0.1], [0.4, 0.6 + off]])
    # Columns that come near 1 are no sign of a transposed matrix.
    with pytest.raises(ValueError, match=r"row 1 sums to 1\.1\. If it"):
        check_transition_matrix([[0.8, 0.1], [0.2001, 0.8999]])


def test_transposing_heals_a_transposed_matrix():
    assert_allclose(check_transition_matrix(TRANSPOSED.T), TRANSPOSED.T)


def test_check_names_the_matrix_of_the_caller():
    with pytest.raises(ValueError, match=r"^T must be a square array"):
        check_transition_matrix([1.0], name="T")


def test_check_compares_with_the_number_of_classes():
    with pytest.raises(
        ValueError, match=r"shape \(3, 3\), .*3 classes, but got shape \(2, 2\)"
    ):
        check_transition_matrix(np.eye(2), n_classes=3)


def test_singular_matters_only_where_an_inverse_is_needed():
    flat = make_transition_matrix(4, 0.75)
    assert_allclose(check_transition_matrix(flat), 0.25)
    with pytest.raises(
        ValueError, match=r'singular .* \(4, 4\) and rank 1\. Use correction="forward"'
    ):
        check_transition_matrix(flat, invertible=True)


@settings(max_examples=30, deadline=None)
@given(n_classes=st.integers(2, 10), rate=st.floats(0, 0.49), seed=st.integers(0, 999))
def test_diagonally_dominant_matrices_are_invertible(n_classes, rate, seed):
    T = make_transition_matrix(n_classes, rate, kind="random", random_state=seed)
    checked = check_transition_matrix(T, invertible=True)
    assert_allclose(np.linalg.inv(checked) @ T, np.eye(n_classes), atol=1e-9)
