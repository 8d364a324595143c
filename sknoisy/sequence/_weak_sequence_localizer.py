"""Segments of many sequences, learnt from labels of whole sequences."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sknoisy._compat import (
    CallbackSupportMixin,
    Interval,
    StrOptions,
    _fit_context,
    with_callbacks,
)
from sknoisy.sequence._bag_noise import bag_noise
from sknoisy.sequence._bags import bags_to_learn_from, read_bags
from sknoisy.sequence._detection import detection_map_score
from sknoisy.sequence._evidence import (
    read_evidence,
    read_segments_of_bags,
    read_step_labels,
    runs_of_labels,
)
from sknoisy.sequence._fusion import DECIDE, SegmentFusion
from sknoisy.sequence._pseudo_labels import (
    PseudoLabelRule,
    around_points,
    mixed_targets,
)
from sknoisy.sequence._segments import holds_segments, segment_table
from sknoisy.sequence._step_models import (
    SCORERS_OF_STEPS,
    StepOptions,
    bag_scores,
    make_step_model,
)


class WeakSequenceLocalizer(CallbackSupportMixin, BaseEstimator):
    r"""Find where things happen, from labels that only say that they happen.

    A model scores each step of each sequence, here called a bag. It learns from the
    labels of whole bags: a class that occurs in a bag must stand out somewhere in it,
    and one that does not occur is nowhere. Then the segments that it finds, among the
    classes of a bag and as in :meth:`predict`, teach it in a few more rounds.

    Parameters
    ----------
    estimator : MLPRegressor, SequenceNet or classifier, default=None
        What scores steps. An :class:`~sklearn.neural_network.MLPRegressor` is trained
        on whole bags: its outputs are the logits of the classes, ``max_iter`` counts
        the passes over the bags before the first round, of which each further round
        has a quarter, and ``batch_size`` counts bags, 32 where it is "auto". A
        :class:`~sknoisy.deep.SequenceNet` also sees the steps around each one. A
        classifier with ``predict_proba`` and ``sample_weight`` is fitted anew five
        times before the first round and once in each. None is a linear network,
        ``MLPRegressor((), alpha=1e-3, learning_rate_init=0.02, max_iter=60)``.

    fusion : {"gaussian", "nms", "soft_nms"} or SegmentFusion, default="gaussian"
        How scores become segments; a name stands for :class:`SegmentFusion` of it.

    pseudo_labels : {"paint", "hard", "linpro"} or PseudoLabelRule, default="paint"
        What segments teach; a name stands for :class:`PseudoLabelRule` of it.

    n_rounds : int, default=3
        Number of rounds in which segments teach the model, mixed half and half with the
        labels of steps where these are given.

    smoothing : int, default=5
        Odd number of steps over which scores are averaged, about the length of short
        segments.

    context : int, default=0
        Number of steps on each side that the model sees together with a step.

    pooling : float, default=0.125
        Share of the steps of a bag, in (0, 1], that stand for a class in it: about what
        a class takes up where it occurs.

    absence : float, default=4.0
        Weight, from 0, of the term for the classes that a bag does *not* have. A
        classifier is always limited to the classes of a bag.

    bag_noise : {"auto"}, default="auto"
        What becomes of wrong labels of bags. With "auto" four models, each trained
        without a quarter of the bags, estimate them, and posteriors take the place of
        labels if rates of missing and spurious labels explain these better. None takes
        all labels as they are.

    background : label, default=None
        The one of the ``step_labels`` that says that nothing happens. None means that
        something happens everywhere.

    random_state : int, RandomState instance or None, default=None
        Source of the first weights of a network and of the order of the bags.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted; of a multi-hot y the names of its columns, or 0, 1, ...

    thresholds_ : ndarray of shape (n_thresholds,)
        The levels of the proposals.

    pseudo_labels_ : list of ndarray of shape (n_steps_i, n_classes), or None
        What segments taught each bag in the last round. None without rounds.

    bag_label_quality_ : ndarray of shape (n_bags, n_classes), or None
        Probability that the label of a bag is right about a class. None with
        ``step_labels``, or if ``bag_noise`` is None.

    missing_rate_ : ndarray of shape (n_classes,), or None
        Estimated share of the bags with a class whose label lacks it.

    spurious_rate_ : ndarray of shape (n_classes,), or None
        Estimated share of the bags without a class whose label has it.

    history_ : list of dict
        For each round: ``n_segments``, the segments found in training; ``covered``, the
        share of the steps inside those taught; and ``changed``, the share of steps
        taught otherwise than in the round before, None in the first.

    n_features_in_ : int
        Number of features of a step.

    n_iter_ : int
        Number of times that the model was trained, ``n_rounds + 1``.

    Notes
    -----
    With the probabilities :math:`p_{tc}` of the classes and of the background at step
    :math:`t`, and the set :math:`Y` of the background and the classes that occur in a
    bag of :math:`T` steps, the network minimises, averaged over bags,

    .. math::

        -\frac{1}{|Y|} \sum_{c \in Y} \log q_c
        - \frac{\lambda}{T} \sum_t \log \sum_{c \in Y} p_{tc}
        - \frac{w}{T} \sum_t \sum_c D_{tc} \log p_{tc} .

    :math:`q` is the soft-max of the mean of the highest logits of each class, over the
    share ``pooling`` of the steps; :math:`\lambda` is ``absence``, :math:`w` the
    ``weight`` of the pseudo-labels, and :math:`D` what segments teach, 0 before the
    first round. The points of a bag together weigh as much as the bag.

    With ``bag_noise="auto"``, a class occurs with the probability :math:`p` that a
    logistic model gives to the score of a bag by a model that has not seen it, and the
    label with :math:`(1 - m) p + s (1 - p)`. If the rates :math:`m, s` raise the
    log-likelihood by 4 and the mean of one is 0.02, posteriors are the labels, set to 0
    below 0.1 and to 1 above 0.9.

    That segments of prediction teach, their fusion, and the change as a target follow
    [1]_, which :ref:`published_forms` has as one call; the rest is sknoisy's own.

    References
    ----------
    .. [1] J. Zhou, L. Huang, L. Wang, S. Liu, H. Li, "Improving weakly supervised
       temporal action localization by bridging train-test gap in pseudo labels",
       CVPR, 2023, arXiv:2304.07978.

    Examples
    --------
    Thirty noisy series, in half of which the signal is high for a while:

    >>> import numpy as np
    >>> from sknoisy.sequence import WeakSequenceLocalizer, segment_table
    >>> rng = np.random.RandomState(0)
    >>> bags = [rng.normal(scale=0.3, size=(50, 2)) for _ in range(30)]
    >>> for i in range(0, 30, 2):
    ...     bags[i][20 + i % 7 : 32 + i % 7, 0] += 2
    >>> localizer = WeakSequenceLocalizer(random_state=0)
    >>> localizer = localizer.fit(bags, [{"high"}, set()] * 15)
    >>> found = localizer.predict(bags)
    >>> found["start"][0].round(), found["end"][0].round()
    (np.float64(19.0), np.float64(33.0))
    >>> set(found["bag"][found["score"] > 0.5]) == set(range(0, 30, 2))
    True
    """

    _parameter_constraints: dict = {
        "estimator": SCORERS_OF_STEPS,
        "fusion": [StrOptions(set(DECIDE)), SegmentFusion],
        "pseudo_labels": [StrOptions({"paint", "hard", "linpro"}), PseudoLabelRule],
        "n_rounds": [Interval(Integral, 0, None, closed="left")],
        "smoothing": [Interval(Integral, 1, None, closed="left")],
        "context": [Interval(Integral, 0, None, closed="left")],
        "pooling": [Interval(Real, 0, 1, closed="right")],
        "absence": [Interval(Real, 0, None, closed="left")],
        "bag_noise": [StrOptions({"auto"}), None],
        "background": "no_validation",
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator=None,
        *,
        fusion="gaussian",
        pseudo_labels="paint",
        n_rounds=3,
        smoothing=5,
        context=0,
        pooling=0.125,
        absence=4.0,
        bag_noise="auto",
        background=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.fusion = fusion
        self.pseudo_labels = pseudo_labels
        self.n_rounds = n_rounds
        self.smoothing = smoothing
        self.context = context
        self.pooling = pooling
        self.absence = absence
        self.bag_noise = bag_noise
        self.background = background
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    @with_callbacks
    def fit(
        self, X, y=None, *, segments=None, step_labels=None, points=None, trusted=None
    ):
        """Learn from weak labels; exactly one of y, segments and step_labels is given.

        Parameters
        ----------
        X : list of n_bags arrays of shape (n_steps_i, n_features), or one array
            The bags, or an array of shape (n_bags, n_features, n_steps). Bring features
            to similar scales.

        y : array-like of shape (n_bags, n_classes), list of n_bags sets, or \
                array-like of shape (n_bags,), default=None
            What happens in each bag: a table of zeros and ones; the set of its labels,
            empty where nothing happens; or one label for each bag.

        segments : list of n_bags tables of segments, or one table, default=None
            Where things happen; only the labels of the bags are taken from it.

        step_labels : list of n_bags arrays of shape (n_steps_i,), default=None
            A label for each step, which may be wrong.

        points : list of n_bags tables of segments, or one table, default=None
            Steps whose label is known, as segments of one step or more, one for each
            true segment: in the bags with points, what is found without one is dropped.

        trusted : array-like of bool of shape (n_bags,) or (n_bags, n_classes), \
                default=None
            Labels of bags that are known to be right. Those at points are.

        Returns
        -------
        WeakSequenceLocalizer
            The fitted localizer.

        Raises
        ------
        ValueError
            If bags differ in their features, hold missing values, or have no steps; if
            labels or points do not fit the bags; or if y is in none of these forms.
        """
        bags = self._bags_to_learn_from(X)
        context = self._init_callback_context(max_subtasks=self.n_rounds + 1)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        # All input is checked before anything is trained.
        known = {"points": points, "trusted": trusted, "background": self.background}
        sources = {"y": y, "segments": segments, "step_labels": step_labels}
        evidence = read_evidence(bags, sources, owner=type(self).__name__, **known)
        self.classes_ = evidence.classes
        self.n_features_in_ = bags.n_features
        self.thresholds_ = self._fusion()._levels()
        self._fit_rounds(bags.with_context(self.context), evidence, context)
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        return self

    def _bags_to_learn_from(self, X):
        bags = bags_to_learn_from(X, type(self).__name__)
        if self.smoothing % 2 == 0:
            even = f"got {self.smoothing}. Pass {self.smoothing + 1}."
            raise ValueError(f"smoothing expected an odd number of steps, but {even}")
        return bags

    def _fusion(self):
        named = isinstance(self.fusion, str)
        return SegmentFusion(self.fusion) if named else self.fusion

    def _fit_rounds(self, bags, evidence, context):
        """Train, decode what the model finds, teach it, and so on."""
        rng = check_random_state(self.random_state)
        # The folds draw aside, so that the model is the same with and without them.
        aside = np.random.RandomState(rng.randint(2**31 - 1))
        evidence = self._corrected(bags, evidence, aside)
        self._model = self._new_model(rng)
        targets, previous = evidence.targets, None
        self.history_ = []
        for number in range(self.n_rounds + 1):
            step = context.subcontext(task_name="round")
            step.call_on_fit_task_begin(estimator=self)
            if number:
                targets, previous = self._taught(bags, evidence, previous, number)
            data = bags.values, bags.offsets, evidence, targets
            self._model.train(*data, round_number=number)
            step.call_on_fit_task_end(estimator=self)
        self.pseudo_labels_ = None if previous is None else bags.split(previous[:, :-1])
        self.n_iter_ = self.n_rounds + 1

    def _new_model(self, rng):
        # Not the localizer itself: it would hold a model that holds the localizer.
        options = StepOptions(self.pooling, self.absence, self.smoothing)
        return make_step_model(self.estimator, options, rng)

    def _corrected(self, bags, evidence, rng):
        """Estimate which labels of bags are wrong, and return what to train on."""
        self.bag_label_quality_ = self.missing_rate_ = self.spurious_rate_ = None
        if self.bag_noise is None or evidence.by_step:
            return evidence
        noise = bag_noise(lambda: self._new_model(rng), bags, evidence, self.pooling)
        self.bag_label_quality_ = noise.quality
        self.missing_rate_ = noise.missing_rate
        self.spurious_rate_ = noise.spurious_rate
        return noise.corrected(evidence)

    def _taught(self, bags, evidence, previous, number):
        """Return what steps are taught in a round, and what segments say of them."""
        rule = self.pseudo_labels
        rule = PseudoLabelRule(rule) if isinstance(rule, str) else rule
        found = self._found_in_training(bags, evidence, rule._temperature(number))
        labels = rule._labels(found, bags.offsets, len(self.classes_))
        if evidence.by_step:
            has_background = self.background is not None
            targets = mixed_targets(evidence.targets, labels, has_background)
        else:
            targets = rule._targets(labels, previous, evidence, number)
        self.history_.append(_round_summary(found, labels, previous))
        return targets, labels

    def _found_in_training(self, bags, evidence, temperature):
        """Decode the bags of training, where only classes that occur can be found."""
        scores = self._model.proba(bags.values, bags.offsets)
        # Labels of steps may be wrong, so that they do not limit what is found.
        if not evidence.by_step:
            scores = scores * np.repeat(evidence.allowed, bags.lengths, axis=0)
            total = scores.sum(axis=1, keepdims=True)
            scores = scores / np.maximum(total, np.finfo(float).tiny)
        kept = evidence.present
        found = self._fusion()._decode(scores[:, :-1], bags.offsets, kept, temperature)
        if evidence.points is None:
            return found
        return found.only(around_points(found, evidence.points, *kept.shape))

    def predict(self, X):
        """Return the segments of all bags.

        Parameters
        ----------
        X : list of arrays, or array
            The bags, in either form that :meth:`fit` takes.

        Returns
        -------
        ndarray of shape (n_segments,)
            Table of segments, see :func:`segment_table`; bag after bag, by their
            position in X, the highest score first.
        """
        return self._segments(self._bags(X))

    def predict_proba(self, X):
        """Return the probability of each class at each step.

        Parameters
        ----------
        X : list of arrays, or array
            The bags, in either form that :meth:`fit` takes.

        Returns
        -------
        list of ndarray of shape (n_steps_i, n_classes)
            What is missing to a sum of 1 is the background.
        """
        bags = self._bags(X)
        return bags.split(self._scores(bags))

    def predict_bags(self, X):
        """Return how strongly each class shows in each bag.

        Parameters
        ----------
        X : list of arrays, or array
            The bags, in either form that :meth:`fit` takes.

        Returns
        -------
        ndarray of shape (n_bags, n_classes)
            Mean of the highest probabilities of the class, over the share ``pooling``
            of the steps; 0 for a bag without steps.
        """
        bags = self._bags(X)
        return bag_scores(self._scores(bags), bags.offsets, self.pooling)

    def score(
        self, X, y=None, *, segments=None, step_labels=None, iou_thresholds="thumos14"
    ):
        """Return the mean average precision of the segments found.

        Parameters
        ----------
        X : list of arrays, or array
            The bags, in either form that :meth:`fit` takes.

        y : list of n_bags tables of segments, or one table, default=None
            The true segments; not looked at where one of the next two is given.

        segments : list of n_bags tables of segments, or one table, default=None
            The same, by the keyword of ``fit``, for searches that route metadata.

        step_labels : list of n_bags arrays of shape (n_steps_i,), default=None
            The true label of each step, of which runs are the segments.

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
        bags = self._bags(X)
        truth = y if segments is None else segments
        if step_labels is not None:
            labels = read_step_labels(step_labels, bags, owner)
            truth = runs_of_labels(labels, bags, self.background)
        elif not holds_segments(truth):
            raise ValueError(
                f"{owner}.score expected tables of segments, or step_labels, but y "
                "only says what happens in each bag. Pass segments= or step_labels=, "
                "or score predict_bags by sklearn.metrics.average_precision_score."
            )
        truth = read_segments_of_bags(truth, bags, owner)
        return detection_map_score(truth, self._segments(bags), iou_thresholds)

    def _bags(self, X):
        check_is_fitted(self)
        return read_bags(X, owner=type(self).__name__, n_features=self.n_features_in_)

    def _scores(self, bags):
        values = bags.with_context(self.context).values
        return self._model.proba(values, bags.offsets)[:, :-1]

    def _segments(self, bags):
        """Return what is found, bag after bag and the highest score first."""
        fusion, scores = self._fusion(), self._scores(bags)
        kept = bag_scores(scores, bags.offsets, self.pooling) >= fusion.min_bag_score
        found = fusion._decode(scores, bags.offsets, kept)
        found = found.only(np.lexsort([-found.scores, found.bags]))
        label, columns = self.classes_[found.labels], found.segments.T
        return segment_table(*columns, label=label, bag=found.bags, score=found.scores)


def _round_summary(found, labels, previous):
    """Return the figures of a round for ``history_``."""
    changed, taught = None, labels[:, :-1]
    if previous is not None:
        changed = float(np.mean((taught != previous[:, :-1]).any(axis=1)))
    covered = float(np.mean(taught.any(axis=1)))
    return {"n_segments": len(found.scores), "covered": covered, "changed": changed}
