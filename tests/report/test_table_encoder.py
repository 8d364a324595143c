"""The treatment of tables as a transformer: in pipelines, on rows not seen before."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sknoisy import NoisyLabelClassifier
from sknoisy.report import TableEncoder

pd = pytest.importorskip("pandas")
N = 90
RNG = np.random.default_rng(0)
CODES = np.arange(N) % 2
WORDS = np.array([["warm", "sunny", "dry"], ["cold", "rainy", "wet"]])
TABLE = pd.DataFrame(
    {
        "degrees": np.where(RNG.random(N) < 0.1, np.nan, RNG.normal(3 * CODES)),
        "when": pd.Timestamp("2024-01-31") + pd.to_timedelta(np.arange(N), unit="D"),
        "place": RNG.choice(["coast", "hill", "town"], N),
        "note": [f"{RNG.choice(WORDS[k])} and {RNG.choice(WORDS[k])} on day {n}"
                 for n, k in enumerate(CODES)],
        "id": [f"n{n}" for n in range(N)],
    }
)  # fmt: skip


def test_kinds():
    encoder = TableEncoder(random_state=0).fit(TABLE)
    assert encoder.kinds_ == {
        "degrees": "number",
        "when": "date",
        "place": "category",
        "note": "text",
        "id": "unused",
    }


def test_rows_not_seen_before():
    encoder = TableEncoder(random_state=0)
    fitted = encoder.fit_transform(TABLE)
    np.testing.assert_allclose(encoder.transform(TABLE), fitted, atol=1e-8)
    np.testing.assert_allclose(encoder.transform(TABLE[7:9]), fitted[7:9], atol=1e-8)
    strange = TABLE[:2].assign(
        degrees=["?", "7.5"], when=[None, "2030-01-01"], place=["moon", None], note=""
    )
    numbers = encoder.transform(strange)
    assert numbers.shape == (2, fitted.shape[1])
    assert np.isfinite(numbers).all()


def test_names_of_columns():
    encoder = TableEncoder(n_components=4, random_state=0)
    numbers = encoder.fit_transform(TABLE)
    names = encoder.get_feature_names_out().tolist()
    assert len(names) == numbers.shape[1]
    assert names[:2] == ["degrees", "missingindicator_degrees"]
    assert {"when_days", "place_coast", "note_3"} <= set(names)


def test_polars():
    pl = pytest.importorskip("polars")
    pytest.importorskip("pyarrow")
    ours = TableEncoder(random_state=0).fit_transform(pl.from_pandas(TABLE))
    expected = TableEncoder(random_state=0).fit_transform(TABLE)
    np.testing.assert_allclose(ours, expected, atol=1e-8)


def test_array_of_objects():
    encoder = TableEncoder(random_state=0)
    array = TABLE[["degrees", "place"]].to_numpy(dtype=object)
    assert encoder.fit_transform(array).shape == (N, 2 + 3)
    assert encoder.kinds_ == {"x0": "number", "x1": "category"}


def test_table_that_says_nothing():
    frame = pd.DataFrame({"a": ["same"] * 5})
    encoder = TableEncoder().fit(frame)
    assert encoder.transform(frame).shape == (5, 0)
    assert encoder.get_feature_names_out().shape == (0,)


def test_columns_of_one_name():
    frame = pd.DataFrame(np.eye(4), columns=["a", "a", "b", "c"])
    with pytest.raises(ValueError, match=r"distinct names|unique column names"):
        TableEncoder().fit(frame)


def test_other_columns_than_fitted():
    encoder = TableEncoder().fit(TABLE)
    with pytest.raises(ValueError, match="feature names should match"):
        encoder.transform(TABLE.rename(columns={"note": "notes"}))


def test_one_pipeline_takes_the_table_to_the_classifier():
    wrong = np.arange(N) % 9 == 0
    noisy = np.where(wrong, 1 - CODES, CODES)
    model = make_pipeline(TableEncoder(random_state=0), LogisticRegression())
    clf = NoisyLabelClassifier(model, random_state=0).fit(TABLE, noisy)
    assert clf.score(TABLE, CODES) > 0.9
    assert clf.label_quality_[wrong].mean() < clf.label_quality_[~wrong].mean() - 0.3
