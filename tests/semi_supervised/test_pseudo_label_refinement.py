import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from sknoisy import PseudoLabelRefiner
from sknoisy.noise import UniformNoise
from sknoisy.semi_supervised import PseudoLabelRefinementClassifier

LINEAR = LogisticRegression(max_iter=300)
# Without a bootstrap, so that rounds differ by the seed alone.
STEADY = PseudoLabelRefiner(carry="soft")
SEEDS = range(2)


def some_labels(y, n_per_class, seed):
    """Hide all labels but a few of each class."""
    order = np.random.RandomState(seed).permutation(len(y))
    few = [order[y[order] == c][:n_per_class] for c in np.unique(y)]
    hidden = np.full(len(y), -1)
    rows = np.concatenate(few)
    hidden[rows] = y[rows]
    return hidden


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), y, some_labels(y, 3, 0)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:600] / 16, y[:600], X[600:] / 16, y[600:]


def classifier(base=LINEAR, **params):
    params = {"unlabeled": -1, "random_state": 0, **params}
    return PseudoLabelRefinementClassifier(base, **params)


@pytest.mark.parametrize("seed", SEEDS)
def test_clusters_help_where_labels_are_few(digits, seed):
    X, y, X_test, y_test = digits
    few = some_labels(y, 3, seed)
    plain = clone(LINEAR).fit(X[few >= 0], few[few >= 0]).score(X_test, y_test)
    clf = classifier(random_state=seed).fit(X, few)
    assert clf.score(X_test, y_test) > plain + 0.02
    assert np.mean(clf.transduction_ == y) > plain


@pytest.mark.parametrize("seed", SEEDS)
def test_clusters_help_against_wrong_labels(digits, seed):
    X, y, X_test, y_test = digits
    noisy = UniformNoise(0.4, random_state=seed).corrupt(y)
    plain = clone(LINEAR).fit(X, noisy).score(X_test, y_test)
    clf = classifier(unlabeled=None, random_state=seed)
    clf.fit(X, noisy)
    assert clf.score(X_test, y_test) > plain + 0.02
    assert np.mean(clf.transduction_ == y) > np.mean(noisy == y) + 0.1


def test_what_is_kept(iris):
    X, _, few = iris
    clf = classifier(n_rounds=4, tol=0).fit(X, few)
    given = few >= 0
    assert_array_equal(clf.classes_, [0, 1, 2])
    assert clf.soft_labels_.shape == (150, 3)
    assert_allclose(clf.soft_labels_[given].sum(axis=1), 1)
    assert clf.soft_labels_[~given].sum(axis=1).max() < 1
    assert clf.n_iter_ == len(clf.history_) <= 4
    assert clf.history_[0]["changed"] is None
    assert {entry["n_clusters_given"] for entry in clf.history_} == {37}
    assert clf.cluster_labels_.shape == (150,)
    assert clf.transduction_.shape == (150,)
    silent = ~clf.soft_labels_.any(axis=1)
    assert_array_equal(clf.transduction_[silent], clf.predict(X)[silent])
    most = clf.soft_labels_.argmax(axis=1)
    assert_array_equal(clf.transduction_[~silent], most[~silent])


def test_the_refiner_sees_each_round(iris):
    X, _, few = iris
    refiner = PseudoLabelRefiner(alpha=0.3)
    clf = classifier(refiner=refiner, n_rounds=3, tol=0).fit(X, few)
    assert len(clf.refiner_.history_) == clf.n_iter_
    assert clf.refiner_.alpha == 0.3
    assert not hasattr(refiner, "history_")
    # One row of iris is written twice; to the clusterer it is one point.
    assert clf.refiner_.labels_.shape == (149,)


def test_the_end_comes_when_labels_settle(iris):
    X, _, few = iris
    still = classifier(
        clusterer=AgglomerativeClustering(30), refiner=STEADY, embedding="features"
    ).fit(X, few)
    assert (still.n_iter_, still.termination_condition_) == (2, "settled")
    assert still.history_[-1]["changed"] == 0
    restless = classifier(n_rounds=2, tol=0, clusterer=KMeans(9, n_init=1))
    restless.fit(X, few)
    assert (restless.n_iter_, restless.termination_condition_) == (2, "n_rounds")


def test_same_seed_same_result(iris):
    X, _, few = iris
    first, second = classifier().fit(X, few), classifier().fit(X, few)
    assert_array_equal(first.soft_labels_, second.soft_labels_)
    other = classifier(random_state=1).fit(X, few)
    assert (first.soft_labels_ != other.soft_labels_).any()


def test_verified_labels_are_kept(iris):
    X, y, _ = iris
    noisy = UniformNoise(0.4, random_state=0).corrupt(y)
    trusted = np.arange(150) % 3 == 0
    clf = classifier(unlabeled=None, given_share=0.2).fit(X, noisy, trusted=trusted)
    assert_array_equal(clf.soft_labels_[trusted], np.eye(3)[noisy[trusted]])
    assert (clf.transduction_[~trusted] != noisy[~trusted]).any()


def test_rows_of_a_group_have_no_vote_on_each_other(iris):
    X, _, few = iris
    # All that share a cluster are of one group, so that nobody is left to vote.
    groups = KMeans(20, n_init=1, random_state=0).fit_predict(X)
    same = classifier(
        clusterer=KMeans(20, n_init=1, random_state=0), embedding="passthrough"
    )
    assert same.fit(X, few).soft_labels_[few < 0].any()
    with pytest.warns(UserWarning, match="No row without a label has got"):
        alone = classifier(
            clusterer=FixedClusters(groups), refiner=STEADY, embedding="passthrough"
        ).fit(X, few, groups=groups)
    assert not alone.soft_labels_[few < 0].any()


class FixedClusters(KMeans):
    """A clusterer that knows what it will find among the distinct rows of iris."""

    def __init__(self, clusters=None):
        super().__init__()
        self.clusters = clusters

    def fit_predict(self, X, y=None):
        nearest = np.abs(np.asarray(X)[:, None] - scale(load_iris().data)).sum(axis=2)
        return self.clusters[nearest.argmin(axis=1)]

    def get_params(self, deep=True):
        return {"clusters": self.clusters}


def test_rows_without_weight_have_no_say(iris):
    X, _, few = iris
    weight = np.ones(150)
    weight[::7] = 0
    clf = classifier().fit(X, few, sample_weight=weight)
    kept = weight > 0
    without = classifier().fit(X[kept], few[kept])
    assert_allclose(clf.soft_labels_[kept], without.soft_labels_, atol=1e-6)
    assert not clf.soft_labels_[~kept].any()
    assert (clf.cluster_labels_[~kept] == -1).all()
    assert set(clf.transduction_[~kept]) <= {0, 1, 2}


# --- the space ------------------------------------------------------------------------

SPACES = {
    "features": "features",
    "passthrough": "passthrough",
    "proba": "proba",
    "transformer": PCA(2),
    "discriminant": LinearDiscriminantAnalysis(),
    "pipeline": make_pipeline(StandardScaler(), LinearDiscriminantAnalysis()),
    "callable": lambda model, X: model.decision_function(X) * 2,
}


@pytest.mark.parametrize("embedding", SPACES.values(), ids=SPACES)
def test_each_space_does(iris, embedding):
    X, y, few = iris
    clf = classifier(embedding=embedding).fit(X, few)
    assert clf.score(X, y) > 0.8


def test_a_classifier_that_transforms_and_takes_no_weights(iris):
    X, y, few = iris
    base = LinearDiscriminantAnalysis()
    clf = classifier(base, embedding="transform", given_share=1).fit(X, few)
    assert clf.score(X, y) > 0.85
    assert set(np.unique(clf.soft_labels_)) == {0, 1}
    assert clf.transform(X).shape == (150, 2)


def test_a_transformer_that_looks_at_labels_learns_from_the_votes(iris):
    X, _, few = iris
    seen = []

    class Watched(LinearDiscriminantAnalysis):
        def fit(self, X, y):
            seen.append(len(X))
            return super().fit(X, y)

    classifier(embedding=Watched(), n_rounds=3, tol=0).fit(X, few)
    assert seen[0] == 9
    assert len(seen) == 3
    assert seen[1] > 2 * seen[0]


def test_the_classifier_of_the_round_is_what_a_callable_gets(iris):
    X, _, few = iris
    seen = []

    def embedding(model, rows):
        seen.append(model)
        assert rows is X
        return model.predict_proba(rows)

    clf = classifier(embedding=embedding, n_rounds=2, tol=0).fit(X, few)
    plain = clone(LINEAR).fit(X[few >= 0], few[few >= 0])
    assert_allclose(seen[0].coef_, plain.coef_, atol=1e-3)
    assert len({id(model) for model in [*seen, clf.estimator_]}) == 3


def test_probabilities_stand_beside_features(iris):
    X, _, few = iris
    seen = []

    class Watched(KMeans):
        def fit_predict(self, X, y=None, sample_weight=None):
            seen.append(X)
            return super().fit_predict(X)

    clusterer = Watched(30, n_init=1)
    classifier(clusterer=clusterer, refiner=STEADY, n_rounds=2, tol=0).fit(X, few)
    Z = seen[0]
    assert Z.shape == (149, 4 + 3)
    assert_allclose(Z[:, :4].var(axis=0).sum(), 1)
    assert_allclose((Z[:, 4:] ** 2).sum(axis=1), 1)
    assert_array_equal(seen[1][:, :4], Z[:, :4])
    assert (seen[1][:, 4:] != Z[:, 4:]).any()


def test_steps_that_look_at_labels_see_those_that_are_there(iris):
    X, _, few = iris
    seen = []

    class Watched(LinearDiscriminantAnalysis):
        def fit(self, X, y):
            seen.append(np.asarray(y))
            return super().fit(X, y)

    base = make_pipeline(Watched(), KNeighborsClassifier(3))
    clf = classifier(base, embedding="features", n_rounds=1).fit(X, few)
    # Once for the space, once for the final classifier, which takes no weights.
    assert [len(y) for y in seen] == [9, clf.soft_labels_.any(axis=1).sum()]


# --- classes that nobody has labelled -------------------------------------------------


def test_novel_classes_shape_the_space():
    X, y = load_digits(return_X_y=True)
    rows = np.random.RandomState(0).permutation(len(y))[:700]
    X, y = X[rows] / 16, y[rows]
    known = np.where(y < 6, y, -1)
    scores = {}
    for novel in (False, True):
        clf = classifier(
            LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.1),
            clusterer=KMeans(40, n_init=1),
            embedding="transform",
            novel_classes=novel,
        ).fit(X, known)
        found = clf.cluster_labels_[y >= 6]
        scores[novel] = adjusted_rand_score(y[y >= 6], found)
        assert_array_equal(clf.classes_, range(6))
        assert set(clf.predict(X)) <= set(range(6))
    assert scores[True] > scores[False]


# --- degenerate clusterings -----------------------------------------------------------


@pytest.mark.parametrize(
    ("clusterer", "message"),
    [
        (DBSCAN(1e-9), "has found no cluster: only the labels that were given"),
        (DBSCAN(1e9), "has found a single cluster.*try another clusterer, radius"),
        (DBSCAN(1e-9, min_samples=1), "no cluster holds rows with and without"),
    ],
)
def test_clusters_without_a_say(iris, clusterer, message):
    X, _, few = iris
    clf = classifier(clusterer=clusterer, embedding="features")
    with pytest.warns(UserWarning, match=f"No row without a label.*{message}"):
        clf.fit(X, few)
    plain = clone(LINEAR).fit(X[few >= 0], few[few >= 0])
    assert_allclose(clf.predict_proba(X), plain.predict_proba(X), atol=1e-4)


def test_rows_left_out_by_every_clustering_have_no_pseudo_label(iris):
    X, y, few = iris
    clf = classifier(clusterer=DBSCAN(0.4), refiner=STEADY, embedding="features")
    clf.fit(X, few)
    outliers = clf.cluster_labels_ == -1
    # The row that is written twice is one of them.
    assert 0 < outliers.sum() == clf.history_[-1]["n_outliers"] + 1 < 100
    assert not clf.soft_labels_[outliers & (few < 0)].any()
    assert clf.score(X, y) > 0.7


def test_the_former_place_says_where_it_is():
    import sknoisy.classification

    with pytest.warns(FutureWarning, match="import it from sknoisy.semi_supervised"):
        found = sknoisy.classification.PseudoLabelRefinementClassifier
    assert found is PseudoLabelRefinementClassifier
    with pytest.raises(AttributeError, match="has no attribute 'Unknown'"):
        sknoisy.classification.Unknown  # noqa: B018
