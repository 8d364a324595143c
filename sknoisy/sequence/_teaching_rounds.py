"""Rounds of training in which the segments found teach the model that found them."""

import numpy as np
from sklearn.utils import check_random_state

from sknoisy.sequence._bag_noise import judge_bags
from sknoisy.sequence._decoding import (
    around_points,
    mixed_targets,
    pseudo_labels,
    round_summary,
)
from sknoisy.sequence._delta import delta_pseudo_labels
from sknoisy.sequence._step_models import make_step_model
from sknoisy.sequence._windows import stack_context


class TeachingRounds:
    """Training of a localizer, from what is known to a model of steps."""

    def _fit_rounds(self, bags, evidence, context):
        """Train, decode what the model finds, teach it, and so on."""
        rng = check_random_state(self.random_state)
        aside = np.random.RandomState(rng.randint(2**31 - 1))
        values = stack_context(bags.values, bags.offsets, self.context)
        evidence = self._corrected(values, bags, evidence, aside)
        self._model = make_step_model(self, rng, self.n_networks)
        targets, previous = evidence.targets, None
        self.history_ = []
        for number in range(self.n_rounds + 1):
            step = context.subcontext(task_name="round")
            step.call_on_fit_task_begin(estimator=self)
            if number:
                found = self._found_in_training(values, bags, evidence)
                labels = self._labels_of(found, bags.offsets)
                targets = self._targets(labels, previous, evidence, number)
                self.history_.append(round_summary(found, labels, previous))
                previous = labels
            self._model.train(
                values, bags.offsets, evidence, targets, round_number=number
            )
            step.call_on_fit_task_end(estimator=self)
        self.pseudo_labels_ = None if previous is None else bags.split(previous[:, :-1])
        self.n_iter_ = self.n_rounds + 1

    def _corrected(self, values, bags, evidence, rng):
        """Judge the labels of bags, and return what is to be believed instead."""
        self.bag_label_quality_ = None
        self.bag_missing_rate_ = self.bag_spurious_rate_ = None
        if self.bag_noise is None or evidence.by_step:
            return evidence
        noise = judge_bags(
            lambda rng: make_step_model(self, rng, 1),
            values,
            bags,
            evidence,
            rng,
            self.pooling,
        )
        self.bag_label_quality_ = noise.quality
        self.bag_missing_rate_ = noise.missing_rate
        self.bag_spurious_rate_ = noise.spurious_rate
        return noise.believed(evidence)

    def _found_in_training(self, values, bags, evidence):
        """Decode the bags of training, where only classes that occur can be found."""
        scores = self._model.proba(values, bags.offsets)
        if not evidence.by_step:
            scores = scores * np.repeat(evidence.allowed, bags.lengths, axis=0)
            total = scores.sum(axis=1, keepdims=True)
            scores = scores / np.maximum(total, 1e-12)
        found = self._decode(scores[:, :-1], bags.offsets, evidence.present)
        if evidence.points is None:
            return found
        n_classes = len(self.classes_)
        return found.only(around_points(found, evidence.points, bags.n_bags, n_classes))

    def _labels_of(self, found, offsets):
        params = {"kind": self.pseudo_labels, "min_score": self.min_score}
        return pseudo_labels(found, offsets, len(self.classes_), **params)

    def _targets(self, labels, previous, evidence, number):
        """Return what steps are taught: what was given, and what was found."""
        if evidence.by_step:
            return mixed_targets(evidence.targets, labels, self.background is not None)
        auto = self.teach_background == "auto"
        where = evidence.pointed if auto else self.teach_background
        labels[:, -1] = where & ~labels[:, :-1].any(axis=1)
        if self.delta_from is not None and number >= self.delta_from:
            labels = delta_pseudo_labels(labels, previous)
        return evidence.targets + self.pseudo_weight * labels
