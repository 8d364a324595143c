"""What scores single steps: a network of scikit-learn, or any classifier in turns."""

import warnings
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from sknoisy._compat import HasMethods
from sknoisy._proba import align_columns
from sknoisy._soft_labels import fit_soft_labels
from sknoisy.sequence._bag_loss import BagLoss, n_pooled, softmax
from sknoisy.sequence._windows import MovingMean

# A classifier starts from all classes that a bag may hold, and parts them fit by fit;
# what comes of five fits is the row "logistic regression" of
# benchmarks/bench_sequence.py.
FIRST_FITS = 5
# Bags in a batch where the network says "auto": scikit-learn's 200 counts rows.
AUTO_BATCH = 32
# Factor on the first weights of the last layer: logits start near 0, so that no class
# is ahead by chance (.986 against .890 on seed 1 of the generated sequences of
# benchmarks/bench_sequence.py, fusion, without rounds).
FIRST_WEIGHTS = 0.05

# What may score steps: see make_step_model.
SCORERS_OF_STEPS = [
    HasMethods(["fit", "predict_proba"]),
    HasMethods("step_model"),
    MLPRegressor,
    None,
]


@dataclass(frozen=True)
class StepOptions:
    """What a model of steps must know of the localizer."""

    # Share of the steps of a bag that stand for a class.
    pooling: float
    # Weight of the term for classes that do not occur.
    absence: float
    # Width of the window over which scores are averaged.
    smoothing: int


def default_network():
    """Return the network for ``estimator=None``: linear, and trained by Adam."""
    # Rate, penalty and passes as in the tables of benchmarks/bench_sequence.py.
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
        options = self.options
        loss = BagLoss(
            evidence,
            pooling=options.pooling,
            absence=options.absence,
            smoothing=options.smoothing,
        )
        passes, rate = self.net.max_iter, self.net.learning_rate_init
        if self.trained_ is None:
            self._begin(values, evidence.n_classes + 1)
        if round_number:
            # A round refines: a quarter of the passes, at a rate that falls.
            passes, rate = max(1, passes // 4), rate / (2 * round_number)
        self.trained_.set_params(learning_rate_init=rate)
        values, update = self._scaled(values), self._restart
        for _ in range(passes):
            for bags in self._batches(offsets):
                rows = np.concatenate([np.arange(*offsets[b : b + 2]) for b in bags])
                inside = np.append(0, np.cumsum(np.diff(offsets)[bags]))
                logits = self.trained_.predict(values[rows])
                gradient = loss.gradient(logits, inside, bags, targets[rows])
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
        return softmax(MovingMean(offsets, self.options.smoothing)(logits))


class ClassifierModel:
    """Any classifier, fitted again and again to its own output within bounds."""

    def __init__(self, classifier, options):
        self.classifier, self.options = classifier, options

    def train(self, values, offsets, evidence, targets, *, round_number):
        """Fit to the classes that each step may have, weighted by what was found."""
        self.n_columns_ = evidence.n_classes + 1
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
        self.trained_ = fit_soft_labels(
            self.classifier,
            values,
            # Changes have negative entries, which few classifiers take.
            _shares(np.maximum(weights, 0)),
            np.arange(self.n_columns_),
        )

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
            return np.empty((0, self.n_columns_))
        proba = align_columns(
            self.trained_.predict_proba(values),
            self.trained_.classes_,
            np.arange(self.n_columns_),
        )
        return MovingMean(offsets, self.options.smoothing)(proba)


def _shares(rows):
    """Return rows that sum to 1, or to 0 where nothing is known."""
    total = rows.sum(axis=1, keepdims=True)
    return np.divide(rows, total, out=np.zeros_like(rows, dtype=float), where=total > 0)
