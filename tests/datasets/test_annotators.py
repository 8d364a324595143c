"""Wines by several annotators."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from sknoisy.datasets import load_wine_annotators
from sknoisy.datasets._annotators import ANNOTATORS, _unsure, majority_vote


def test_noise_is_the_documented_one():
    bunch = load_wine_annotators()
    answers, truth = bunch.annotations, bunch.target
    assert np.sum(bunch.target_noisy != truth) == 25
    declined = (answers < 0).mean(axis=0)
    assert_allclose(declined, [0, 0.298, 0.185, 0.129, 0.084], atol=5e-4)
    wrong = np.ma.masked_array(answers != truth[:, None], mask=answers < 0)
    assert_allclose(
        wrong.mean(axis=0), [0.225, 0.288, 0.331, 0.265, 0.337], atol=5.1e-4
    )


def test_share_of_ties_is_the_documented_one():
    answers = load_wine_annotators().annotations
    counts = np.stack([(answers == label).sum(axis=1) for label in range(3)], axis=1)
    tied = (counts == counts.max(axis=1, keepdims=True)).sum(axis=1) > 1
    assert tied.mean() == pytest.approx(0.101, abs=5e-4)


def test_majority_is_better_than_any_annotator_alone():
    bunch = load_wine_annotators()
    rate = np.mean(bunch.target_noisy != bunch.target)
    for answers in bunch.annotations.T:
        assert rate < np.mean(answers[answers >= 0] != bunch.target[answers >= 0])


def test_annotators_see_as_much_as_the_table_says():
    bunch = load_wine_annotators()
    seen = [len(names) for names in bunch.annotator_features]
    assert seen == [n_seen for _, n_seen, _ in ANNOTATORS]
    for names in bunch.annotator_features:
        assert set(names) <= set(bunch.feature_names)


def test_answer_depends_on_the_columns_seen_alone():
    bunch = load_wine_annotators()
    alcohol = bunch.data[:, bunch.feature_names.index("alcohol")]
    assert bunch.annotator_features[4] == ["alcohol"]
    for value in np.unique(alcohol):
        assert len(set(bunch.annotations[alcohol == value, 4])) == 1


@pytest.mark.parametrize("seed", range(5))
def test_first_annotator_answers_all_and_others_do_not(seed):
    answers = load_wine_annotators(random_state=seed).annotations
    assert (answers[:, 0] >= 0).all()
    assert (answers[:, 1:] < 0).any(axis=0).all()
    assert answers.min() == -1
    assert answers.max() == 2


def test_unsure_where_two_classes_are_about_equally_near():
    squared = np.square([[1.0, 2.0, 9.0], [9.0, 4.1, 5.0], [0.0, 0.0, 1.0]])
    assert_array_equal(_unsure(squared), [False, True, False])


def test_majority_by_hand():
    answers = [[0, 1, 1], [2, -1, -1], [-1, 1, 0], [1, 0, -1], [-1, -1, 2]]
    assert_array_equal(majority_vote(np.array(answers)), [1, 2, 1, 1, 2])


@settings(max_examples=30, deadline=None)
@given(
    arrays(
        np.int64,
        st.tuples(st.integers(1, 6), st.integers(1, 6)),
        elements=st.integers(-1, 3),
    )
)
def test_majority_is_the_most_common_answer(answers):
    answers[:, 0] = np.abs(answers[:, 0])
    expected = [Counter(row[row >= 0].tolist()).most_common(1)[0][0] for row in answers]
    assert_array_equal(majority_vote(answers), expected)
