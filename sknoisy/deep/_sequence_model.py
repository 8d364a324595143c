"""A network behind the rounds of the localizer: how it is trained, what it says."""

import copy
from itertools import pairwise

import numpy as np
import torch

from sknoisy.deep._averaging import averaged_copy
from sknoisy.deep._generator import draw_seed, own_generators
from sknoisy.deep._sequence_loss import (
    Answers,
    BagBatch,
    absence_loss,
    attention_loss,
    bag_loss,
    consistency_loss,
    foreground_loss,
    step_loss,
)
from sknoisy.deep._sequence_module import StepScorer, moving_mean

# Enough to see whether a network keeps the number of steps.
SOME_STEPS = 11


class SequenceModel:
    """Trains a network on whole bags, round by round.

    Parameters
    ----------
    net : SequenceNet
        How to train.

    owner : WeakSequenceLocalizer
        What to learn: ``pooling``, ``absence`` and ``smoothing`` are used.

    rng : RandomState
        Source of weights, of the order of bags, and of dropout.
    """

    def __init__(self, net, owner, rng):
        self.net, self.owner, self.rng = net, owner, rng
        self.module = self.average = None

    def train(self, values, offsets, evidence, targets, *, round_number):
        """Train with labels of bags and of steps; each round takes smaller steps."""
        net = self.net
        device = torch.device(net.device)
        with own_generators(device, seed=draw_seed(self.rng)):
            if self.module is None:
                self._begin(values, evidence.n_classes + 1)
            epochs, rate = net.max_epochs, net.lr
            if round_number:
                epochs, rate = net.round_epochs, rate / (2 * round_number)
            optimizer = torch.optim.Adam(
                self.module.parameters(), lr=rate, weight_decay=net.weight_decay
            )
            # Where nothing teaches the attention, it has no say.
            self.attends_ = bool(net.foreground_weight) and not evidence.by_step
            self.n_updates_ = 0
            for _ in range(epochs):
                for bags in self._batches(offsets):
                    batch = self._batch(bags, values, offsets, evidence, targets)
                    self._update(batch, evidence.by_step, optimizer)

    def _begin(self, values, n_outputs):
        """Make the network, for values around 0 and of size about 1."""
        device, n_features = self.net.device, values.shape[1]
        center = values.mean(axis=0)
        scale = np.sqrt(np.mean((values - center) ** 2)) or 1.0
        body = self.net.make_body(n_features).to(device)
        n_units = self._n_units(body, n_features)
        scorer = StepScorer(body, n_units, n_outputs, center, scale)
        self.module = scorer.to(device)
        if self.net.average_weights:
            self.average = averaged_copy(self.module)

    def _n_units(self, body, n_features):
        """Return how many numbers the body gives for each step."""
        ones = torch.ones(1, 1, SOME_STEPS, device=self.net.device)
        with torch.no_grad():
            units = body.eval()(ones.expand(1, n_features, -1), ones)
        shape = tuple(getattr(units, "shape", ())) or type(units).__name__
        if len(shape) != 3 or shape[::2] != (1, SOME_STEPS):
            raise ValueError(
                "SequenceNet expected module to return a tensor of shape (n_bags, "
                f"n_units, n_steps), here (1, n_units, {SOME_STEPS}), but got {shape}. "
                "Pad its layers so that each step keeps its place."
            )
        return shape[1]

    def _batches(self, offsets):
        """Yield the positions of the bags of each batch; empty bags say nothing."""
        order = self.rng.permutation(np.flatnonzero(np.diff(offsets)))
        for start in range(0, len(order), self.net.batch_size):
            yield order[start : start + self.net.batch_size]

    def _batch(self, bags, values, offsets, evidence, targets):
        """Return bags side by side, filled up to the longest."""
        parts = [slice(*offsets[bag : bag + 2]) for bag in bags]
        longest = max(part.stop - part.start for part in parts)
        x = np.zeros((len(bags), longest, values.shape[1]))
        mask = np.zeros((len(bags), longest))
        taught = np.zeros((len(bags), longest, targets.shape[1]))
        for row, part in enumerate(parts):
            n_steps = part.stop - part.start
            x[row, :n_steps], taught[row, :n_steps] = values[part], targets[part]
            mask[row, :n_steps] = 1
        known = (mask, evidence.allowed[bags], taught)
        single = (self._tensor(array, torch.float32) for array in known)
        return BagBatch(self._tensor(x.transpose(0, 2, 1)), *single)

    def _tensor(self, array, dtype=torch.float64):
        # Bags in double precision until they are scaled: they may be far from 0.
        return torch.as_tensor(array, dtype=dtype, device=self.net.device)

    def _update(self, batch, by_step, optimizer):
        """Take one step down the slope of the loss."""
        self.module.train()
        loss = self._loss(batch, by_step).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if self.average is not None:
            self.n_updates_ += 1
            self.average.update_parameters(self.module)

    def _loss(self, batch, by_step):
        """Return the loss of each bag: the sum of the terms that have a weight."""
        net, owner = self.net, self.owner
        answers = self._answers(self.module, batch.x, batch.mask)
        log_share = answers.log_share
        loss = step_loss(log_share, batch)
        if by_step:
            return loss
        terms = [
            (net.bag_weight, lambda: bag_loss(answers.logits, batch, owner.pooling)),
            (owner.absence, lambda: absence_loss(log_share, batch)),
            (net.foreground_weight, lambda: foreground_loss(answers, batch)),
            (net.attention_weight, lambda: attention_loss(answers, batch)),
            (
                net.consistency_weight,
                lambda: consistency_loss(log_share, self._teacher(batch), batch),
            ),
        ]
        return loss + sum(weight * term() for weight, term in terms if weight)

    def _teacher(self, batch):
        """Return what the network says of a batch without dropout, on average."""
        teacher = self.average or self.module
        was = teacher.training
        teacher.eval()
        with torch.no_grad():
            answers = self._answers(teacher, batch.x, batch.mask)
        teacher.train(was)
        return answers.log_share

    def _answers(self, module, x, mask):
        """Return what a network says, smoothed."""
        logits, attention = module(x, mask)
        width = self.owner.smoothing
        attention = moving_mean(attention[..., None], mask, width)[..., 0]
        return Answers(moving_mean(logits, mask, width), attention)

    def proba(self, values, offsets):
        """Return probabilities of shape (n_steps, n_classes + 1), background last."""
        module = (self.average or self.module).to(self.net.device).eval()
        found = np.zeros((len(values), module.classes.out_channels))
        # Bag by bag, so that no bag is scored otherwise in company than alone.
        with torch.no_grad():
            for begin, end in pairwise(offsets):
                if end > begin:
                    x = self._tensor(values[begin:end].T[None])
                    mask = torch.ones_like(x[:, 0], dtype=torch.float32)
                    answers = self._answers(module, x, mask)
                    found[begin:end] = answers.proba(self.attends_)[0].cpu()
        if not np.isfinite(found).all():
            raise ValueError(
                "SequenceNet expected finite probabilities, but the network returned "
                "NaN: the training has diverged. Scale X, or lower lr."
            )
        return found

    def __getstate__(self):
        state = dict(vars(self))
        for name in ("module", "average"):
            # What was trained on another device can be read without it.
            state[name] = copy.deepcopy(state[name])
            if state[name] is not None:
                state[name].cpu()
        return state
