import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from sknoisy import NoisyLabelClassifier, RefinedLabelClassifier
from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.noise import UniformNoise
from sknoisy.quality import ModelConfidence
from sknoisy.refinement import PosteriorRelabeling
from sknoisy.review import suggest_review

STRATEGIES = ("auto", "random", "suspicion", "expected_change", "balanced", "covering")


class Fitted(BaseEstimator):
    """What was found about labels, without any fit."""

    def __init__(self, posterior=None, quality=None):
        if posterior is not None:
            self.clean_proba_ = np.asarray(posterior)
        if quality is not None:
            self.label_quality_ = np.asarray(quality)

    def fit(self, X, y):
        return self

    def __sklearn_is_fitted__(self):
        return True


def judged(n_samples=100, n_classes=3, seed=0):
    rng = np.random.RandomState(seed)
    posterior = rng.dirichlet(np.ones(n_classes), size=n_samples)
    codes = rng.randint(n_classes, size=n_samples)
    return Fitted(posterior, posterior[np.arange(n_samples), codes])


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("n", [1, 7, 50, 100])
def test_rows_are_distinct_and_known_rows_left_out(strategy, n):
    X = np.random.RandomState(1).normal(size=(130, 4))
    trusted = np.arange(130) % 13 >= 10
    suggestion = suggest_review(
        judged(130), n, strategy=strategy, trusted=trusted, X=X, random_state=0
    )
    assert len(suggestion) == len(np.unique(suggestion.rows)) == n
    assert not trusted[suggestion.rows].any()
    assert suggestion.sampling_probability.min() > 0
    assert suggestion.sampling_probability.max() <= 1


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_same_seed_same_rows(strategy):
    X = np.random.RandomState(1).normal(size=(100, 4))
    options = {"strategy": strategy, "X": X}
    first = suggest_review(judged(), 20, random_state=3, **options)
    again = suggest_review(judged(), 20, random_state=3, **options)
    other = suggest_review(judged(), 20, random_state=4, **options)
    np.testing.assert_array_equal(first.rows, again.rows)
    assert (first.rows != other.rows).any()


@settings(max_examples=30, deadline=None)
@given(
    n_samples=st.integers(1, 60),
    asked=st.floats(0, 1),
    share=st.floats(0, 1),
    seed=st.integers(0, 99),
)
def test_random_rows_stand_for_all_rows_that_were_not_picked(
    n_samples, asked, share, seed
):
    n = max(1, round(asked * n_samples))
    suggestion = suggest_review(
        judged(n_samples), n, random_share=share, random_state=seed
    )
    n_picked = (~suggestion.is_random).sum()
    each = 1 / suggestion.sampling_probability
    assert (each[~suggestion.is_random] == 1).all()
    if suggestion.is_random.any():
        assert each[suggestion.is_random].sum() == pytest.approx(n_samples - n_picked)
    else:
        assert share == 0


def test_suspicious_rows_come_first_and_random_ones_are_spread():
    suggestion = suggest_review(
        judged(), 20, strategy="suspicion", random_share=0.2, random_state=0
    )
    picked = suggestion.rows[~suggestion.is_random]
    expected = np.argsort(judged().label_quality_)[:16]
    np.testing.assert_array_equal(picked, expected)
    np.testing.assert_array_equal(np.flatnonzero(suggestion.is_random), [2, 7, 12, 17])
    assert set(suggestion.strategy) == {"suspicion", "random"}
    assert suggestion.sampling_probability[2] == 4 / 84


def test_every_row_is_drawn_with_its_probability():
    seen = np.zeros(30)
    for seed in range(400):
        suggestion = suggest_review(
            judged(30), 10, strategy="suspicion", random_share=0.5, random_state=seed
        )
        seen[suggestion.rows[suggestion.is_random]] += 1
    picked = suggestion.rows[~suggestion.is_random]
    assert (seen[picked] == 0).all()
    # Five of twenty-five: a standard deviation is 8 of 400.
    assert np.abs(np.delete(seen, picked) - 80).max() < 32


def test_random_strategy_draws_all_rows_alike():
    suggestion = suggest_review(judged(), 25, strategy="random", random_state=0)
    assert suggestion.is_random.all()
    assert (suggestion.sampling_probability == 0.25).all()


def test_share_of_one_leaves_no_picks_and_of_zero_no_random_rows():
    assert suggest_review(judged(), 9, random_share=1.0).is_random.all()
    assert not suggest_review(judged(), 9, random_share=0).is_random.any()


def test_all_rows_that_are_left_are_certain():
    suggestion = suggest_review(judged(), 100, random_state=0)
    assert (suggestion.sampling_probability == 1).all()
    np.testing.assert_array_equal(np.sort(suggestion.rows), np.arange(100))


def test_expected_change_prefers_the_undecided():
    posterior = [[0.5, 0.5], [0.1, 0.9], [0.6, 0.4], [0.99, 0.01]]
    quality = [0.5, 0.1, 0.6, 0.99]
    suggestion = suggest_review(
        Fitted(posterior, quality), 3, strategy="expected_change", random_share=0
    )
    assert suggestion.rows.tolist() == [0, 2, 1]


def test_balanced_takes_the_classes_in_turn():
    posterior = np.eye(3)[[0] * 6 + [1] * 2 + [2] * 2]
    quality = np.arange(10) / 10
    suggestion = suggest_review(
        Fitted(posterior, quality), 7, strategy="balanced", random_share=0
    )
    first = suggestion.rows[:3], suggestion.rows[3:6], suggestion.rows[6:]
    assert [sorted(rows.tolist()) for rows in first] == [[0, 6, 8], [1, 7, 9], [2]]


def test_covering_takes_one_row_of_each_heap():
    centres = np.repeat([[0, 0], [9, 0], [0, 9], [9, 9]], 10, axis=0)
    X = centres + np.random.RandomState(0).normal(scale=0.1, size=(40, 2))
    suggestion = suggest_review(
        judged(40), 4, strategy="covering", X=X, random_share=0, random_state=0
    )
    assert sorted(suggestion.rows // 10) == [0, 1, 2, 3]


def test_covering_fills_up_where_there_are_few_points():
    X = np.repeat([[0.0], [1.0]], 20, axis=0)
    suggestion = suggest_review(
        judged(40), 10, strategy="covering", X=X, random_share=0, random_state=0
    )
    assert len(np.unique(suggestion.rows)) == 10


def test_covering_points_that_differ_by_rounding():
    X = 1 + np.arange(40)[:, None] * 1e-16
    X[:3] = 2
    suggestion = suggest_review(
        judged(40), 10, strategy="covering", X=X, random_share=0, random_state=0
    )
    assert len(np.unique(suggestion.rows)) == 10


def test_covering_sees_rows_as_the_pipeline_does():
    pandas = pytest.importorskip("pandas")
    X, y = load_iris(return_X_y=True)
    frame = pandas.DataFrame(X)
    clf = NoisyLabelClassifier(make_pipeline(StandardScaler(), LogisticRegression()))
    clf.fit(frame, y)
    suggestion = suggest_review(clf, 10, strategy="covering", X=frame, random_state=0)
    assert len(suggestion) == 10


def test_wrong_labels_are_found():
    X, y = load_iris(return_X_y=True)
    noisy = UniformNoise(0.2, random_state=0).corrupt(y)
    clf = RefinedLabelClassifier(LogisticRegression(), PosteriorRelabeling())
    suggestion = suggest_review(
        clf.fit(scale(X), noisy), 20, strategy="suspicion", random_state=0
    )
    picked = suggestion.rows[~suggestion.is_random]
    assert (noisy[picked] != y[picked]).mean() > 0.8


def test_pipelines_and_searches_are_looked_into():
    X, y = load_iris(return_X_y=True)
    inner = ModelConfidence().fit(scale(X), y)
    expected = suggest_review(inner, 5, random_state=0).rows
    pipeline = make_pipeline(StandardScaler(), ModelConfidence()).fit(X, y)
    found = suggest_review(pipeline, 5, random_state=0).rows
    np.testing.assert_array_equal(found, expected)
    search = GridSearchCV(NoisyLabelClassifier(), {"action": ["weight"]}, cv=2)
    assert len(suggest_review(search.fit(scale(X), y), 5)) == 5


def test_suggestion_shows_itself():
    suggestion = suggest_review(judged(), 20, random_state=0)
    assert repr(suggestion).startswith("ReviewSuggestion of 20 rows, 4 at random: ")
    assert repr(suggestion).endswith("…")
    assert list(suggestion.to_dict()) == ["rows", "sampling_probability", "strategy"]


def test_suggestion_becomes_a_frame():
    pytest.importorskip("pandas")
    suggestion = suggest_review(judged(), 20, random_state=0)
    frame = suggestion.to_frame()
    np.testing.assert_array_equal(frame["rows"], suggestion.rows)
    assert frame.shape == (20, 3)


def test_frame_without_pandas(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install \"\.\[audit\]\""):
        suggest_review(judged(), 2).to_frame()


def test_unfitted_estimator():
    with pytest.raises(NotFittedError, match="not fitted"):
        suggest_review(NoisyLabelClassifier(), 3)


def test_estimator_without_quality():
    X, y = load_iris(return_X_y=True)
    plain = LogisticRegression(max_iter=1000).fit(X, y)
    with pytest.raises(UnsuitableEstimatorError, match=r"label_quality_ .* has none"):
        suggest_review(plain, 3)


@pytest.mark.parametrize("strategy", ["expected_change", "balanced"])
def test_strategy_that_needs_the_posterior(strategy):
    with pytest.raises(UnsuitableEstimatorError, match=r"needs .* clean_proba_"):
        suggest_review(Fitted(quality=np.ones(9)), 3, strategy=strategy)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [(["text"], "expected_change"), (["text", "number"], "covering")],
)
def test_default_strategy_covers_where_it_can(columns, expected):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": ["a"] * 100, "number": np.arange(100.0)})
    suggestion = suggest_review(judged(), 10, X=frame[columns], random_state=0)
    assert set(suggestion.strategy) == {expected, "random"}


def test_default_strategy_without_features():
    suggestion = suggest_review(judged(), 10, random_state=0)
    assert set(suggestion.strategy) == {"expected_change", "random"}


def test_covering_stays_among_rows_of_large_change():
    X = np.random.RandomState(0).normal(size=(100, 2))
    posterior = judged().clean_proba_
    change = 1 - (posterior**2).sum(axis=1)
    suggestion = suggest_review(judged(), 10, X=X, random_share=0, random_state=0)
    assert set(suggestion.rows) <= set(np.argsort(-change)[:30])
    assert set(suggestion.rows) != set(np.argsort(-change)[:10])


def test_default_strategy_needs_no_posterior():
    quality = np.linspace(0, 1, 9)
    suggestion = suggest_review(Fitted(quality=quality), 2, random_share=0)
    assert suggestion.rows.tolist() == [0, 1]
    assert set(suggestion.strategy) == {"suspicion"}


@pytest.mark.parametrize(
    ("n", "options", "message"),
    [
        (101, {}, "n expected at most 100"),
        (100, {"trusted": np.arange(100) < 1}, "n expected at most 99"),
        (0, {}, "'n' parameter"),
        (2, {"strategy": "best"}, "'strategy' parameter"),
        (2, {"random_share": 1.5}, "'random_share' parameter"),
        (2, {"trusted": np.zeros(100)}, "trusted expected a boolean mask"),
        (2, {"trusted": np.zeros(9, bool)}, "trusted expected a boolean mask"),
        (2, {"strategy": "covering"}, "expected X with the 100 rows"),
        (2, {"strategy": "covering", "X": np.ones((9, 2))}, "but got 9 rows"),
    ],
)
def test_bad_input(n, options, message):
    with pytest.raises(ValueError, match=message):
        suggest_review(judged(), n, **options)


def test_covering_without_numbers():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": ["a"] * 100})
    with pytest.raises(ValueError, match="expected X with numeric columns"):
        suggest_review(judged(), 2, strategy="covering", X=frame)


def test_missing_quality():
    quality = np.where(np.arange(9) == 4, np.nan, 0.5)
    with pytest.raises(ValueError, match="missing in 1 of 9 rows"):
        suggest_review(Fitted(quality=quality), 2)
