"""The record of labels by several annotators, as the hooks of classifiers take it."""

from dataclasses import dataclass, replace

import numpy as np
from sklearn.utils.validation import check_consistent_length

from sknoisy.annotators._annotations import Annotations, read_annotations
from sknoisy.semi_supervised._partly_labeled import PartlyLabeled


@dataclass(frozen=True)
class CrowdLabels(PartlyLabeled):
    """The record of rows with several answers.

    Attributes
    ----------
    answers : Annotations
        The answers. The codes of the record are those of the most frequent answer.
    """

    answers: Annotations = None

    def voting_mass(self):
        """Return what each row counts where annotators are judged.

        Verified rows hold the truth in place of answers, and say nothing of annotators.
        """
        if self.trusted is None:
            return self.sample_weight
        return np.where(self.trusted, 0.0, self.sample_weight)


class CrowdLabelReader:
    """Mixin of the classifiers that take one label of each annotator."""

    def _read_labels(self, X, y, sample_weight, groups, trusted, params):
        owner = type(self).__name__
        if y is None or not _several(y):
            labels = super()._read_labels(X, y, sample_weight, groups, trusted, params)
            return _of_one_annotator(labels)
        answers = read_annotations(y, owner=owner, missing=self.missing)
        check_consistent_length(X, answers)
        counts = answers.counts()
        answered = counts.any(axis=1)
        # Rows without an answer get a stand-in, and no weight wherever labels count.
        most = answers.classes[counts.argmax(axis=1)]
        labels = super()._read_labels(X, most, sample_weight, groups, trusted, params)
        labels = replace(
            labels,
            classes=answers.classes,
            codes=np.searchsorted(answers.classes, most),
        )
        labels = CrowdLabels(**vars(labels), labeled=answered, answers=answers)
        _check_trusted(labels, counts, owner)
        return labels


def _several(y):
    """Whether y holds answers of several annotators."""
    if isinstance(y, Annotations):
        return True
    shape = np.shape(y) if hasattr(y, "dtype") or hasattr(y, "columns") else None
    if shape is None:
        shape = np.array(y, dtype=object).shape
    return len(shape) == 2 and shape[1] > 1


def _of_one_annotator(labels):
    """Return the record of plain labels: one annotator has answered everything."""
    rows = np.arange(labels.n_samples)
    answers = Annotations(
        items=rows,
        annotators=np.zeros(len(rows), dtype=np.intp),
        codes=labels.codes,
        item_names=rows,
        annotator_names=np.zeros(1, dtype=np.intp),
        classes=labels.classes,
    )
    everyone = np.ones(len(rows), dtype=bool)
    return CrowdLabels(**vars(labels), labeled=everyone, answers=answers)


def _check_trusted(labels, counts, owner):
    """Refuse verified rows whose answers do not name one class."""
    if labels.trusted is None:
        return
    unclear = labels.trusted & ((counts > 0).sum(axis=1) != 1)
    if unclear.any():
        raise ValueError(
            f"{owner} expected the answers to a trusted row to be its verified label, "
            f"but {unclear.sum()} trusted rows have none or contradict each other, the "
            f"first is row {int(unclear.argmax())}. Write the verified label in place "
            "of the answers there."
        )
