"""Which of my tags are wrong? Many labels per sample, each of them doubtful.

In tagging data a 1 is a claim and a 0 means "no, or nobody said so". The functions of
this room measure how far the claims can be trusted, label by label.
"""

from sknoisy.multilabel._label_quality import estimate_label_quality
from sknoisy.multilabel._occurrence import label_cooccurrence, label_occurrence
from sknoisy.multilabel._reannotation import reannotation_sample

__all__ = [
    "estimate_label_quality",
    "label_cooccurrence",
    "label_occurrence",
    "reannotation_sample",
]
