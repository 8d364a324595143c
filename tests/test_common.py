"""Every public estimator keeps scikit-learn's contract, in every configuration."""

import importlib
import pkgutil
from importlib.util import find_spec
from inspect import signature

import pytest
from sklearn.cluster import AgglomerativeClustering
from sklearn.naive_bayes import GaussianNB
from sklearn.utils.estimator_checks import parametrize_with_checks

import sknoisy
from sknoisy import (
    LabelNoiseInjector,
    NoiseTransitionClassifier,
    NoisyLabelClassifier,
    PseudoLabelRefiner,
    RefinedLabelClassifier,
    SelfTrainingRefiner,
    SimilarityReweightingClassifier,
)
from sknoisy.annotators import CrowdLabelClassifier, DawidSkene
from sknoisy.quality import (
    CrossAgreement,
    NeighborAgreement,
    ScoreMixture,
    SimilarityMixture,
)
from sknoisy.refinement import ConfidentPruning, PosteriorRelabeling, QualityWeighting
from sknoisy.semi_supervised import PseudoLabelRefinementClassifier
from sknoisy.sequence import WeakSequenceLocalizer
from sknoisy.transition import ConfidentTransition

# What is checked. A new estimator is found without an entry here.
CONFIGURATIONS = {
    NoisyLabelClassifier: [
        {"cv": None},
        {"action": "filter", "transition": ConfidentTransition()},
        {"action": "weight", "evidence": "model"},
        {"action": "relabel", "evidence": "neighbors"},
        {"action": "soft", "random_state": 0},
    ],
    NoiseTransitionClassifier: [{}, {"correction": "importance"}],
    RefinedLabelClassifier: [
        {},
        {"refiner": ConfidentPruning(cv=2)},
        {"refiner": PosteriorRelabeling(cv=2)},
        {"refiner": QualityWeighting(NeighborAgreement())},
    ],
    SelfTrainingRefiner: [
        {"cv": None},
        {"action": "soft", "evidence": "model", "class_balance": False},
        {"action": "filter", "threshold": 0.75},
    ],
    SimilarityReweightingClassifier: [
        {},
        {"second_estimator": GaussianNB(), "exchange": True, "transition": None},
        {"action": "weight", "similarity": "cosine", "n_rounds": 2},
    ],
    ScoreMixture: [{}, {"distribution": "gaussian", "n_components": 2}],
    SimilarityMixture: [{}, {"scope": "class", "min_class_size": 10}],
    CrossAgreement: [{}, {"second_estimator": GaussianNB()}],
    # Seeded, since some checks fit ten rows without a seed: a bootstrap of these may
    # hold fewer rows than there are clusters, and warn.
    PseudoLabelRefiner: [
        {"random_state": 0},
        {"random_state": 0, "perturbation": "bootstrap", "carry": "soft"},
        {"random_state": 0, "perturbation": "subspace", "outliers": "drop"},
        {
            "random_state": 0,
            "perturbation": "bootstrap",
            "clusterer": AgglomerativeClustering(3),
        },
    ],
    PseudoLabelRefinementClassifier: [
        {"random_state": 0, "n_rounds": 4},
        {
            "random_state": 0,
            "n_rounds": 2,
            "embedding": "features",
            "novel_classes": True,
        },
    ],
    CrowdLabelClassifier: [
        {"n_rounds": 1},
        {"evidence": "neighbors", "action": "relabel"},
    ],
    QualityWeighting: [{}, {"quality": NeighborAgreement(), "power": 2}],
    NeighborAgreement: [{}, {"embedding": "passthrough"}],
}

# The flips are drawn row by row, so that a row written twice is flipped twice over
# while a row of weight two is flipped once.
DRAWN_BY_ROW = "one flip is drawn for each row, whatever its weight"
EXPECTED_FAILURES = {
    LabelNoiseInjector: {
        "check_sample_weight_equivalence_on_dense_data": DRAWN_BY_ROW,
        "check_sample_weight_equivalence_on_sparse_data": DRAWN_BY_ROW,
    }
}
# A row written twice changes the batches. The loss of a batch is tested by itself.
IN_BATCHES = "rows are shuffled into batches, and their number decides how many"
# Callbacks are initialised by set_params, which takes nothing but lists of them.
OF_SKORCH = "skorch sets attributes in __init__ and looks at callbacks in set_params"
EXPECTED_FAILURES_OF_NETS = {
    "check_sample_weight_equivalence_on_dense_data": IN_BATCHES,
    "check_sample_weight_equivalence_on_sparse_data": IN_BATCHES,
    "check_no_attributes_set_in_init": OF_SKORCH,
    "check_set_params": OF_SKORCH,
}
# The checks have few rows, so that nets learn in few epochs only if they learn fast.
FEW_EPOCHS = {"max_epochs": 10, "lr": 0.01}


def public_classes():
    """Return the public classes with a ``fit``, each once; bases are left out."""
    rooms = [info.name for info in pkgutil.iter_modules(sknoisy.__path__)]
    rooms = [name for name in rooms if not name.startswith("_") and name != "cli"]
    rooms = [name for name in rooms if name != "deep" or find_spec("skorch")]
    modules = [sknoisy, *(importlib.import_module(f"sknoisy.{name}") for name in rooms)]
    members = [getattr(module, name) for module in modules for name in module.__all__]
    members = [member for member in members if hasattr(member, "fit")]
    # The checks have no sequences and no answers of several annotators to offer.
    without = {WeakSequenceLocalizer, DawidSkene}
    members = [
        member
        for member in members
        if member not in without and member.__name__ != "SequenceNet"
    ]
    return [
        cls for cls in dict.fromkeys(members) if not cls.__name__.startswith("Base")
    ]


def configured(cls):
    """Return the estimators of a class that are checked, made to take little time."""
    few = {"cv": 2} if "cv" in signature(cls).parameters else {}
    few |= FEW_EPOCHS if is_net(cls) else {}
    return [cls(**(few | params)) for params in CONFIGURATIONS.get(cls, [{}])]


def is_net(cls):
    """Whether a class is one of the nets of ``sknoisy.deep``."""
    return cls.__module__.startswith("sknoisy.deep.")


def expected_failures(estimator):
    """Return the checks that an estimator cannot pass, each with the reason."""
    nets = EXPECTED_FAILURES_OF_NETS if is_net(type(estimator)) else {}
    return EXPECTED_FAILURES.get(type(estimator), nets)


ESTIMATORS = [estimator for cls in public_classes() for estimator in configured(cls)]


# The checks fit to a handful of rows, some classes of two or four distinct ones, and to
# columns that are not scaled.
@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
@pytest.mark.filterwarnings("ignore::sknoisy.exceptions.ReducedFoldsWarning")
@pytest.mark.filterwarnings("ignore::sknoisy.exceptions.DoubtfulMatrixWarning")
@pytest.mark.filterwarnings("ignore:The labels are left as they are")
@pytest.mark.filterwarnings("ignore:.* tags are taken as they are")
@pytest.mark.filterwarnings("ignore:.* found no trusted label")
@parametrize_with_checks(
    ESTIMATORS,
    expected_failed_checks=expected_failures,
)
def test_estimator_keeps_the_contract(estimator, check):
    check(estimator)


def test_every_estimator_is_found():
    found = set(public_classes())
    assert set(CONFIGURATIONS) < found
    assert LabelNoiseInjector in found
