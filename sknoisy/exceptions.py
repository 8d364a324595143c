"""Errors and warnings that sknoisy raises.

Most errors are plain ``ValueError`` and ``TypeError``, as in scikit-learn, and the one
with a class of its own is both, so that code written for scikit-learn catches them.
Warnings have classes, so that each can be silenced, or turned into an error, by
itself::

    ValueError, TypeError
    └── UnsuitableEstimatorError   a classifier lacks what the method needs

    UserWarning
    └── LabelNoiseWarning
        ├── DoubtfulMatrixWarning  a transition matrix that was learnt looks wrong
        ├── ReducedFoldsWarning    fewer folds than asked, since a class is small
        └── NoEvidenceWarning      nothing could be learnt about some or all labels
"""

__all__ = [
    "DoubtfulMatrixWarning",
    "LabelNoiseWarning",
    "NoEvidenceWarning",
    "ReducedFoldsWarning",
    "UnsuitableEstimatorError",
]


class UnsuitableEstimatorError(ValueError, TypeError):
    """A classifier lacks probabilities or weights that the method needs."""


class LabelNoiseWarning(UserWarning):
    """Base class of the warnings of sknoisy."""


class DoubtfulMatrixWarning(LabelNoiseWarning):
    """A transition matrix was learnt from too little, or does not look like one."""


class ReducedFoldsWarning(LabelNoiseWarning):
    """Fewer folds than asked for are used, since a class has too few samples."""


class NoEvidenceWarning(LabelNoiseWarning):
    """Labels are taken as they are, since nothing could be learnt about them."""
