"""How do I fit despite the noise? Classifiers for noisy labels."""

from sknoisy.classification._refined import RefinedLabelClassifier

__all__ = ["RefinedLabelClassifier"]
