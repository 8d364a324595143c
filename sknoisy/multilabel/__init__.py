"""Which of my tags are wrong? Many labels per sample, each of them doubtful.

In tagging data a 1 is a claim and a 0 means "no, or nobody said so". The functions of
this room measure how far the claims can be trusted, label by label.
"""

from sknoisy.multilabel._audit import MultilabelAudit
from sknoisy.multilabel._error_correlation import occurrence_against_error
from sknoisy.multilabel._evaluation import tagwise_score_report
from sknoisy.multilabel._label_quality import estimate_label_quality
from sknoisy.multilabel._label_similarity import compare_label_similarity
from sknoisy.multilabel._label_vectors import label_vector_similarity, label_vectors
from sknoisy.multilabel._noisy_auc import (
    correct_auc,
    evaluation_noise_report,
    shrink_auc,
)
from sknoisy.multilabel._noisy_classifier import MultilabelNoisyClassifier
from sknoisy.multilabel._occurrence import label_cooccurrence, label_occurrence
from sknoisy.multilabel._reannotation import reannotation_sample
from sknoisy.multilabel._tagability_weighted import TagabilityWeightedClassifier

__all__ = [
    "MultilabelAudit",
    "MultilabelNoisyClassifier",
    "TagabilityWeightedClassifier",
    "compare_label_similarity",
    "correct_auc",
    "estimate_label_quality",
    "evaluation_noise_report",
    "label_cooccurrence",
    "label_occurrence",
    "label_vector_similarity",
    "label_vectors",
    "occurrence_against_error",
    "reannotation_sample",
    "shrink_auc",
    "tagwise_score_report",
]
