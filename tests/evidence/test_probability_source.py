"""Steps that ask a model about labels that it has not seen, or are given a table."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB

from sknoisy._folds import distinct_rows
from sknoisy._labels import read_labels
from sknoisy.evidence import ProbabilitySource

rng = np.random.RandomState(0)
y = np.arange(60) % 2
X = rng.normal(size=(60, 2)) + y[:, None]
CV = StratifiedKFold(3)


class Step(ProbabilitySource, BaseEstimator):
    """A step without anything of its own."""

    _default_estimator = None


def record():
    return read_labels(X, y, owner="Test").relative_to(distinct_rows(X))


def test_a_model_is_asked_out_of_fold():
    proba = Step(GaussianNB(), cv=CV)._proba(X, record())
    expected = cross_val_predict(GaussianNB(), X, y, cv=CV, method="predict_proba")
    assert_allclose(proba, expected)


def test_a_table_that_is_given_is_taken_and_checked():
    table = np.column_stack([np.linspace(0, 1, 60), np.linspace(1, 0, 60)])
    assert_array_equal(Step("precomputed")._proba(table, record()), table)
    with pytest.raises(ValueError, match=r"Step.*sum to 1"):
        Step("precomputed")._proba(2 * table, record())


def test_the_model_is_that_of_the_call_then_of_the_step_then_of_its_owner():
    step, labels = Step(), record()
    assert isinstance(step._inputs(X, labels).base, LogisticRegression)
    step._default_estimator = RandomForestClassifier()
    assert isinstance(step._inputs(X, labels).base, RandomForestClassifier)
    step.set_params(estimator=GaussianNB())
    assert isinstance(step._inputs(X, labels).base, GaussianNB)
    own = step._inputs(X, labels, LogisticRegression(C=2)).base
    assert own.get_params()["C"] == 2


def test_a_seed_reaches_the_model_and_the_folds_are_those_asked_for():
    step = Step(RandomForestClassifier(), cv=CV, random_state=7)
    inputs = step._inputs(X, record())
    assert inputs.base.random_state is not None
    assert step.estimator.random_state is None
    assert_array_equal(inputs.folds[1][1], list(CV.split(X, y))[1][1])
