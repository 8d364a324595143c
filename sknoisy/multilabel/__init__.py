"""Which of my tags are wrong? Tables of zeros and ones, many labels per sample.

In tagging data a 1 is a claim and a 0 means "no, or nobody said so". The functions
measure how often each tag is missing or wrong, and the classifier trains despite it.
"""

from sknoisy.multilabel._audit import MultilabelAudit
from sknoisy.multilabel._cooccurrence import label_cooccurrence
from sknoisy.multilabel._label_quality import estimate_label_quality
from sknoisy.multilabel._label_similarity import compare_label_similarity
from sknoisy.multilabel._label_vectors import label_vectors
from sknoisy.multilabel._noisy_auc import evaluation_noise_report
from sknoisy.multilabel._noisy_classifier import MultilabelNoisyClassifier
from sknoisy.multilabel._reannotation import reannotation_sample

__all__ = [
    "MultilabelAudit",
    "MultilabelNoisyClassifier",
    "compare_label_similarity",
    "estimate_label_quality",
    "evaluation_noise_report",
    "label_cooccurrence",
    "label_vectors",
    "reannotation_sample",
]
