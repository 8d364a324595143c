"""Which pseudo-labels outlast a clustering? Clusters of several runs, combined."""

from sknoisy.cluster._project_labels import project_labels
from sknoisy.cluster._pseudo_label_refiner import PseudoLabelRefiner

__all__ = ["PseudoLabelRefiner", "project_labels"]
