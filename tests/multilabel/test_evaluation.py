import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import make_multilabel_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    average_precision_score,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier

from sknoisy.multilabel import tagwise_score_report

X, Y = make_multilabel_classification(150, n_classes=4, random_state=0)
proba = OneVsRestClassifier(LogisticRegression()).fit(X, Y).predict_proba(X)


@pytest.mark.parametrize("convert", [np.asarray, sparse.csr_array, pd.DataFrame])
def test_scores_are_those_of_scikit_learn(convert):
    found = tagwise_score_report(convert(Y), proba, threshold=0.4)
    predicted = proba >= 0.4
    for name, expected in (
        ("roc_auc", roc_auc_score(Y, proba, average=None)),
        ("average_precision", average_precision_score(Y, proba, average=None)),
        ("precision", precision_score(Y, predicted, average=None)),
        ("recall", recall_score(Y, predicted, average=None)),
        ("f1", f1_score(Y, predicted, average=None)),
    ):
        assert_allclose(getattr(found, name), expected)
        assert found.mean()[name] == pytest.approx(expected.mean())
    assert_array_equal(found.n_positive, Y.sum(axis=0))
    assert found.n_samples == 150


@pytest.mark.parametrize(
    "estimator",
    [
        RandomForestClassifier(5, random_state=0),
        MultiOutputClassifier(LogisticRegression()),
    ],
    ids=["forest", "multi-output"],
)
def test_lists_of_probabilities_are_read(estimator):
    lists = estimator.fit(X, Y).predict_proba(X)
    assert isinstance(lists, list)
    expected = np.column_stack([one[:, 1] for one in lists])
    found = tagwise_score_report(Y, lists)
    assert_allclose(found.roc_auc, roc_auc_score(Y, expected, average=None))


def test_label_that_training_never_saw_scores_like_chance():
    without = Y.copy()
    without[:, 1] = 0
    lists = RandomForestClassifier(5, random_state=0).fit(X, without).predict_proba(X)
    assert lists[1].shape == (150, 1)
    with pytest.warns(UndefinedMetricWarning, match=r"never predicted\. Labels: 1\."):
        found = tagwise_score_report(Y, lists)
    assert found.roc_auc[1] == 0.5


@pytest.mark.parametrize(
    "y_score", [proba[:, 0], proba[:, :1], pd.DataFrame(proba[:, :1]), [*proba[:, 0]]]
)
def test_one_label(y_score):
    found = tagwise_score_report(Y[:, 0], y_score)
    assert found.roc_auc == pytest.approx(roc_auc_score(Y[:, 0], proba[:, 0]))


@pytest.mark.filterwarnings("default::sklearn.exceptions.UndefinedMetricWarning")
def test_undefined_scores_are_nan_with_a_warning():
    odd = Y.copy()
    odd[:, 0], odd[:, 1] = 0, 1
    low = proba.copy()
    low[:, 2] = 0
    with pytest.warns(UndefinedMetricWarning) as caught:
        found = tagwise_score_report(odd, low, label_names=list("abcd"))
    texts = [str(warning.message) for warning in caught]
    assert [text.rpartition(" Labels: ")[2] for text in texts] == ["a.", "b.", "c."]
    assert_array_equal(np.isnan(found.roc_auc), [True, True, False, False])
    assert_array_equal(np.isnan(found.f1), [True, False, False, False])
    assert_array_equal(np.isnan(found.precision), [False, False, True, False])
    assert found.mean()["roc_auc"] == pytest.approx(found.roc_auc[2:].mean())


def test_scores_without_a_threshold():
    found = tagwise_score_report(Y, proba, threshold=None)
    assert np.isfinite(found.roc_auc).all()
    assert np.isnan([found.precision, found.recall, found.f1]).all()
    assert np.isnan(found.mean()["f1"])
    assert list(found.to_frame().columns[:2]) == ["n_positive", "roc_auc"]


@pytest.mark.parametrize(
    ("y_score", "message"),
    [
        (proba[:, :3], r"y_score of shape \(150, 4\).* shape \(150, 3\)"),
        (proba[:9], r"y_score of shape \(150, 4\).* shape \(9, 4\)"),
        (proba.astype(str), "a number for each row and label"),
        (np.where(proba > 0.9, np.nan, proba), "finite numbers in y_score"),
        ([], r"y_score of shape \(150, 4\)"),
    ],
)
def test_bad_scores(y_score, message):
    with pytest.raises(ValueError, match=message):
        tagwise_score_report(Y, y_score)
