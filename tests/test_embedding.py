import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.random_projection import GaussianRandomProjection

from sknoisy._embedding import embed
from sknoisy._labels import NoisyLabels
from sknoisy.exceptions import NoEvidenceWarning


def _labels(n_samples, **aligned):
    return NoisyLabels(codes=np.arange(n_samples) % 2, classes=np.arange(2), **aligned)


@pytest.fixture
def X():
    return np.random.RandomState(0).normal([0, 5, 0], [1, 10, 0], size=(40, 3))


def test_numeric_columns_at_unit_variance(X):
    Z = embed(X, _labels(40))
    assert_allclose(Z, StandardScaler().fit_transform(X), atol=1e-12)


def test_gaps_are_filled_by_the_median(X):
    gappy = X.copy()
    gappy[0, 0] = np.nan
    Z = embed(gappy, _labels(40))
    column = np.r_[np.median(X[1:, 0]), X[1:, 0]]
    assert_allclose(Z[:, 0], (column - column.mean()) / column.std())


def test_a_column_without_any_value_is_zeros(X):
    X[:, 1] = np.nan
    Z = embed(X, _labels(40))
    assert Z.shape == (40, 3)
    assert_array_equal(Z[:, 1], np.zeros(40))


def test_weights_and_copies_do_not_move_the_scale(X):
    weights = np.random.RandomState(0).randint(0, 3, size=40)
    repeated = np.repeat(np.arange(40), weights)
    weighted = embed(X, _labels(40, sample_weight=weights.astype(float)))
    copied = embed(X[repeated], _labels(len(repeated)))
    assert_allclose(copied, weighted[repeated])


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_give_their_numeric_columns(library, X):
    frame = pytest.importorskip(library).DataFrame(
        {
            "name": [f"no. {i}" for i in range(40)],
            "size": X[:, 0],
            "count": np.arange(40),
        }
    )
    Z = embed(frame, _labels(40))
    expected = StandardScaler().fit_transform(np.column_stack([X[:, 0], np.arange(40)]))
    assert_allclose(Z, expected)


def test_numbers_held_as_objects_or_strings(X):
    expected = embed(X, _labels(40))
    assert_allclose(embed(X.astype(object), _labels(40)), expected)
    assert_allclose(embed(X.astype(str), _labels(40)), expected)
    gappy = X.astype(object)
    gappy[0, 0] = None
    assert np.isfinite(embed(gappy, _labels(40))).all()


def test_images_are_laid_flat(X):
    Z = embed(X.reshape(10, 4, 3), _labels(10))
    assert_allclose(Z, embed(X.reshape(10, 12), _labels(10)))


def test_sparse_rows_by_singular_directions():
    X = sparse.random(60, 30, density=0.2, random_state=0, format="csr")
    Z = embed(X, _labels(60), random_state=0)
    assert Z.shape == (60, 29)
    assert_array_equal(Z, embed(X, _labels(60), random_state=0))
    # Nearly all directions are kept, so that distances nearly are.
    ours = ((Z[:, None] - Z) ** 2).sum(axis=-1)
    theirs = ((X.toarray()[:, None] - X.toarray()) ** 2).sum(axis=-1)
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.95


@pytest.mark.parametrize("shape", [(200, 500), (3, 50), (50, 2), (50, 1)])
def test_number_of_singular_directions(shape):
    X = sparse.random(*shape, density=0.5, random_state=0, format="csr")
    Z = embed(X, _labels(shape[0]), random_state=0)
    assert Z.shape[1] == max(1, min(100, shape[0] - 1, shape[1] - 1))
    if shape[1] == 1:
        assert_array_equal(Z, X.toarray())


def test_steps_of_a_pipeline_before_its_last(X):
    base = make_pipeline(MinMaxScaler(), PCA(2), LogisticRegression())
    Z = embed(X, _labels(40), estimator=base)
    expected = make_pipeline(MinMaxScaler(), PCA(2)).fit_transform(X)
    assert_allclose(Z, expected)
    assert not hasattr(base[0], "data_min_")


def test_texts_through_a_pipeline():
    texts = [f"{a} {b}" for a in ("red", "green", "blue") for b in ("cat", "dog")]
    base = make_pipeline(CountVectorizer(), LogisticRegression())
    Z = embed(texts, _labels(6), estimator=base, random_state=0)
    assert isinstance(Z, np.ndarray)
    assert Z.shape[0] == 6
    assert len(np.unique(Z.round(6), axis=0)) == 6


def test_a_pipeline_of_one_step_says_nothing_about_X(X):
    base = make_pipeline(LogisticRegression())
    assert_allclose(embed(X, _labels(40), estimator=base), embed(X, _labels(40)))


def test_steps_that_leave_gaps_have_them_filled(X):
    X[0, 0] = np.nan
    Z = embed(X, _labels(40), estimator=make_pipeline(MinMaxScaler(), "passthrough"))
    assert np.isfinite(Z).all()


def test_a_transformer_is_cloned_and_may_look_at_the_labels(X):
    transformer = LinearDiscriminantAnalysis()
    labels = _labels(40)
    Z = embed(X[:, :2], labels, embedding=transformer)
    expected = LinearDiscriminantAnalysis().fit(X[:, :2], labels.y).transform(X[:, :2])
    assert_allclose(Z, expected)
    assert not hasattr(transformer, "classes_")


def test_sparse_output_of_a_transformer_is_reduced():
    texts = [f"word{i} word{i // 2}" for i in range(30)]
    vectorizer = CountVectorizer()
    Z = embed(texts, _labels(30), embedding=vectorizer, random_state=0)
    counts = vectorizer.fit_transform(texts)
    theirs = TruncatedSVD(29, random_state=0).fit_transform(counts)
    assert_allclose(Z @ Z.T, theirs @ theirs.T, atol=1e-6)


def test_passthrough_takes_X_as_it_is(X):
    assert_array_equal(embed(X, _labels(40), embedding="passthrough"), X)
    X[0, 0] = np.nan
    with pytest.raises(ValueError, match="Input contains NaN"):
        embed(X, _labels(40), embedding="passthrough")


@pytest.mark.parametrize("kind", ["texts", "pandas"])
def test_nothing_numeric_is_a_warning(kind):
    texts = ["a text", "another one"]
    X = texts
    if kind == "pandas":
        X = pytest.importorskip("pandas").DataFrame({"text": texts})
    with pytest.warns(NoEvidenceWarning, match=r"numeric columns, .*Pass a Pipeline"):
        assert embed(X, _labels(2)) is None


def test_memory_saves_the_fit(X, tmp_path):
    memory = joblib.Memory(tmp_path, verbose=0)
    base = make_pipeline(GaussianRandomProjection(2), LogisticRegression())
    first = embed(X, _labels(40), estimator=base, memory=memory)
    # A transformer without a seed gives the same only if it is not fitted again.
    assert_array_equal(embed(X, _labels(40), estimator=base, memory=memory), first)


def test_search_over_a_pipeline_is_looked_into(X):
    pipe = make_pipeline(PCA(2, random_state=0), LogisticRegression())
    search = GridSearchCV(pipe, {"logisticregression__C": [1, 2]})
    Z = embed(X, _labels(40), estimator=search)
    assert Z.shape == (40, 2)
    assert_array_equal(Z, embed(X, _labels(40), estimator=pipe))


def test_yes_and_no_of_polars_are_numbers_as_those_of_pandas():
    rng = np.random.RandomState(0)
    table = rng.uniform(size=(20, 3)) > 0.5
    labels = NoisyLabels(codes=np.arange(20) % 2, classes=np.arange(2))
    expected = embed(pd.DataFrame(table), labels)
    frame = pl.DataFrame(table, schema=list("abc"))
    np.testing.assert_array_equal(embed(frame, labels), expected)


@pytest.mark.parametrize("frame_type", [pd.DataFrame, pl.DataFrame])
def test_frames_of_words_alone_have_no_numbers(frame_type):
    frame = frame_type({"a": ["x", "y"] * 5, "b": ["u", "v"] * 5})
    labels = NoisyLabels(codes=np.arange(10) % 2, classes=np.arange(2))
    with pytest.warns(NoEvidenceWarning, match="need numeric columns, and X has none"):
        assert embed(frame, labels) is None
