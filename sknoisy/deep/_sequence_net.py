"""A network for the localizer of segments: convolution over time."""

import copy
from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral

import numpy as np
import torch
from skorch import NeuralNet
from skorch.utils import to_tensor

from sknoisy._compat import Interval, _fit_context
from sknoisy.deep._averaging import AveragedWeights
from sknoisy.deep._sequence_loss import absence_loss, bag_loss, step_loss
from sknoisy.deep._sequence_model import BagDataset, SequenceModel, side_by_side
from sknoisy.deep._sequence_module import StepScorer, TemporalConvolution, moving_mean
from sknoisy.deep._skorch_net import SkorchNet, Training
from sknoisy.sequence._bags import bags_to_learn_from, read_bags

# Enough to see whether a network keeps the number of steps.
SOME_STEPS = 11
# Chosen on training streams of the spoken digits. At a rate of 0.003, 40 epochs leave
# some seeds at the background: mean average precision 0.38 to 0.87 over twelve seeds,
# 0.60 to 0.84 at this rate, the mean 0.74 and 0.78. Generated sequences lose 0.01
# (suite sequences, row "net: slower").
SEQUENCE_DEFAULTS = {
    "lr": 0.01,
    "max_epochs": 40,
    "batch_size": 8,
    "optimizer__weight_decay": 1e-3,
}


@dataclass(frozen=True)
class Goal:
    """What a localizer wants of a network; these are the defaults of the localizer."""

    pooling: float = 0.125
    absence: float = 4.0
    smoothing: int = 5


class SequenceNet(AveragedWeights, SkorchNet, NeuralNet):
    r"""A network that scores the steps of sequences, for a localizer of segments.

    It is the ``estimator`` of a :class:`~sknoisy.sequence.WeakSequenceLocalizer`, which
    trains it on whole sequences, here called bags, and teaches it in rounds what it has
    found. By itself it learns from a table of what occurs in which bag. Convolutions
    over time let it see a step among its neighbours.

    Parameters
    ----------
    module : torch Module class or instance, default=None
        From bags, of shape (n_bags, n_features, n_steps), and a mask, of shape (n_bags,
        1, n_steps), which is 1 where a bag has a step, to units of shape (n_bags,
        n_units, n_steps). None means convolutions, with the parameters
        ``module__n_units=64``, ``module__n_layers=2``, ``module__dropout=0.3`` and
        ``module__kernel_size=3``, the odd number of steps that each layer sees.

    average_weights : bool, default=True
        Whether the average of the weights is used for answers.

    round_epochs : int, default=10
        Epochs of each round; before the first one there are ``max_epochs``.

    **kwargs : dict
        ``random_state``, used without a localizer, and all parameters of skorch's
        `NeuralNet <https://skorch.readthedocs.io/en/stable/net.html>`_. The defaults
        are ``max_epochs=40, lr=0.01, batch_size=8, optimizer__weight_decay=0.001``;
        round n divides ``lr`` by 2 n.

    Attributes
    ----------
    averaged_module_ : Module or None
        The network with averaged weights, which predicts.

    See Also
    --------
    sknoisy.sequence.WeakSequenceLocalizer : Trains it, and predicts segments with it.

    Notes
    -----
    Let :math:`z_{tc}` be the logits of the classes and of the background at step
    :math:`t` of a bag with :math:`T` steps, :math:`p_t = \operatorname{softmax}(z_t)`,
    and :math:`Y^+` the set of the classes that occur, and the background. With
    :math:`H_c`, the mean over the highest logits of class :math:`c`, the loss of a bag
    is

    .. math::

        -\frac{1}{|Y^+|} \sum_{c \in Y^+} \log \operatorname{softmax}(H)_c
        - \frac{\lambda}{T} \sum_t \log \sum_{c \in Y^+} p_{tc}
        - \frac{w}{T} \sum_{t, c} D_{tc} \log p_{tc} .

    :math:`\lambda`, :math:`w`, the targets :math:`D` and the share of steps in
    :math:`H` are those of the localizer, whose ``smoothing`` averages the logits. The
    rounds are those of [1]_, whose network also has attention, a second branch and
    terms of the loss for both: as far as they were tried, they gained nothing.

    References
    ----------
    .. [1] J. Zhou, L. Huang, L. Wang, S. Liu, H. Li, "Improving weakly supervised
       temporal action localization by bridging train-test gap in pseudo labels",
       CVPR, 2023, arXiv:2304.07978.

    Examples
    --------
    >>> import numpy as np
    >>> from sknoisy.deep import SequenceNet
    >>> from sknoisy.sequence import WeakSequenceLocalizer
    >>> rng = np.random.RandomState(0)
    >>> bags = [rng.normal(scale=0.3, size=(50, 2)) for _ in range(20)]
    >>> for bag in bags[::2]:
    ...     bag[20:32, 0] += 2
    >>> y = [{"high"}, set()] * 10
    >>> net = SequenceNet(module__n_units=16, lr=0.01)
    >>> localizer = WeakSequenceLocalizer(net, n_rounds=1, random_state=0).fit(bags, y)
    >>> proba = localizer.predict_proba(bags[:1])[0]
    >>> bool(proba[20:32].mean() > proba[:20].mean() + 0.4)
    True
    """

    _parameter_constraints: dict = {
        **SkorchNet._parameter_constraints,
        **AveragedWeights._parameter_constraints,
        "round_epochs": [Interval(Integral, 0, None, closed="left")],
    }

    _own_loss = "that of bags and steps"
    _goal_ = Goal()

    def __init__(self, module=None, *, average_weights=True, round_epochs=10, **kwargs):
        super().__init__(module, **(SEQUENCE_DEFAULTS | kwargs))
        self.average_weights = average_weights
        self.round_epochs = round_epochs

    def step_model(self, options, rng):
        """Return a model of steps that is trained as this net says.

        Parameters
        ----------
        options : object
            Has ``pooling``, ``absence`` and ``smoothing`` of the localizer.

        rng : RandomState
            Source of random numbers.

        Returns
        -------
        object
            The untrained model, for the rounds of the localizer.
        """
        self._validate_params()
        return SequenceModel(self, options, rng)

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y):
        """Fit on a table of what occurs in which bag.

        Parameters
        ----------
        X : list of n_bags arrays of shape (n_steps, n_features), or array of shape \
(n_bags, n_features, n_steps)
            The bags.

        y : array-like of shape (n_bags, n_classes)
            Probability, in [0, 1], that a class occurs in a bag.

        Returns
        -------
        self : object
            The fitted net.
        """
        return self._fit(X, y, fresh=not (self.warm_start and self.initialized_))

    @_fit_context(prefer_skip_nested_validation=False)
    def partial_fit(self, X, y):
        """Train on, with modules and optimizer as they are.

        Parameters
        ----------
        X, y : object
            Bags and table, as for ``fit``.

        Returns
        -------
        self : object
            The net, trained on.
        """
        return self._fit(X, y, fresh=not self.initialized_)

    def _fit(self, X, y, *, fresh):
        bags = bags_to_learn_from(X, self._owner)
        y = _read_table(y, bags.n_bags, self._owner)
        allowed = np.column_stack([y, np.ones(len(y))])
        targets = np.zeros((len(bags.values), allowed.shape[1]))
        dataset = BagDataset(bags.values, bags.offsets, allowed, targets)
        return self._train(dataset, fresh=fresh)

    def predict_proba(self, X):
        """Predict the probability of each class at each step.

        Parameters
        ----------
        X : list of n_bags arrays, or array of shape (n_bags, n_features, n_steps)
            The bags.

        Returns
        -------
        list of n_bags ndarrays of shape (n_steps, n_classes)
            What is missing to 1 is background.
        """
        self.check_is_fitted()
        n_features = len(self._center_)
        bags = read_bags(X, owner=self._owner, n_features=n_features)
        return bags.split(self._proba(bags.values, bags.offsets)[:, :-1])

    # Training

    def _train(self, dataset, *, fresh, epochs=None, lr=None, by_step=False):
        if fresh:
            # One scale for all features: how far they differ may mean something.
            self._center_ = dataset.values.mean(axis=0)
            deviations = dataset.values - self._center_
            self._scale_ = np.sqrt(np.mean(deviations**2)) or 1.0
            self._n_outputs_ = dataset.allowed.shape[1]
        training = Training(dataset, lr=lr, by_step=by_step)
        return self._train_on(training, fresh=fresh, epochs=epochs)

    def _prepare(self, training):
        """Start the optimizer anew with another rate, where there is one."""
        if training.lr is not None:
            # The moments of the old one belong to other targets.
            usual, self.lr = self.lr, training.lr
            self._initialize_optimizer()
            self.lr = usual
        if self.averaged_module_ is not None:
            # Each round has other labels to learn from, and an average of its own.
            self.averaged_module_.n_averaged.zero_()

    def _make_module(self, name):
        """Return the network around the layers that a parameter stands for."""
        n_features, params = len(self._center_), self.get_params_for(name)
        module = copy.deepcopy(self.module)
        if module is None:
            module, params = TemporalConvolution, {"n_features": n_features, **params}
        body = self.initialized_instance(module, params)
        n_units = self._n_units(body, n_features)
        return StepScorer(body, n_units, self._n_outputs_, self._center_, self._scale_)

    def _n_units(self, body, n_features):
        """Return how many numbers the body gives for each step."""
        ones = torch.ones(1, 1, SOME_STEPS)
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

    def _collate(self, given):
        return side_by_side if given is None else given

    def infer(self, x, **params):
        """Return the logits of the steps of a batch, smoothed."""
        x = to_tensor(x, device=self.device)
        logits = self._network()(x["x"], x["mask"])
        return moving_mean(logits, x["mask"], self._goal_.smoothing)

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Return the loss of a batch: the mean over its bags."""
        known, goal = to_tensor(X | y_true, device=self.device), self._goal_
        mask, allowed = known["mask"], known["allowed"]
        log_proba = torch.log_softmax(y_pred, dim=2)
        loss = step_loss(log_proba, mask, known["targets"])
        if not self._training_.by_step:
            loss = loss + bag_loss(y_pred, mask, allowed, goal.pooling)
            loss = loss + goal.absence * absence_loss(log_proba, mask, allowed)
        return loss.mean()

    def _proba(self, values, offsets):
        """Return probabilities of shape (n_steps, n_classes + 1), background last."""
        self._set_training(False)
        found = np.zeros((len(values), self._n_outputs_))
        # Bag by bag, so that no bag is scored otherwise in company than alone.
        for begin, end in pairwise(offsets):
            if end > begin:
                x, _ = side_by_side([(values[begin:end], found[begin:end], found[0])])
                with torch.no_grad():
                    logits = self.infer(x)[0].double()
                found[begin:end] = torch.softmax(logits, dim=1).cpu()
        if not np.isfinite(found).all():
            raise ValueError(
                f"{self._owner} expected finite probabilities, but got NaN: the "
                "training has diverged. Scale X, or lower lr."
            )
        return found


def _read_table(y, n_bags, owner):
    """Return the probability of each class in each bag, checked."""
    try:
        table = np.asarray(y, dtype=float)
    except (TypeError, ValueError):
        # Sets or lists of labels, one for each bag.
        table = np.empty(n_bags)
    if table.ndim != 2 or len(table) != n_bags or not table.size:
        raise ValueError(
            f"{owner} expected y of shape ({n_bags}, n_classes), a row per bag, but "
            f"got shape {table.shape}. Order the rows as the bags; of sets of labels "
            "sklearn.preprocessing.MultiLabelBinarizer makes such a table."
        )
    if not (table >= 0).all() or not (table <= 1).all():
        raise ValueError(
            f"{owner} expected numbers from 0 to 1 in y, the probability that a class "
            f"occurs in a bag, but got {table.min()} to {table.max()}. Rescale or "
            "clip them."
        )
    return table
