"""The transition matrix by the neighbours, and by a model's votes."""

import numpy as np
import pytest
from sklearn.datasets import load_digits, make_classification
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import scale

from sknoisy import RefinedLabelClassifier
from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.noise import PairNoise, UniformNoise
from sknoisy.refinement import PosteriorRelabeling
from sknoisy.transition import (
    ConfidentTransition,
    EMTransition,
    NeighborTransition,
    _neighbor,
)


@pytest.mark.parametrize("seed", range(4))
def test_two_classes_with_two_fifths_of_the_labels_wrong(seed):
    X, y = make_classification(
        2000, 20, n_informative=8, class_sep=1.5, flip_y=0, random_state=seed
    )
    y_noisy = UniformNoise(0.4, random_state=seed).corrupt(y)
    model = NeighborTransition().fit(scale(X), y_noisy)
    assert np.abs(model.transition_matrix_ - [[0.6, 0.4], [0.4, 0.6]]).max() < 0.1
    assert abs(model.noise_rate_ - 0.4) < 0.06


@pytest.mark.parametrize("seed", range(3))
def test_pair_noise_is_closer_than_by_confident_learning(seed):
    X, y = load_digits(return_X_y=True)
    y_noisy = PairNoise(0.4, random_state=seed).corrupt(y)
    truth = 0.6 * np.eye(10) + 0.4 * np.roll(np.eye(10), 1, axis=1)
    model = NeighborTransition().fit(X, y_noisy)
    ours = np.abs(model.transition_matrix_ - truth).max()
    confident = ConfidentTransition().fit(scale(X), y_noisy).transition_matrix_
    assert ours < 0.1
    assert ours < np.abs(confident - truth).max() - 0.05
    assert (model.clean_proba_.argmax(axis=1) == y).mean() > 0.93


def test_no_noise_is_no_noise():
    X, y = load_digits(return_X_y=True)
    model = NeighborTransition().fit(X, y)
    assert model.noise_rate_ < 0.02
    assert np.diag(model.neighbor_confusion_).min() > 0.75


def test_own_neighbour_search():
    X, y = load_digits(return_X_y=True)
    y = UniformNoise(0.3, random_state=0).corrupt(y)
    exact = NeighborTransition(10).fit(X[:500], y[:500])
    search = KNeighborsTransformer(algorithm="brute")
    own = NeighborTransition(10, neighbors=search).fit(X[:500], y[:500])
    np.testing.assert_allclose(own.transition_matrix_, exact.transition_matrix_)


def test_texts_are_placed_by_the_pipeline_that_is_trained():
    texts = ["good fine nice"] * 30 + ["bad poor awful"] * 30
    texts = [f"{text} w{i % 7} v{i % 5}" for i, text in enumerate(texts)]
    y = np.repeat(["pos", "neg"], 30)
    y[[0, 40]] = y[[40, 0]]
    base = make_pipeline(TfidfVectorizer(), LogisticRegression())
    refiner = PosteriorRelabeling(transition=NeighborTransition(5))
    clf = RefinedLabelClassifier(base, refiner).fit(texts, y)
    assert (clf.transduction_ == np.repeat(["pos", "neg"], 30)).all()


def test_rows_without_numbers_say_so():
    texts = ["a", "b", "c", "d"] * 5
    with pytest.warns(NoEvidenceWarning, match="numeric columns"):
        T = NeighborTransition().fit(texts, [0, 1] * 10).transition_matrix_
    np.testing.assert_allclose(T.sum(axis=1), 1)


@pytest.mark.parametrize("seed", range(3))
def test_model_votes_recover_matrix_and_rate(seed):
    X, y = load_digits(return_X_y=True)
    y_noisy = UniformNoise(0.3, random_state=seed).corrupt(y)
    truth = 0.7 * np.eye(10) + 0.3 / 9 * (1 - np.eye(10))
    em = EMTransition().fit(scale(X), y_noisy)
    assert np.abs(em.transition_matrix_ - truth).max() < 0.13
    assert abs(em.noise_rate_ - 0.3) < 0.04
    assert em.n_iter_ >= 1


def test_embedding_and_search_get_the_parameters(monkeypatch, tmp_path):
    seen = {}

    def spied(name):
        original = getattr(_neighbor, name)

        def spy(*arguments, **options):
            seen[name] = options
            return original(*arguments, **options)

        return spy

    for name in ("embed", "neighbor_graph"):
        monkeypatch.setattr(_neighbor, name, spied(name))
    memory = str(tmp_path)
    shared = {"memory": memory, "random_state": 3}
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(40, 2)), np.arange(40) % 2
    NeighborTransition(7, embedding="passthrough", n_jobs=1, **shared).fit(X, y)
    assert seen["embed"] == {"estimator": None, "embedding": "passthrough", **shared}
    assert seen["neighbor_graph"] == {
        "n_neighbors": 7, "neighbors": None, "n_jobs": 1, "memory": memory
    }  # fmt: skip


def test_gaps_are_filled_by_the_embedding_of_the_library_alone():
    for embedding, takes_gaps in (("auto", True), ("passthrough", False)):
        tags = NeighborTransition(embedding=embedding).__sklearn_tags__().input_tags
        assert tags.sparse
        assert tags.allow_nan == takes_gaps
