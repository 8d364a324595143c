"""From a table to what the evidence says about every label."""

import warnings
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from joblib import parallel_config
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from sknoisy._clean_posterior import implied_noise_rate
from sknoisy._context import FitContext, seed_unset
from sknoisy._distinct_rows import distinct_rows
from sknoisy._folds import make_folds
from sknoisy._labels import read_labels
from sknoisy._meta import prepared
from sknoisy._proba import check_proba
from sknoisy.classification._action_choice import posterior_of
from sknoisy.evidence import (
    EvidenceInputs,
    all_sources,
    gather_evidence,
    pool_evidence,
)
from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.quality._noise_model import (
    DIRECTION_SHARE,
    core_counts,
    symmetric_unless_sure,
)
from sknoisy.quality._noise_rate import NoiseEstimate
from sknoisy.refinement import TrustedLabelRefiner
from sknoisy.report._errors import AuditError
from sknoisy.report._expected_errors import error_probabilities
from sknoisy.report._table_encoder import TableEncoder


@dataclass(frozen=True)
class Settings:
    """How a table is audited.

    Attributes
    ----------
    estimator : classifier, ndarray of shape (n_rows, n_classes) or None
        What labels are compared with.
    evidence : str or tuple of str
        Sources of evidence.
    random_state : int or None
        Seed of all random choices.
    n_jobs : int or None
        Number of folds worked on at once.
    progress : object or None
        Has ``say(text)`` and ``counting(text, total)``.
    """

    estimator: object = None
    evidence: object = "auto"
    random_state: object = None
    n_jobs: int | None = None
    progress: object = None

    def say(self, text):
        """Tell what is being done, if anybody wants to know."""
        if self.progress is not None:
            self.progress.say(text)


@dataclass(frozen=True)
class LabelEvidence:
    """What is known about the labels.

    Attributes
    ----------
    posterior : ndarray of shape (n_rows, n_classes)
        Probability of each true class.
    quality : ndarray of shape (n_rows,)
        Probability that the label given is right.
    error : ndarray of shape (n_rows,)
        Probability that it is wrong, whose mean is about the noise rate.
    predicted : ndarray of int of shape (n_rows,)
        Class that the evidence finds most probable, the label given unseen.
    transition_matrix : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.
    rate : float
        Estimated share of wrong labels.
    noise : NoiseEstimate
        Bounds of it.
    n_folds : int
        Number of folds; 0 where probabilities were given.
    """

    posterior: np.ndarray
    quality: np.ndarray
    error: np.ndarray
    predicted: np.ndarray
    transition_matrix: np.ndarray
    rate: float
    noise: NoiseEstimate
    n_folds: int


def label_evidence(table, columns, codes, classes, settings):
    """Compare every label with models that have not seen it.

    Parameters
    ----------
    table : Table
        The labelled rows.

    columns : list of Column
        Its columns.

    codes : ndarray of int of shape (n_rows,)
        Labels as positions in ``classes``.

    classes : ndarray of shape (n_classes,)
        The labels.

    settings : Settings
        How.

    Returns
    -------
    LabelEvidence
        What they say.
    """
    with _circumstances(settings.n_jobs):
        X, base = _rows_and_base(table, columns, settings)
        labels = read_labels(
            X, codes, owner="audit", groups=table.groups, trusted=table.trusted
        )
        copies = distinct_rows(X) if table.images is None else table.images.copies
        labels = labels.relative_to(copies)
        if base is None:
            proba = _given_proba(settings.estimator, labels, classes)
            inputs = EvidenceInputs(None, X, labels, [], FitContext())
            evidence = {"model": proba}
        else:
            raw = _takes_raw_rows(table, settings)
            inputs = _inputs(base, X, labels, settings, raw=raw)
            evidence = _gathered(inputs, settings)
        return _summary(evidence, inputs)


def _rows_and_base(table, columns, settings):
    """Return what the classifier is given, and the classifier; None for none."""
    estimator = settings.estimator
    if _takes_raw_rows(table, settings):
        embeds = table.images is not None and isinstance(estimator, Pipeline)
        X = table.images.paths if embeds else table.data
    else:
        encoder = TableEncoder(random_state=settings.random_state)
        X = encoder._fit_columns(table.frame, columns)
    if estimator is not None and not hasattr(estimator, "fit"):
        return X, None
    # Shrunk enough for more columns than rows.
    base = LogisticRegression(C=0.1, max_iter=1000) if estimator is None else estimator
    return X, seed_unset(base, settings.random_state)


def _takes_raw_rows(table, settings):
    """Whether the classifier is given the rows as they were passed."""
    return table.frame is None or isinstance(settings.estimator, Pipeline)


def _given_proba(proba, labels, classes):
    """Return probabilities that were passed in place of a classifier."""
    named = replace(labels, classes=classes)
    return check_proba(proba, named, owner="audit")


def _inputs(base, X, labels, settings, *, raw):
    """Return folds and context beside rows, labels and classifier."""
    seed = settings.random_state
    # Encoded rows are finite, and scaled with a purpose.
    embedding = "auto" if raw else "passthrough"
    context = FitContext(n_jobs=settings.n_jobs, random_state=seed, embedding=embedding)
    return EvidenceInputs(base, X, labels, make_folds(X, labels), context)


def _gathered(inputs, settings):
    """Return the tables of the sources."""
    names = settings.evidence
    if names == "auto" and inputs.labels.has_trusted:
        names = all_sources(inputs.base)
    if settings.progress is None:
        return gather_evidence(names, inputs)
    total = len(inputs.folds)
    with settings.progress.counting("training the models", total) as count:
        context = replace(inputs.context, progress=_Folds(count))
        return gather_evidence(names, replace(inputs, context=context))


def _summary(evidence, inputs):
    """Return posterior, quality, matrix and rate."""
    labels = inputs.labels
    posterior, T, noise = posterior_of(evidence, inputs, "auto")
    proba = pool_evidence(evidence, labels)
    quality, weights = labels.proba_of_label(posterior), labels.sample_weight
    # The core of few rows can hold more errors than all rows do.
    rate = min(noise.pair_rate, float(np.average(1 - quality, weights=weights)))
    if labels.has_trusted:
        refiner = prepared(TrustedLabelRefiner(), inputs.base)
        given = inputs if inputs.base is not None else None
        refiner._refine_evidence(evidence, labels, given)
        posterior, T = refiner.clean_proba_, refiner.transition_matrix_
        rate, quality = min(rate, refiner.noise_rate_), refiner.label_quality_
    lower = noise.lower if noise.found else 0.0
    rate = float(np.clip(rate, lower, noise.upper))
    if lower > 0:
        # Confident learning counts mistakes of the evidence as wrong labels.
        T = _scaled(T, rate, implied_noise_rate(T, labels))
    confusions = symmetric_unless_sure(
        core_counts(proba, labels.codes, DIRECTION_SHARE), rate
    )
    error = error_probabilities(proba, labels, confusions, quality)
    if labels.has_trusted:
        error[labels.trusted] = 0.0
    return LabelEvidence(
        posterior=posterior,
        quality=quality,
        error=error,
        predicted=proba.argmax(axis=1),
        transition_matrix=T,
        rate=rate,
        noise=replace(noise, lower=lower),
        n_folds=len(inputs.folds),
    )


def _scaled(T, rate, full_rate):
    """Scale the confusions of a matrix down from one noise rate to another."""
    scale = min(rate / full_rate, 1.0) if full_rate > 0 else 1.0
    return scale * T + (1 - scale) * np.eye(len(T))


@dataclass(frozen=True)
class _Folds:
    """Progress of the folds, as a call per fold."""

    count: object

    def start(self, name, n_steps):
        """Nothing is shown before the first fold is done."""

    def step(self, name):
        """Count one fold."""
        self.count()


@contextmanager
def _circumstances(n_jobs):
    """Work in threads, without warnings, and say what complaints are about.

    Threads share the table, and each has one processor for itself. What matters of the
    warnings, such as that folds are reduced, is a finding of the audit.
    """
    with (
        warnings.catch_warnings(),
        parallel_config("threading"),
        threadpool_limits(1 if n_jobs and n_jobs > 1 else None),
    ):
        warnings.simplefilter("ignore")
        # Threads that set filters side by side can undo this; then nothing is shown.
        warnings.showwarning = lambda *_, **__: None
        try:
            yield
        except (AuditError, UnsuitableEstimatorError):
            raise
        except ValueError as error:
            raise AuditError(f"the table cannot be audited: {error}") from error
