import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.cluster import AgglomerativeClustering
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score

from sknoisy import PseudoLabelRefiner
from sknoisy.cluster import _soft_table, project_labels
from sknoisy.exceptions import NoEvidenceWarning

X, y = make_blobs(150, centers=3, n_features=4, random_state=0)


def refined(generations, **params):
    refiner = PseudoLabelRefiner(**params)
    for labels in generations:
        refiner.partial_fit(labels)
    return refiner


def noisy_generations(seed=0, n_samples=300, n_groups=5, n_generations=4, noise=0.15):
    """Return groups, and clusterings that split each in two and misplace samples."""
    rng = np.random.RandomState(seed)
    truth = rng.randint(n_groups, size=n_samples)
    generations = []
    for _ in range(n_generations):
        labels = 2 * truth + rng.randint(2, size=n_samples)
        wrong = rng.uniform(size=n_samples) < noise
        labels[wrong] = rng.randint(2 * n_groups, size=wrong.sum())
        generations.append(rng.permutation(2 * n_groups)[labels])
    return truth, generations


# The mixture


def test_soft_labels_worked_by_hand():
    refiner = refined([[0, 0, 1, 1], [0, 1, 1, 1]], carry="soft", alpha=0.75)
    assert isinstance(refiner.soft_labels_, sparse.csr_array)
    assert isinstance(refiner.projection_, sparse.csr_array)
    # Cluster 0 shares 1 of 2 samples with the new 0, and 1 of 4 with the new 1.
    projected = np.array([[2 / 3, 1 / 3], [0, 1]])
    assert_allclose(refiner.projection_.toarray(), projected)
    now = np.array([[1, 0], [0, 1], [0, 1], [0, 1]])
    expected = 0.75 * now + 0.25 * projected[[0, 0, 1, 1]]
    assert_allclose(refiner.soft_labels_.toarray(), expected)


def test_what_is_carried_is_projected():
    _, (first, second, third) = noisy_generations(n_generations=3)
    refiner = refined([first, second], carry="soft", alpha=0.4)
    past = refiner.soft_labels_
    refiner.partial_fit(third)
    P = project_labels(second, third)
    expected = 0.4 * np.eye(10)[third] + 0.6 * (past @ P)
    assert_allclose(refiner.soft_labels_.toarray(), expected)
    assert_allclose(refiner.projection_.toarray(), P)


@settings(max_examples=30)
@given(
    st.lists(
        st.lists(st.integers(-1, 3), min_size=8, max_size=8), min_size=1, max_size=4
    ),
    st.sampled_from(["propagate", "drop"]),
    st.sampled_from(["runs", "soft"]),
    st.sampled_from([0, 0.3, 0.5, 1]),
)
def test_any_clusterings_give_well_formed_results(generations, outliers, carry, alpha):
    refiner = refined(generations, outliers=outliers, carry=carry, alpha=alpha)
    total = refiner.soft_labels_.sum(axis=1)
    assert_allclose(total, np.where(total > 0, 1, 0))
    labels = refiner.labels_
    assert_array_equal(labels < 0, total == 0)
    _, first = np.unique(labels[labels >= 0], return_index=True)
    assert_array_equal(first, np.sort(first))
    assert set(labels.tolist()) - {-1} == set(range(refiner.n_clusters_))
    assert_array_equal(refiner.outlier_mask_, np.array(generations[-1]) == -1)
    assert len(refiner.history_) == len(generations)
    assert refiner.history_[-1]["n_clusters"] == refiner.n_clusters_
    assert refiner.history_[-1]["n_outliers"] == (labels < 0).sum()


def test_names_of_clusters_do_not_matter():
    _, generations = noisy_generations()
    plain = refined(generations)
    renamed = [np.array(list("qwertyuiop"))[::-1][labels] for labels in generations]
    assert_array_equal(refined(renamed).labels_, plain.labels_)


# The traps


@pytest.mark.parametrize("alpha", [0.51, 0.7, 1.0])
def test_argmax_of_mostly_the_latest_gives_it_back(alpha):
    _, generations = noisy_generations(noise=0.4)
    with pytest.warns(NoEvidenceWarning, match="gives back each clustering as it came"):
        refiner = refined(generations, alpha=alpha, carry="soft", hardening="argmax")
    assert adjusted_rand_score(refiner.labels_, generations[-1]) == 1


def test_argmax_of_mostly_the_past_does_not():
    before, now = np.repeat([0, 1], 9), np.repeat([0, 1], 9)
    now[0] = 1
    refiner = refined([before, now], alpha=0.1, carry="soft", hardening="argmax")
    assert_array_equal(refiner.labels_, before)


@pytest.mark.parametrize("alpha", [0.5, 0.7, 0.9])
def test_a_cut_at_as_many_clusters_as_came_does_next_to_nothing(alpha):
    truth, generations = noisy_generations(n_samples=1000, n_generations=2)
    params = {"alpha": alpha, "carry": "soft"}
    as_many = refined(generations, n_clusters=10, **params)
    fewer = refined(generations, n_clusters=5, **params)
    given = adjusted_rand_score(truth, generations[-1])
    assert abs(adjusted_rand_score(truth, as_many.labels_) - given) < 0.01
    assert adjusted_rand_score(truth, fewer.labels_) > given + 0.1


@pytest.mark.parametrize("seed", range(3))
def test_cosine_with_average_linkage_holds_for_every_alpha(seed):
    truth, generations = noisy_generations(seed, n_samples=600, noise=0.1)
    given = adjusted_rand_score(truth, generations[-1])
    found = {
        (alpha, metric, linkage): adjusted_rand_score(
            truth,
            refined(
                generations,
                alpha=alpha,
                n_clusters=5,
                carry="soft",
                metric=metric,
                linkage=linkage,
            ).labels_,
        )
        for alpha in (0.3, 0.5, 0.7, 0.9)
        for metric, linkage in (("cosine", "average"), ("euclidean", "ward"))
    }
    cosine = [value for key, value in found.items() if key[1] == "cosine"]
    assert min(cosine) > given + 0.2
    assert found[0.9, "euclidean", "ward"] < found[0.9, "cosine", "average"] - 0.1


def test_clusterings_that_never_differ_refine_nothing():
    _, (labels, *_) = noisy_generations(noise=0.4)
    refiner = refined([labels] * 4)
    assert adjusted_rand_score(refiner.labels_, labels) == 1
    assert refiner.history_[-1]["changed"] == 0


@pytest.mark.parametrize("seed", range(3))
def test_noise_that_changes_is_averaged_out(seed):
    truth, generations = noisy_generations(seed, n_samples=600)
    refiner = refined(generations, n_clusters=5)
    given = max(adjusted_rand_score(truth, labels) for labels in generations)
    assert adjusted_rand_score(truth, refiner.labels_) > given + 0.2


# All runs side by side


def apart(generations):
    """Return how often samples are apart, of the runs that know them."""
    runs = np.stack(generations)
    both = sum((run[:, None] == run) & (run >= 0) for run in runs)
    known = (runs >= 0).sum(axis=0)
    return 1 - both / np.sqrt(known[:, None] * known)


@pytest.mark.parametrize("left_out", [0, 0.2])
def test_runs_count_how_often_samples_go_together(left_out):
    _, generations = noisy_generations(noise=0.3)
    rng = np.random.RandomState(0)
    for labels in generations:
        labels[rng.uniform(size=300) < left_out] = -1
    refiner = refined(generations, carry="runs")
    known = np.max(generations, axis=0) >= 0
    soft = refiner.soft_labels_.toarray()
    assert soft.shape == (300, 40)
    assert_allclose(soft.sum(axis=1), known)
    length = np.linalg.norm(soft[known], axis=1)
    distance = 1 - soft[known] @ soft[known].T / length[:, None] / length
    expected = apart([labels[known] for labels in generations])
    assert_allclose(distance, expected, atol=1e-12)


def test_runs_are_clustered_as_all_pairs_would_be():
    _, generations = noisy_generations(noise=0.3, n_generations=7)
    together = AgglomerativeClustering(
        None, metric="precomputed", linkage="average", distance_threshold=0.93
    )
    expected = together.fit_predict(apart(generations))
    refiner = refined(generations, distance_threshold=0.93)
    # Of equal distances, one or the other goes first.
    assert adjusted_rand_score(expected, refiner.labels_) > 0.9
    assert refiner.n_clusters_ < 10


def test_runs_beyond_the_last_are_forgotten():
    _, generations = noisy_generations(n_generations=6)
    refiner = refined(generations, n_rounds=3)
    latest = refined(generations[3:], n_rounds=3)
    assert_array_equal(refiner.soft_labels_.toarray(), latest.soft_labels_.toarray())
    assert refiner._generation.soft.counts().min() > 0
    n_rows = len(np.unique(np.stack(generations[3:]), axis=1).T)
    assert refiner._generation.soft.rows.shape[0] == n_rows


def test_largest_label_of_all_runs_has_no_meaning():
    with pytest.raises(ValueError, match=r"side by side. Choose carry='soft'"):
        refined([[0, 1]], hardening="argmax")
    projected = refined([[0, 1], [0, 1]], carry="soft", hardening="argmax")
    assert projected.soft_labels_.shape == (2, 2)


@pytest.mark.parametrize("seed", range(3))
def test_all_runs_know_more_than_the_projected_past(seed):
    truth, generations = noisy_generations(
        seed, n_samples=600, noise=0.4, n_generations=8
    )
    scores = {
        carry: adjusted_rand_score(
            truth, refined(generations, n_clusters=5, carry=carry).labels_
        )
        for carry in ("runs", "soft")
    }
    assert scores["runs"] > scores["soft"] + 0.1


# Outliers


LEFT_OUT = [[0, 0, 0, 1, 1, -1, -1], [0, 0, -1, 1, 1, 1, -1]]


def test_outliers_keep_what_their_past_says():
    refiner = refined(LEFT_OUT)
    assert_array_equal(refiner.labels_, [0, 0, 0, 1, 1, 1, -1])
    refiner = refined(LEFT_OUT, carry="soft")
    assert_array_equal(refiner.labels_, [0, 0, 0, 1, 1, 1, -1])
    assert_array_equal(np.flatnonzero(refiner.outlier_mask_), [2, 6])
    assert_allclose(refiner.soft_labels_.toarray()[[2, 5, 6]], [[1, 0], [0, 1], [0, 0]])
    assert refiner.history_[-1]["n_outliers_given"] == 2
    assert refiner.history_[-1]["n_outliers"] == 1


def test_outliers_are_dropped():
    assert_array_equal(
        refined(LEFT_OUT, outliers="drop").labels_, [0, 0, -1, 1, 1, 1, -1]
    )


def test_a_cluster_that_is_gone_leaves_no_trace():
    refiner = refined([[0, 0, 1, 1], [0, 0, -1, -1]], carry="soft")
    assert_array_equal(refiner.labels_, [0, 0, -1, -1])
    assert_allclose(refiner.projection_.toarray(), [[1], [0]])
    refiner.partial_fit([0, 0, 1, 1])
    assert_allclose(refiner.soft_labels_.sum(axis=1), 1)
    assert_array_equal(refiner.labels_, [0, 0, 1, 1])


def test_a_cluster_that_is_gone_is_remembered_run_by_run():
    refiner = refined([[0, 0, 1, 1], [0, 0, -1, -1]])
    assert_array_equal(refiner.labels_, [0, 0, 1, 1])
    forgetful = refined([[0, 0, 1, 1], [0, 0, -1, -1]], n_rounds=1)
    assert_array_equal(forgetful.labels_, [0, 0, -1, -1])


# Few clusters, few samples


DEGENERATE = {
    "one cluster": [[0] * 5] * 3,
    "all distinct": [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [0, 1, 2, 3, 4]],
    "all outliers": [[-1] * 5] * 3,
    "outliers, then clusters": [[-1] * 5, [0, 0, 1, 1, 1]],
    "clusters, then outliers": [[0, 0, 1, 1, 1], [-1] * 5],
    "one sample": [[0], [1], [-1], [2]],
}


@pytest.mark.parametrize("outliers", ["propagate", "drop"])
@pytest.mark.parametrize("hardening", ["hierarchical", "argmax"])
@pytest.mark.parametrize("name", DEGENERATE)
def test_degenerate_clusterings_come_back(name, hardening, outliers):
    params = {"hardening": hardening, "outliers": outliers}
    refiner = refined(DEGENERATE[name], carry="soft", **params)
    expected = np.array(DEGENERATE[name][-1])
    known = expected >= 0
    assert_array_equal(refiner.labels_ >= 0, known)
    assert adjusted_rand_score(expected[known], refiner.labels_[known]) == 1


@pytest.mark.parametrize("name", sorted(set(DEGENERATE) - {"clusters, then outliers"}))
def test_degenerate_clusterings_come_back_from_all_runs(name):
    refiner = refined(DEGENERATE[name], distance_threshold=0.5)
    expected = np.array(DEGENERATE[name][-1])
    known = expected >= 0
    assert_array_equal(refiner.labels_ >= 0, known)
    assert adjusted_rand_score(expected[known], refiner.labels_[known]) == 1


def test_the_first_generation_is_taken_as_it_comes():
    refiner = refined([[7, 3, 7, -1, 5]], n_clusters=2)
    assert_array_equal(refiner.labels_, [0, 1, 0, -1, 2])
    assert refiner.projection_.shape == (0, 3)
    assert refiner.history_ == [
        {
            "n_clusters_given": 3,
            "n_clusters": 3,
            "n_outliers_given": 1,
            "n_outliers": 1,
            "changed": None,
        }
    ]


def test_n_clusters_wins_over_the_distance():
    _, generations = noisy_generations()
    refiner = refined(generations, n_clusters=3, distance_threshold=0.0)
    assert refiner.n_clusters_ == 3
    assert refined([[0, 1], [0, 1]], n_clusters=50).n_clusters_ == 2


# A changing population


def test_samples_that_change_their_order():
    _, generations = noisy_generations()
    # Run by run, many distances are equal, and the order decides among them.
    plain = refined(generations, carry="soft")
    names = np.array([f"sample {k}" for k in range(300)])
    refiner = PseudoLabelRefiner(carry="soft")
    for seed, labels in enumerate(generations):
        order = np.random.RandomState(seed).permutation(300)
        refiner.partial_fit(labels[order], sample_ids=names[order])
    found = np.empty(300, int)
    found[order] = refiner.labels_
    assert adjusted_rand_score(found, plain.labels_) == 1


def test_samples_that_come_and_go():
    refiner = PseudoLabelRefiner()
    refiner.partial_fit([0, 0, 1, 1, 2], sample_ids=list("abcde"))
    refiner.partial_fit([5, -1, 5, 6, -1], sample_ids=list("abfcg"))
    # b is helped by its past, f is new, g is new and left out.
    assert_array_equal(refiner.labels_, [0, 0, 0, 1, -1])
    assert_allclose(refiner.projection_.toarray(), [[1, 0], [0, 1], [0, 0]])
    assert refiner.history_[-1]["changed"] == 0
    refiner.partial_fit([0, 0], sample_ids=["y", "z"])
    assert_array_equal(refiner.labels_, [0, 0])
    assert refiner.history_[-1]["changed"] is None


@pytest.mark.parametrize("ids", [[1, 2, 3], ["1", "2", "3"], [("a", 1), "b", 3]])
def test_names_of_any_kind(ids):
    ids = np.fromiter(ids, dtype=object)
    refiner = PseudoLabelRefiner().partial_fit([0, 0, 1], sample_ids=ids)
    refiner.partial_fit([1, -1, 0], sample_ids=ids)
    assert_array_equal(refiner.labels_, [0, 0, 1])


def test_a_number_is_not_its_text():
    refiner = PseudoLabelRefiner().partial_fit([0, 0, 1], sample_ids=[1, 2, 3])
    refiner.partial_fit([0, 0, -1], sample_ids=["1", "2", "3"])
    assert_array_equal(refiner.labels_, [0, 0, -1])


BAD_IDS = {
    "few": (["a", "b"], "a name for each of 3 samples, but got 2"),
    "twice": (["a", "b", "a"], "3 different names, but there are only 2"),
    "missing": (["a", None, "b"], "sample_ids expected a value for every sample"),
}


@pytest.mark.parametrize(("ids", "message"), BAD_IDS.values(), ids=BAD_IDS)
def test_bad_names(ids, message):
    with pytest.raises(ValueError, match=message):
        PseudoLabelRefiner().partial_fit([0, 0, 1], sample_ids=ids)


def test_names_that_start_or_stop():
    refiner = PseudoLabelRefiner().partial_fit([0, 1])
    with pytest.raises(
        ValueError, match="sample_ids expected to be given from the fir"
    ):
        refiner.partial_fit([0, 1], sample_ids=["a", "b"])
    refiner = PseudoLabelRefiner().partial_fit([0, 1], sample_ids=["a", "b"])
    with pytest.raises(ValueError, match="as in the generation before, but got None"):
        refiner.partial_fit([0, 1])


def test_another_number_of_samples():
    refiner = PseudoLabelRefiner().partial_fit([0, 0, 1])
    with pytest.raises(
        ValueError, match=r"expected the 3 samples.*but has 2.*sample_ids"
    ):
        refiner.partial_fit([0, 1])
    # What was refused has changed nothing.
    assert len(refiner.history_) == 1
    assert_array_equal(refiner.partial_fit([1, 1, 0]).labels_, [0, 0, 1])


# Bad labels and options


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0.0, np.nan, 1.0], "X expected a value for every sample, but 1 of 3 are NaN"),
        (["a", None], "X expected a value for every sample"),
        ([], "at least one sample, but got none"),
    ],
)
def test_bad_labels(labels, message):
    with pytest.raises(ValueError, match=message):
        PseudoLabelRefiner().partial_fit(labels)


def test_labels_in_fit():
    with pytest.raises(ValueError, match="Labels of a clustering go to partial_fit"):
        PseudoLabelRefiner().fit([0, 1, 1])


def test_ward_needs_euclidean_distances():
    with pytest.raises(ValueError, match=r"linkage='ward' expected metric='euclidean'"):
        PseudoLabelRefiner(linkage="ward").partial_fit([0, 1])
    refiner = refined([[0, 0, 1], [0, 0, 1]], linkage="ward", metric="euclidean")
    assert_array_equal(refiner.labels_, [0, 0, 1])


@pytest.mark.parametrize(
    "params",
    [
        {"alpha": 1.5},
        {"carry": "hard"},
        {"n_rounds": 0},
        {"n_clusters": 0},
        {"distance_threshold": -1},
        {"clusterer": "kmeans"},
    ],
)
def test_bad_options(params):
    (name,) = params
    with pytest.raises(
        ValueError, match=f"The '{name}' parameter of PseudoLabelRefine"
    ):
        PseudoLabelRefiner(**params).fit(X)


# On data


# Many samples


def test_large_tables_lose_their_smallest_numbers(monkeypatch):
    _, generations = noisy_generations(n_samples=2000, n_generations=3)
    exact = refined(generations, n_clusters=5, carry="soft")
    monkeypatch.setattr(_soft_table, "MAX_ENTRIES", 100)
    lean = refined(generations, n_clusters=5, carry="soft")
    assert lean.soft_labels_.nnz < exact.soft_labels_.nnz / 1.5
    assert_allclose(lean.soft_labels_.sum(axis=1), 1)
    assert adjusted_rand_score(lean.labels_, exact.labels_) > 0.9


def test_equal_rows_are_kept_once():
    _, generations = noisy_generations(n_samples=20_000, n_generations=2)
    refiner = refined(generations, carry="soft")
    assert refiner._generation.soft.rows.shape[0] <= 100
    assert refiner._generation.soft.counts().sum() == 20_000
    assert refiner.soft_labels_.shape == (20_000, 10)
