"""Warnings that sknoisy raises.

Errors are plain ``ValueError`` and ``TypeError``, as in scikit-learn, so that code
written for scikit-learn catches them. Only warnings have classes of their own, so
that each can be silenced, or turned into an error, by itself::

    UserWarning
    └── LabelNoiseWarning
        ├── ReducedFoldsWarning    fewer folds than asked, since a class is small
        └── NoEvidenceWarning      nothing could be learnt about some or all labels
"""

__all__ = ["LabelNoiseWarning", "NoEvidenceWarning", "ReducedFoldsWarning"]


class LabelNoiseWarning(UserWarning):
    """Base class of the warnings of sknoisy."""


class ReducedFoldsWarning(LabelNoiseWarning):
    """Fewer folds than asked for are used, since a class has too few samples."""


class NoEvidenceWarning(LabelNoiseWarning):
    """Labels are taken as they are, since nothing could be learnt about them."""
