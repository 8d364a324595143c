"""What scores single steps: the built-in network, or any classifier in turns."""

from itertools import pairwise

import numpy as np

from sknoisy._compat import HasMethods
from sknoisy._proba import align_columns
from sknoisy._soft_labels import fit_soft_labels
from sknoisy.sequence._bag_loss import BagLoss, n_pooled
from sknoisy.sequence._step_network import StepNetwork, softmax
from sknoisy.sequence._windows import MovingMean

# A classifier starts from all classes that a bag may hold, and parts them fit by fit.
FIRST_FITS = 5

# What may score steps: see make_step_model.
SCORERS_OF_STEPS = [
    HasMethods(["fit", "predict_proba"]),
    HasMethods("step_model"),
    None,
]


def make_step_model(owner, rng, n_networks=1):
    """Return the model of steps that a localizer asks for.

    Parameters
    ----------
    owner : WeakSequenceLocalizer
        Its ``estimator`` is None, a classifier, or something that makes a model of
        steps itself, from the localizer and the source of random numbers.

    rng : RandomState
        Source of random numbers.

    n_networks : int, default=1
        Number of networks that learn side by side.

    Returns
    -------
    object
        It has ``train`` and ``proba`` as :class:`NetworkModel` does.
    """
    make = NetworkModel
    if owner.estimator is not None:
        if not hasattr(owner.estimator, "step_model"):
            return ClassifierModel(owner)
        make = owner.estimator.step_model
    seeds = rng.randint(2**31 - 1, size=n_networks)
    return Committee([make(owner, np.random.RandomState(seed)) for seed in seeds])


class Committee:
    """Models of steps that are trained each by itself, and speak with one voice.

    Networks that start elsewhere find a segment earlier or later. What they find
    together, and are taught, is nearer to its middle.

    Parameters
    ----------
    members : list of networks
        The untrained models.
    """

    def __init__(self, members):
        self.members = members

    def train(self, values, offsets, evidence, targets, *, round_number):
        """Train all members with the same labels."""
        for member in self.members:
            member.train(values, offsets, evidence, targets, round_number=round_number)

    def proba(self, values, offsets):
        """Return the mean of the probabilities of the members."""
        return np.mean([m.proba(values, offsets) for m in self.members], axis=0)


class NetworkModel:
    """The built-in model, which learns from whole bags.

    Parameters
    ----------
    owner : WeakSequenceLocalizer
        Its parameters say how to train.

    rng : RandomState
        Source of weights and of the order of bags.
    """

    def __init__(self, owner, rng):
        self.owner, self.rng = owner, rng
        self.network = None

    def train(self, values, offsets, evidence, targets, *, round_number):
        """Train with labels of bags and of steps; each round takes smaller steps."""
        owner = self.owner
        if self.network is None:
            self.center_ = values.mean(axis=0)
            self.scale_ = np.sqrt(np.mean((values - self.center_) ** 2)) or 1.0
            self.network = StepNetwork(
                values.shape[1],
                evidence.n_classes + 1,
                hidden_units=owner.hidden_units,
                alpha=owner.alpha,
                rng=self.rng,
                dtype=np.float32,
            )
        loss = BagLoss(
            evidence,
            pooling=owner.pooling,
            absence=owner.absence,
            smoothing=owner.smoothing,
        )
        values = self._scaled(values)
        self.network.restart()
        passes, rate = owner.max_iter, owner.learning_rate
        if round_number:
            passes, rate = max(1, owner.max_iter // 4), rate / (2 * round_number)
        for _ in range(passes):
            self._pass(values, offsets, loss, targets, rate)

    def _scaled(self, values):
        # Half the precision is plenty for a network, and half the time.
        return ((values - self.center_) / self.scale_).astype(np.float32)

    def _pass(self, values, offsets, loss, targets, rate):
        """Visit each bag once."""
        filled = np.flatnonzero(np.diff(offsets))
        order = self.rng.permutation(filled)
        for start in range(0, len(order), self.owner.batch_size):
            bags = order[start : start + self.owner.batch_size]
            rows = np.concatenate([np.arange(*offsets[b : b + 2]) for b in bags])
            inside = np.append(0, np.cumsum(np.diff(offsets)[bags]))

            def gradient(logits, inside=inside, bags=bags, rows=rows):
                return loss.gradient(logits, inside, bags, targets[rows])

            self.network.update(values[rows], gradient, rate)

    def proba(self, values, offsets):
        """Return probabilities of shape (n_steps, n_classes + 1), background last."""
        logits = self.network.logits(self._scaled(values)).astype(float)
        return softmax(MovingMean(offsets, self.owner.smoothing)(logits))


class ClassifierModel:
    """Any classifier, which is fitted anew to what it said itself, within bounds.

    Parameters
    ----------
    owner : WeakSequenceLocalizer
        It has the classifier.
    """

    def __init__(self, owner):
        self.owner = owner

    def train(self, values, offsets, evidence, targets, *, round_number):
        """Fit to the classes that each step may have, weighed by what was found."""
        self.n_columns_ = evidence.n_classes + 1
        allowed = np.repeat(evidence.allowed, np.diff(offsets), axis=0)
        if evidence.by_step:
            self._fit(values, targets)
            return
        if not round_number:
            self._fit(values, _shares(allowed) + targets)
        n_more = 1 if round_number else min(self.owner.max_iter, FIRST_FITS) - 1
        for _ in range(n_more):
            belief = self.proba(values, offsets) * allowed
            belief = _shares(belief + self._pooled(belief, offsets, evidence))
            self._fit(values, belief + targets)

    def _fit(self, values, belief):
        self.classifier_ = fit_soft_labels(
            self.owner.estimator,
            values,
            _shares(np.maximum(belief, 0)),
            np.arange(self.n_columns_),
        )

    def _pooled(self, belief, offsets, evidence):
        """Return 1 for the highest steps of each class that occurs in a bag."""
        extra = np.zeros_like(belief)
        for bag, (begin, end) in enumerate(pairwise(offsets)):
            top = n_pooled(end - begin, self.owner.pooling)
            for label in np.flatnonzero(evidence.present[bag])[: end - begin]:
                highest = np.argsort(-belief[begin:end, label], kind="stable")[:top]
                extra[begin + highest, label] = 1
        return extra

    def proba(self, values, offsets):
        """Return probabilities of shape (n_steps, n_classes + 1), background last."""
        if not len(values):
            return np.empty((0, self.n_columns_))
        proba = self.classifier_.predict_proba(values)
        proba = align_columns(
            proba, self.classifier_.classes_, np.arange(self.n_columns_)
        )
        return MovingMean(offsets, self.owner.smoothing)(proba)


def _shares(rows):
    """Return rows that sum to 1, or to 0 where nothing is known."""
    total = rows.sum(axis=1, keepdims=True)
    return np.divide(rows, total, out=np.zeros_like(rows, dtype=float), where=total > 0)
