"""Segments of many sequences, learnt from labels of whole sequences."""

from numbers import Integral, Real

from sklearn.base import BaseEstimator

from sknoisy._compat import (
    CallbackSupportMixin,
    Interval,
    StrOptions,
    _fit_context,
    with_callbacks,
)
from sknoisy.sequence._bags import read_bags
from sknoisy.sequence._decoding import LEVELS
from sknoisy.sequence._evidence import read_evidence
from sknoisy.sequence._proposals import read_thresholds
from sknoisy.sequence._segment_predictor import SegmentPredictor
from sknoisy.sequence._step_models import SCORERS_OF_STEPS
from sknoisy.sequence._teaching_rounds import TeachingRounds


class WeakSequenceLocalizer(
    SegmentPredictor, TeachingRounds, CallbackSupportMixin, BaseEstimator
):
    r"""Find where things happen, from labels that only say that they happen.

    A model scores each step of each sequence, here called a bag. It learns from the
    labels of whole bags: a class that occurs in a bag must stand out somewhere in it,
    and one that does not occur is nowhere. Then the segments that the model finds,
    among the classes that a bag is known to hold, teach the model in a few more
    rounds. They are found in the same way in training as in :meth:`predict`.

    Labels of single steps help: points, or a label for each step that may be wrong.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``, or SequenceNet, default=None
        What scores steps. A classifier must take ``sample_weight``, and is fitted anew
        five times before the first round and once in each. None means the built-in
        network, trained on whole bags; ``hidden_units``, ``max_iter``, ``alpha``,
        ``learning_rate`` and ``batch_size`` are for it alone, ``absence`` and
        ``random_state`` also for a :class:`~sknoisy.deep.SequenceNet`.

    context : int, default=0
        Number of steps on each side that the model sees together with a step.

    smoothing : int, default=5
        Number of steps, odd, over which scores are averaged. About the length of short
        segments is a good choice.

    hidden_units : int, default=0
        Width of the hidden layer of the network, 0 for a linear model.

    n_networks : int, default=1
        Number of networks that learn from the mean of what they find.

    pooling : float, default=0.125
        Share of the steps of a bag, in (0, 1], that speak for a class in it. About the
        share that a class takes up where it occurs is a good choice.

    absence : float, default=4.0
        Weight, from 0, of what a bag says by the labels that it does *not* have.

    n_rounds : int, default=3
        Number of rounds in which segments found teach the model. With a label for each
        step, they are mixed half and half with the labels given.

    pseudo_labels : {"paint", "hard", "linpro"}, default="paint"
        What segments teach: their score at each of their steps, 1, or the labels of
        :func:`linpro_pseudo_labels`.

    pseudo_weight : float, default=8.0
        Weight of what segments teach, from 0.

    min_score : float, default=0.1
        Segments whose score is not above, in [0, 1), are not taught.

    teach_background : bool or "auto", default="auto"
        Whether steps outside the segments found are taught as background. "auto" does
        so in bags that have ``points``; without them, segments may shrink.

    delta_from : int, default=None
        Round, from 2, from which on the *change* of the pseudo-labels is taught, see
        :func:`delta_pseudo_labels`. None means never.

    fusion : {"gaussian", "nms", "soft_nms"}, default="gaussian"
        What becomes of proposals that overlap.

    thresholds : "auto" or array-like of shape (n_thresholds,), default="auto"
        Levels of the scores to cut proposals at. "auto" has 28 from 0.02 to 0.95.

    min_length : int, default=2
        Number of steps that a proposal has at least.

    temperature : float, default=0.2
        Of the fusion, above 0; the lower, the closer to the best proposal.

    min_bag_score : float, default=0.0
        Classes that score lower in a bag, in [0, 1), are not looked for by
        :meth:`predict`.

    bag_noise : {"auto"}, default="auto"
        What becomes of wrong labels of bags. "auto" asks four models, each trained
        without a quarter of the bags, and trains on what is believed then, if rates of
        missing and spurious labels explain those given better. None believes them all.

    background : label, default=None
        Where y has a label for each step: the one that says that nothing happens. None
        means that something happens everywhere.

    max_iter : int, default=60
        Number of times that the network sees all bags before the first round; in each
        further one it is a quarter of that. Below 5, a classifier is fitted as often.

    learning_rate : float, default=0.02
        Step size of the network, smaller in the rounds.

    alpha : float, default=0.001
        L2 penalty of the network.

    batch_size : int, default=32
        Number of bags between updates of the network.

    random_state : int, RandomState instance or None, default=None
        Source of the first weights of the network and of the order of the bags.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted; the numbers of the columns for a multi-hot y.

    thresholds_ : ndarray of shape (n_thresholds,)
        The levels in use.

    pseudo_labels_ : list of ndarray of shape (n_steps_i, n_classes), or None
        What segments taught in the last round, for each bag of training. None without
        rounds.

    bag_label_quality_ : ndarray of shape (n_bags, n_classes), or None
        Probability that the label of a bag is right about a class. None if labels are
        of steps, or ``bag_noise`` is None.

    bag_missing_rate_ : ndarray of shape (n_classes,), or None
        Estimated share of the bags with a class whose label lacks it.

    bag_spurious_rate_ : ndarray of shape (n_classes,), or None
        Estimated share of the bags without a class whose label has it.

    history_ : list of dict
        For each round: ``n_segments``, the number of segments found in training;
        ``covered``, the share of the steps inside those that were taught; and
        ``changed``, the share of steps taught otherwise than in the round before, None
        in the first.

    n_features_in_ : int
        Number of features of a step.

    n_iter_ : int
        Number of times that the model was trained, ``n_rounds + 1``.

    See Also
    --------
    gaussian_weighted_fusion : How segments are made of proposals.
    generate_proposals : Where proposals come from.
    detection_map_score : How segments are judged.

    Notes
    -----
    With the probabilities :math:`p_{tc}` of the classes and of the background at step
    :math:`t`, made of logits :math:`z_{tc}`, and the set :math:`Y` of the classes that
    occur in a bag of :math:`T` steps, and the background, the network minimises

    .. math::

        -\frac{1}{|Y|} \sum_{c \in Y} \log q_c
        - \frac{\lambda}{T} \sum_t \log \sum_{c \in Y} p_{tc}
        - \frac{w}{T} \sum_t \sum_c D_{tc} \log p_{tc},

    averaged over bags. :math:`q` is the soft-max of the mean of the highest logits of
    each class, over the share ``pooling`` of the steps; :math:`\lambda` is ``absence``,
    :math:`w` is ``pseudo_weight``, and :math:`D` is what segments teach, 0 before the
    first round. Points enter :math:`D` with a weight that makes those of a bag count
    as much as the bag.

    A classifier is fitted to :math:`p_{tc}` limited to :math:`Y`, with the highest
    steps of each class raised, plus :math:`D`.

    With ``bag_noise="auto"``, a bag is scored for each class by a model that has not
    seen it. Class :math:`c` is taken to occur with probability
    :math:`p = \operatorname{logit}^{-1}(a_c + b \operatorname{logit} s)`, where
    :math:`s` is the score, and its label to be given with probability
    :math:`(1 - \rho_c) p + \sigma_c (1 - p)`. The rates :math:`\rho_c` of missing and
    :math:`\sigma_c` of spurious labels maximise the likelihood of the labels, with
    a penalty that keeps the classes together. If it grows by less than 4 over rates of
    0, or neither rate has a mean of 0.02, all labels are believed; otherwise the
    probability of each class, given score and label, takes the place of the label, set
    to 0 below 0.1 and to 1 above 0.9.

    That training takes its pseudo-labels from the segments of prediction, their fusion,
    and the change as a target follow [1]_ in outline; the term for absent classes, the
    correction of bags, hard labels and the model are sknoisy's own.

    References
    ----------
    .. [1] J. Zhou, L. Huang, L. Wang, S. Liu, H. Li, "Improving weakly supervised
       temporal action localization by bridging train-test gap in pseudo labels",
       CVPR, 2023, arXiv:2304.07978.

    Examples
    --------
    Thirty noisy series, in some of which the signal is high for a while:

    >>> import numpy as np
    >>> from sknoisy.sequence import WeakSequenceLocalizer, segment_table
    >>> rng = np.random.RandomState(0)
    >>> bags, y = [], []
    >>> for i in range(30):
    ...     signal = rng.normal(scale=0.3, size=(50, 2))
    ...     if i % 2:
    ...         signal[20 + i % 5 : 32 + i % 5, 0] += 2
    ...     bags.append(signal)
    ...     y.append({"high"} if i % 2 else set())
    >>> localizer = WeakSequenceLocalizer(random_state=0).fit(bags, y)
    >>> truth = [segment_table([20 + i % 5], [32 + i % 5], label="high")
    ...          if i % 2 else segment_table([], [], label="high") for i in range(30)]
    >>> localizer.score(bags, truth) > 0.9
    True
    """

    _parameter_constraints: dict = {
        "estimator": SCORERS_OF_STEPS,
        "context": [Interval(Integral, 0, None, closed="left")],
        "smoothing": [Interval(Integral, 1, None, closed="left")],
        "hidden_units": [Interval(Integral, 0, None, closed="left")],
        "n_networks": [Interval(Integral, 1, None, closed="left")],
        "pooling": [Interval(Real, 0, 1, closed="right")],
        "absence": [Interval(Real, 0, None, closed="left")],
        "n_rounds": [Interval(Integral, 0, None, closed="left")],
        "pseudo_labels": [StrOptions({"paint", "hard", "linpro"})],
        "pseudo_weight": [Interval(Real, 0, None, closed="left")],
        "min_score": [Interval(Real, 0, 1, closed="left")],
        "teach_background": ["boolean", StrOptions({"auto"})],
        "delta_from": [Interval(Integral, 2, None, closed="left"), None],
        "fusion": [StrOptions({"gaussian", "nms", "soft_nms"})],
        "thresholds": [StrOptions({"auto"}), "array-like"],
        "min_length": [Interval(Integral, 1, None, closed="left")],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "min_bag_score": [Interval(Real, 0, 1, closed="left")],
        "bag_noise": [StrOptions({"auto"}), None],
        "background": "no_validation",
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator=None,
        *,
        context=0,
        smoothing=5,
        hidden_units=0,
        n_networks=1,
        pooling=0.125,
        absence=4.0,
        n_rounds=3,
        pseudo_labels="paint",
        pseudo_weight=8.0,
        min_score=0.1,
        teach_background="auto",
        delta_from=None,
        fusion="gaussian",
        thresholds="auto",
        min_length=2,
        temperature=0.2,
        min_bag_score=0.0,
        bag_noise="auto",
        background=None,
        max_iter=60,
        learning_rate=0.02,
        alpha=1e-3,
        batch_size=32,
        random_state=None,
    ):
        self.estimator = estimator
        self.context = context
        self.smoothing = smoothing
        self.hidden_units = hidden_units
        self.n_networks = n_networks
        self.pooling = pooling
        self.absence = absence
        self.n_rounds = n_rounds
        self.pseudo_labels = pseudo_labels
        self.pseudo_weight = pseudo_weight
        self.min_score = min_score
        self.teach_background = teach_background
        self.delta_from = delta_from
        self.fusion = fusion
        self.thresholds = thresholds
        self.min_length = min_length
        self.temperature = temperature
        self.min_bag_score = min_bag_score
        self.bag_noise = bag_noise
        self.background = background
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.alpha = alpha
        self.batch_size = batch_size
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    @with_callbacks
    def fit(self, X, y, *, groups=None, points=None, trusted=None):
        """Learn from weak labels.

        Parameters
        ----------
        X : list of n_bags arrays of shape (n_steps_i, n_features), array of shape \
                (n_bags, n_features, n_steps), or array of shape (n_steps, n_features)
            The bags. The last form needs ``groups``. Bring features to similar scales.

        y : array-like or list
            What happens in each bag: a table of zeros and ones of shape (n_bags,
            n_classes); a list with the set of the labels of each bag; a single label
            per bag; or tables of segments, of which only their labels are used. Or a
            label for each step, as one array per bag, or as one array of shape
            (n_steps,) beside a flat X.

        groups : array-like of shape (n_steps,), default=None
            Bag of each row of a flat X.

        points : list of n_bags tables of segments, or one table, default=None
            Steps whose label is known, as segments of one step or more, see
            :func:`segment_table`. Where a bag has points, it should have one for each
            segment: in training, what is found without a point is dropped.

        trusted : array-like of bool of shape (n_bags,) or (n_bags, n_classes), \
                default=None
            Labels of bags that have been verified. Points verify theirs.

        Returns
        -------
        WeakSequenceLocalizer
            The fitted localizer.

        Raises
        ------
        ValueError
            If bags differ in their number of features, hold missing values, or labels
            or points do not fit the bags.
        """
        owner = type(self).__name__
        bags = read_bags(X, owner=owner, groups=groups)
        self._check_smoothing()
        if not bags.lengths.any():
            raise ValueError(
                f"{owner} expected bags with steps to learn from, but all "
                f"{bags.n_bags} bags in X have none. Check what cut them."
            )
        context = self._init_callback_context(max_subtasks=self.n_rounds + 1)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        evidence = read_evidence(
            y,
            bags,
            owner=owner,
            points=points,
            background=self.background,
            trusted=trusted,
        )
        self.classes_ = evidence.classes
        self.n_features_in_ = bags.n_features
        auto = isinstance(self.thresholds, str)
        self.thresholds_ = LEVELS if auto else read_thresholds(self.thresholds, None)
        self._fit_rounds(bags, evidence, context)
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        return self

    def _check_smoothing(self):
        if self.smoothing % 2 == 0:
            raise ValueError(
                "smoothing expected an odd number of steps, so that the window has a "
                f"middle, but got {self.smoothing}. Pass {self.smoothing + 1}."
            )
