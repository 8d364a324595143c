"""From evidence and findings to the report, in the order of suspicion."""

import platform
import sys
from dataclasses import replace

import numpy as np
import sklearn

from sknoisy.report._audit_report import AuditReport
from sknoisy.report._columns import KINDS, read_columns
from sknoisy.report._errors import AuditError, cut, need
from sknoisy.report._evidence import label_evidence
from sknoisy.report._facts import (
    ClassFacts,
    ColumnFacts,
    Confusion,
    NoiseFacts,
    RankedLabels,
    TableFacts,
)
from sknoisy.report._findings import Inspected, find_all
from sknoisy.report._label_check import (
    check_labels,
    encode,
    labelled_rows,
    merge_spellings,
    natural_order,
)
from sknoisy.report._profile import agreement, bin_columns, speaking_against

# Confusions that are listed; below half a row a number of rows rounds to none.
_CONFUSIONS, _HALF_A_ROW = 15, 0.5
_REASONS = 12


def report_on(table, settings):
    """Audit a table.

    Parameters
    ----------
    table : Table
        The table.

    settings : Settings
        How.

    Returns
    -------
    AuditReport
        What was found.
    """
    if table.images is None:
        present = labelled_rows(table.labels)
        check_labels(table.labels[present], table.label_name)
    else:
        present = table.images.readable
    classes, codes = encode(table.labels[present])
    labelled = _take(table, present)
    settings.say(f"preparing {len(codes)} {_what(table)}")
    merged = merge_spellings(classes, codes)
    columns = [] if labelled.frame is None else read_columns(labelled.frame, merged)
    _check_columns(columns, labelled)
    bins = bin_columns(columns)
    agreements = {
        name: agreement(in_bin, merged, len(classes)) for name, in_bin in bins.items()
    }
    settings = _at_labelled(settings, present)
    evidence = label_evidence(labelled, columns, codes, classes, settings)
    settings.say("looking for leaks, copies and other faults")
    inspected = Inspected(
        labelled, present, columns, agreements, codes, merged, classes, evidence
    )
    ranking = _ranked(inspected, bins)
    return AuditReport(
        table=_table_facts(table, inspected, ranking),
        ranking=ranking,
        by_class=_class_facts(inspected),
        noise=noise_facts(evidence, _n_checked(table)),
        findings=find_all(inspected),
        how=_how(table, settings),
    )


def _what(table):
    """Say what the rows are."""
    if table.images is not None:
        return "images"
    return "rows" if table.frame is None else f"rows and {table.frame.shape[1]} columns"


def _table_facts(table, inspected, ranking):
    """Return what was audited; of images their names, and the first as thumbnails."""
    data = table.data if table.frame is None else table.frame
    columns, thumbnails = _column_facts(inspected), None
    if table.images is not None:
        names = table.images.names
        data = need("pandas").DataFrame({"image": names})
        columns = (ColumnFacts("image", "image", "", 0.0, len(names), float("nan")),)
        thumbnails = table.images.thumbnails(ranking.rows)
    return TableFacts(
        name=table.name,
        label_name=table.label_name,
        n_rows=len(inspected.present),
        columns=columns,
        data=data,
        thumbnails=thumbnails,
    )


def _take(table, present):
    """Return the rows with a label."""
    if present.all():
        return table
    rows = np.flatnonzero(present)
    frame, data = table.frame, table.data
    return replace(
        table,
        frame=None if frame is None else frame.iloc[rows].reset_index(drop=True),
        data=data.iloc[rows] if hasattr(data, "iloc") else data[rows],
        trusted=None if table.trusted is None else table.trusted[rows],
        groups=None if table.groups is None else table.groups[rows],
        images=None if table.images is None else table.images.take(rows),
    )


def _at_labelled(settings, present):
    """Return settings in which given probabilities are those of labelled rows."""
    proba = settings.estimator
    if proba is None or hasattr(proba, "fit") or present.all():
        return settings
    if len(proba) != len(present):
        raise AuditError(
            "estimator expected a classifier, or class probabilities with a row for "
            f"each of {len(present)} rows, but got {len(proba)} rows."
        )
    rows = np.flatnonzero(present)
    taken = proba.iloc[rows] if hasattr(proba, "iloc") else np.asarray(proba)[rows]
    return replace(settings, estimator=taken)


def _check_columns(columns, table):
    """Refuse a table in which no column says anything about the rows."""
    if table.frame is None or any(column.kind in KINDS for column in columns):
        return
    reasons = "; ".join(
        f"{cut(column.name)!r} {column.reason}" for column in columns[:_REASONS]
    )
    raise AuditError(
        "no column is left to compare the labels with"
        f"{': ' + reasons if reasons else ', since all are set aside'}."
    )


def _ranked(inspected, bins):
    """Return the labels by suspicion."""
    evidence, codes, classes = inspected.evidence, inspected.codes, inspected.classes
    trusted = inspected.table.trusted
    order = np.argsort(evidence.quality, kind="stable")
    suggested = evidence.posterior.argmax(axis=1)
    others = evidence.posterior.copy()
    others[np.arange(len(codes)), codes] = -1
    against, words = speaking_against(
        inspected.columns, bins, codes, others.argmax(axis=1), order
    )
    trusted = np.zeros(len(codes), bool) if trusted is None else trusted
    return RankedLabels(
        rows=inspected.in_table(order),
        given=classes[codes[order]],
        suggested=classes[suggested[order]],
        quality=evidence.quality[order],
        error=evidence.error[order],
        flagged=(suggested != codes)[order],
        trusted=trusted[order],
        against=against,
        words=words,
    )


def _class_facts(inspected):
    """Return the classes in their natural order, and their confusions."""
    natural = natural_order(inspected.classes)
    names, counts = inspected.classes[natural], inspected.counts[natural]
    T = inspected.evidence.transition_matrix[np.ix_(natural, natural)]
    return ClassFacts(names, counts, T, _confusions(T, counts, names))


def _confusions(T, counts, classes):
    """Return the confusions that concern most rows."""
    # How many rows truly are of each class is not known; the labels given stand in.
    expected = T * counts[:, None]
    np.fill_diagonal(expected, 0)
    largest = np.argsort(-expected, axis=None, kind="stable")[:_CONFUSIONS]
    pairs = [divmod(int(pair), len(T)) for pair in largest]
    return tuple(
        Confusion(
            str(classes[i]), str(classes[j]), float(T[i, j]), float(expected[i, j])
        )
        for i, j in pairs
        if expected[i, j] >= _HALF_A_ROW
    )


def _n_checked(table):
    return 0 if table.trusted is None else int(table.trusted.sum())


def noise_facts(evidence, n_checked=0):
    """Return how many labels are wrong, in numbers and in words.

    Parameters
    ----------
    evidence : LabelEvidence
        What is known about the labels.

    n_checked : int, default=0
        Number of labels that are right because somebody has checked them.

    Returns
    -------
    NoiseFacts
        The same for the report.
    """
    noise, rate = evidence.noise, evidence.rate
    if not noise.identifiable:
        sentence = (
            f"The columns predict only {noise.agreement:.0%} of the labels, so that "
            "wrong labels and an overlap of the classes cannot be told apart: no rate "
            f"is estimated. At most {noise.upper:.1%} are wrong."
        )
    elif noise.lower == 0:
        sentence = (
            "No clear sign of wrong labels: the share may be 0, and is at most "
            f"{noise.upper:.1%}."
        )
    else:
        sentence = (
            f"About {rate:.1%} of the labels look wrong, at least {noise.lower:.1%} "
            f"and at most {noise.upper:.1%}."
        )
    if n_checked:
        sentence += (
            f" Of these labels {n_checked} have been checked. If they were the most "
            "suspicious ones, errors among the others are underestimated."
        )
    return NoiseFacts(
        rate=rate,
        lower=noise.lower,
        upper=noise.upper,
        suspected=noise.suspected,
        identifiable=noise.identifiable,
        agreement=noise.agreement,
        sentence=sentence,
    )


def _column_facts(inspected):
    """Return what is known about each column."""
    return tuple(
        ColumnFacts(
            name=column.name,
            kind=column.kind,
            reason=column.reason,
            share_missing=column.share_missing,
            n_distinct=column.n_distinct,
            agreement=inspected.agreements.get(column.name, float("nan")),
        )
        for column in inspected.columns
    )


def _how(table, settings):
    """Return what reproduces the audit."""
    estimator = settings.estimator
    # The top of the package imports this module.
    version = sys.modules["sknoisy"].__version__
    shown = "default" if estimator is None else " ".join(f"{estimator!r}".split())
    if estimator is not None and not hasattr(estimator, "fit"):
        shown = "probabilities that were given"
    return {
        "code": _code(table, estimator, settings.random_state),
        "version": f"sknoisy {version}, scikit-learn {sklearn.__version__}, "
        f"numpy {np.__version__}, Python {platform.python_version()}",
        "estimator": shown,
        "random_state": str(settings.random_state),
    }


def _code(table, estimator, seed):
    """Return lines that make the report again."""
    if table.code:
        return table.code
    options = [] if estimator is None else ["estimator=..."]
    options += [] if seed is None else [f"random_state={seed}"]
    call = ", ".join([table.call, *options])
    return (
        "from sknoisy.report import audit\n\n"
        f"report = audit({call})\n"
        'report.to_html("audit.html")'
    )
