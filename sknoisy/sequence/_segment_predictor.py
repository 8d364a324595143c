"""What a fitted localizer answers: scores of steps and of bags, segments, a figure."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sknoisy.sequence._bag_labels import form_of_labels, read_bag_labels
from sknoisy.sequence._bag_loss import bag_scores
from sknoisy.sequence._bags import read_bags
from sknoisy.sequence._decoding import decode
from sknoisy.sequence._detection import detection_map_score
from sknoisy.sequence._evidence import labels_of_steps, runs_of_labels
from sknoisy.sequence._segments import segment_table
from sknoisy.sequence._windows import stack_context


class SegmentPredictor:
    """Prediction of segments by a fitted model of steps."""

    def predict(self, X, *, groups=None):
        """Return the segments of all bags.

        Parameters
        ----------
        X : list of arrays, or array
            The bags, in any form that :meth:`fit` takes.

        groups : array-like of shape (n_steps,), default=None
            Bag of each row of a flat X.

        Returns
        -------
        ndarray of shape (n_segments,)
            Table of segments with ``bag``, ``label``, ``start``, ``end`` and
            ``score``, see :func:`segment_table`; bag after bag, the surest first. Bags
            are positions in X, or the groups.
        """
        bags = self._bags(X, groups)
        return self._segments(bags, bags.names)

    def predict_proba(self, X, *, groups=None):
        """Return the probability of each class at each step.

        Parameters
        ----------
        X : list of arrays, or array
            The bags, in any form that :meth:`fit` takes.

        groups : array-like of shape (n_steps,), default=None
            Bag of each row of a flat X.

        Returns
        -------
        list of ndarray of shape (n_steps_i, n_classes), or ndarray
            What is missing to a sum of 1 is the background. Beside ``groups``, one
            array of shape (n_steps, n_classes).
        """
        bags = self._bags(X, groups)
        scores = self._scores(bags)
        return bags.split(scores) if groups is None else bags.in_given_order(scores)

    def predict_bags(self, X, *, groups=None):
        """Return how strongly each class shows in each bag.

        Parameters
        ----------
        X : list of arrays, or array
            The bags, in any form that :meth:`fit` takes.

        groups : array-like of shape (n_steps,), default=None
            Bag of each row of a flat X.

        Returns
        -------
        ndarray of shape (n_bags, n_classes)
            Mean of the highest probabilities of the class, over the share ``pooling``
            of the steps; 0 for a bag without steps.
        """
        bags = self._bags(X, groups)
        return bag_scores(self._scores(bags), bags.offsets, self.pooling)

    def score(self, X, y, *, groups=None, iou_thresholds="thumos14"):
        """Return the mean average precision of the segments found.

        Parameters
        ----------
        X : list of arrays, or array
            The bags, in any form that :meth:`fit` takes.

        y : tables of segments, or a label for each step
            The truth.

        groups : array-like of shape (n_steps,), default=None
            Bag of each row of a flat X.

        iou_thresholds : str or array-like, default="thumos14"
            Overlaps that count as found, see :func:`detection_map_score`.

        Returns
        -------
        float
            Mean over labels and overlaps, in [0, 1].

        Raises
        ------
        ValueError
            If y only says what happens in each bag.
        """
        owner = type(self).__name__
        bags = self._bags(X, groups)
        if (labels := labels_of_steps(y, bags)) is not None:
            truth = runs_of_labels(labels, bags, self.background)
        elif form_of_labels(y) == "segments":
            truth = read_bag_labels(y, bags, owner=owner).segments
        else:
            raise ValueError(
                f"{owner}.score expected where things happen, as tables of segments or "
                "a label for each step, but y only says what happens in each bag. "
                "Judge that by sklearn.metrics.average_precision_score on predict_bags."
            )
        found = self._segments(bags, np.arange(bags.n_bags))
        return detection_map_score(truth, found, iou_thresholds)

    def _decode(self, scores, offsets, kept):
        return decode(
            scores,
            offsets,
            kept=kept,
            fusion=self.fusion,
            thresholds=self.thresholds_,
            min_length=self.min_length,
            temperature=self.temperature,
        )

    def _bags(self, X, groups):
        check_is_fitted(self)
        return read_bags(
            X,
            owner=type(self).__name__,
            groups=groups,
            n_features=self.n_features_in_,
        )

    def _scores(self, bags):
        values = stack_context(bags.values, bags.offsets, self.context)
        return self._model.proba(values, bags.offsets)[:, :-1]

    def _segments(self, bags, names):
        """Return what is found, bag after bag and the surest first."""
        scores = self._scores(bags)
        strength = bag_scores(scores, bags.offsets, self.pooling)
        found = self._decode(scores, bags.offsets, strength >= self.min_bag_score)
        found = found.only(np.lexsort([-found.scores, found.bags]))
        return segment_table(
            *found.segments.T,
            label=self.classes_[found.labels],
            bag=names[found.bags],
            score=found.scores,
        )
