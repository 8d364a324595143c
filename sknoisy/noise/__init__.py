"""How do labels go wrong? Simulation of label noise.

A noise object says how probable each noisy label is, given the clean label and the
features, and draws noisy labels from that. It learns nothing, so it has no ``fit``;
its parameters are read, set and cloned as those of any estimator.
"""

from sknoisy.noise._base import BaseNoise
from sknoisy.noise._class_conditional import PairNoise, TransitionNoise, UniformNoise
from sknoisy.noise._injector import LabelNoiseInjector
from sknoisy.noise._instance import InstanceNoise
from sknoisy.noise._multilabel import MultilabelNoise

__all__ = [
    "BaseNoise",
    "InstanceNoise",
    "LabelNoiseInjector",
    "MultilabelNoise",
    "PairNoise",
    "TransitionNoise",
    "UniformNoise",
]
