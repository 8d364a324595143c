"""What the columns are taken for, and what becomes of them."""

import numpy as np
import pytest

from sknoisy.report._columns import read_columns
from sknoisy.report._table_encoder import TableEncoder, date_parts

pd = pytest.importorskip("pandas")

N = 60
CODES = np.arange(N) % 3
RNG = np.random.default_rng(0)
MEASURED = RNG.normal(size=N).round(2)
WORDS = ["quick", "brown", "fox", "jumps", "over", "lazy", "dog", "in", "spring"]
DAYS = pd.date_range("2021-01-30", periods=N, freq="9D")


def sentences(n_words):
    return [" ".join(RNG.choice(WORDS, n_words)) + f" {n}" for n in range(N)]


def kind_of(values):
    (column,) = read_columns(pd.DataFrame({"column": values}), CODES)
    return column.kind, column.reason


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (MEASURED, "number"),
        (RNG.integers(0, 5, N), "number"),
        (MEASURED > 0, "number"),
        (pd.array([True, False, None] * (N // 3), dtype="boolean"), "number"),
        (pd.array([1, 7, None] * (N // 3), dtype="Int64"), "number"),
        (["?", *map(str, MEASURED[1:])], "number"),
        (pd.to_timedelta(np.abs(MEASURED), unit="h"), "number"),
        ([np.inf, *MEASURED[1:]], "number"),
        (RNG.choice(["red", "green", "dark blue"], N), "category"),
        (pd.Categorical(RNG.choice(["red", "blue"], N)), "category"),
        ([None, "red", "blue", "red"] * (N // 4), "category"),
        (sentences(8), "text"),
        ([f"city {n % 55}" for n in range(N)], "text"),
        (DAYS, "date"),
        (DAYS.tz_localize("Europe/Paris"), "date"),
        (DAYS.strftime("%Y-%m-%d"), "date"),
        (DAYS.strftime("%d/%m/%Y"), "date"),
        (DAYS.strftime("%m/%d/%Y %H:%M"), "date"),
        (DAYS.strftime("%d %b %Y"), "date"),
        ([day.date() for day in DAYS], "date"),
        ([None, *DAYS.strftime("%Y-%m-%d")[1:]], "date"),
        (RNG.choice(["2 rooms", "3 rooms", "12 rooms"], N), "category"),
    ],
)
def test_kind(values, kind):
    assert kind_of(values) == (kind, "")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([None] * N, "is empty"),
        (["same"] * N, "holds one value only"),
        (np.arange(N), "numbers the rows"),
        (RNG.permutation(N) + 1000, "numbers the rows"),
        ([f"id-{n}" for n in range(N)], "names each row"),
        (np.array(["a", "b", "c"])[CODES], "repeats the label under other names"),
        (CODES + 10, "repeats the label under other names"),
        ([[1, 2]] * N, "holds nested or binary values"),
        ([b"x", b"y"] * (N // 2), "holds nested or binary values"),
        ([{"a": 1}] * N, "holds nested or binary values"),
    ],
)
def test_unused(values, reason):
    assert kind_of(values) == ("unused", reason)


def test_gaps_are_a_value_of_their_own():
    # A column that is either filled or not says something about the row.
    assert kind_of(["x", None] * (N // 2))[0] == "category"


def test_a_near_copy_of_the_label_is_used():
    values = CODES.copy()
    values[0] = (values[0] + 1) % 3
    assert kind_of(values)[0] == "number"


def features(**columns):
    return TableEncoder(random_state=0).fit_transform(pd.DataFrame(columns))


def test_features_of_every_kind_are_finite():
    table = features(
        number=["?", *map(str, MEASURED[1:])],
        infinite=[np.inf, None, *MEASURED[2:]],
        huge=[1e308, -1e308, *MEASURED[2:]],
        color=RNG.choice(["red", "green", "blue"], N),
        comment=[None, *sentences(8)[1:]],
        when=[None, *DAYS[1:]],
    )
    assert table.shape[0] == N
    assert np.isfinite(table).all()


def test_numbers_are_standardised_and_gaps_marked():
    table = features(number=[None, *MEASURED[1:]])
    assert table.shape == (N, 2)
    np.testing.assert_allclose(table.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(table.std(axis=0), 1)


def test_rare_categories_share_a_column():
    colors = ["red", "green"] * (N // 2 - 1) + ["mauve", "teal"]
    assert features(color=colors).shape == (N, 3)


def test_texts_have_a_fixed_total_variance():
    table = features(comment=sentences(8))
    assert table.var(axis=0).sum() == pytest.approx(5)
    assert table.shape[1] < N


def test_text_of_marks_alone_is_read():
    marks = ["!" * n + " " + "?" * (N - n) + " ..." for n in range(1, N + 1)]
    assert np.isfinite(features(marks=marks)).all()


def test_dates_hold_days_and_cycles():
    dates = pd.to_datetime(["2021-01-04 06:00", "2021-01-11 18:00"] * (N // 2))
    first, second = date_parts(pd.DataFrame({"when": dates}))[:2]
    assert second[0] - first[0] == pytest.approx(7.5)
    # Columns: days, sines and cosines of year, week and day.
    assert first[2] == pytest.approx(second[2])
    assert first[5] == pytest.approx(second[5])
    assert (first[3], second[3]) == pytest.approx((1, -1))


def test_column_names_may_hold_anything():
    frame = pd.DataFrame({"a__b": MEASURED, "": MEASURED})
    assert TableEncoder().fit_transform(frame).shape == (N, 2)


def test_tiny_texts():
    frame = pd.DataFrame({"text": ["a b c d e", "f g h i j", "k l m n o"]})
    assert np.isfinite(TableEncoder(random_state=0).fit_transform(frame)).all()
