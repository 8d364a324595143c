"""The mixture behind the neighbours and the model."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from sknoisy._labels import label_record
from sknoisy._transition_matrix import make_transition_matrix
from sknoisy.transition._vote_model import likeliest_vote_model

SETTINGS = {
    "inverse_temperatures": (1,),
    "start_rate": 0.45,
    "max_iter": 2000,
    "tol": 1e-4,
}


def annotated(T, n_votes, n_samples=4000, seed=0, purity=1.0):
    """Draw true classes, a label for each, and votes by annotators of equal skill."""
    rng = np.random.RandomState(seed)
    n_classes = len(T)
    y = rng.randint(n_classes, size=n_samples)
    codes = draw(T[y], rng)
    votes = np.zeros((n_samples, n_classes))
    for _ in range(n_votes):
        strayed = rng.uniform(size=n_samples) > purity
        source = np.where(strayed, rng.randint(n_classes, size=n_samples), y)
        np.add.at(votes, (np.arange(n_samples), draw(T[source], rng)), 1)
    return y, label_record(codes, owner="test"), votes


def draw(proba, rng):
    return (proba.cumsum(axis=1) < rng.uniform(size=(len(proba), 1))).sum(axis=1)


@pytest.mark.parametrize("kind", ["uniform", "pair", "random"])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_recovers_what_generated_the_votes(kind, n_classes):
    rate = 0.4 if n_classes > 2 or kind == "uniform" else 0.3
    T = make_transition_matrix(n_classes, rate, kind=kind, random_state=0)
    y, labels, votes = annotated(T, n_votes=10)
    model = likeliest_vote_model([votes], labels, **SETTINGS)
    assert model.converged
    assert np.abs(model.T - T).max() < 0.06
    assert np.diag(model.R).min() > 0.9
    assert (model.clean_proba.argmax(axis=1) == y).mean() > (labels.codes == y).mean()


def test_votes_from_other_classes_go_to_the_confusion_not_to_the_matrix():
    T = make_transition_matrix(3, 0.2)
    _, labels, votes = annotated(T, n_votes=10, n_samples=8000, purity=0.7)
    model = likeliest_vote_model([votes], labels, **SETTINGS)
    assert np.abs(model.T - T).max() < 0.06
    np.testing.assert_allclose(np.diag(model.R), 0.8, atol=0.06)


def test_copied_votes_are_tempered():
    T = make_transition_matrix(3, 0.3)
    _, labels, votes = annotated(T, n_votes=3)
    settings = SETTINGS | {"inverse_temperatures": (1, 0.5, 0.2)}
    assert likeliest_vote_model([votes], labels, **settings).inverse_temperature == 1
    assert (
        likeliest_vote_model([5 * votes], labels, **settings).inverse_temperature == 0.2
    )


def test_weights_count_as_copies():
    T = make_transition_matrix(3, 0.3)
    _, labels, votes = annotated(T, n_votes=5, n_samples=300)
    copies = np.random.RandomState(0).randint(1, 4, size=300)
    weighted = type(labels)(
        labels.codes, labels.classes, sample_weight=copies.astype(float)
    )
    repeated = label_record(np.repeat(labels.codes, copies), owner="test")
    a = likeliest_vote_model([votes], weighted, **SETTINGS)
    b = likeliest_vote_model([votes.repeat(copies, axis=0)], repeated, **SETTINGS)
    np.testing.assert_allclose(a.T, b.T, atol=1e-8)


def test_says_when_it_has_not_settled():
    _, labels, votes = annotated(make_transition_matrix(3, 0.3), n_votes=5)
    with pytest.warns(ConvergenceWarning, match="Raise max_iter or tol"):
        model = likeliest_vote_model([votes], labels, **SETTINGS | {"max_iter": 2})
    assert (model.n_iter, model.converged) == (2, False)


def test_rare_classes_stay_rare():
    """The prior is found with the rest: labels alone say .54, .29 and .18."""
    T = make_transition_matrix(3, 0.3)
    rng = np.random.RandomState(0)
    shares = np.array([0.7, 0.25, 0.05])
    y = rng.choice(3, 6000, p=shares)
    labels = label_record(draw(T[y], rng), owner="test")
    votes = sum(np.eye(3)[draw(T[y], rng)] for _ in range(6))
    model = likeliest_vote_model([votes], labels, **SETTINGS)
    np.testing.assert_allclose(model.prior, model.clean_proba.mean(axis=0))
    np.testing.assert_allclose(model.prior, shares, atol=0.02)
    assert np.abs(np.bincount(labels.codes) / 6000 - shares).max() > 0.1
    assert np.abs(model.T - T).max() < 0.06
