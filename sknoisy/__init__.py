"""Learn despite label noise and find wrong labels, the scikit-learn way."""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

import sknoisy._interrupt  # noqa: F401, before what takes time to import

if TYPE_CHECKING:
    # What editors read; at run time ``__getattr__`` imports a name at its first use.
    from sknoisy._show_versions import show_versions
    from sknoisy.classification import (
        NoiseTransitionClassifier,
        NoisyLabelClassifier,
        RefinedLabelClassifier,
        SimilarityReweightingClassifier,
        SoftLabelClassifier,
    )
    from sknoisy.cluster import PseudoLabelRefiner
    from sknoisy.noise import LabelNoiseInjector
    from sknoisy.quality import find_label_errors, label_quality
    from sknoisy.semi_supervised import SelfTrainingRefiner

__version__ = "0.2.0"

__all__ = [
    "LabelNoiseInjector",
    "NoiseTransitionClassifier",
    "NoisyLabelClassifier",
    "PseudoLabelRefiner",
    "RefinedLabelClassifier",
    "SelfTrainingRefiner",
    "SimilarityReweightingClassifier",
    "SoftLabelClassifier",
    "find_label_errors",
    "label_quality",
    "show_versions",
]

_MODULE_OF = {
    "LabelNoiseInjector": "sknoisy.noise",
    "NoiseTransitionClassifier": "sknoisy.classification",
    "NoisyLabelClassifier": "sknoisy.classification",
    "PseudoLabelRefiner": "sknoisy.cluster",
    "RefinedLabelClassifier": "sknoisy.classification",
    "SelfTrainingRefiner": "sknoisy.semi_supervised",
    "SimilarityReweightingClassifier": "sknoisy.classification",
    "SoftLabelClassifier": "sknoisy.classification",
    "find_label_errors": "sknoisy.quality",
    "label_quality": "sknoisy.quality",
    "show_versions": "sknoisy._show_versions",
}


def __getattr__(name):
    """Import a public name or a package when it is first asked for."""
    if name in _MODULE_OF:
        value = getattr(import_module(_MODULE_OF[name]), name)
        return globals().setdefault(name, value)
    if not name.startswith("_") and find_spec(f"sknoisy.{name}"):
        return import_module(f"sknoisy.{name}")
    raise AttributeError(f"module 'sknoisy' has no attribute {name!r}")


def __dir__():
    """Return the public names, and what has been imported."""
    return sorted({*globals(), *__all__})
