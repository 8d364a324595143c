"""The hook of the room: rows and labels in, one score per label out."""

from abc import abstractmethod

from sknoisy._meta import LabelLearner


class BaseLabelQuality(LabelLearner):
    """Base of the label quality scores.

    A subclass implements ``_score(X, labels)`` and returns an array of shape
    (n_samples,) with values in [0, 1]; a higher score is a more believable label.
    """

    def _learn(self, X, labels):
        self.label_quality_ = labels.quality_of_trusted(self._score(X, labels))

    @abstractmethod
    def _score(self, X, labels):
        """Return the label quality score of each row.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            As given to ``fit``.

        labels : NoisyLabels
            The record of the labels.
        """
