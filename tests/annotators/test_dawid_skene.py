"""Annotators and true classes, estimated from each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpydoc.docscrape import ClassDoc
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from sknoisy.annotators import DawidSkene, annotations_from_long
from sknoisy.exceptions import NoEvidenceWarning


def panel(seed=0, n_items=300, n_classes=3, rates=(0.1, 0.3, 0.5, 0.6), silent=0.3):
    """Return answers of annotators who err alike in all classes, and the truth."""
    rng = np.random.RandomState(seed)
    truth = rng.randint(n_classes, size=n_items)
    columns = []
    for rate in rates:
        wrong = (truth + rng.randint(1, n_classes, n_items)) % n_classes
        answer = np.where(rng.rand(n_items) < rate, wrong, truth)
        columns.append(np.where(rng.rand(n_items) < silent, -1, answer))
    answers = np.column_stack(columns)
    answers[(answers < 0).all(axis=1), 0] = 0
    return answers, truth


def by_loops(answers, n_classes, n_rounds):
    """Expectation-maximisation, one answer at a time."""
    n_items, n_annotators = answers.shape
    q = np.zeros((n_items, n_classes))
    for i in range(n_items):
        for a in range(n_annotators):
            if answers[i, a] >= 0:
                q[i, answers[i, a]] += 1
    q /= q.sum(axis=1, keepdims=True)
    for _ in range(n_rounds):
        T = np.zeros((n_annotators, n_classes, n_classes))
        for i in range(n_items):
            for a in range(n_annotators):
                if answers[i, a] >= 0:
                    T[a, :, answers[i, a]] += q[i]
        T /= T.sum(axis=2, keepdims=True)
        prior, new = q.mean(axis=0), np.zeros_like(q)
        for i in range(n_items):
            new[i] = prior
            for a in range(n_annotators):
                if answers[i, a] >= 0:
                    new[i] *= T[a, :, answers[i, a]]
        q = new / new.sum(axis=1, keepdims=True)
    return q, T


def test_without_prior_it_is_the_textbook_algorithm():
    answers, _ = panel(n_items=60)
    q, T = by_loops(answers, 3, n_rounds=7)
    crowd = DawidSkene(prior_strength=0, missing=-1, max_iter=7, tol=0)
    with pytest.warns(ConvergenceWarning, match="Raise max_iter or tol"):
        crowd.fit(answers)
    np.testing.assert_allclose(crowd.clean_proba_, q, atol=1e-9)
    np.testing.assert_allclose(crowd.transition_matrices_, T, atol=1e-9)


def test_one_round_by_hand():
    # Shares of the votes: items 0 and 1 are sure, item 2 is even.
    answers = [["a", "a"], ["b", "b"], ["a", "b"]]
    crowd = DawidSkene(prior_strength=0, max_iter=1, tol=1)
    crowd.fit(answers)
    # Annotator 0 said a to item 0 and to half of item 2: 1.5 of 1.5 for class a, and
    # b to item 1, a to the other half of item 2: 1 of 1.5 for class b.
    T = np.array([[[1, 0], [1 / 3, 2 / 3]], [[2 / 3, 1 / 3], [0, 1]]])
    np.testing.assert_allclose(crowd.transition_matrices_, T, atol=1e-12)
    # Item 2 has the answers a, b: 1 * 1/3 for class a, 1/3 * 1 for class b.
    np.testing.assert_allclose(crowd.clean_proba_[2], [0.5, 0.5])
    # Item 0: 1 * 2/3 for class a, 1/3 * 0 for class b.
    np.testing.assert_allclose(crowd.clean_proba_[0], [1, 0], atol=1e-9)


def test_an_annotator_borrows_from_the_crowd():
    answers, _ = panel(rates=(0.1, 0.1, 0.1), silent=0)
    newcomer = np.full((len(answers), 1), -1)
    crowd = DawidSkene(missing=-1).fit(np.hstack([answers, newcomer]))
    counts = crowd.transition_matrices_[:3]
    # Nothing is known of who has said nothing, so that they are like the others.
    newcomer = crowd.transition_matrices_[3]
    assert counts.min(axis=0).min() <= newcomer.min()
    np.testing.assert_allclose(newcomer, counts.mean(axis=0), atol=0.02)
    few = DawidSkene(missing=-1, prior_strength=1e6).fit(answers)
    np.testing.assert_allclose(
        few.transition_matrices_, few.transition_matrices_[[0, 0, 0]], atol=1e-3
    )


@pytest.mark.parametrize("model", ["confusion", "one_coin"])
@pytest.mark.parametrize("seed", range(2))
def test_annotators_are_recovered(model, seed):
    rates = (0.05, 0.2, 0.4, 0.6)
    answers, truth = panel(seed, n_items=1000, rates=rates)
    crowd = DawidSkene(model=model, missing=-1).fit(answers)
    T = crowd.transition_matrices_
    np.testing.assert_allclose(T.sum(axis=2), 1)
    np.testing.assert_allclose(crowd.clean_proba_.sum(axis=1), 1)
    np.testing.assert_allclose(crowd.annotator_quality_, 1 - np.array(rates), atol=0.15)
    votes = np.stack([(answers == k).sum(axis=1) for k in range(3)], axis=1)
    assert (crowd.labels_ == truth).mean() > (votes.argmax(axis=1) == truth).mean()
    wrong = (answers != truth[:, None])[answers >= 0].mean()
    assert crowd.noise_rate_ == pytest.approx(wrong, abs=0.05)


def test_who_is_always_wrong_is_read_the_right_way():
    rng = np.random.RandomState(0)
    truth = rng.randint(2, size=200)
    noisy = np.where(rng.rand(200, 2) < 0.2, 1 - truth[:, None], truth[:, None])
    answers = np.column_stack([noisy, 1 - truth])
    crowd = DawidSkene().fit(answers)
    assert (crowd.labels_ == truth).mean() > 0.97
    assert crowd.annotator_quality_[2] < 0.1


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(4)), st.permutations(range(3)), st.integers(0, 3))
def test_result_permutes_with_annotators_items_and_classes(people, classes, seed):
    answers, _ = panel(seed, n_items=40)
    rows = np.random.RandomState(seed).permutation(40)
    renamed = np.where(answers < 0, -1, np.array(classes)[answers])
    crowd = DawidSkene(missing=-1).fit(answers)
    other = DawidSkene(missing=-1).fit(renamed[rows][:, people])
    np.testing.assert_allclose(
        other.clean_proba_[:, classes], crowd.clean_proba_[rows], atol=1e-6
    )
    turned = other.transition_matrices_[:, classes][:, :, classes]
    np.testing.assert_allclose(turned, crowd.transition_matrices_[people], atol=1e-6)


def test_weights_are_copies():
    answers, _ = panel(n_items=50)
    weight = np.random.RandomState(0).randint(1, 4, 50)
    weighted = DawidSkene(missing=-1).fit(answers, sample_weight=weight)
    copied = DawidSkene(missing=-1).fit(np.repeat(answers, weight, axis=0))
    np.testing.assert_allclose(
        weighted.transition_matrices_, copied.transition_matrices_, atol=1e-8
    )


def test_given_probabilities_take_the_place_of_the_prior():
    answers, truth = panel(n_items=200, rates=(0.5, 0.5, 0.5))
    sure = np.where(np.eye(3)[truth] > 0, 0.8, 0.1)
    alone = DawidSkene(missing=-1).fit(answers)
    joined = DawidSkene(missing=-1).fit(answers, proba=sure)
    assert (joined.labels_ == truth).mean() > (alone.labels_ == truth).mean() + 0.1
    known = DawidSkene(missing=-1).fit(answers, proba=np.eye(3)[truth])
    np.testing.assert_array_equal(known.labels_, truth)


def test_items_without_answers_get_the_shares_of_the_classes():
    answers, _ = panel(silent=0)
    answers[0] = -1
    with pytest.warns(NoEvidenceWarning, match="no answer to 1 of 300 items"):
        crowd = DawidSkene(missing=-1).fit(answers)
    np.testing.assert_allclose(crowd.clean_proba_[0], crowd.class_prior_, atol=1e-3)


def test_an_annotator_with_one_label_tells_nothing():
    answers, truth = panel(rates=(0.1, 0.2, 0.3), silent=0)
    stubborn = np.hstack([answers, np.zeros((300, 1), dtype=int)])
    crowd = DawidSkene(missing=-1).fit(stubborn)
    assert (crowd.transition_matrices_[3][:, 0] > 0.95).all()
    assert (crowd.labels_ == truth).mean() > 0.9


def test_one_class_is_refused():
    with pytest.raises(
        ValueError, match="at least 2 classes, but all 3 answers are 'a'"
    ):
        DawidSkene().fit([["a", "a", "a"]])


def test_another_class_may_be_known_of():
    answers = annotations_from_long([0, 1], [0, 0], ["a", "a"], classes=["a", "b"])
    crowd = DawidSkene().fit(answers)
    assert crowd.labels_.tolist() == ["a", "a"]
    assert crowd.clean_proba_.shape == (2, 2)


@pytest.mark.parametrize(
    ("proba", "message"),
    [
        (np.full((3, 2), 0.5), r"shape \(2, 2\)"),
        (np.full((2, 2), 0.2), "sum to 1"),
    ],
)
def test_bad_probabilities_are_refused(proba, message):
    with pytest.raises(ValueError, match=message):
        DawidSkene().fit([["a", "b"], ["b", "b"]], proba=proba)


def test_it_is_an_estimator():
    crowd = DawidSkene(model="one_coin", prior_strength=1.0)
    assert clone(crowd).get_params() == crowd.get_params()
    answers, _ = panel()
    assert crowd.set_params(missing=-1).fit(answers) is crowd
    with pytest.raises(ValueError, match="'model' parameter of DawidSkene"):
        DawidSkene(model="difficulty").fit(answers)


def test_fitted_attributes_are_documented():
    described = {attribute.name for attribute in ClassDoc(DawidSkene)["Attributes"]}
    answers, _ = panel()
    crowd = DawidSkene(missing=-1).fit(answers)
    fitted = {name for name in vars(crowd) if name.endswith("_")}
    assert fitted == described
