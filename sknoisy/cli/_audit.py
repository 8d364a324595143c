"""The audit itself: table in, facts out. Rendering the facts is done elsewhere."""

import warnings
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from joblib import parallel_config
from threadpoolctl import threadpool_limits

from sknoisy._context import FitContext
from sknoisy._folds import DEFAULT_FOLDS, make_folds
from sknoisy._labels import read_labels
from sknoisy._spelling import spelling_variants
from sknoisy.cli._columns import KINDS, read_columns
from sknoisy.cli._errors import AuditError, cut, find_column, listed, need
from sknoisy.cli._findings import assess
from sknoisy.cli._label_check import (
    check_labels,
    encode,
    labelled_rows,
    natural_order,
)
from sknoisy.cli._model import make_model
from sknoisy.cli._preprocessing import make_features
from sknoisy.evidence import EvidenceInputs, gather_evidence

# Labels spelled alike, and unused columns, that a message tells of.
_SPELLINGS, _REASONS = 8, 12


@dataclass(frozen=True)
class Settings:
    """How a table is audited.

    Attributes
    ----------
    ignore : tuple of str
        Columns that the models must not see.
    group : str or None
        Column whose values say which rows belong together.
    model : str
        Which models are trained, see :func:`sknoisy.cli._model.make_model`.
    seed : int
        Seed of all random choices.
    jobs : int
        Number of folds worked on at once.
    """

    ignore: tuple = ()
    group: str | None = None
    model: str = "both"
    seed: int = 0
    jobs: int = 1


@dataclass(frozen=True)
class AuditFacts:
    """What the audit found; rows are in order of suspicion.

    Attributes
    ----------
    n_rows : int
        Number of rows of the table, with or without a label.
    rows : ndarray of int of shape (n_labelled,)
        Row numbers in the table, counted from 0.
    given : ndarray of str of shape (n_labelled,)
        Labels as they stand in the table.
    suggested : ndarray of str of shape (n_labelled,)
        What the models find most probable, the label given unseen.
    quality : ndarray of shape (n_labelled,)
        How far the features support the label, in [0, 1].
    classes : list of str
        The distinct labels.
    class_counts : list of int
        How often each is given.
    transition_matrix : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``, in the order of ``classes``.
    noise_rate, noise_suspected, noise_rate_upper : float, bool, float
        See :class:`sknoisy.cli._findings.Findings`.
    columns : dict of str to list of str
        Names of the columns of each kind.
    notes : list of str
        What the user should know.
    """

    n_rows: int
    rows: np.ndarray
    given: np.ndarray
    suggested: np.ndarray
    quality: np.ndarray
    classes: list
    class_counts: list
    transition_matrix: np.ndarray
    noise_rate: float
    noise_suspected: bool
    noise_rate_upper: float
    columns: dict
    notes: list

    @property
    def flagged(self):
        """Rows for which another label is suggested."""
        return self.suggested != self.given


def audit(table, settings, progress):
    """Estimate the quality of every label of a table.

    Parameters
    ----------
    table : Table
        The table.

    settings : Settings
        How to estimate it.

    progress : Progress
        Who is told how far it is.

    Returns
    -------
    AuditFacts
        What was found.

    Raises
    ------
    AuditError
        If the table cannot be audited as asked.
    """
    present = labelled_rows(table.labels)
    given = table.labels[present]
    check_labels(given, table.label_name)
    classes, codes = encode(given)
    frame, groups = _split_frame(table.frame, present, settings)
    columns = read_columns(frame, codes)
    _check_columns(columns)
    progress.say(f"preparing {len(given)} rows and {frame.shape[1]} columns")
    proba, n_folds = _out_of_fold(columns, codes, groups, settings, progress)
    findings = assess(proba, codes)
    notes = [
        *table.notes,
        *_notes_on_labels(table, present),
        *_notes_on_spelling(classes, codes),
        *_notes_on_columns(columns),
        *_notes_on_folds(classes, codes, n_folds),
    ]
    return _in_order(table, present, classes, codes, findings, columns, notes)


def _split_frame(frame, present, settings):
    """Return the features of the labelled rows, and the groups they belong to."""
    header = list(frame.columns)
    dropped = {find_column(name, header, "--ignore") for name in settings.ignore}
    groups = None
    if settings.group is not None:
        position = find_column(settings.group, header, "--group")
        dropped.add(position)
        groups = _groups(frame.iloc[:, position][present])
    kept = [number for number in range(len(header)) if number not in dropped]
    return frame.iloc[:, kept][present], groups


def _groups(values):
    """Return a number for each group; a row without a value is a group of its own."""
    words = values.astype(object).map(str, na_action="ignore")
    numbers, distinct = need("pandas").factorize(words)
    alone = numbers < 0
    numbers[alone] = len(distinct) + np.arange(alone.sum())
    if numbers.max() < 1:
        raise AuditError(
            "--group expected at least two distinct values, but the column holds one."
        )
    return numbers


def _check_columns(columns):
    """Refuse a table in which no column says anything about the rows."""
    if any(column.kind in KINDS for column in columns):
        return
    reasons = "; ".join(
        f"{cut(column.name)!r} {column.reason}" for column in columns[:_REASONS]
    )
    raise AuditError(
        "no column is left to compare the labels with"
        f"{': ' + reasons if reasons else ', since all are set aside by options'}."
    )


def _out_of_fold(columns, codes, groups, settings, progress):
    """Return out-of-fold probabilities and the number of folds."""
    model = make_model(settings.model, len(codes), random_state=settings.seed)
    with _circumstances(settings.jobs):
        features = make_features(columns, random_state=settings.seed)
        labels = read_labels(features, codes, owner="sknoisy audit", groups=groups)
        folds = make_folds(features, labels, DEFAULT_FOLDS)
        with progress.counting("training the models", len(folds)) as count:
            context = FitContext(n_jobs=settings.jobs, progress=_Folds(count))
            inputs = EvidenceInputs(model, features, labels, folds, context)
            proba = gather_evidence(("model",), inputs)["model"]
    return proba, len(folds)


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
def _circumstances(jobs):
    """Work in threads, without warnings, and turn complaints into one line.

    Threads share the table, and each has one processor for itself. What matters of the
    warnings, such as that folds are reduced, is told in the user's own terms.
    """
    with (
        warnings.catch_warnings(),
        parallel_config("threading"),
        threadpool_limits(1 if jobs > 1 else None),
    ):
        warnings.simplefilter("ignore")
        # Threads that set filters side by side can undo this; then nothing is shown.
        warnings.showwarning = lambda *_, **__: None
        try:
            yield
        except ValueError as error:
            raise AuditError(f"the table cannot be audited: {error}") from error


def _in_order(table, present, classes, codes, findings, columns, notes):
    """Return the facts with rows by suspicion and classes in their natural order."""
    order = np.argsort(findings.quality, kind="stable")
    natural = natural_order(classes)
    return AuditFacts(
        n_rows=len(present),
        rows=np.flatnonzero(present)[order],
        given=classes[codes[order]],
        suggested=classes[findings.suggested[order]],
        quality=findings.quality[order],
        classes=[str(classes[position]) for position in natural],
        class_counts=np.bincount(codes)[natural].tolist(),
        transition_matrix=findings.transition_matrix[np.ix_(natural, natural)],
        noise_rate=findings.noise_rate,
        noise_suspected=findings.noise_suspected,
        noise_rate_upper=findings.noise_rate_upper,
        columns={
            kind: [column.name for column in columns if column.kind == kind]
            for kind in KINDS
        },
        notes=notes,
    )


def _notes_on_labels(table, present):
    """Say how many rows have no label."""
    missing = table.labels[~present]
    if len(missing):
        words = sorted({label.strip() or "empty" for label in missing.tolist()})
        yield (
            f"{len(missing)} of {len(present)} rows have no label ({', '.join(words)}) "
            "and are left out; row numbers still count them"
        )


def _notes_on_spelling(classes, codes):
    """Say which labels look alike but count as different classes."""
    counts = dict(zip(classes.tolist(), np.bincount(codes).tolist(), strict=True))
    groups = spelling_variants(classes)
    if groups:
        alike = [
            " and ".join(f"{cut(label)!r} ({counts[label]} rows)" for label in group)
            for group in groups[:_SPELLINGS]
        ]
        more = len(groups) - _SPELLINGS
        yield (
            "labels that differ only by capitals, blanks, unprinted characters or the "
            f"way a number is written count as different: {'; '.join(alike)}"
            f"{f'; and {more} more' if more > 0 else ''}"
        )


def _notes_on_columns(columns):
    """Say which columns are unused, and why."""
    unused = {}
    for column in columns:
        if column.kind not in KINDS:
            unused.setdefault(column.reason, []).append(column.name)
    for reason, names in unused.items():
        yield f"unused, as it {reason}: {listed(names)}"


def _notes_on_folds(classes, codes, n_folds):
    """Say where rare labels limit what can be known."""
    counts = np.bincount(codes)
    single = [str(label) for label in classes[counts == 1]]
    if single:
        yield (
            "nothing can be known about labels that occur once, and their quality is "
            f"1: {listed(single)}"
        )
    if n_folds < DEFAULT_FOLDS:
        yield (
            f"{n_folds} folds instead of {DEFAULT_FOLDS}, since some label has few "
            "rows or there are few groups; the estimates are rougher"
        )
