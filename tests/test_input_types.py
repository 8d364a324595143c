"""Labels of any type, rows in any container: what scikit-learn takes, we take."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.datasets import make_blobs
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler, scale

from sknoisy import LabelNoiseInjector, NoisyLabelClassifier, RefinedLabelClassifier
from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.noise import UniformNoise
from sknoisy.quality import NeighborAgreement
from sknoisy.refinement import ConfidentPruning, QualityWeighting
from sknoisy.transition import ConfidentTransition

X, codes = make_blobs(90, n_features=4, centers=3, cluster_std=1.5, random_state=0)
X = scale(X)
codes_noisy = UniformNoise(0.2, random_state=0).corrupt(codes)
ODD_INDEX = 3 * np.arange(90)[::-1] + 7


def injector(estimator=None):
    return LabelNoiseInjector(estimator, UniformNoise(0.1), random_state=0)


def pruning(estimator=None):
    return RefinedLabelClassifier(estimator, ConfidentPruning())


every_classifier = pytest.mark.parametrize(
    "make", [NoisyLabelClassifier, RefinedLabelClassifier, pruning, injector]
)

WORDS = np.array(["ash", "beech", "cherry"])
MAKE_Y = {
    "strings": lambda k: WORDS[k],
    "objects": lambda k: WORDS.astype(object)[k],
    "list of strings": lambda k: WORDS[k].tolist(),
    "integers 1, 2, 5": lambda k: np.array([1, 2, 5])[k],
    "integers -1, 0, 1": lambda k: k - 1,
    "unsigned bytes": lambda k: k.astype(np.uint8),
    "integers as objects": lambda k: k.astype(object),
    "whole floats": lambda k: k.astype(float),
    "list of integers": lambda k: k.tolist(),
    "booleans": lambda k: k > 0,
    "booleans as objects": lambda k: (k > 0).astype(object),
    "pandas strings": lambda k: pd.Series(WORDS[k], index=ODD_INDEX),
    "pandas objects": lambda k: pd.Series(WORDS[k], dtype=object, index=ODD_INDEX),
    "pandas categories": lambda k: pd.Series(WORDS[k], dtype="category"),
    "pandas integers": lambda k: pd.Series(k + 1, index=ODD_INDEX),
    "pandas nullable integers": lambda k: pd.Series(k, dtype="Int64"),
    "pandas booleans": lambda k: pd.Series(k > 0, index=ODD_INDEX),
    "polars strings": lambda k: pl.Series(WORDS[k].tolist()),
    "polars integers": lambda k: pl.Series(k.tolist()),
    "polars categories": lambda k: pl.Series(WORDS[k].tolist(), dtype=pl.Categorical),
}


@every_classifier
@pytest.mark.parametrize("make_y", MAKE_Y.values(), ids=MAKE_Y)
def test_labels_of_any_type_come_back_as_they_were(make, make_y):
    y, y_true = make_y(codes_noisy), np.asarray(make_y(codes))
    clf = make().fit(X, y)
    classes = np.unique(np.asarray(y).tolist())
    np.testing.assert_array_equal(clf.classes_, classes)
    np.testing.assert_array_equal(clf.estimator_.classes_, clf.classes_)
    assert clf.classes_.dtype.kind in {classes.dtype.kind, "O", "u"}
    assert np.mean(clf.predict(X) == y_true) > 0.9
    # As a list, since scikit-learn's scorers refuse numbers that are held as objects.
    assert clf.score(X, list(y)) > 0.7
    assert set(clf.transduction_.tolist()) <= set(classes.tolist())


def test_the_type_of_labels_makes_no_difference():
    plain = NoisyLabelClassifier(action="soft").fit(X, codes_noisy)
    for name in ("objects", "pandas categories", "polars integers"):
        clf = NoisyLabelClassifier(action="soft").fit(X, MAKE_Y[name](codes_noisy))
        np.testing.assert_array_equal(clf.clean_proba_, plain.clean_proba_)
        np.testing.assert_array_equal(clf.predict_proba(X), plain.predict_proba(X))


# Rows in any container


def as_pandas(X):
    return pd.DataFrame(X, columns=list("abcd"), index=ODD_INDEX)


def as_polars(X):
    return pl.DataFrame(X, schema=list("abcd"))


MAKE_X = {
    "list of lists": np.ndarray.tolist,
    "pandas": as_pandas,
    "polars": as_polars,
    "sparse matrix": sparse.csr_matrix,
    "sparse array": sparse.csr_array,
    "sparse by columns": sparse.csc_array,
    "fortran order": np.asfortranarray,
    "read only": lambda X: np.frombuffer(X.tobytes()).reshape(X.shape),
}


@every_classifier
@pytest.mark.parametrize("make_X", MAKE_X.values(), ids=MAKE_X)
def test_rows_in_any_container(make, make_X):
    rows = make_X(X)
    clf = make().fit(rows, codes_noisy)
    plain = make().fit(X, codes_noisy)
    assert clf.n_features_in_ == 4
    # The main directions of sparse rows are another space than their columns.
    tolerance = 0.1 if sparse.issparse(rows) else 1e-7
    expected = plain.predict_proba(X)
    np.testing.assert_allclose(clf.predict_proba(rows), expected, atol=tolerance)
    assert np.mean(clf.predict(rows) == codes) > 0.9


@every_classifier
@pytest.mark.parametrize("make_X", [as_pandas, as_polars])
def test_names_of_columns_are_kept(make, make_X):
    clf = make().fit(make_X(X), codes_noisy)
    assert clf.feature_names_in_.tolist() == list("abcd")
    clf.fit(X, codes_noisy)
    assert not hasattr(clf, "feature_names_in_")


def with_words(frame_type):
    columns = {"length": X[:, 0].tolist(), "tree": WORDS[codes].tolist()}
    return frame_type(columns | {"width": X[:, 1].tolist()})


ENCODED = make_pipeline(
    make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["tree"]),
        (StandardScaler(), ["length", "width"]),
    ),
    LogisticRegression(),
)


@every_classifier
@pytest.mark.parametrize("frame_type", [pd.DataFrame, pl.DataFrame])
def test_string_columns_reach_the_column_transformer(make, frame_type):
    frame = with_words(frame_type)
    clf = make(ENCODED).fit(frame, WORDS[codes_noisy])
    assert np.mean(clf.predict(frame) == WORDS[codes]) > 0.9
    assert clf.n_features_in_ == 3
    assert clf.feature_names_in_.tolist() == ["length", "tree", "width"]


@pytest.mark.parametrize("frame_type", [pd.DataFrame, pl.DataFrame])
def test_neighbors_by_the_numeric_columns_of_a_frame(frame_type):
    frame = with_words(frame_type)
    quality = NeighborAgreement().fit(frame, codes_noisy).label_quality_
    right = codes_noisy == codes
    assert quality[right].mean() > quality[~right].mean() + 0.3
    plain = NeighborAgreement().fit(X[:, :2], codes_noisy).label_quality_
    np.testing.assert_allclose(quality, plain)


@every_classifier
def test_missing_values_reach_a_base_that_takes_them(make):
    holes = X.copy()
    holes[np.random.RandomState(0).uniform(size=X.shape) < 0.2] = np.nan
    base = HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=5)
    for rows in (holes, as_pandas(holes)):
        clf = make(base).fit(rows, codes_noisy)
        assert np.mean(clf.predict(rows) == codes) > 0.6


TEXTS = [f"{WORDS[k]} tree number {i}" for i, k in enumerate(codes)]
MAKE_TEXTS = {
    "list": list,
    "array": np.array,
    "objects": lambda texts: np.array(texts, dtype=object),
    "pandas": lambda texts: pd.Series(texts, index=ODD_INDEX),
}


@every_classifier
@pytest.mark.parametrize("make_texts", MAKE_TEXTS.values(), ids=MAKE_TEXTS)
def test_raw_texts_reach_the_vectorizer(make, make_texts):
    texts = make_texts(TEXTS)
    clf = make(make_pipeline(TfidfVectorizer(), LogisticRegression()))
    clf.fit(texts, WORDS[codes_noisy])
    assert np.mean(clf.predict(texts) == WORDS[codes]) > 0.8
    assert clf.predict(["an old beech"]).tolist() == ["beech"]


def test_texts_without_numeric_columns_leave_the_neighbors_out():
    frame = pd.DataFrame({"tree": TEXTS})
    vectorized = make_column_transformer((TfidfVectorizer(), "tree"))
    # The steps of the Pipeline make numbers of the words, so the neighbours vote.
    NoisyLabelClassifier(make_pipeline(vectorized, LogisticRegression())).fit(
        frame, codes_noisy
    )
    with pytest.warns(NoEvidenceWarning, match="need numeric columns"):
        quality = NeighborAgreement().fit(frame, codes_noisy).label_quality_
    assert (quality == 1).all()


@pytest.mark.parametrize(
    "learner",
    [
        ConfidentTransition(),
        ConfidentPruning(),
        QualityWeighting(),
        NeighborAgreement(),
    ],
    ids=lambda learner: type(learner).__name__,
)
@pytest.mark.parametrize("make_X", MAKE_X.values(), ids=MAKE_X)
def test_learners_take_the_same_rows_and_labels(learner, make_X):
    learner.fit(make_X(X), pl.Series(WORDS[codes_noisy].tolist()))
    assert learner.classes_.tolist() == WORDS.tolist()
    assert learner.n_features_in_ == 4
    if make_X in (as_pandas, as_polars):
        assert learner.feature_names_in_.tolist() == list("abcd")
