"""Data labelled by weak annotators, with the truth beside it.

The loaders in this room take the data that scikit-learn bundles and have it labelled
by annotators who really look at the measurements, and err where these mislead them.
Nothing is downloaded; larger sets are read from a folder of one's own by
:func:`load_from_folder`.
"""

from sknoisy.datasets._annotators import load_wine_annotators
from sknoisy.datasets._folder import load_from_folder
from sknoisy.datasets._prototypes import load_digits_prototypes
from sknoisy.datasets._rules import load_breast_cancer_rules

__all__ = [
    "load_breast_cancer_rules",
    "load_digits_prototypes",
    "load_from_folder",
    "load_wine_annotators",
]
