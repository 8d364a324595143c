"""A network for the localizer of segments: convolution over time, and attention."""

import copy
from numbers import Integral, Real

import torch
from sklearn.base import BaseEstimator

from sknoisy._compat import Interval, validate_parameter_constraints
from sknoisy.deep._sequence_model import SequenceModel
from sknoisy.deep._sequence_module import TemporalConvolution

NOT_NEGATIVE = [Interval(Real, 0, None, closed="left")]
COUNT = [Interval(Integral, 1, None, closed="left")]


class SequenceNet(BaseEstimator):
    r"""A network that scores the steps of sequences, for a localizer of segments.

    It is the ``estimator`` of a :class:`~sknoisy.sequence.WeakSequenceLocalizer`, which
    trains it on whole sequences, here called bags, and teaches it in rounds what it has
    found. Convolutions over time let it see a step among its neighbours; its loss is a
    sum of terms, each with a weight, where 0 leaves the term out.

    Parameters
    ----------
    module : torch Module, default=None
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
        classes of the bag, and no background. Above 0, or with ``attention_weight``,
        what is not attended to is background in prediction, too.

    attention_weight : float, default=0.0
        Weight of the term that wants the attention to differ from step to step.

    consistency_weight : float, default=0.0
        Weight of the term that teaches the network its own answers, without dropout,
        averaged over its recent past, and sharpened.

    average_weights : bool, default=True
        Whether the average of the weights is used for answers.

    max_epochs : int, default=40
        Number of times that all bags are seen before the first round.

    round_epochs : int, default=10
        Number of times that all bags are seen in each round.

    lr : float, default=0.003
        Learning rate of Adam; in the n-th round it is divided by 2 n.

    weight_decay : float, default=0.001
        L2 penalty.

    batch_size : int, default=8
        Number of bags between updates.

    device : str or torch device, default="cpu"
        Where to train, such as "cuda".

    Raises
    ------
    ValueError
        From the fit of the localizer, if a parameter is out of its range, or the module
        does not return units for each step.

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
        "module": [torch.nn.Module, None],
        "n_units": COUNT,
        "kernel_size": COUNT,
        "n_layers": COUNT,
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "bag_weight": NOT_NEGATIVE,
        "foreground_weight": NOT_NEGATIVE,
        "attention_weight": NOT_NEGATIVE,
        "consistency_weight": NOT_NEGATIVE,
        "average_weights": ["boolean"],
        "max_epochs": [Interval(Integral, 0, None, closed="left")],
        "round_epochs": [Interval(Integral, 0, None, closed="left")],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": NOT_NEGATIVE,
        "batch_size": COUNT,
        "device": [str, torch.device],
    }

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
        max_epochs=40,
        round_epochs=10,
        lr=0.003,
        weight_decay=1e-3,
        batch_size=8,
        device="cpu",
    ):
        self.module = module
        self.n_units = n_units
        self.kernel_size = kernel_size
        self.n_layers = n_layers
        self.dropout = dropout
        self.bag_weight = bag_weight
        self.foreground_weight = foreground_weight
        self.attention_weight = attention_weight
        self.consistency_weight = consistency_weight
        self.average_weights = average_weights
        self.max_epochs = max_epochs
        self.round_epochs = round_epochs
        self.lr = lr
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.device = device

    def step_model(self, owner, rng):
        """Return a model of steps that is trained as this net says.

        Parameters
        ----------
        owner : WeakSequenceLocalizer
            Who asks.

        rng : RandomState
            Source of random numbers.

        Returns
        -------
        object
            The untrained model, for the rounds of the localizer.
        """
        names, values = self._parameter_constraints, self.get_params(deep=False)
        validate_parameter_constraints(names, values, caller_name="SequenceNet")
        if self.kernel_size % 2 == 0:
            raise ValueError(
                "kernel_size expected an odd number of steps, so that the kernel has a "
                f"middle, but got {self.kernel_size}. Pass {self.kernel_size + 1}."
            )
        return SequenceModel(self, owner, rng)

    def make_body(self, n_features):
        """Return the layers below the answers, a copy of ``module`` where it is given.

        Parameters
        ----------
        n_features : int
            Number of features of a step.

        Returns
        -------
        Module
            From bags and mask to units.
        """
        if self.module is not None:
            return copy.deepcopy(self.module)
        return TemporalConvolution(
            n_features,
            n_units=self.n_units,
            kernel_size=self.kernel_size,
            n_layers=self.n_layers,
            dropout=self.dropout,
        )
