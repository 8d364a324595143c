from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import make_multilabel_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknoisy.multilabel import label_vectors

X, Y = make_multilabel_classification(
    120, n_features=6, n_classes=4, allow_unlabeled=False, random_state=0
)
LINEAR = LogisticRegression(max_iter=500)
RIDGE = RidgeClassifier().fit(X, Y)
MODELS = {
    "ridge": RidgeClassifier(),
    "multi-output": MultiOutputClassifier(LINEAR),
    "one-vs-rest": OneVsRestClassifier(LINEAR),
    "pipelines inside": MultiOutputClassifier(make_pipeline(StandardScaler(), LINEAR)),
    "pipeline": make_pipeline(StandardScaler(), MultiOutputClassifier(LINEAR)),
    "search": GridSearchCV(RidgeClassifier(), {"alpha": [1, 10]}, scoring="f1_micro"),
}


@pytest.mark.parametrize("kind", MODELS)
def test_linear_models_of_every_kind(kind):
    model = MODELS[kind].fit(X, Y)
    vectors = label_vectors(model)
    assert vectors.shape == (4, 6)
    inputs = model[:-1].transform(X) if kind == "pipeline" else X
    if kind == "pipelines inside":
        inputs = StandardScaler().fit_transform(X)
    # The ranking by a vector is the ranking by the model.
    scores = [one[:, 1] for one in model.predict_proba(X)] if "pi" in kind else None
    for k in range(4) if scores else ():
        order = np.argsort(inputs @ vectors[k])
        assert (np.diff(scores[k][order]) >= -1e-9).all()


def test_vectors_are_the_rows_of_coef():
    assert_array_equal(label_vectors(RIDGE), RIDGE.coef_)
    label_vectors(RIDGE)[:] = 0
    assert (RIDGE.coef_ != 0).any()
    one = LogisticRegression(max_iter=500).fit(X, Y[:, 0])
    assert label_vectors(one).shape == (1, 6)
    sparse = SGDClassifier(penalty="l1", random_state=0).fit(X, Y[:, 0]).sparsify()
    assert label_vectors(sparse).shape == (1, 6)


def test_last_layer_of_a_network():
    net = MLPClassifier((8, 3), solver="lbfgs", max_iter=20, random_state=0)
    with pytest.warns(UserWarning, match=r"lbfgs failed to converge|Maximum"):
        net.fit(X, Y)
    assert_array_equal(label_vectors(net), net.coefs_[-1].T)
    assert label_vectors(net).shape == (4, 3)


class _Weight:
    """What a parameter of torch can do, as far as it is needed here."""

    def __init__(self, values):
        self.values = np.asarray(values)

    def detach(self):
        return self

    def cpu(self):
        return self

    def numpy(self):
        return self.values


def test_last_linear_layer_of_a_net():
    layers = [
        SimpleNamespace(out_features=3, weight=_Weight(np.ones((3, 6)))),
        SimpleNamespace(p=0.5),
        SimpleNamespace(out_features=4, weight=_Weight(np.full((4, 3), 2.0))),
        SimpleNamespace(),
    ]
    net = SimpleNamespace(module_=SimpleNamespace(modules=lambda: iter(layers)))
    assert_array_equal(label_vectors(net), np.full((4, 3), 2.0))
    empty = SimpleNamespace(module_=SimpleNamespace(modules=lambda: iter([])))
    with pytest.raises(ValueError, match="expected a fitted model with one vector"):
        label_vectors(empty)


def test_constant_label_has_a_vector_of_zeros():
    constant = Y.copy()
    constant[:, 2] = 0
    with pytest.warns(UserWarning, match="Label not 2 is present"):
        model = OneVsRestClassifier(LINEAR).fit(X, constant)
    vectors = label_vectors(model)
    assert_array_equal(vectors[2], np.zeros(6))


@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression(),
        RandomForestClassifier(3, random_state=0).fit(X, Y),
        ClassifierChain(LINEAR).fit(X, Y),
        make_pipeline(StandardScaler(), RandomForestClassifier(3)).fit(X, Y),
        object(),
    ],
    ids=["not fitted", "forest", "chain", "pipeline of a forest", "no model"],
)
def test_models_without_a_vector_per_label(model):
    with pytest.raises(ValueError, match="label_vectors expected a fitted model"):
        label_vectors(model)
