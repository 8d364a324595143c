"""Breast cancer by rules of thumb."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_breast_cancer

from sknoisy.datasets import load_breast_cancer_rules
from sknoisy.datasets._rules import RULES


def test_noise_is_the_documented_one():
    bunch = load_breast_cancer_rules()
    wrong = bunch.target != bunch.target_noisy
    assert wrong.sum() == 48
    assert wrong[bunch.target == 0].sum() == 37
    assert wrong[bunch.target == 1].sum() == 11


def test_data_and_truth_are_those_of_scikit_learn():
    ours, theirs = load_breast_cancer_rules(), load_breast_cancer()
    assert_array_equal(ours.data, theirs.data)
    assert_array_equal(ours.target, theirs.target)


def test_two_of_three_rules_make_a_tumour_malignant():
    frame = load_breast_cancer_rules(as_frame=True).frame
    radius = frame["mean radius"] > 15
    texture = frame["mean texture"] > 20
    concavity = frame["mean concavity"] > 0.1
    malignant = (radius & texture) | (radius & concavity) | (texture & concavity)
    assert_array_equal(frame["target_noisy"] == 0, malignant)


def test_annotations_are_the_votes_of_the_rules():
    bunch = load_breast_cancer_rules()
    radius = bunch.data[:, bunch.feature_names.index("mean radius")]
    assert bunch.annotator_names[0] == "mean radius > 15"
    assert_array_equal(bunch.annotations[:, 0] == 0, radius > 15)
    majority = np.median(bunch.annotations, axis=1)
    assert_array_equal(bunch.target_noisy, majority)


def test_cuts_are_the_means_rounded_up():
    table = load_breast_cancer_rules(as_frame=True).data
    for (name, cut), step in zip(RULES, (5, 5, 0.05), strict=True):
        assert cut == pytest.approx(step * np.ceil(table[name].mean() / step))
