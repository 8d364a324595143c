"""A network for the localizer of segments: convolution over time, and attention."""

import copy
from itertools import pairwise
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.utils import check_array, check_random_state
from skorch import NeuralNet
from skorch.utils import to_tensor

from sknoisy._compat import Interval, _fit_context
from sknoisy.deep._averaging import AveragedWeights
from sknoisy.deep._generator import draw_seed
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
from sknoisy.deep._sequence_model import (
    BagDataset,
    BagOrder,
    Goal,
    SequenceModel,
    side_by_side,
)
from sknoisy.deep._sequence_module import StepScorer, TemporalConvolution, moving_mean
from sknoisy.deep._skorch_net import SkorchNet

# What weights and widths may be.
NOT_NEGATIVE = [Interval(Real, 0, None, closed="left")]
COUNT = [Interval(Integral, 1, None, closed="left")]
# Enough to see whether a network keeps the number of steps.
SOME_STEPS = 11
# Chosen on training speakers of the spoken digits, benchmarks/bench_sequence_net.py.
SEQUENCE_DEFAULTS = {
    "lr": 0.003,
    "max_epochs": 40,
    "batch_size": 8,
    "optimizer__weight_decay": 1e-3,
}


class SequenceNet(AveragedWeights, SkorchNet, NeuralNet):
    r"""A network that scores the steps of sequences, for a localizer of segments.

    It is the ``estimator`` of a :class:`~sknoisy.sequence.WeakSequenceLocalizer`, which
    trains it on whole sequences, here called bags, and teaches it in rounds what it has
    found. By itself it learns from a table of what occurs in which bag. Convolutions
    over time let it see a step among its neighbours; its loss is a
    sum of terms, each with a weight, where 0 leaves the term out.

    Parameters
    ----------
    module : torch Module class or instance, default=None
        From bags, of shape (n_bags, n_features, n_steps), and a mask, of shape (n_bags,
        1, n_steps), which is 1 where a bag has a step, to units of shape (n_bags,
        n_units, n_steps). None means convolutions, as the next four parameters say.

    n_units : int, default=64
        Number of outputs of each layer.

    kernel_size : int, default=3
        Number of steps, odd, that each layer sees.

    n_layers : int, default=2
        Number of layers.

    dropout : float, default=0.3
        Share of the units, in [0, 1), that are left out in training.

    bag_weight : float, default=1.0
        Weight of the term that wants each class of a bag to stand out, at the steps
        that speak for it most.

    foreground_weight : float, default=0.0
        Weight of the term that wants the steps which are attended to to show the
        classes of the bag, and no background. Above 0, what is not attended to is
        background in prediction, too.

    attention_weight : float, default=0.0
        Weight of the term that wants the attention to differ from step to step.

    consistency_weight : float, default=0.0
        Weight of the term that teaches the network its own answers, without dropout,
        averaged over its recent past, and sharpened.

    average_weights : bool, default=True
        Whether the average of the weights is used for answers.

    round_epochs : int, default=10
        Number of times that all bags are seen in each round; before the first round it
        is ``max_epochs`` times.

    **kwargs : dict
        ``random_state``, used without a localizer, and all parameters of skorch's
        `NeuralNet <https://skorch.readthedocs.io/en/stable/net.html>`_. The defaults
        are ``max_epochs=40, lr=0.003, batch_size=8, optimizer__weight_decay=0.001``; in
        the n-th round ``lr`` is divided by 2 n.

    Attributes
    ----------
    averaged_module_ : Module or None
        The network with averaged weights, which predicts.

    goal_ : object
        What the terms of the loss take from the localizer.

    Raises
    ------
    ValueError
        From ``fit``, if a parameter is out of its range, if bags and labels do not fit
        each other, or if the module does not return units for each step.

    See Also
    --------
    sknoisy.sequence.WeakSequenceLocalizer : Trains it, and predicts segments with it.

    Notes
    -----
    Let :math:`z_{tc}` be the logits of the classes and of the background at step
    :math:`t` of a bag with :math:`T` steps, :math:`a_t` the attention, :math:`Y` the
    set of the classes that occur, and :math:`Y^+` the same with the background. The
    probability of a class is :math:`p_{tc} = a_t \operatorname{softmax}(z_t)_c`, and
    what is missing to 1 is background; without a weight that teaches the attention,
    :math:`a_t = 1`. With :math:`H_c`, the mean over the highest logits of class
    :math:`c`, the loss of a bag is

    .. math::

        & -\frac{w_b}{|Y^+|} \sum_{c \in Y^+} \log \operatorname{softmax}(H)_c
        - \frac{w_f}{|Y|} \sum_{c \in Y} \log \operatorname{softmax}
        \Big(\frac{\sum_t a_t z_t}{\sum_t a_t}\Big)_c
        + w_a (\bar a_{\text{low}} - \bar a_{\text{high}}) \\
        & - \frac{w_c}{T} \sum_{t, c} s_{tc} \log \operatorname{softmax}
        \Big(\frac{\log p_t}{0.2}\Big)_c
        - \frac{\lambda}{T} \sum_t \log \sum_{c \in Y^+} p_{tc}
        - \frac{w}{T} \sum_{t, c} D_{tc} \log p_{tc} .

    The weights of the first four terms are those of the net; :math:`\lambda`,
    :math:`w`, the targets :math:`D` and the share of steps in :math:`H` are
    ``absence``, ``pseudo_weight``, the labels of the rounds and ``pooling`` of the
    localizer, whose ``smoothing`` averages logits and attention. :math:`\bar a` is the
    mean of the lowest or highest eighth of the attention; where nothing occurs, the
    highest alone. :math:`s` are the answers of the average network, limited to
    :math:`Y^+`, and raised to the power of 5.

    The bag, foreground and attention terms, and a consistency, are those of [1]_ in
    outline. There the bag term attends by a soft-max over time, and the network is
    consistent with a branch whose features are made of prototypes. The term for absent
    classes and the average are not from there.

    Bags are filled up with zeros to make batches. The layers see nothing of them, and a
    bag is scored by itself in prediction, so that its company does not matter.

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
    >>> net = SequenceNet(n_units=16, lr=0.01)
    >>> localizer = WeakSequenceLocalizer(net, n_rounds=1, random_state=0).fit(bags, y)
    >>> proba = localizer.predict_proba(bags[:1])[0]
    >>> bool(proba[20:32].mean() > proba[:20].mean() + 0.4)
    True
    """

    _parameter_constraints: dict = {
        **SkorchNet._parameter_constraints,
        "n_units": COUNT,
        "kernel_size": COUNT,
        "n_layers": COUNT,
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "bag_weight": NOT_NEGATIVE,
        "foreground_weight": NOT_NEGATIVE,
        "attention_weight": NOT_NEGATIVE,
        "consistency_weight": NOT_NEGATIVE,
        "average_weights": ["boolean"],
        "round_epochs": [Interval(Integral, 0, None, closed="left")],
    }

    _own_loss = "the sum of its terms"
    goal_ = Goal()

    def __init__(
        self,
        module=None,
        *,
        n_units=64,
        kernel_size=3,
        n_layers=2,
        dropout=0.3,
        bag_weight=1.0,
        foreground_weight=0.0,
        attention_weight=0.0,
        consistency_weight=0.0,
        average_weights=True,
        round_epochs=10,
        **kwargs,
    ):
        super().__init__(module, **(SEQUENCE_DEFAULTS | kwargs))
        self.n_units = n_units
        self.kernel_size = kernel_size
        self.n_layers = n_layers
        self.dropout = dropout
        self.bag_weight = bag_weight
        self.foreground_weight = foreground_weight
        self.attention_weight = attention_weight
        self.consistency_weight = consistency_weight
        self.average_weights = average_weights
        self.round_epochs = round_epochs

    def _refuse_without_effect(self):
        super()._refuse_without_effect()
        if self.kernel_size % 2 == 0:
            raise ValueError(
                "kernel_size expected an odd number of steps, so that the kernel has a "
                f"middle, but got {self.kernel_size}. Pass {self.kernel_size + 1}."
            )
        if self.module is None and self.get_params_for("module"):
            raise ValueError(
                f"{self._owner} got {self.get_params_for('module')} for a module, but "
                "module is None, and the default network takes n_units, kernel_size, "
                "n_layers and dropout. Pass module=."
            )

    def step_model(self, owner, rng):
        """Return a model of steps that is trained as this net says.

        Parameters
        ----------
        owner : WeakSequenceLocalizer
            Its ``pooling``, ``absence`` and ``smoothing`` are used.

        rng : RandomState
            Source of random numbers.

        Returns
        -------
        object
            The untrained model, for the rounds of the localizer.
        """
        self._validate_params()
        return SequenceModel(self, owner, rng)

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y):
        """Fit on a table of what occurs in which bag.

        Parameters
        ----------
        X : list of n_bags arrays of shape (n_steps, n_features), or array of shape \
(n_bags, n_features, n_steps)
            The bags.

        y : array-like of shape (n_bags, n_classes)
            Probability, in [0, 1], that a class occurs in a bag: zeros and ones where
            it is known.

        Returns
        -------
        self : object
            The fitted net.
        """
        values, offsets = self._read_bags(X)
        y = check_array(y, dtype=np.float64, input_name="y")
        if len(y) != len(offsets) - 1 or y.min() < 0 or y.max() > 1:
            raise ValueError(
                f"y expected shape ({len(offsets) - 1}, n_classes) with numbers from 0 "
                f"to 1, a row per bag, but got shape {y.shape} from {y.min()} to "
                f"{y.max()}. Order the rows as the bags."
            )
        allowed = np.column_stack([y, np.ones(len(y))])
        targets = np.zeros((len(values), allowed.shape[1]))
        dataset = BagDataset(values, offsets, allowed, targets)
        fresh = not (self.warm_start and self.initialized_)
        return self._train_on(dataset, fresh=fresh)

    def partial_fit(self, X, y):
        """Train on, with modules and optimizer as they are.

        Parameters
        ----------
        X : list of n_bags arrays, or array of shape (n_bags, n_features, n_steps)
            The bags.

        y : array-like of shape (n_bags, n_classes)
            Probability that a class occurs in a bag.

        Returns
        -------
        self : object
            The net, trained on.
        """
        warm_start, self.warm_start = self.warm_start, True
        try:
            return self.fit(X, y)
        finally:
            self.warm_start = warm_start

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
        values, offsets = self._read_bags(X)
        proba = self._proba(values, offsets)[:, :-1]
        return np.split(proba, offsets[1:-1])

    def _read_bags(self, X):
        """Return bags laid end to end, and where each begins."""
        bags = X.transpose(0, 2, 1) if getattr(X, "ndim", 1) == 3 else X
        bags = [
            check_array(bag, dtype=np.float64, ensure_min_samples=0) for bag in bags
        ]
        widths = {bag.shape[1] for bag in bags}
        if len(widths) != 1:
            raise ValueError(
                f"{self._owner} expected bags of shape (n_steps, n_features) with the "
                f"same number of features, but got {sorted(widths)}. Pass a list with "
                "an array per bag."
            )
        return np.concatenate(bags), np.cumsum([0, *map(len, bags)])

    # Training

    def _train_on(self, dataset, *, by_step=False, fresh=True, epochs=None, lr=None):
        """Train on bags; ``lr`` starts the optimizer anew with another rate."""
        if fresh:
            self._rng_ = check_random_state(self.random_state)
        with self._in_training(dataset, seed=draw_seed(self._rng_)):
            if fresh:
                # One scale for all features: how far they differ may mean something.
                self._center_ = dataset.values.mean(axis=0)
                deviations = dataset.values - self._center_
                self._scale_ = np.sqrt(np.mean(deviations**2)) or 1.0
                self._n_outputs_ = dataset.allowed.shape[1]
                self.initialize()
            if lr is not None:
                # A new optimizer: the moments of the old one belong to other targets.
                usual, self.lr = self.lr, lr
                self._initialize_optimizer()
                self.lr = usual
            if self.averaged_module_ is not None:
                # Each round has other labels to learn from, and an average of its own.
                self.averaged_module_.n_averaged.zero_()
            self._by_step_ = by_step
            self._run(dataset, epochs)
        return self

    def _make_module(self, name):
        """Return the network around the layers that a parameter stands for."""
        n_features = len(self._center_)
        if self.module is not None:
            params = self.get_params_for(name)
            body = self.initialized_instance(copy.deepcopy(self.module), params)
        else:
            body = TemporalConvolution(
                n_features,
                n_units=self.n_units,
                kernel_size=self.kernel_size,
                n_layers=self.n_layers,
                dropout=self.dropout,
            )
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

    def get_iterator(self, dataset, training=False):
        """Return the batches of bags; those to train on are shuffled."""
        name = "iterator_train" if training else "iterator_valid"
        params = {
            "batch_size": len(dataset) if self.batch_size == -1 else self.batch_size,
            "sampler": BagOrder(dataset, self._rng_ if training else None),
            "collate_fn": side_by_side,
            # A loader draws a number when it starts: not from those of the training.
            "generator": torch.Generator(),
        }
        return getattr(self, name)(dataset, **(params | self.get_params_for(name)))

    def infer(self, x, **params):
        """Return what the network says of the steps of a batch."""
        return self._answers(self._network(), x)

    def _answers(self, network, x):
        """Return what a network says, smoothed."""
        x = to_tensor(x, device=self.device)
        logits, attention = network(x["x"], x["mask"])
        width, mask = self.goal_.smoothing, x["mask"]
        attention = moving_mean(attention[..., None], mask, width)[..., 0]
        return Answers(moving_mean(logits, mask, width), attention)

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Return the loss of a batch: the mean over its bags."""
        known = to_tensor(X | y_true, device=self.device)
        batch, log_share = BagBatch(**known), y_pred.log_share
        loss = step_loss(log_share, batch)
        if self._by_step_:
            return loss.mean()
        goal = self.goal_
        terms = [
            (self.bag_weight, lambda: bag_loss(y_pred.logits, batch, goal.pooling)),
            (goal.absence, lambda: absence_loss(log_share, batch)),
            (self.foreground_weight, lambda: foreground_loss(y_pred, batch)),
            (self.attention_weight, lambda: attention_loss(y_pred, batch)),
            (
                self.consistency_weight,
                lambda: consistency_loss(log_share, self._teacher(X), batch),
            ),
        ]
        return (loss + sum(weight * term() for weight, term in terms if weight)).mean()

    def _teacher(self, x):
        """Return what the network says of a batch without dropout, on average."""
        averages = self.averaged_module_ is not None
        teacher = self.averaged_module_ if averages else self.module_
        was = teacher.training
        teacher.eval()
        with torch.no_grad():
            answers = self._answers(teacher, x)
        teacher.train(was)
        return answers.log_share

    def _proba(self, values, offsets):
        """Return probabilities of shape (n_steps, n_classes + 1), background last."""
        self._set_training(False)
        # Where nothing teaches the attention, it has no say.
        attends = bool(self.foreground_weight) and not self._by_step_
        found = np.zeros((len(values), self._n_outputs_))
        # Bag by bag, so that no bag is scored otherwise in company than alone.
        for begin, end in pairwise(offsets):
            if end > begin:
                x, _ = side_by_side([(values[begin:end], found[begin:end], found[0])])
                with torch.no_grad():
                    answers = self._answers(self._network(), x)
                found[begin:end] = answers.proba(attends)[0].cpu()
        if not np.isfinite(found).all():
            raise ValueError(
                "SequenceNet expected finite probabilities, but the network returned "
                "NaN: the training has diverged. Scale X, or lower lr."
            )
        return found
