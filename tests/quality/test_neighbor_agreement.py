import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsTransformer
from sklearn.preprocessing import FunctionTransformer

from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.noise import PairNoise, UniformNoise
from sknoisy.quality import NeighborAgreement

LINE = np.array([[0.0], [1.0], [2.5], [10.0], [11.0], [12.5]])


def _quality(y, **options):
    return NeighborAgreement(2, **options).fit(LINE, y).label_quality_


def test_share_of_agreeing_neighbors_by_hand():
    assert_array_equal(_quality(list("aababb")), [0.5, 0.5, 0, 0, 0.5, 0.5])


def test_votes_count_by_weight():
    y, weights = list("aabbbb"), [1, 3, 1, 1, 1, 1]
    quality = NeighborAgreement(2).fit(LINE, y, sample_weight=weights).label_quality_
    assert_allclose(quality[:3], [3 / 4, 1 / 2, 0])


def test_copies_and_groups_do_not_vouch_for_a_label():
    X = np.r_[LINE, LINE[:1]]
    copied = NeighborAgreement(2).fit(X, list("baabbbb")).label_quality_
    assert_array_equal(copied[[0, 6]], [0, 0])
    groups = [0, 0, 1, 2, 3, 4]
    grouped = NeighborAgreement(2).fit(LINE, list("bbabab"), groups=groups)
    assert_array_equal(grouped.label_quality_[:2], [0.5, 0.5])


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("noise", [UniformNoise(0.4), PairNoise(0.3)])
def test_flipped_labels_rank_below_kept_ones(noise, seed):
    X, y = load_digits(return_X_y=True)
    X, y = X[:800], y[:800]
    noisy = noise.set_params(random_state=seed).corrupt(y)
    quality = NeighborAgreement().fit(X, noisy).label_quality_
    assert roc_auc_score(noisy == y, quality) > 0.9


def test_a_search_and_a_space_of_ones_own():
    X, y = load_iris(return_X_y=True)
    search = KNeighborsTransformer(algorithm="brute", metric="manhattan")
    logs = FunctionTransformer(np.log)
    one = NeighborAgreement(neighbors=search, embedding=logs).fit(X, y)
    two = NeighborAgreement(neighbors=search, embedding="passthrough").fit(np.log(X), y)
    assert_array_equal(one.label_quality_, two.label_quality_)
    plain, other = NeighborAgreement(), NeighborAgreement(neighbors=search)
    for changed in (one, other.fit(X, y)):
        assert (changed.label_quality_ != plain.fit(X, y).label_quality_).any()


def test_without_neighbors_nothing_speaks_against_a_label():
    quality = NeighborAgreement().fit(np.zeros((4, 1)), list("abab")).label_quality_
    assert_array_equal(quality, np.ones(4))
    with pytest.warns(NoEvidenceWarning, match="need numeric columns"):
        quality = NeighborAgreement().fit(["text", "another"], ["a", "b"])
    assert_array_equal(quality.label_quality_, [1, 1])


def test_verified_labels_score_1_and_vote():
    trusted = np.array([False, False, True, False, False, False])
    quality = NeighborAgreement(2).fit(LINE, list("aababb"), trusted=trusted)
    assert_array_equal(quality.label_quality_, [0.5, 0.5, 1, 0, 0.5, 0.5])


@pytest.mark.parametrize("n_neighbors", [0, -1, 2.5])
def test_number_of_neighbors_is_checked(n_neighbors):
    with pytest.raises(ValueError, match="'n_neighbors' parameter of NeighborAgree"):
        NeighborAgreement(n_neighbors).fit(LINE, list("aababb"))


def test_what_rows_are_taken_depends_on_the_embedding():
    def taken(embedding):
        tags = NeighborAgreement(embedding=embedding).__sklearn_tags__().input_tags
        return tags.sparse, tags.allow_nan

    assert taken("auto") == (True, True)
    assert taken("passthrough") == (False, False)
    for transformer in (KNeighborsTransformer(), PCA()):
        # Old versions of scikit-learn do not say that these take sparse rows.
        sparse = transformer.__sklearn_tags__().input_tags.sparse
        assert taken(transformer) == (sparse, False)
