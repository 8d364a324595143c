"""Soft labels taught by verified labels."""

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC

from sknoisy import RefinedLabelClassifier
from sknoisy._labels import read_labels
from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.noise import PairNoise
from sknoisy.refinement import TrustedLabelRefiner
from sknoisy.refinement._trusted_posterior import (
    noise_is_found,
    owners_of_trusted,
    trusted_posterior,
    trusted_proba,
)

N = 400
TRUSTED = np.arange(N) % 10 == 0


@pytest.fixture(scope="module")
def digits():
    """Digits of five classes, of which the labels not verified are 40 % wrong."""
    X, y = load_digits(n_class=5, return_X_y=True)
    X, y = X[:N] / 16, y[:N]
    noisy = PairNoise(0.4, random_state=0).corrupt(y)
    return X, y, np.where(TRUSTED, y, noisy)


@pytest.fixture(scope="module")
def refined(digits):
    X, _, noisy = digits
    return TrustedLabelRefiner(GaussianNB()).fit(X, noisy, trusted=TRUSTED)


def test_most_labels_are_put_right(digits, refined):
    _, y, noisy = digits
    others = ~TRUSTED
    assert (noisy == y)[others].mean() < 0.65
    assert (refined.transduction_ == y)[others].mean() > 0.85
    assert refined.noise_found_
    assert 0.25 < refined.noise_rate_ < 0.5
    assert_array_equal(refined.transition_matrix_.argmax(axis=1), np.arange(5))
    assert list(refined.coefficients_) == [
        "untrusted", "model", "forest", "neighbors", "prototypes", "trusted model"
    ]  # fmt: skip


def test_verified_rows_keep_label_and_weight(digits, refined):
    _, _, noisy = digits
    assert_array_equal(refined.clean_proba_[TRUSTED], np.eye(5)[noisy[TRUSTED]])
    assert_allclose(refined.sample_weight_[TRUSTED], 1)
    assert_array_equal(refined.label_quality_[TRUSTED], 1)


def test_a_row_counts_less_the_more_its_label_is_doubted(refined):
    assert_allclose(refined.sample_weight_, (1 + 2 * refined.label_quality_) / 3)
    counted = refined.clean_proba_ * refined.sample_weight_[:, None]
    assert_allclose(refined.soft_labels_, counted)


def test_what_is_claimed_is_about_what_is_right(digits, refined):
    _, y, _ = digits
    right = (refined.transduction_ == y)[~TRUSTED].mean()
    claimed = refined.clean_proba_[~TRUSTED].max(axis=1).mean()
    assert abs(right - claimed) < 0.12


def test_strings_weights_and_classifier(digits):
    X, y, noisy = digits
    names = np.array(["zero", "one", "two", "three", "four"])
    weights = np.linspace(0.5, 2, N)
    clf = RefinedLabelClassifier(GaussianNB(), TrustedLabelRefiner())
    clf.fit(X, names[noisy], sample_weight=weights, trusted=TRUSTED)
    quality = clf.refiner_.label_quality_
    assert_allclose(clf.sample_weight_, weights * (1 + 2 * quality) / 3)
    plain = GaussianNB().fit(X, noisy, weights)
    assert clf.score(X, names[y]) > plain.score(X, y)


def test_a_classifier_without_weights_gets_the_best_class_alone(digits):
    X, _, noisy = digits
    base = KNeighborsClassifier(9)
    clf = RefinedLabelClassifier(base, TrustedLabelRefiner())
    clf.fit(X, noisy, trusted=TRUSTED)
    assert set(np.unique(clf.soft_labels_)) == {0, 1}
    hard = TrustedLabelRefiner(GaussianNB(), soft=False)
    hard.fit(X, noisy, trusted=TRUSTED)
    assert set(np.unique(hard.soft_labels_)) == {0, 1}


def test_all_verified_is_a_plain_fit(digits):
    X, y, _ = digits
    clf = RefinedLabelClassifier(LogisticRegression(), TrustedLabelRefiner())
    clf.fit(X, y, trusted=np.ones(N, bool))
    plain = LogisticRegression().fit(X, y)
    assert_array_equal(clf.estimator_.coef_, plain.coef_)
    assert_array_equal(clf.transition_matrix_, np.eye(5))
    assert clf.refiner_.coefficients_ == {}
    assert clf.refiner_.noise_rate_ == 0


@pytest.mark.parametrize("trusted", [None, np.zeros(N, bool)])
def test_without_verified_labels_it_says_so_once(digits, trusted):
    X, _, noisy = digits
    with pytest.warns(NoEvidenceWarning, match="found no trusted.*Pass tru") as record:
        refiner = TrustedLabelRefiner(GaussianNB()).fit(X, noisy, trusted=trusted)
    assert len(record) == 1
    assert refiner.coefficients_ == {
        "untrusted": 1.0, "model": 0.0, "forest": 0.0, "neighbors": 0.0
    }  # fmt: skip
    assert_allclose(
        refiner.soft_labels_.sum(axis=1), (1 + 2 * refiner.label_quality_) / 3
    )
    assert refiner.noise_found_


def test_it_shrinks_to_the_answer_without_trust(digits):
    X, _, noisy = digits
    labels = read_labels(X, noisy, owner="test")
    table = np.full((N, 5), 0.1) + 0.5 * np.eye(5)[np.roll(noisy, 1)]
    tables = {"model": table / table.sum(axis=1, keepdims=True)}
    distances = []
    for weight in (1e-5, 1e-2, 1.0):
        weights = np.where(TRUSTED, weight, 1.0)
        weighed = replace(labels, trusted=TRUSTED, sample_weight=weights)
        found = trusted_posterior(tables, weighed, Z=X)
        untaught = trusted_posterior(tables, replace(weighed, trusted=None))
        distances.append(np.abs(found.proba - untaught.proba)[~TRUSTED].max())
    assert distances[0] < 0.02
    assert distances[0] < distances[1] < distances[2]


def test_labels_without_noise_are_left_as_they_are(digits):
    X, y, _ = digits
    refiner = TrustedLabelRefiner(GaussianNB()).fit(X, y, trusted=TRUSTED)
    assert not refiner.noise_found_
    assert_array_equal(refiner.transduction_, y)
    assert_array_equal(refiner.soft_labels_, np.eye(5)[y])


def test_noise_that_follows_the_features_is_found_by_verified_labels():
    codes = np.arange(300) % 3
    wrong = (codes == 1) & (np.arange(300) % 2 == 0)
    given = np.where(wrong & ~np.isin(np.arange(300), np.arange(60)), 0, codes)
    evidence = np.eye(3)[np.where(wrong, 0, codes)] * 0.94 + 0.02
    evidence[wrong] = [0.5, 0.3, 0.2]
    labels = read_labels(evidence, given, owner="test")
    kept = np.eye(3)[given]
    assert not noise_is_found(evidence, labels, kept)
    labels = replace(labels, trusted=np.arange(300) < 60)
    assert noise_is_found(evidence, labels, kept)


def test_noise_is_found_where_many_labels_contradict_what_was_taught():
    codes, trusted = np.arange(300) % 3, np.arange(300) < 30
    evidence = np.eye(3)[codes] * 0.94 + 0.02
    labels = read_labels(evidence, codes, owner="test", trusted=trusted)
    for n_other, found in ((10, False), (20, True)):
        posterior = np.eye(3)[codes]
        posterior[-n_other:] = np.roll(posterior[-n_other:], 1, axis=1)
        assert noise_is_found(evidence, labels, posterior) is found


@pytest.mark.parametrize(
    "trusted",
    [
        np.arange(N) == 0,  # a single row
        np.isin(np.arange(N), np.arange(5)),  # one of each class
        np.isin(np.arange(N), [0, 1, 10, 11]),  # two classes are missing
    ],
)
def test_very_few_verified_labels_do_no_harm(digits, trusted):
    X, y, noisy = digits
    labels = np.where(trusted, y, noisy)
    refiner = TrustedLabelRefiner(GaussianNB()).fit(X, labels, trusted=trusted)
    assert np.isfinite(refiner.clean_proba_).all()
    with pytest.warns(NoEvidenceWarning, match="found no trusted label"):
        untaught = TrustedLabelRefiner(GaussianNB()).fit(X, labels)
    right = [(fit.transduction_ == y).mean() for fit in (untaught, refiner)]
    assert right[1] > right[0] - 0.02


def test_verified_labels_that_contradict_each_other_are_kept(digits):
    X, y, noisy = digits
    X, noisy, trusted = X.copy(), noisy.copy(), TRUSTED.copy()
    X[1], trusted[[0, 1]], noisy[[0, 1]] = X[0], True, [0, 3]
    refiner = TrustedLabelRefiner(GaussianNB()).fit(X, noisy, trusted=trusted)
    assert_array_equal(refiner.transduction_[[0, 1]], [0, 3])
    assert (refiner.transduction_ == y).mean() > 0.85


def test_given_probabilities_are_all_the_evidence_there_is(digits):
    _, y, noisy = digits
    proba = 0.6 * np.eye(5)[y] + 0.4 * np.eye(5)[(y + 1) % 5]
    proba = 0.9 * proba + 0.02
    refiner = TrustedLabelRefiner("precomputed").fit(proba, noisy, trusted=TRUSTED)
    assert list(refiner.coefficients_) == ["untrusted", "model"]
    assert (refiner.transduction_ == y).mean() > 0.95


def _as_numbers(rows):
    return np.array([[letter == "b" for letter in row[0]] for row in rows], dtype=int)


def test_rows_that_are_no_numbers_are_judged_by_models_alone(digits):
    X, _, noisy = digits
    words = [["".join("ab"[v] for v in row)] for row in (X > 0.5).astype(int)]
    table = np.array(words, dtype=object)
    base = make_pipeline(FunctionTransformer(_as_numbers), GaussianNB())
    refiner = TrustedLabelRefiner(base).fit(table, noisy, trusted=TRUSTED)
    assert "prototypes" in refiner.coefficients_

    class Plain(GaussianNB):
        def fit(self, rows, codes, sample_weight=None):
            return super().fit(_as_numbers(rows), codes, sample_weight)

        def predict_proba(self, rows):
            return super().predict_proba(_as_numbers(rows))

    with pytest.warns(NoEvidenceWarning, match="numeric columns"):
        alone = TrustedLabelRefiner(Plain()).fit(table, noisy, trusted=TRUSTED)
    assert list(alone.coefficients_) == ["untrusted", "model", "trusted model"]


def test_groups_are_no_evidence_about_themselves():
    X = np.arange(8.0)[:, None]
    labels = read_labels(
        X,
        [0, 0, 1, 1] * 2,
        owner="test",
        trusted=np.ones(8, bool),
        groups=list("aabbccdd"),
    )
    assert_array_equal(owners_of_trusted(X, labels), [0, 0, 1, 1, 2, 2, 3, 3])
    copies = np.array([[1.0], [1], [2], [3], [3], [4], [5], [5]])
    labels = replace(labels, groups=None, trusted=np.arange(8) > 1)
    assert_array_equal(owners_of_trusted(copies, labels), [0, 1, 1, 2, 3, 3])


def test_the_model_of_verified_rows_has_not_seen_the_row_it_judges():
    class Memory(LogisticRegression):
        def fit(self, X, y, sample_weight=None):
            self.seen_ = set(X[:, 0])
            return super().fit(X, y, sample_weight)

        def predict_proba(self, X):
            assert not self.seen_ & set(X[:, 0])
            return super().predict_proba(X)

    X = np.column_stack([np.arange(60) // 2, np.arange(60) % 4]).astype(float)
    labels = read_labels(
        X,
        np.arange(60) % 3,
        owner="test",
        trusted=np.arange(60) % 3 == np.arange(60) % 2,
    )
    groups = X[:, 0]
    proba = trusted_proba(Memory(), X, replace(labels, groups=groups))
    assert_allclose(proba.sum(axis=1), 1)


def test_one_class_among_the_verified_tells_its_share():
    X, y = np.arange(12.0)[:, None], np.arange(12) % 2
    labels = read_labels(X, y, owner="test", trusted=y == 0)
    assert_allclose(
        trusted_proba(LogisticRegression(), X, labels), [[7 / 8, 1 / 8]] * 12
    )


def test_tables_that_are_known_already_are_used(digits):
    X, y, noisy = digits
    labels = read_labels(X, noisy, owner="test", trusted=TRUSTED)
    table = 0.8 * np.eye(5)[np.where(np.arange(N) % 3, y, (y + 1) % 5)] + 0.04
    right = []
    for known in (replace(labels, trusted=None), labels):
        refiner = TrustedLabelRefiner(GaussianNB())
        with (
            nullcontext()
            if known.has_trusted
            else pytest.warns(NoEvidenceWarning, match="found no trusted label")
        ):
            refiner._refine_evidence({"model": table}, known)
        assert_allclose(refiner.clean_proba_.sum(axis=1), 1)
        right.append((refiner.clean_proba_.argmax(axis=1) == y).mean())
    assert right[1] > right[0]


def test_a_classifier_without_probabilities_is_left_out(digits):
    X, _, noisy = digits
    refiner = TrustedLabelRefiner(LinearSVC()).fit(X, noisy, trusted=TRUSTED)
    assert list(refiner.coefficients_) == [
        "untrusted", "forest", "neighbors", "prototypes"
    ]  # fmt: skip


def test_seeded_fits_repeat_and_are_cached(digits, tmp_path):
    X, _, noisy = digits
    scaled = make_pipeline(StandardScaler(), GaussianNB())
    options = {"random_state": 0, "memory": str(tmp_path)}
    fits = [
        TrustedLabelRefiner(scaled, **options).fit(X, noisy, trusted=TRUSTED)
        for _ in range(2)
    ]
    assert_array_equal(fits[0].clean_proba_, fits[1].clean_proba_)
    assert any("_predict_all" in str(path) for path in tmp_path.rglob("*"))
