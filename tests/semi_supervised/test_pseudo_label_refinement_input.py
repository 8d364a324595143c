"""What may be put into the classifier over clusters, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.datasets import make_blobs
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.semi_supervised import PseudoLabelRefinementClassifier

X, codes = make_blobs(120, centers=3, n_features=4, random_state=0)
few = np.where(np.arange(120) % 5 == 0, codes, -1)
names = np.array(["ash", "birch", "cedar"])
words = np.where(few < 0, "?", names[few])


def classifier(base=None, **params):
    params = {"unlabeled": -1, "random_state": 0, "n_rounds": 3, **params}
    return PseudoLabelRefinementClassifier(base, **params)


# --- labels ---------------------------------------------------------------------------


def test_words_with_a_word_as_marker():
    clf = classifier(unlabeled="?").fit(X, words)
    assert_array_equal(clf.classes_, names)
    assert set(clf.transduction_) == set(names)
    assert np.mean(clf.predict(X) == names[codes]) > 0.9


def test_markers_and_types_make_no_difference():
    expected = classifier().fit(X, few).predict_proba(X)
    column = few.reshape(-1, 1)
    with pytest.warns(UserWarning, match="column-vector y was passed"):
        assert_array_equal(classifier().fit(X, column).predict_proba(X), expected)
    missing = pd.Series(few).where(few >= 0)
    clf = classifier(unlabeled=np.nan).fit(X, missing)
    assert_array_equal(clf.predict_proba(X), expected)
    assert_array_equal(clf.classes_, [0.0, 1.0, 2.0])


def test_a_class_without_a_label_is_not_known():
    y = np.where(codes == 2, -1, few)
    clf = classifier().fit(X, y)
    assert_array_equal(clf.classes_, [0, 1])
    assert clf.soft_labels_.shape == (120, 2)


NO_LABELS = {
    "nothing labelled": (np.full(120, -1), "expected some rows with a label, but all"),
    "one class labelled": (
        np.where(few == 1, 1, -1),
        "at least 2 classes, but y holds",
    ),
    "no y": (None, "requires y to be passed, but the target y is None"),
    "two columns": (np.c_[few, few], "y should be a 1d array, got an array of shape"),
    "too short": (few[:50], r"inconsistent numbers of samples: \[120, 50\]"),
}


@pytest.mark.parametrize(("y", "message"), NO_LABELS.values(), ids=NO_LABELS)
def test_labels_that_do_not_do(y, message):
    with pytest.raises(ValueError, match=message):
        classifier().fit(X, y)


def test_everything_labelled():
    with pytest.warns(UserWarning, match="found no row without a label: no entry of y"):
        marked = classifier().fit(X, codes)
    plain = classifier(unlabeled=None).fit(X, codes)
    assert_array_equal(marked.soft_labels_, plain.soft_labels_)
    with pytest.warns(UserWarning, match="Every row has a label and given_share=1"):
        classifier(unlabeled=None, given_share=1.0).fit(X, codes)


def test_verified_rows_need_a_label():
    trusted = few == -1
    with pytest.raises(ValueError, match=r"trusted expected .* 96 of its rows"):
        classifier().fit(X, few, trusted=trusted)


def test_labels_need_some_weight():
    with pytest.raises(ValueError, match="sample_weight expected some weight"):
        classifier().fit(X, few, sample_weight=(few < 0).astype(float))


# --- rows -----------------------------------------------------------------------------


def test_frames_keep_their_names():
    frame = pd.DataFrame(X, columns=list("abcd")).assign(e="text")
    select = FunctionTransformer(lambda X: X[list("abcd")].to_numpy())
    base = make_pipeline(select, LogisticRegression())
    clf = classifier(base).fit(frame, few)
    assert clf.score(frame, codes) > 0.9
    expected = classifier().fit(X, few).history_[0]["n_clusters_given"]
    assert clf.history_[0]["n_clusters_given"] == expected


def test_sparse_rows():
    S = sparse.csr_array(np.abs(X) * (np.abs(X) > 1))
    clf = classifier().fit(S, few)
    assert clf.predict(S).shape == (120,)
    assert classifier(embedding="passthrough").fit(S, few).n_iter_ >= 1


def test_texts_through_a_pipeline():
    rng = np.random.RandomState(0)
    leaves = [["oval", "grey", "tall"], ["round", "white"], ["needle", "red", "low"]]
    texts = [" ".join(rng.choice(leaves[c], 6)) for c in codes]
    base = make_pipeline(TfidfVectorizer(), LogisticRegression())
    clf = classifier(base).fit(texts, few)
    assert clf.score(texts, codes) > 0.9
    with pytest.raises(ValueError, match="expected numeric columns to cluster, but X"):
        classifier(embedding="features").fit(np.array(texts)[:, None], few)


# --- options --------------------------------------------------------------------------


def test_an_embedding_that_the_classifier_lacks():
    message = "embedding='transform' expected a classifier with transform"
    with pytest.raises(UnsuitableEstimatorError, match=message):
        classifier(KNeighborsClassifier(), embedding="transform").fit(X, few)


def test_without_probabilities_the_features_are_the_space():
    clf = classifier(LinearSVC()).fit(X, few)
    assert clf.score(X, codes) > 0.9
    assert not hasattr(clf, "predict_proba")
    with pytest.raises(UnsuitableEstimatorError, match="with predict_proba, but Linea"):
        classifier(LinearSVC(), embedding="proba").fit(X, few)


def test_a_classifier_without_weights_is_trained_on_hard_labels():
    clf = classifier(KNeighborsClassifier(3)).fit(X, few)
    assert clf.score(X, codes) > 0.9
    assert set(np.unique(clf.soft_labels_)) == {0, 1}


@pytest.mark.parametrize(
    ("embedding", "message"),
    [
        (
            lambda model, X: X[:5],
            r"a point for each of 120 rows.*returned shape \(5, 4",
        ),
        (lambda model, X: X * np.nan, "embedding contains NaN"),
        (lambda model, X: X[:, 0], None),
    ],
)
def test_what_an_embedding_returns(embedding, message):
    clf = classifier(embedding=embedding)
    if message is None:
        assert clf.fit(X, few).n_iter_ >= 1
        return
    with pytest.raises(ValueError, match=message):
        clf.fit(X, few)


@pytest.mark.parametrize(
    "params",
    [
        {"embedding": "svd"},
        {"refiner": "soft"},
        {"clusterer": LogisticRegression()},
        {"n_rounds": 0},
        {"given_share": 1.5},
        {"tol": 2},
        {"novel_classes": "yes"},
    ],
)
def test_bad_options(params):
    (name,) = params
    with pytest.raises(ValueError, match=f"The '{name}' parameter of PseudoLabelRef"):
        classifier(**params).fit(X, few)


# --- in company -----------------------------------------------------------------------


def test_in_a_search():
    search = GridSearchCV(
        classifier(LogisticRegression(), n_rounds=2),
        {"estimator__C": [0.1, 1.0], "given_share": [0.2, 0.8]},
        cv=3,
        scoring=lambda model, X, y: np.mean(model.predict(X)[y >= 0] == y[y >= 0]),
    )
    assert search.fit(X, few).best_score_ > 0.9
    search.fit(X, few, trusted=few >= 0)
    kept = search.best_estimator_.soft_labels_[few >= 0]
    assert_array_equal(kept, np.eye(3)[few[few >= 0]])


def test_metadata_arrives_with_routing_on():
    seen = {}

    class Watched(LogisticRegression):
        def fit(self, X, y, sample_weight=None, colour=None):
            seen["colour"] = colour
            return super().fit(X, y, sample_weight)

    with config_context(enable_metadata_routing=True):
        base = Watched().set_fit_request(colour=True, sample_weight=False)
        clf = classifier(base).fit(X, few, colour=np.arange(120))
    # Rows that are trained on several classes are there several times.
    assert set(seen["colour"]) <= set(range(120))
    assert len(seen["colour"]) >= clf.soft_labels_.any(axis=1).sum()


def test_callbacks_see_each_round(capsys):
    callback = pytest.importorskip("sklearn.callback")
    clf = classifier(n_rounds=7, tol=1.0)
    clf.set_callbacks(callback.ProgressBar()).fit(X, few)
    assert clf.n_iter_ == 2
    # The bar is full though the rounds have ended early.
    shown = capsys.readouterr().out
    assert "rounds" in shown
    assert shown.count("100%") == 2
