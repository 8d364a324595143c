"""What scores single steps: a network of scikit-learn, or any classifier in turns."""

import warnings
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import softmax
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from sknoisy._compat import HasMethods
from sknoisy._proba import align_columns
from sknoisy._soft_labels import fit_soft_labels

# A classifier starts from all classes that a bag may hold, and parts them fit by fit;
# what comes of five fits is the row "logistic regression" of
# suite sequences.
FIRST_FITS = 5
# Bags in a batch where the network says "auto": scikit-learn's 200 counts rows.
AUTO_BATCH = 32
# Factor on the first weights of the last layer: logits start near 0, so that no class
# is ahead by chance (.986 against .890 on seed 1 of the generated sequences of
# suite sequences, fusion, without rounds).
FIRST_WEIGHTS = 0.05
# A round refines: a quarter of the passes, at a rate that falls with its number.
ROUND_SHARE, ROUND_SLOWDOWN = 4, 2
# What may score steps: see make_step_model.
CLASSIFIER, OWN_MODEL = HasMethods(["fit", "predict_proba"]), HasMethods("step_model")
SCORERS_OF_STEPS = [CLASSIFIER, OWN_MODEL, MLPRegressor, None]


@dataclass(frozen=True)
class StepOptions:
    """What a model of steps must know of the localizer, by the names it has there."""

    pooling: float
    absence: float
    smoothing: int


def default_network():
    """Return the network for ``estimator=None``: linear, and trained by Adam."""
    # Rate, penalty and passes as in the tables of suite sequences.
    return MLPRegressor(
        hidden_layer_sizes=(), alpha=1e-3, learning_rate_init=0.02, max_iter=60
    )


def make_step_model(estimator, options, rng):
    """Return the untrained model of steps, with ``train`` and ``proba``."""
    if hasattr(estimator, "step_model"):
        return estimator.step_model(options, rng)
    if estimator is None or isinstance(estimator, MLPRegressor):
        return NetworkModel(estimator or default_network(), options, rng)
    return ClassifierModel(estimator, options)


class NetworkModel:
    r"""A network whose outputs are the logits of steps, trained on whole bags.

    scikit-learn's regressor minimises :math:`\frac{1}{2} \lVert z - y \rVert^2`, whose
    gradient in its outputs :math:`z` is :math:`z - y`. With :math:`y = z - g` that is
    :math:`g`, the gradient of any loss: so the regressor follows the loss of the bags.
    """

    def __init__(self, net, options, rng):
        self.net, self.options, self.rng = net, options, rng
        self.trained_ = None

    def train(self, values, offsets, evidence, targets, *, round_number):
        """Train with labels of bags and of steps; each round takes smaller steps."""
        passes, rate = self.net.max_iter, self.net.learning_rate_init
        if self.trained_ is None:
            self._begin(values, targets.shape[1])
        if round_number:
            passes = max(1, passes // ROUND_SHARE)
            rate = rate / (ROUND_SLOWDOWN * round_number)
        self.trained_.set_params(learning_rate_init=rate)
        values, update = self._scaled(values), self._restart
        for _ in range(passes):
            for bags in self._batches(offsets):
                rows = np.concatenate([np.arange(*offsets[b : b + 2]) for b in bags])
                inside = np.append(0, np.cumsum(np.diff(offsets)[bags]))
                logits = self.trained_.predict(values[rows])
                allowed = None if evidence.by_step else evidence.allowed[bags]
                known = allowed, targets[rows], self.options
                gradient = bag_gradient(logits, inside, *known)
                # Regressors divide loss and penalty by the number of rows; times that
                # number, single precision also keeps small gradients.
                n = len(rows)
                self.trained_.set_params(batch_size=n, alpha=n * self.net.alpha)
                update(values[rows], logits - (n * gradient).astype(logits.dtype))
                update = self.trained_.partial_fit

    def _begin(self, values, n_outputs):
        """Make a network whose logits are near 0, for values of size about 1."""
        self.center_ = values.mean(axis=0)
        self.scale_ = np.sqrt(np.mean((values - self.center_) ** 2)) or 1.0
        net = self.trained_ = clone(self.net)
        # scikit-learn makes the weights in its first fit, which must not move them.
        seed, still = self.rng.randint(2**31 - 1), np.finfo(float).tiny
        net.set_params(random_state=seed, learning_rate_init=still, batch_size=1)
        net.set_params(warm_start=True, max_iter=1, shuffle=False)
        self._restart(self._scaled(values[:1]), np.zeros((1, n_outputs), np.float32))
        for weight in net.coefs_[:-1]:
            # Rectified units keep the scale of their inputs (arXiv:1502.01852, eq. 10).
            weight *= np.sqrt(2 / len(weight)) / weight.std()
        net.coefs_[-1] *= FIRST_WEIGHTS
        for bias in net.intercepts_:
            bias[:] = 0

    def _restart(self, values, y):
        """Take one step with the weights as they are and a new optimizer."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.trained_.fit(values, y)

    def _scaled(self, values):
        # Half the precision is plenty for a network, and half the time.
        return ((values - self.center_) / self.scale_).astype(np.float32)

    def _batches(self, offsets):
        """Yield the positions of the bags of each batch; empty bags say nothing."""
        size = AUTO_BATCH if self.net.batch_size == "auto" else self.net.batch_size
        order = self.rng.permutation(np.flatnonzero(np.diff(offsets)))
        for start in range(0, len(order), size):
            yield order[start : start + size]

    def proba(self, values, offsets):
        """Return probabilities of shape (n_steps, n_classes + 1), background last."""
        if not len(values):
            return np.empty((0, self.trained_.n_outputs_))
        logits = self.trained_.predict(self._scaled(values)).astype(float)
        return softmax(MovingMean(offsets, self.options.smoothing)(logits), axis=1)


class ClassifierModel:
    """Any classifier, fitted again and again to its own output within bounds."""

    def __init__(self, classifier, options):
        self.classifier, self.options = classifier, options

    def train(self, values, offsets, evidence, targets, *, round_number):
        """Fit to the classes that each step may have, weighted by what was found."""
        self.codes_ = np.arange(targets.shape[1])
        if evidence.by_step:
            self._fit(values, targets)
            return
        allowed = np.repeat(evidence.allowed, np.diff(offsets), axis=0)
        if not round_number:
            self._fit(values, _shares(allowed) + targets)
        for _ in range(1 if round_number else FIRST_FITS - 1):
            posterior = self.proba(values, offsets) * allowed
            posterior += self._highest(posterior, offsets, evidence)
            self._fit(values, _shares(posterior) + targets)

    def _fit(self, values, weights):
        # Changes have negative entries, which few classifiers take.
        weights = _shares(np.maximum(weights, 0))
        self.trained_ = fit_soft_labels(self.classifier, values, weights, self.codes_)

    def _highest(self, posterior, offsets, evidence):
        """Return 1 for the highest steps of each class that occurs in a bag."""
        extra = np.zeros_like(posterior)
        for bag, (begin, end) in enumerate(pairwise(offsets)):
            top = n_pooled(end - begin, self.options.pooling)
            for label in np.flatnonzero(evidence.present[bag])[: end - begin]:
                highest = np.argsort(-posterior[begin:end, label], kind="stable")[:top]
                extra[begin + highest, label] = 1
        return extra

    def proba(self, values, offsets):
        """Return probabilities of shape (n_steps, n_classes + 1), background last."""
        if not len(values):
            return np.empty((0, len(self.codes_)))
        proba = self.trained_.predict_proba(values)
        proba = align_columns(proba, self.trained_.classes_, self.codes_)
        return MovingMean(offsets, self.options.smoothing)(proba)


def _shares(rows):
    """Return rows that sum to 1, or to 0 where nothing is known."""
    total = rows.sum(axis=1, keepdims=True)
    return np.divide(rows, total, out=np.zeros_like(rows, dtype=float), where=total > 0)


def bag_gradient(logits, offsets, allowed, targets, options):
    """Return the gradient in the logits of steps of the loss of a batch of bags.

    The three terms are those in the notes of WeakSequenceLocalizer. ``allowed``, of
    shape (n_bags, n_classes + 1), is None where every step has a label of its own.
    """
    mean = MovingMean(offsets, options.smoothing)
    smooth, lengths = mean(logits), np.diff(offsets)
    proba = softmax(smooth, axis=1)
    # (sum_c D_c) p - D, also for targets D with negative entries.
    gradient = targets.sum(axis=1, keepdims=True) * proba - targets
    if allowed is not None:
        inside = proba * np.repeat(allowed, lengths, axis=0)
        # p minus p limited to what is allowed; the bound avoids 0 / 0.
        inside = inside / np.maximum(inside.sum(axis=1, keepdims=True), 1e-12)
        gradient += options.absence * (proba - inside)
    gradient /= np.repeat(lengths, lengths)[:, None]
    if allowed is not None:
        gradient += pooled(smooth, offsets, allowed, options.pooling)
    return mean.adjoint(gradient) / len(lengths)


def pooled(logits, offsets, present, share):
    """Return the gradient of the cross-entropy of bags with the classes in them.

    The logit of a bag is the mean of the highest logits of its steps; the target is
    shared by the classes that are present, the background among them.
    """
    lengths = np.diff(offsets)
    n_top = np.array([n_pooled(length, share) for length in lengths])
    most, inside = n_top.max(), np.arange(lengths.max()) < lengths[:, None]
    # Bags side by side, filled up by what is never among the highest.
    lowest = np.full((*inside.shape, logits.shape[1]), np.inf)
    lowest[inside] = -logits
    top = np.argpartition(lowest, most - 1, axis=1)[:, :most]
    chosen = np.take_along_axis(lowest, top, axis=1)
    order = np.argsort(chosen, axis=1)
    top = np.take_along_axis(top, order, axis=1)
    counts = (np.arange(most) < n_top[:, None])[:, :, None]
    chosen = np.where(counts, np.take_along_axis(chosen, order, axis=1), 0)
    # The gradient of a mean of the highest goes to these in equal parts.
    n_top = n_top[:, None]
    bag = softmax(-chosen.sum(axis=1) / n_top, axis=1)
    error = (bag - present / present.sum(axis=1, keepdims=True)) / n_top
    gradient = np.zeros_like(lowest)
    np.put_along_axis(gradient, top, np.where(counts, error[:, None], 0), axis=1)
    return gradient[inside]


def n_pooled(n_steps, share):
    """Return how many steps stand for a bag: the share of them, and at least one."""
    return max(1, int(n_steps * share))


def bag_scores(scores, offsets, share):
    """Return for each bag the mean of its highest scores of each class."""
    found = np.zeros((len(offsets) - 1, scores.shape[1]))
    for bag, (begin, end) in enumerate(pairwise(offsets)):
        if end > begin:
            top = n_pooled(end - begin, share)
            ordered = np.partition(scores[begin:end], end - begin - top, axis=0)
            found[bag] = ordered[end - begin - top :].mean(axis=0)
    return found


class MovingMean:
    """The mean over a window of steps around each one, cut off where a bag ends."""

    def __init__(self, offsets, width):
        step, lengths = np.arange(offsets[-1]), np.diff(offsets)
        first, end = (np.repeat(ends, lengths) for ends in (offsets[:-1], offsets[1:]))
        self.width = width
        self.low = np.maximum(step - width // 2, first)
        self.high = np.minimum(step + width // 2 + 1, end)
        self.count = (self.high - self.low)[:, None]

    def __call__(self, values):
        """Return the means of an array of shape (n_steps, n_columns)."""
        return values if self.width == 1 else self._sums(values) / self.count

    def adjoint(self, gradient):
        """Return the gradient in the values of a gradient in their means."""
        # Step s is in the window of t where t is in that of s, so one set of bounds
        # serves both ways.
        return gradient if self.width == 1 else self._sums(gradient / self.count)

    def _sums(self, values):
        total = np.zeros((len(values) + 1, values.shape[1]))
        np.cumsum(values, axis=0, out=total[1:])
        return total[self.high] - total[self.low]
