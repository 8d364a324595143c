import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits, load_iris
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from sknoisy._labels import read_labels
from sknoisy.evidence import pool_evidence
from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.noise import PairNoise, UniformNoise
from sknoisy.quality import CrossAgreement, ModelConfidence, label_quality

LINEAR = LogisticRegression(max_iter=400)
TREE = DecisionTreeClassifier(min_samples_leaf=5, random_state=0)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:900] / 16, y[:900]


def test_score_is_that_of_both_predictions_together():
    X, y = load_iris(return_X_y=True)
    cv = StratifiedKFold(3)
    probas = [
        cross_val_predict(model, X, y, cv=cv, method="predict_proba")
        for model in (GaussianNB(), TREE)
    ]
    found = CrossAgreement(GaussianNB(), TREE, cv=cv).fit(X, y)
    pooled = pool_evidence(dict(enumerate(probas)), read_labels(X, y, owner="Test"))
    assert_allclose(found.label_quality_, label_quality(y, pooled), atol=1e-6)
    for row, proba in zip(found.similarities_, probas, strict=True):
        assert_allclose(row, label_quality(y, proba))
    agree = probas[0].argmax(axis=1) == probas[1].argmax(axis=1)
    assert_array_equal(found.models_agree_, agree)
    assert not agree.all()


@pytest.mark.parametrize("second", [None, GaussianNB(var_smoothing=0.1)])
def test_two_kinds_of_models_find_more_pair_noise_than_one(second, digits):
    X, y = digits
    together, alone = [], []
    for seed in range(5):
        noisy = PairNoise(0.3, random_state=seed).corrupt(y)
        for model, scores in (
            (CrossAgreement(LINEAR, second), together),
            (ModelConfidence(LINEAR), alone),
        ):
            quality = model.fit(X, noisy).label_quality_
            scores.append(roc_auc_score(noisy == y, quality))
    assert np.mean(together) > np.mean(alone) + 0.01


def test_where_both_call_another_name_labels_are_wrong(digits):
    X, y = digits
    noisy = UniformNoise(0.2, random_state=0).corrupt(y)
    found = CrossAgreement(LINEAR).fit(X, noisy)
    suspects = found.models_agree_ & (found.label_quality_ < 0.5)
    assert np.mean(noisy[suspects] != y[suspects]) > 0.9
    assert suspects.sum() > 0.6 * np.sum(noisy != y)


def test_without_an_embedding_the_model_judges_alone():
    pd = pytest.importorskip("pandas")
    X, y = load_iris(return_X_y=True)
    coarse = pd.DataFrame(X.round().astype(int), columns=list("abcd")).astype(
        "category"
    )
    trees = HistGradientBoostingClassifier(
        categorical_features="from_dtype", max_iter=5, random_state=0
    )
    with pytest.warns(NoEvidenceWarning):
        found = CrossAgreement(trees).fit(coarse, y)
    assert found.similarities_.shape == (1, 150)
    assert found.models_agree_.all()
