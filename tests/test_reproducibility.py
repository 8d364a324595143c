"""The same result again: for every n_jobs and seed, from a cache and from a file."""

import pickle

import numpy as np
import pytest
from joblib import Memory, parallel_backend
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from skops import io as skops_io

from sknoisy import LabelNoiseInjector, NoisyLabelClassifier, RefinedLabelClassifier
from sknoisy.evidence import _forest
from sknoisy.evidence._forest import VOTES_WITHOUT_FOLD
from sknoisy.noise import UniformNoise
from sknoisy.quality import ModelConfidence, NeighborAgreement
from sknoisy.refinement import ConfidentPruning, QualityWeighting
from sknoisy.transition import ConfidentTransition

X, y_true = make_blobs(120, n_features=4, centers=3, cluster_std=1.5, random_state=0)
X = scale(X)
y = UniformNoise(0.2, random_state=0).corrupt(y_true)
FOREST = RandomForestClassifier(5)


# Seeds


def seeded_refined(refiner):
    """Return a maker of classifiers around a refiner, seeded by its parameters."""

    def make(seed):
        seeds = {name: seed for name in refiner.get_params() if "random_state" in name}
        forest = clone(FOREST).set_params(random_state=seed)
        return RefinedLabelClassifier(forest, clone(refiner).set_params(**seeds))

    return make


SEEDED = {
    "noisy label": lambda seed: NoisyLabelClassifier(FOREST, random_state=seed),
    "soft": lambda seed: NoisyLabelClassifier(
        make_pipeline(StandardScaler(), FOREST), action="soft", random_state=seed
    ),
    "pruning": seeded_refined(ConfidentPruning()),
    "weighting": seeded_refined(QualityWeighting(ModelConfidence(FOREST))),
    "injector": lambda seed: LabelNoiseInjector(FOREST, random_state=seed),
}
seeded = pytest.mark.parametrize("make", SEEDED.values(), ids=SEEDED)


def global_state():
    """Return the numbers behind numpy's global generator."""
    _, key, position, *_ = np.random.get_state()  # noqa: NPY002
    return position, key.tolist()


@seeded
def test_the_same_seed_gives_the_same_result(make):
    clf, twin = make(3).fit(X, y), make(3).fit(X, y)
    expected = clf.predict_proba(X)
    np.testing.assert_array_equal(twin.predict_proba(X), expected)
    np.testing.assert_array_equal(clf.fit(X, y).predict_proba(X), expected)


@seeded
def test_another_seed_gives_another_result(make):
    clf, other = make(3).fit(X, y), make(4).fit(X, y)
    assert (clf.predict_proba(X) != other.predict_proba(X)).any()


@seeded
def test_the_global_generator_is_left_alone(make):
    state = global_state()
    make(0).fit(X, y).predict(X)
    assert global_state() == state


@pytest.mark.parametrize("cls", [NoisyLabelClassifier, RefinedLabelClassifier])
def test_without_chance_in_the_base_there_is_none(cls):
    state = global_state()
    first, second = cls().fit(X, y), cls().fit(X, y)
    assert global_state() == state
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))


# Parallel work


def assert_same_fit(clf, other):
    np.testing.assert_array_equal(clf.predict(X), other.predict(X))
    np.testing.assert_allclose(clf.predict_proba(X), other.predict_proba(X), atol=1e-7)
    np.testing.assert_allclose(clf.soft_labels_, other.soft_labels_, atol=1e-7)


PARALLEL = {
    "noisy label": lambda n_jobs: NoisyLabelClassifier(
        FOREST, action="soft", random_state=0, n_jobs=n_jobs
    ),
    "pruning": lambda n_jobs: RefinedLabelClassifier(
        LogisticRegression(), ConfidentPruning(FOREST, random_state=0, n_jobs=n_jobs)
    ),
    "weighting": lambda n_jobs: RefinedLabelClassifier(
        refiner=QualityWeighting(NeighborAgreement(n_jobs=n_jobs))
    ),
}


@pytest.mark.parametrize("make", PARALLEL.values(), ids=PARALLEL)
@pytest.mark.parametrize("n_jobs", [2, 3, -1])
def test_every_number_of_threads_gives_the_same_result(make, n_jobs):
    with parallel_backend("threading"):
        shared = make(n_jobs).fit(X, y)
    assert_same_fit(make(None).fit(X, y), shared)


def test_two_processes_give_the_same_result():
    make = PARALLEL["noisy label"]
    assert_same_fit(make(None).fit(X, y), make(2).fit(X, y))


# Caching

# Old joblib warns where a busy machine writes to its disk slowly.
slow_disk = pytest.mark.filterwarnings("ignore:Persisting input arguments")
FITS = []


class Counted(LogisticRegression):
    """A classifier that counts its fits."""

    def fit(self, X, y, sample_weight=None):
        FITS.append(len(y))
        return super().fit(X, y, sample_weight)


@pytest.fixture
def fits():
    FITS.clear()
    return FITS


@pytest.mark.parametrize(
    ("cv", "n_fits"), [(3, 3 + 3 + 1), (4, 4 + 3 + 1), (9, 9 + 1 + 1)]
)
def test_a_fit_costs_eight_fits_if_folds_allow(fits, cv, n_fits):
    # So many folds that eight fits are not enough check the action on one of them.
    clf = NoisyLabelClassifier(Counted(), cv=cv).fit(X, y)
    assert len(fits) == clf.n_fits_ == n_fits


def test_neighbors_cost_no_fit(fits):
    clf = NoisyLabelClassifier(Counted(), evidence="neighbors").fit(X, y)
    assert len(fits) == clf.n_fits_ == 1


@pytest.mark.parametrize("trusted", [slice(20), slice(None)], ids=["some", "all"])
def test_fits_are_counted_with_trusted_labels(fits, trusted):
    mask = np.zeros(len(y), dtype=bool)
    mask[trusted] = True
    clf = NoisyLabelClassifier(Counted()).fit(X, y, trusted=mask)
    assert len(fits) == clf.n_fits_


@slow_disk
@pytest.mark.parametrize("as_object", [False, True], ids=["folder", "Memory"])
def test_another_action_fits_no_fold_again(fits, tmp_path, as_object):
    memory = Memory(tmp_path, verbose=0) if as_object else str(tmp_path)
    clf = NoisyLabelClassifier(Counted(), action="filter", memory=memory).fit(X, y)
    filtered = clf.predict_proba(X)
    assert len(fits) == 7
    clf.set_params(action="soft", transition=ConfidentTransition()).fit(X, y)
    assert len(fits) == 7 + 3 + 1
    clf.set_params(action="filter", transition="auto", memory=None).fit(X, y)
    np.testing.assert_array_equal(clf.predict_proba(X), filtered)
    clf.set_params(memory=memory).fit(X, np.roll(y, 1))
    assert len(fits) == 11 + 7 + 7


@slow_disk
def test_a_search_over_actions_fits_each_fold_once(fits, tmp_path):
    clf = NoisyLabelClassifier(Counted(), cv=3, memory=str(tmp_path))
    grid = {"action": ["weight", "filter", "relabel", "soft"]}
    GridSearchCV(clf, grid, cv=2, error_score="raise").fit(X, y)
    # In each half the 3 folds, then each of 4 actions on these and on all rows; at last
    # all this for the best action.
    assert len(fits) == 2 * (3 + 4 * (3 + 1)) + 7


@slow_disk
def test_a_search_over_actions_grows_each_forest_once(tmp_path, monkeypatch):
    grown, of_tree = [], _forest._votes_of_tree

    def count(Z, *args):
        grown.append(len(Z))
        return of_tree(Z, *args)

    monkeypatch.setattr(_forest, "_votes_of_tree", count)
    clf = NoisyLabelClassifier(LogisticRegression(), cv=3, memory=str(tmp_path))
    grid = {"action": ["weight", "filter", "relabel", "soft"]}
    search = GridSearchCV(clf, grid, cv=2, error_score="raise").fit(X, y)
    # For the labels of each half and of all rows, without each of 3 folds.
    # Half of the rows of a fold's training part are out of bag.
    assert len(grown) == 3 * 3 * 2 * VOTES_WITHOUT_FOLD
    best = clone(search.best_estimator_).set_params(memory=None).fit(X, y)
    assert_same_fit(best, search.best_estimator_)


@slow_disk
def test_another_number_of_jobs_grows_no_forest_again(tmp_path):
    clf = NoisyLabelClassifier(LogisticRegression(), memory=str(tmp_path)).fit(X, y)
    n_files = len(list(tmp_path.rglob("output.pkl")))
    clf.set_params(n_jobs=2).fit(X, y)
    assert len(list(tmp_path.rglob("output.pkl"))) == n_files


@slow_disk
def test_a_search_over_rules_of_pruning_fits_each_fold_once(fits, tmp_path):
    refiner = ConfidentPruning(cv=3, memory=str(tmp_path))
    grid = {"refiner__rule": ["both", "class", "noise_rate"]}
    clf = RefinedLabelClassifier(Counted(), refiner)
    GridSearchCV(clf, grid, cv=2, error_score="raise").fit(X, y)
    assert len(fits) == 2 * (3 + 3) + 3 + 1


# Files

SAVED = {
    "noisy label": NoisyLabelClassifier(transition=ConfidentTransition()),
    "pipeline inside": NoisyLabelClassifier(
        make_pipeline(StandardScaler(), LogisticRegression()), action="weight"
    ),
    "pruning": RefinedLabelClassifier(refiner=ConfidentPruning()),
    "weighting": RefinedLabelClassifier(refiner=QualityWeighting(NeighborAgreement())),
    "injector": LabelNoiseInjector(noise=UniformNoise(0.1), random_state=0),
}


def by_pickle(clf):
    return pickle.loads(pickle.dumps(clf))


def by_skops(clf):
    data = skops_io.dumps(clf)
    foreign = skops_io.get_untrusted_types(data=data)
    assert all(name.startswith(("sknoisy.", "numpy.", "sklearn.")) for name in foreign)
    return skops_io.loads(data, trusted=foreign)


@pytest.mark.parametrize("clf", SAVED.values(), ids=SAVED)
@pytest.mark.parametrize("save_and_load", [by_pickle, by_skops])
def test_a_saved_classifier_answers_the_same(clf, save_and_load):
    labels = np.array(["ash", "beech", "cherry"])[y]
    clf = clone(clf).fit(X, labels)
    loaded = save_and_load(clf)
    np.testing.assert_array_equal(loaded.predict_proba(X), clf.predict_proba(X))
    np.testing.assert_array_equal(loaded.predict(X), clf.predict(X))
    np.testing.assert_array_equal(loaded.transduction_, clf.transduction_)
    assert repr(loaded) == repr(clf)


@pytest.mark.parametrize("backend", ["sequential", "threading", "multiprocessing"])
def test_every_backend_of_joblib_gives_the_same_result(backend):
    # Of these, "multiprocessing" cannot hand over results one by one.
    refined = RefinedLabelClassifier(refiner=ConfidentPruning(cv=2, n_jobs=2))
    with parallel_backend(backend, n_jobs=2):
        shared = refined.fit(X, y)
    alone = RefinedLabelClassifier(refiner=ConfidentPruning(cv=2)).fit(X, y)
    assert_same_fit(alone, shared)


def test_dask_gives_the_same_result():
    distributed = pytest.importorskip("distributed", reason="dask is optional")
    refined = RefinedLabelClassifier(refiner=ConfidentPruning(cv=2, n_jobs=2))
    options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.Client(processes=False, **options), parallel_backend("dask"):
        shared = refined.fit(X, y)
    alone = RefinedLabelClassifier(refiner=ConfidentPruning(cv=2)).fit(X, y)
    assert_same_fit(alone, shared)
