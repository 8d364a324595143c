"""Delegation and metadata routing for every estimator that wraps another one.

``LabelReader`` turns the arguments of ``fit`` into the record that hooks receive;
``BaseLabelNoiseClassifier`` adds a fitted inner classifier that answers for the whole.
"""

import warnings
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.utils import estimator_html_repr, get_tags, indexable
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from sknoisy._compat import (
    CallbackSupportMixin,
    FitsAndPredicts,
    _fit_context,
    _raise_for_params,
    _routing_enabled,
    with_callbacks,
)
from sknoisy._fit_labels import predicted_labels
from sknoisy._folds import distinct_rows
from sknoisy._labels import read_labels
from sknoisy._proba import align_columns, align_decisions, class_proba
from sknoisy._row_tables import drop_row_tables
from sknoisy._soft_labels import check_is_classifier

PRECOMPUTED = "precomputed"


class LabelReader(MetaEstimatorMixin):
    """Reading of ``fit``'s arguments, for estimators with an ``estimator`` parameter.

    Think twice before adding to this class: it holds what every package needs, and
    every line of it is inherited by every estimator.
    """

    # Whether only the ratios of sample weights count, see ``NoisyLabels.relative_to``.
    _weights_are_relative = True

    def _read_labels(self, X, y, sample_weight, groups, trusted, params):
        """Return the record of the labels, and take over what describes X."""
        _raise_for_params(params, self, "fit")
        labels = read_labels(
            X,
            y,
            owner=type(self).__name__,
            sample_weight=sample_weight,
            groups=groups,
            trusted=trusted,
        )
        if self._weights_are_relative:
            # Equal rows of given probabilities are no copies of one row of features.
            given = isinstance(getattr(self, "estimator", None), str)
            points = np.arange(labels.n_samples) if given else distinct_rows(X)
            labels = labels.relative_to(points)
        if _routing_enabled() and self._inner_estimator() is not None:
            routed = process_routing(self, "fit", **params)
            labels = replace(labels, params=routed.estimator.fit)
        return labels

    def _inner_estimator(self):
        """Return the classifier that is wrapped, unfitted and uncloned."""
        if isinstance(getattr(self, "estimator", PRECOMPUTED), str):
            return None
        return LogisticRegression() if self.estimator is None else self.estimator

    def get_metadata_routing(self):
        """Return where metadata goes: to ``fit`` itself and to the inner ``fit``.

        Returns
        -------
        MetadataRouter
            The routing of this estimator.
        """
        router = MetadataRouter(owner=self).add_self_request(self)
        inner = self._inner_estimator()
        if inner is not None:
            mapping = MethodMapping().add(caller="fit", callee="fit")
            router.add(estimator=inner, method_mapping=mapping)
        return router

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        inner = self._inner_estimator()
        if inner is not None:
            inner_tags = get_tags(inner)
            tags.input_tags = replace(inner_tags.input_tags)
            if tags.classifier_tags is not None and inner_tags.classifier_tags:
                tags.classifier_tags.multi_class = (
                    inner_tags.classifier_tags.multi_class
                )
        return tags


class LabelLearner(LabelReader, BaseEstimator, ABC):
    """Base of what learns about labels but predicts nothing: it has ``fit`` alone.

    A subclass implements ``_learn(X, labels)``, which sets fitted attributes.
    """

    # Parameters without a line of their own in a subclass go unchecked.
    _parameter_constraints: dict = {}
    # What a step without an estimator of its own fits, and what it tells of its folds;
    # set by ``prepared``.
    _default_estimator = _progress = None

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None, *, groups=None, trusted=None, **params):
        """Learn about noisy labels.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            Whatever the classifier takes. With ``estimator="precomputed"`` the
            out-of-fold probabilities, of shape (n_samples, n_classes) with columns in
            the order of the sorted labels.

        y : array-like of shape (n_samples,)
            Noisy labels of at least two classes, of any type that sorts.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights that are not negative.

        groups : array-like of shape (n_samples,), default=None
            Rows of one group stay in one fold and are no evidence about each other.

        trusted : array-like of bool of shape (n_samples,), default=None
            Rows whose label has been verified.

        **params : dict
            Metadata that the classifier requests; needs
            ``sklearn.set_config(enable_metadata_routing=True)``.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the labels are missing, continuous, of a single class, in several
            columns or not as many as the rows of X, or if given probabilities are
            negative, missing or do not sum to 1.
        """
        (X,) = indexable(X)
        labels = self._read_labels(X, y, sample_weight, groups, trusted, params)
        self.classes_ = labels.classes
        self._learn(X, labels)
        # Only names and number of the columns are taken; X itself is not touched.
        validate_data(self, X, skip_check_array=True)
        return self

    @abstractmethod
    def _learn(self, X, labels):
        """Set the fitted attributes."""


def prepared(step, default_estimator=None, progress=None):
    """Clone a collaborator whose hook is about to be called without its ``fit``.

    Parameters
    ----------
    step : estimator
        Transition estimator, label quality score or refiner.

    default_estimator : classifier, default=None
        What the step, and the steps in it, fit where they have no estimator of their
        own.

    progress : Progress, default=None
        What the step tells of its folds.

    Returns
    -------
    estimator
        The clone, with its parameters checked, as its own ``fit`` would have done.
    """
    step = clone(step)
    if isinstance(step, BaseEstimator):
        step._validate_params()
    if default_estimator is not None:
        step._default_estimator = default_estimator
    if progress is not None:
        step._progress = progress
    return step


def narrowed(tags, second_estimator):
    """Return tags that allow the input that a second estimator takes as well.

    Parameters
    ----------
    tags : Tags
        They are changed in place.

    second_estimator : estimator or None
        None narrows nothing.

    Returns
    -------
    Tags
        The tags.
    """
    if second_estimator is not None:
        second = get_tags(second_estimator).input_tags
        tags.input_tags.sparse &= second.sparse
        tags.input_tags.allow_nan &= second.allow_nan
    return tags


def warn_not_converged(owner, change):
    """Warn that the rounds of an estimator have ended before its result settled.

    Parameters
    ----------
    owner : estimator
        It has the parameters ``max_iter`` and ``tol``.

    change : float
        How much the last round has changed.
    """
    warnings.warn(
        f"{type(owner).__name__} had not settled after max_iter={owner.max_iter} "
        f"rounds: the last one changed {change:.3g}, more than tol={owner.tol}. Raise "
        "max_iter or tol.",
        ConvergenceWarning,
    )


def take_over(owner, fitted, names):
    """Give an estimator the fitted attributes of a part of it.

    Parameters
    ----------
    owner : estimator
        Receives them, and loses those that an earlier ``fit`` may have left.

    fitted : estimator
        The part.

    names : list of str
        Names of the attributes, each of which the part may lack.
    """
    for name in names:
        if hasattr(fitted, name):
            setattr(owner, name, getattr(fitted, name))
        elif hasattr(owner, name):
            delattr(owner, name)


def inner_has(method):
    """Return a check that the wrapped classifier, fitted or not, has a method."""

    def check(self):
        inner = getattr(self, "estimator_", None)
        # An ensemble has a length, so that its truth would be asked of its members.
        inner = self._answering() if inner is None else inner
        # getattr rather than hasattr, so that the inner error tells why it is missing.
        getattr(inner, method)
        return True

    return check


@dataclass
class Progress:
    """Tells scikit-learn's callbacks of work that starts and of each step done.

    Attributes
    ----------
    estimator : estimator
        The estimator that is being fitted.
    callbacks : callback context
        The context of its fit.
    work, left : dict
        Context and number of steps left of each work, by name.
    """

    estimator: object
    callbacks: object
    work: dict = field(default_factory=dict)
    left: dict = field(default_factory=dict)

    def start(self, name, n_steps):
        """Tell that work of so many steps starts."""
        self.left[name] = n_steps
        self.work[name] = self.callbacks.subcontext(
            task_name=name, max_subtasks=n_steps
        )
        self.work[name].call_on_fit_task_begin(estimator=self.estimator)

    def step(self, name):
        """Tell that a step of the work is done."""
        step = self.work[name].subcontext(task_name="step")
        step.call_on_fit_task_begin(estimator=self.estimator)
        step.call_on_fit_task_end(estimator=self.estimator)
        self.left[name] -= 1
        if not self.left[name]:
            self.work[name].call_on_fit_task_end(estimator=self.estimator)


class BaseLabelNoiseClassifier(
    CallbackSupportMixin, LabelReader, ClassifierMixin, BaseEstimator, ABC
):
    """Base of the classifiers that train another classifier despite label noise.

    A subclass implements ``_fit(X, labels)``, which returns the fitted inner
    classifier and sets the fitted attributes that its method yields.
    """

    _parameter_constraints: dict = {"estimator": [FitsAndPredicts(), None]}

    @_fit_context(prefer_skip_nested_validation=False)
    @with_callbacks
    def fit(self, X, y, sample_weight=None, *, groups=None, trusted=None, **params):
        """Fit on noisy labels.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            Whatever the inner classifier takes; it is handed on as it came.

        y : array-like of shape (n_samples,)
            Noisy labels of at least two classes, of any type that sorts.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights that are not negative. Learned weights are multiplied by them.

        groups : array-like of shape (n_samples,), default=None
            Rows of one group stay in one fold and are no evidence about each other.

        trusted : array-like of bool of shape (n_samples,), default=None
            Rows whose label has been verified. Their label is kept as it is.

        **params : dict
            Metadata that the inner classifier requests; needs
            ``sklearn.set_config(enable_metadata_routing=True)``.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If the labels are missing, continuous, of a single class, in several
            columns or not as many as the rows of X.
        """
        (X,) = indexable(X)
        before = dict(vars(self))
        try:
            labels = self._read_labels(X, y, sample_weight, groups, trusted, params)
            check_is_classifier(self._inner_estimator())
            callbacks = self._init_callback_context(max_subtasks=None)
            callbacks.call_on_fit_task_begin(estimator=self, X=X, y=y)
            self._progress = Progress(self, callbacks)
            self.classes_ = labels.classes
            self.estimator_ = self._fit(X, labels)
            del self._progress
        except BaseException:
            # A fit that fails, or is interrupted, leaves the one before it whole.
            for name in set(vars(self)) - set(before):
                if name.endswith("_") or name == "_progress":
                    delattr(self, name)
            vars(self).update(before)
            raise
        take_over(self, self.estimator_, ["n_features_in_", "feature_names_in_"])
        callbacks.call_on_fit_task_end(estimator=self, X=X, y=y)
        return self

    def _html_repr(self):
        """Return the diagram of scikit-learn below a line of what was found."""
        diagram = estimator_html_repr(self)
        rate = getattr(self, "noise_rate_", None)
        if rate is None or not np.isfinite(rate):
            return diagram
        line = f"Estimated share of wrong labels: {rate:.1%}"
        if hasattr(self, "noise_rate_interval_"):
            low, high = self.noise_rate_interval_
            line += f", at least {low:.1%} and at most {high:.1%}"
        return f"<p>{line}.</p>{diagram}"

    def drop_row_tables(self):
        """Delete the fitted attributes that hold an entry for each training row.

        Such are ``evidence_``, ``clean_proba_``, ``soft_labels_``, ``label_quality_``,
        ``sample_weight_`` and ``transduction_``. Predictions do not need them, while a
        saved classifier takes 8 bytes for each of their entries. What describes the
        labels as a whole is kept; another ``fit`` brings the tables back.

        Returns
        -------
        self : object
            The fitted classifier, changed in place.
        """
        check_is_fitted(self)
        drop_row_tables(self)
        return self

    def _answering(self):
        """Return what will answer once it is fitted."""
        return self._inner_estimator()

    @abstractmethod
    def _fit(self, X, labels):
        """Return the inner classifier, fitted to X and the record of the labels."""

    @available_if(inner_has("predict"))
    def predict(self, X):
        """Predict the class of each row.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            Samples.

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels among ``classes_``.
        """
        check_is_fitted(self)
        return predicted_labels(self.estimator_, X, self.classes_)

    @available_if(inner_has("predict_proba"))
    def predict_proba(self, X):
        """Predict the probability of each class.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        check_is_fitted(self)
        return class_proba(self.estimator_, X, self.classes_)

    @available_if(inner_has("predict_log_proba"))
    def predict_log_proba(self, X):
        """Predict the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        proba = self._answer("predict_log_proba", X)
        return align_columns(proba, self.estimator_.classes_, self.classes_, -np.inf)

    @available_if(inner_has("decision_function"))
    def decision_function(self, X):
        """Return the decision values of the inner classifier.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            Samples.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            Decision values.
        """
        values = self._answer("decision_function", X)
        return align_decisions(values, self.estimator_.classes_, self.classes_)

    @available_if(inner_has("transform"))
    def transform(self, X):
        """Transform the rows by the inner estimator.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            Samples.

        Returns
        -------
        array of shape (n_samples, n_outputs)
            Whatever the inner estimator returns.
        """
        return self._answer("transform", X)

    def _answer(self, method, X):
        check_is_fitted(self)
        return getattr(self.estimator_, method)(X)
