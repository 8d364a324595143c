"""The classifier for users who do not want to choose."""

import warnings
from dataclasses import replace

import numpy as np

from sknoisy._compat import StrOptions
from sknoisy._context import CONTEXT_CONSTRAINTS, FitContext, seed_unset
from sknoisy._embedding import EMBEDDING_CONSTRAINT
from sknoisy._folds import make_folds
from sknoisy._meta import BaseLabelNoiseClassifier, prepared
from sknoisy._soft_labels import (
    fit_soft_labels,
    settle,
    soft_labels_for,
    takes_weights,
)
from sknoisy.classification._action_choice import (
    Selection,
    folds_to_check,
    posterior_of,
    select_action,
)
from sknoisy.evidence import (
    EVIDENCE_CONSTRAINT,
    EvidenceInputs,
    all_sources,
    gather_evidence,
    names_of_sources,
)
from sknoisy.exceptions import NoEvidenceWarning, UnsuitableEstimatorError
from sknoisy.quality._noise_rate import estimate_noise
from sknoisy.refinement import TrustedLabelRefiner
from sknoisy.transition._resolve import TRANSITION_CONSTRAINT, check_matrix, is_matrix

# With three folds, the labels as they are and one action can be compared on all rows
# within eight fits, the last one included.
N_FOLDS = 3
# A label is flagged where it is more probably wrong than right.
FLAGGED_BELOW = 0.5


class NoisyLabelClassifier(BaseLabelNoiseClassifier):
    r"""Train a classifier on labels of which some are wrong.

    Out-of-sample evidence about each label, by the classifier itself and by an
    out-of-bag forest, and a transition matrix give the probability that the label is
    right. The classifier is then trained on labels weighted by it, unless labels that
    were held out speak for the labels as they are.

    Parameters
    ----------
    estimator : classifier, default=None
        The classifier to train; its own parameters are left alone. None means
        :class:`~sklearn.linear_model.LogisticRegression`.

    evidence : str or list of str, default="auto"
        Sources of out-of-sample class probabilities: "model", the classifier trained
        on other folds; "forest", randomised trees that were grown without the row;
        "neighbors", the labels of the 10 nearest rows. The last two need no fit of the
        classifier. Several are pooled. "auto" means model and forest; forest and
        neighbours for a classifier without ``predict_proba``; all three where labels
        are trusted.

    transition : "auto", transition estimator or array-like, default="auto"
        Noise transition matrix ``T[i, j] = P(noisy = j | clean = i)`` of shape
        (n_classes, n_classes) in the order of ``classes_``, or the estimator of it.
        "auto" means :class:`~sknoisy.transition.ConfidentTransition` with a quarter of
        the uniform matrix mixed in. With a matrix that is given, ``clean_proba_`` is
        Bayes' rule.

    action : {"auto", "weight", "filter", "relabel", "soft"}, default="auto"
        What is done with a label: weight it by its quality, the lowest ones zero, as
        many as are wrong for sure; leave it out unless it is the most probable class;
        replace it by the most probable class; or train on the probabilities of all
        classes. "auto" compares "weight" with the labels as they are, or "filter" for
        a classifier that takes no weights, and for histogram boosting from 6,000 rows
        on, whose fits with weights take twice as long or more. With trusted labels it
        means "soft", with less weight for rows of low quality, or "relabel" for a
        classifier that takes no weights. An action that is named is always carried out.

    embedding : "auto", "passthrough" or transformer, default="auto"
        Space of the forest and of the neighbours. "auto" takes the steps of a
        ``Pipeline`` before its last, those that resample left out; else the numeric
        columns, with gaps filled by the median, at unit variance; for sparse X its
        main singular directions. Where none of these applies, the classifier is the
        only source, after a warning.

    cv : int, splitter or iterable, default=None
        Folds. None means 3 stratified folds in which copies of a row stay together.

    memory : str or object with the joblib.Memory interface, default=None
        Where out-of-fold probabilities, forests and neighbours are cached, so that a
        search over ``action`` or ``transition`` makes no evidence twice.

    n_jobs : int, default=None
        Number of folds fitted, or trees grown, side by side. The result is the same.

    random_state : int, RandomState instance or None, default=None
        Seed of the forest, and of those random states of the classifier that have
        none. With None the forest is the same in each fit, and the classifier is left
        alone.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier.

    evidence_ : dict of str to ndarray of shape (n_samples, n_classes)
        Out-of-sample probabilities by the name of the source; rows sum to 1.

    clean_proba_ : ndarray of shape (n_samples, n_classes)
        Probability of each true class for the rows given to ``fit``.

    label_quality_ : ndarray of shape (n_samples,)
        Probability that the label is right, in [0, 1].

    transition_matrix_ : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.

    noise_rate_ : float
        Estimated share of wrong labels, in [0, 1]: the mean of 1 - ``label_quality_``.

    noise_rate_interval_ : tuple of float
        What the noise rate is at least and at most. At least: the smallest share of
        other labels, with 99 % confidence, over ever smaller cores of rows that the
        evidence is surest of; 0 where wrong labels cannot be told from an overlap of
        the classes. At most: the share of labels that the evidence contradicts at all,
        its own mistakes counted, with 95 % confidence.

    flag_precision_ : float
        Share of wrong labels among those with a quality below 0.5, as far as the lower
        end of the noise rate bears it; NaN if there are none.

    expected_gain_ : float
        Expected change of accuracy on clean labels, in [-1, 1], against training on
        the labels as they are, seen through ``transition_matrix_`` in labels that
        were held out. 0 where they are left as they are; NaN where nothing was held
        out, as with ``evidence="forest"``.

    expected_gain_interval_ : tuple of float
        Interval of ``expected_gain_``, with 95 % confidence as far as the matrix is
        right.

    soft_labels_ : ndarray of shape (n_samples, n_classes)
        Weight of each class for each sample. Sample weights are relative: the
        classifier is trained on these divided by their median over distinct rows.

    sample_weight_ : ndarray of shape (n_samples,)
        Sum of the soft labels of each sample.

    transduction_ : ndarray of shape (n_samples,)
        The label that carries most weight.

    selection_ : dict
        What was selected and why: ``noise_found``, ``action`` ("keep" where the labels
        are left as they are), ``core_disagreement`` with ``core_disagreement_lower``,
        ``candidates``, the share of held-out labels that each action predicts, and
        ``reason``, a sentence.

    n_fits_ : int
        Number of fits of the classifier that the result rests on, the last one
        included. Those that ``memory`` has are counted, but not made again.

    classes_ : ndarray of shape (n_classes,)
        The distinct labels.

    n_features_in_ : int
        Number of columns of X, where the classifier tells.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where the classifier tells.

    See Also
    --------
    RefinedLabelClassifier : Choose what is trained on yourself.
    sknoisy.find_label_errors : List the wrong labels, from given probabilities.

    Notes
    -----
    A default fit costs seven fits of the classifier: three on two thirds of the rows
    with the labels as they are, three with the action, and the last one. A forest of
    300 trees comes on top, of which each third has not seen one of the folds. From
    6,000 rows on, the action is checked on one fold, and a forest of 100 trees is
    enough.

    The sources are pooled as :math:`p(j \mid x) \propto e^{b_j} \prod_m
    p_m(j \mid x)^{w_m}`, with the exponents that make the labels most likely. The odds
    that a label is right are

    .. math:: \frac{q_i}{1 - q_i} = c \Big(\frac{t_i}{1 - t_i}\Big)^{1/2}
        \frac{p_{\tilde y_i}(x_i)}{\max_{k \neq \tilde y_i} p_k(x_i)},

    with the clean posterior :math:`t_i` of the label by the transition matrix, and the
    factor `c` that brings the mean of :math:`1 - q` half-way to the share of other
    labels in the core.

    Held-out labels are noisy, too. Still, as long as each class keeps its own label
    more often than it gets any other, whoever predicts the noisy labels best is right
    most often [1]_. The labels held out have no part in the evidence about the rows
    that the action is tried on.

    References
    ----------
    .. [1] P. Chen, J. Ye, G. Chen, J. Zhao and P.-A. Heng, "Robustness of Accuracy
       Metric and its Inspirations in Learning with Noisy Labels", AAAI 2021.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sknoisy import NoisyLabelClassifier
    >>> from sknoisy.noise import UniformNoise
    >>> X, y = load_digits(return_X_y=True)
    >>> y_noisy = UniformNoise(0.3, random_state=0).corrupt(y[:1000])
    >>> base = make_pipeline(StandardScaler(), LogisticRegression())
    >>> plain = base.fit(X[:1000], y_noisy).score(X[1000:], y[1000:])
    >>> clf = NoisyLabelClassifier(base).fit(X[:1000], y_noisy)
    >>> bool(clf.score(X[1000:], y[1000:]) > plain + 0.05)
    True
    >>> lower, upper = clf.noise_rate_interval_
    >>> bool(0.15 < lower < 0.3 < upper)
    True
    """

    _parameter_constraints: dict = {
        **BaseLabelNoiseClassifier._parameter_constraints,
        "evidence": EVIDENCE_CONSTRAINT,
        "transition": TRANSITION_CONSTRAINT,
        "action": [StrOptions({"auto", "weight", "filter", "relabel", "soft"})],
        "embedding": EMBEDDING_CONSTRAINT,
        **CONTEXT_CONSTRAINTS,
    }

    def __init__(
        self,
        estimator=None,
        *,
        evidence="auto",
        transition="auto",
        action="auto",
        embedding="auto",
        cv=None,
        memory=None,
        n_jobs=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.evidence = evidence
        self.transition = transition
        self.action = action
        self.embedding = embedding
        self.cv = cv
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit(self, X, labels):
        context = FitContext.of(self)
        base = seed_unset(self._inner_estimator(), context.random_state)
        self._check_options(base, labels)
        if labels.trusted is not None and labels.trusted.all():
            return self._fit_all_trusted(base, X, labels)
        folds = make_folds(X, labels, N_FOLDS if self.cv is None else self.cv)
        asked = self.evidence
        if asked == "auto" and labels.has_trusted:
            asked = all_sources(base)
        # Only the fits of the classifier hold labels out.
        held_out = "model" in names_of_sources(asked, base) and not labels.has_trusted
        checked = folds_to_check(folds) if held_out else []
        inputs = EvidenceInputs(base, X, labels, folds, context, checked)
        evidence = gather_evidence(asked, inputs)
        posterior, T, noise = posterior_of(evidence, inputs, self.transition)
        if labels.has_trusted:
            soft_labels, posterior, T, noise, selection = self._use_trusted(
                evidence, inputs, T, noise
            )
        else:
            selection = select_action(
                self.action, self.transition, inputs, evidence, noise, T
            )
            soft_labels = soft_labels_for(
                selection.action, posterior, labels, surely_wrong=noise.core_lower
            )
        self.evidence_, self.transition_matrix_ = evidence, T
        self.clean_proba_ = posterior
        self._keep_selection(selection, noise)
        self._keep_figures(noise, soft_labels, labels)
        self.n_fits_ = sum(context.fits) + 1
        return fit_soft_labels(
            base, X, soft_labels, labels.classes, params=labels.params
        )

    def _fit_all_trusted(self, base, X, labels):
        """Fit the classifier alone: there is nothing to find out about the labels."""
        one_hot, T = labels.one_hot(), np.eye(labels.n_classes)
        noise = estimate_noise(one_hot, labels)
        self.evidence_, self.transition_matrix_, self.clean_proba_ = {}, T, one_hot
        self._keep_selection(Selection("keep", gain=0.0, interval=(0.0, 0.0)), noise)
        soft_labels = soft_labels_for("keep", one_hot, labels)
        self._keep_figures(noise, soft_labels, labels)
        self.n_fits_ = 1
        return fit_soft_labels(
            base, X, soft_labels, labels.classes, params=labels.params
        )

    def _keep_selection(self, selection, noise):
        """Keep what was selected, why, and what it is expected to bring."""
        self.selection_ = {
            **noise.describe(selection.action, selection.reason),
            "candidates": selection.scores,
        }
        self.expected_gain_ = selection.gain
        self.expected_gain_interval_ = selection.interval

    def _use_trusted(self, evidence, inputs, T, noise):
        """Return what trusted labels make of the evidence."""
        labels = inputs.labels
        refiner = prepared(TrustedLabelRefiner(), inputs.base)
        soft_labels = refiner._refine_evidence(evidence, labels, inputs)
        posterior, found = refiner.clean_proba_, bool(refiner.noise_found_)
        if not is_matrix(self.transition):
            T = refiner.transition_matrix_
        noise = replace(noise, found=found)
        if self.action != "auto":
            soft_labels = soft_labels_for(
                self.action, posterior, labels, surely_wrong=noise.core_lower
            )
            selection = Selection(self.action)
        elif found:
            action = "soft" if takes_weights(inputs.base) else "relabel"
            selection = Selection(action, "; trusted labels say how far")
        else:
            selection = Selection("keep", gain=0.0, interval=(0.0, 0.0))
        return settle(soft_labels, labels), posterior, T, noise, selection

    def _check_options(self, base, labels):
        """Raise errors that name the way out, before any fold is fitted."""
        if self.action in {"weight", "soft"} and not takes_weights(base):
            raise UnsuitableEstimatorError(
                f"action={self.action!r} needs a classifier that takes sample_weight, "
                f"but {type(base).__name__} takes none. Use action='filter' or "
                "action='relabel', which need no weights."
            )
        if not isinstance(self.transition, str):
            check_matrix(self.transition, labels)
        if labels.trusted is not None and not labels.trusted.any():
            warnings.warn(
                "trusted marks no row, so that the labels are used without it. Set it "
                "to True where a label has been checked, or leave it away.",
                NoEvidenceWarning,
            )

    def _keep_figures(self, noise, soft_labels, labels):
        """Keep what follows from posterior and soft labels."""
        self.soft_labels_ = soft_labels * labels.unit
        self.sample_weight_ = self.soft_labels_.sum(axis=1)
        self.transduction_ = labels.classes[soft_labels.argmax(axis=1)]
        self.label_quality_ = labels.proba_of_label(self.clean_proba_)
        error, weight = 1 - self.label_quality_, labels.sample_weight
        rate = float(np.average(error, weights=weight))
        self.noise_rate_ = rate
        self.noise_rate_interval_ = (min(noise.lower, rate), max(noise.upper, rate))
        flagged = weight * (self.label_quality_ < FLAGGED_BELOW)
        self.flag_precision_ = np.nan
        if flagged.any():
            # What is flagged beyond the share that is wrong for sure may be a mistake
            # of the evidence.
            borne_out = noise.lower * weight.sum() / flagged.sum()
            mean = float(np.average(error, weights=flagged))
            self.flag_precision_ = float(min(mean, borne_out))
