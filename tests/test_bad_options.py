"""Bad options, matrices, rates, probabilities and folds get an error that helps."""

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.preprocessing import StandardScaler, scale

from sknoisy import (
    LabelNoiseInjector,
    NoiseTransitionClassifier,
    NoisyLabelClassifier,
    RefinedLabelClassifier,
    find_label_errors,
    label_quality,
)
from sknoisy.noise import InstanceNoise, PairNoise, TransitionNoise, UniformNoise
from sknoisy.quality import ModelConfidence, NeighborAgreement
from sknoisy.refinement import ConfidentPruning, QualityWeighting
from sknoisy.transition import ConfidentTransition, confident_joint

X, y_true = make_blobs(60, n_features=4, centers=3, cluster_std=2, random_state=0)
X = scale(X)
y = UniformNoise(0.2, random_state=0).corrupt(y_true)


# Transition matrices


UPPER = np.array([[0.8, 0.1, 0.1], [0, 0.9, 0.1], [0, 0, 1]])
BAD_MATRICES = {
    "not square": (UPPER[:2], r"square array .*but got shape \(2, 3\)"),
    "not stochastic": (2 * UPPER, "row 0 sums to 2. If it holds counts, divide each"),
    "transposed": (UPPER.T, r"looks transposed: columns sum to 1.*pass T\.T"),
    "too small": (np.eye(2), r"shape \(3, 3\).*3 classes, but got shape \(2, 2\)"),
    "too large": (np.eye(4), r"shape \(3, 3\).*3 classes, but got shape \(4, 4\)"),
    "negative": (2 * np.eye(3) - UPPER, "row 0, column 1 is -0.1.*clip it at 0"),
    "NaN": (UPPER * [1, 1, np.nan], "row 0, column 2 is nan. Replace it"),
    "words": ([["a", "b"], ["c", "d"]], "numeric array.*Pass rows of equal length"),
    "ragged": ([[1, 0], [1]], "cannot be read as one.*Pass rows of equal length"),
}


class Unfittable(LogisticRegression):
    """A classifier whose fit would come too late."""

    def fit(self, X, y, sample_weight=None):
        raise AssertionError


@pytest.mark.parametrize("cls", [NoisyLabelClassifier, NoiseTransitionClassifier])
@pytest.mark.parametrize(("T", "message"), BAD_MATRICES.values(), ids=BAD_MATRICES)
def test_transition_matrices(cls, T, message):
    with pytest.raises(ValueError, match=f"transition.*{message}"):
        cls(Unfittable(), transition=T).fit(X, y)


def test_a_singular_matrix_where_its_inverse_is_needed():
    clf = NoiseTransitionClassifier(transition=np.full((3, 3), 1 / 3))
    with pytest.raises(ValueError, match=r'must be invertible.*correction="forward"'):
        clf.set_params(correction="backward").fit(X, y)


@pytest.mark.parametrize("kind", [UniformNoise, PairNoise, InstanceNoise])
@pytest.mark.parametrize("rate", [1, -0.1, 20, np.nan, "much"])
def test_rates(kind, rate):
    with pytest.raises(ValueError, match=r"'rate' parameter .*\[0\.0, 1\.0\)"):
        LabelNoiseInjector(noise=kind(rate)).fit(X, y)


def test_noise_by_a_matrix_for_other_classes():
    clf = LabelNoiseInjector(noise=TransitionNoise(np.eye(2)))
    with pytest.raises(ValueError, match=r"2 classes, but y holds 3.*Pass classes="):
        clf.fit(X, y)


# Given probabilities


def spoiled(*row):
    proba = np.full((60, 3), 1 / 3)
    proba[7] = row
    return proba


SHAPE = r"expected probabilities of shape \(60, 3\).*but got shape"
BAD_PROBABILITIES = {
    "negative": (spoiled(-0.5, 0.5, 1), "smallest is -0.5. Pass the output of pred"),
    "logarithms": (np.log(spoiled(1, 1, 1)), "not of .*predict_log_proba"),
    "NaN": (spoiled(np.nan, 0, 1), "Input proba contains NaN"),
    "infinity": (spoiled(np.inf, 0, 1), "Input proba contains infinity"),
    "unequal sums": (spoiled(0.5, 0.5, 0.5), "row 7 sum to 1.5. Normalise the rows"),
    "too few columns": (np.full((60, 2), 0.5), rf"{SHAPE} \(60, 2\).*classes="),
    "too many columns": (np.full((60, 4), 0.25), rf"{SHAPE} \(60, 4\)"),
    "one dimension": (np.ones(60), "Expected 2D array, got 1D array instead"),
}
TAKE_PROBABILITIES = {
    "find_label_errors": lambda proba: find_label_errors(y, proba),
    "label_quality": lambda proba: label_quality(y, proba),
    "confident_joint": lambda proba: confident_joint(y, proba),
    "transition": lambda proba: ConfidentTransition("precomputed").fit(proba, y),
    "quality": lambda proba: ModelConfidence("precomputed").fit(proba, y),
    "refinement": lambda proba: ConfidentPruning("precomputed").fit(proba, y),
}


@pytest.mark.parametrize(
    "take", TAKE_PROBABILITIES.values(), ids=list(TAKE_PROBABILITIES)
)
@pytest.mark.parametrize(
    ("proba", "message"), BAD_PROBABILITIES.values(), ids=BAD_PROBABILITIES
)
def test_probabilities(take, proba, message):
    with pytest.raises(ValueError, match=message):
        take(proba)


# Options


UNKNOWN = {
    "action": (NoisyLabelClassifier(action="repair"), "'action' parameter.*'filter'"),
    "evidence": (NoisyLabelClassifier(evidence="none"), "evidence exp.*'model'"),
    "embedding": (NoisyLabelClassifier(embedding="pca"), "'embedding' param.*'auto'"),
    "transition": (NoisyLabelClassifier(transition="T"), "'transition' param.*array"),
    "estimator": (NoisyLabelClassifier(StandardScaler()), "'estimator' param.*'pred"),
    "no estimator": (LabelNoiseInjector("precomputed"), "'estimator' param.*'fit'"),
    "one fold": (NoisyLabelClassifier(cv=1), r"'cv' parameter.*\[2, inf\)"),
    "correction": (
        NoiseTransitionClassifier(correction="up"),
        "'correction' parameter.*'forward'",
    ),
    "refiner": (RefinedLabelClassifier(refiner=NeighborAgreement()), "'refiner' param"),
    "noise": (LabelNoiseInjector(noise=0.2), "'noise' parameter.*'corrupt'"),
    "rule": (ConfidentPruning(rule="all"), "'rule' parameter.*'both'"),
    "rule inside": (
        RefinedLabelClassifier(refiner=ConfidentPruning(rule="all")),
        "'rule' parameter of ConfidentPruning.*'both'",
    ),
    "quality": (QualityWeighting(LogisticRegression()), "'quality' param.*'_score'"),
    "power": (QualityWeighting(power=-1), r"'power' parameter.*\[0\.0, inf\)"),
    "method": (ModelConfidence(method="best"), "'method' parameter.*'self_confidence'"),
    "neighbors": (NeighborAgreement(n_neighbors=0), r"'n_neighbors' param.*\[1, inf\)"),
}


@pytest.mark.parametrize(("estimator", "message"), UNKNOWN.values(), ids=UNKNOWN)
def test_unknown_options(estimator, message):
    with pytest.raises(ValueError, match=message):
        estimator.fit(X, y)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: find_label_errors(y, p, rule="all"), "rule expected .*'both'"),
        (lambda p: label_quality(y, p, method="best"), "method expected one of"),
        (lambda p: label_quality(y, p, classes=[0, 1]), r"y also holds \[2\]"),
    ],
)
def test_unknown_options_of_functions(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.full((60, 3), 1 / 3))


# Folds


def test_a_list_of_splits_inside_a_search():
    splits = list(StratifiedKFold(3).split(X, y))
    search = GridSearchCV(
        NoisyLabelClassifier(cv=splits), {"action": ["filter"]}, error_score="raise"
    )
    with pytest.raises(ValueError, match=r"row numbers below 48.*pass a splitter"):
        search.fit(X, y)


def test_no_splits():
    clf = NoisyLabelClassifier(cv=StratifiedKFold(3).split(X, y))
    clf.fit(X, y)
    with pytest.raises(ValueError, match=r"got none\. Pass a list of splits"):
        clf.fit(X, y)
