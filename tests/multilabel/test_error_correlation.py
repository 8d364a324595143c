import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.stats import spearmanr
from sklearn.exceptions import UndefinedMetricWarning

from sknoisy.multilabel import estimate_label_quality, occurrence_against_error
from sknoisy.noise import MultilabelNoise

rng = np.random.RandomState(0)
share = rng.uniform(0.05, 0.5, 12)
recall = rng.uniform(0.1, 0.9, 12)
truth = rng.uniform(size=(3000, 12)) < share
tags = MultilabelNoise(1 - recall, 0.02, random_state=0).corrupt(truth)
quality = estimate_label_quality(tags, truth)


def test_correlations_are_those_over_the_labels():
    found = occurrence_against_error(quality, scores=recall)
    assert found.between("tagability", "score") > 0.95
    for first, second, a, b in (
        ("occurrence", "false_discovery_rate", quality.occurrence, -quality.precision),
        ("prevalence", "tagability", quality.prevalence, quality.tagability),
        ("occurrence", "score", quality.occurrence, recall),
    ):
        expected = spearmanr(a, b)
        assert found.between(first, second) == pytest.approx(expected.statistic)
        assert found.between(second, first) == found.between(first, second)
    assert_array_equal(found.n_labels, 12)
    frame = found.to_frame()
    assert len(frame) == 6
    assert (frame["p_value"].between(0, 1)).all()


def test_without_scores_there_are_four_pairs():
    assert len(occurrence_against_error(quality).first) == 4


def test_labels_without_a_value_are_left_out():
    score = np.where(np.arange(12) < 4, np.nan, recall)
    found = occurrence_against_error(quality, scores=score)
    assert_array_equal(found.n_labels, [12, 12, 12, 12, 8, 8])


def test_too_few_labels_and_constant_values_are_nan_with_a_warning():
    few = estimate_label_quality(tags[:, :2], truth[:, :2])
    with pytest.warns(UndefinedMetricWarning, match=r"need at least 3 labels.* Pairs:"):
        found = occurrence_against_error(few)
    assert np.isnan(found.correlation).all()
    with pytest.warns(UndefinedMetricWarning, match="occurrence and score, tagability"):
        found = occurrence_against_error(quality, scores=np.ones(12))
    assert np.isnan(found.between("occurrence", "score"))


def test_bad_input():
    with pytest.raises(ValueError, match="quality expected what estimate_label_qual"):
        occurrence_against_error(recall)
    with pytest.raises(ValueError, match="scores expected the 12 labels of quality"):
        occurrence_against_error(quality, scores=recall[:5])
    with pytest.raises(KeyError, match="were not compared"):
        occurrence_against_error(quality).between("tagability", "score")
