"""What else is wrong with a table: one small function a kind of finding."""

from dataclasses import dataclass

import numpy as np

from sknoisy._folds import DEFAULT_FOLDS
from sknoisy._spelling import spelling_variants
from sknoisy.quality._noise_rate import LITTLE_AGREEMENT
from sknoisy.report._columns import (
    EMPTY,
    GIVES_AWAY,
    KINDS,
    NAMES,
    NUMBERS,
    ONE_VALUE,
    REPEATS,
)
from sknoisy.report._duplicates import copy_groups, near_copy_groups, rows_in_groups
from sknoisy.report._errors import cut, listed
from sknoisy.report._facts import FINDING_KINDS, Finding
from sknoisy.report._label_check import TAKE_TAGS, list_separator

# A column gives the label away nearly if it alone predicts labels with this agreement
# beyond chance (Cohen's kappa): one feature of iris reaches .94, none of wine, digits or
# breast_cancer .85 (bench_audit.py, "single columns").
NEAR_LEAK = 0.9
# Columns mostly without values; whole numbers that rather are a scale than classes.
_MOSTLY_MISSING, _MOST_NUMBERED_CLASSES = 0.5, 10
# Pairs of classes are compared where both have as many rows.
_ROWS_OF_PAIR = 20
# Entries that a text names, and lists of tags that are looked at.
_NAMED, _LISTS_LOOKED_AT = 8, 2000


@dataclass(frozen=True)
class Inspected:
    """What the findings are drawn from; rows are the labelled ones.

    Attributes
    ----------
    table : Table
        The table.
    present : ndarray of bool of shape (n_rows,)
        Which of its rows have a label.
    columns : list of Column
        The columns.
    agreements : dict of str to float
        Share of labels that each column predicts by itself.
    codes : ndarray of int of shape (n_labelled,)
        Labels as positions in ``classes``.
    classes : ndarray of object of shape (n_classes,)
        The labels.
    evidence : LabelEvidence
        What is known about the labels.
    """

    table: object
    present: np.ndarray
    columns: list
    agreements: dict
    codes: np.ndarray
    classes: np.ndarray
    evidence: object

    @property
    def counts(self):
        """How often each label is given."""
        return np.bincount(self.codes, minlength=len(self.classes))

    def names(self, positions):
        """Return the labels at some positions as texts."""
        return tuple(str(self.classes[position]) for position in positions)

    def in_table(self, rows):
        """Return the row numbers of the table of some labelled rows."""
        return np.flatnonzero(self.present)[rows]


def find_all(inspected):
    """Return everything that the owner of a table should know.

    Parameters
    ----------
    inspected : Inspected
        What is known.

    Returns
    -------
    tuple of Finding
        Problems first, then in the order of ``FINDING_KINDS``.
    """
    found = [one for find in FINDERS for one in find(inspected)]
    order = {kind: place for place, kind in enumerate(FINDING_KINDS)}
    return tuple(sorted(found, key=lambda f: (f.severity != "problem", order[f.kind])))


def find_leaks(inspected):
    """Find columns that give the label away, wholly or nearly."""
    for column in inspected.columns:
        if column.reason in (REPEATS, GIVES_AWAY):
            yield Finding(
                "leak",
                "problem",
                f"Column {cut(column.name)!r} gives the label away",
                f"It {column.reason}. It is left out, since a model that sees it "
                "agrees with every label, right or wrong. Leave it out when you train, "
                "too, unless it is known before the label is.",
                columns=(column.name,),
            )
    for name in near_leaks(inspected):
        share = inspected.agreements[name]
        yield Finding(
            "near_leak",
            "problem",
            f"Column {cut(name)!r} alone predicts {share:.1%} of the labels",
            "If it was made from the label, or is known only afterwards, drop it and "
            "audit again: it hides wrong labels that it repeats. If it is a "
            "measurement, all is well.",
            columns=(name,),
        )


def near_leaks(inspected):
    """Return the names of used columns that alone predict nearly all labels."""
    return leaking(inspected.agreements, inspected.codes)


def leaking(agreements, codes):
    """Return the names of the columns that predict labels almost without fail.

    Parameters
    ----------
    agreements : dict of str to float
        Share of labels that each column predicts.

    codes : ndarray of int of shape (n_rows,)
        The labels.

    Returns
    -------
    list of str
        Names of columns.
    """
    by_chance = np.bincount(codes).max() / len(codes)
    least = by_chance + NEAR_LEAK * (1 - by_chance)
    return [name for name, share in agreements.items() if share >= least]


def find_copies(inspected):
    """Find copies under several labels, copies, and near copies."""
    frame = inspected.table.frame
    if frame is None:
        return
    left_out, codes = near_leaks(inspected), inspected.codes
    groups = copy_groups(frame, inspected.columns, left_out)
    if groups is None:
        return
    rows, group = rows_in_groups(groups, codes, contradicting=True)
    if len(rows):
        yield Finding(
            "contradicting_duplicates",
            "problem",
            f"{len(rows)} rows have a copy under another label",
            f"They are {len(np.unique(group))} groups of rows that agree in every "
            "column but the label. All labels of a group but one are wrong, or the "
            "columns do not hold what decides.",
            rows=inspected.in_table(rows),
            groups=group,
        )
    rows, group = rows_in_groups(groups, codes, contradicting=False)
    if len(rows):
        yield Finding(
            "duplicates",
            "hint",
            f"{len(rows)} rows have a copy under the same label",
            f"They are {len(np.unique(group))} groups. Copies are never evidence about "
            "each other here; keep them together when you split the table.",
            rows=inspected.in_table(rows),
            groups=group,
        )
    yield from _find_near_copies(inspected, groups, left_out)


def _find_near_copies(inspected, groups, left_out):
    """Find rows that are nearly copies of others, and not copies."""
    near = near_copy_groups(inspected.columns, left_out)
    if near is None:
        return
    n_distinct = np.bincount(np.unique(np.column_stack([near, groups]), axis=0)[:, 0])
    rows = np.flatnonzero(n_distinct[near] > 1)
    if len(rows):
        labels = np.unique(np.column_stack([near[rows], inspected.codes[rows]]), axis=0)
        n_mixed = int((np.bincount(labels[:, 0]) > 1).sum())
        yield Finding(
            "near_duplicates",
            "hint",
            f"{len(rows)} rows are nearly copies of others",
            "Numbers agree to a hundredth of their standard deviation, dates by the "
            "day, texts up to capitals, blanks and marks. "
            f"{n_mixed} of {len(np.unique(near[rows]))} groups have several labels. "
            "If rows of a group come from one source, pass groups=.",
            rows=inspected.in_table(rows),
            groups=near[rows],
        )


def find_overlaps(inspected):
    """Find pairs of classes that the columns do not tell apart."""
    codes, predicted = inspected.codes, inspected.evidence.predicted
    if len(inspected.classes) < 3:
        # Of two classes, the noise estimate says so itself.
        return
    K = len(inspected.classes)
    table = np.bincount(codes * K + predicted, minlength=K * K).reshape(K, K)
    large = inspected.counts >= _ROWS_OF_PAIR
    for i, j in zip(*np.triu_indices(K, 1), strict=True):
        pair = table[np.ix_([i, j], [i, j])]
        if not (large[i] and large[j] and pair[0, 1] and pair[1, 0]):
            continue
        n = pair.sum()
        agreed = np.trace(pair) / n
        by_chance = pair.sum(axis=0) @ pair.sum(axis=1) / n**2
        if agreed - by_chance < LITTLE_AGREEMENT * (1 - by_chance):
            first, second = inspected.names((i, j))
            yield Finding(
                "overlap",
                "problem",
                f"The columns do not tell {cut(first)!r} from {cut(second)!r}",
                f"Of the {n} rows of these two that are predicted as either, only "
                f"{agreed:.0%} are predicted as labelled, {by_chance:.0%} by chance. "
                "Which of their labels are wrong cannot be found: merge the two, or "
                "add a column that tells.",
                classes=(first, second),
            )


def find_spellings(inspected):
    """Find labels that are one to a reader and several to a program."""
    counts = dict(zip(inspected.classes.tolist(), inspected.counts, strict=True))
    for group in spelling_variants(inspected.classes):
        alike = [f"{cut(label)!r} ({counts[label]} rows)" for label in group]
        positions = [k for k, c in enumerate(inspected.classes) if c in group]
        yield Finding(
            "spelling",
            "problem",
            f"{len(group)} spellings of one label: {listed(group)}",
            "These labels differ only by capitals, blanks, unprinted characters or the "
            "way a number is written, and count as different: "
            f"{', '.join(alike[:_NAMED])}. Write them alike and audit again.",
            classes=tuple(map(str, group)),
            rows=inspected.in_table(
                np.flatnonzero(np.isin(inspected.codes, positions))
            ),
        )


def find_tags(inspected):
    """Find labels and columns that hold lists of tags."""
    labels = [label for label in inspected.classes if isinstance(label, str)]
    separator = list_separator(labels)
    if separator is not None:
        yield Finding(
            "tags",
            "problem",
            f"Labels look like lists of tags, separated by {separator!r}",
            f"Each combination counts as a class of its own. {TAKE_TAGS}",
            classes=tuple(label for label in labels if separator in label)[:_NAMED],
        )
    for column in inspected.columns:
        if column.kind in ("category", "text"):
            distinct = column.values.unique()[:_LISTS_LOOKED_AT]
            separator = list_separator(distinct.tolist())
            if separator is not None:
                yield Finding(
                    "list_column",
                    "hint",
                    f"Column {cut(column.name)!r} looks like lists of tags, separated "
                    f"by {separator!r}",
                    f"It is read as {column.kind}. A column for each tag says more: "
                    f"column.str.get_dummies({separator!r}) of pandas makes them. If "
                    "the tags are what is to be audited, take these columns to "
                    "sknoisy.multilabel.MultilabelAudit.",
                    columns=(column.name,),
                )


def find_numeric_labels(inspected):
    """Find labels that rather are measurements than classes."""
    try:
        numbers = np.array([float(label) for label in inspected.classes])
    except (TypeError, ValueError):
        return
    if len(numbers) > _MOST_NUMBERED_CLASSES:
        yield Finding(
            "numeric_label",
            "hint",
            f"The labels are {len(numbers)} numbers from {numbers.min():g} to "
            f"{numbers.max():g}",
            "They count as classes without order. If they are measured or graded, a "
            "label next to the right one is no error as a distant one is: put the "
            "numbers into a few bins first.",
        )


def find_rare(inspected):
    """Find classes of which little can be known."""
    counts = inspected.counts
    rare = np.flatnonzero(counts < DEFAULT_FOLDS)
    if len(rare):
        names = inspected.names(rare)
        single = inspected.names(np.flatnonzero(counts == 1))
        alone = (
            f" Nothing can be known about labels that occur once: {listed(single)}."
            if single
            else ""
        )
        yield Finding(
            "rare_class",
            "hint",
            f"{len(rare)} labels occur less than {DEFAULT_FOLDS} times",
            f"Their estimates are rough: {listed(names)}.{alone}",
            classes=names,
            rows=inspected.in_table(np.flatnonzero(np.isin(inspected.codes, rare))),
        )
    n_folds = inspected.evidence.n_folds
    if 0 < n_folds < DEFAULT_FOLDS:
        yield Finding(
            "note",
            "hint",
            f"{n_folds} folds instead of {DEFAULT_FOLDS}",
            "Some label has few rows, or there are few groups; estimates are rougher.",
        )


def find_missing(inspected):
    """Find rows without a label."""
    present = inspected.present
    if not present.all():
        words = inspected.table.labels[~present].tolist()
        words = sorted({word.strip() or "empty" for word in words})
        yield Finding(
            "missing_label",
            "hint",
            f"{(~present).sum()} of {len(present)} rows have no label "
            f"({', '.join(words)})",
            "They are left out; row numbers still count them.",
            rows=np.flatnonzero(~present),
        )


_UNUSED = {
    NAMES: ("identifier", "{} names each row: an identifier"),
    NUMBERS: ("identifier", "{} numbers the rows: an identifier"),
    ONE_VALUE: ("constant", "{} holds one value only"),
    EMPTY: ("constant", "{} is empty"),
}


def find_column_faults(inspected):
    """Find columns that say nothing, and such that are mostly gaps."""
    by_reason, gaps = {}, []
    for column in inspected.columns:
        if column.kind not in KINDS:
            by_reason.setdefault(column.reason, []).append(column.name)
        elif column.share_missing > _MOSTLY_MISSING:
            gaps.append(column)
    for reason, names in by_reason.items():
        if reason in (REPEATS, GIVES_AWAY):
            continue
        kind, title = _UNUSED.get(reason, ("unused", f"{{}} {reason}"))
        text = "It is not used." if len(names) == 1 else "They are not used."
        yield Finding(kind, "hint", title.format(_columns(names)), text, tuple(names))
    if gaps:
        shares = ", ".join(f"{cut(c.name)!r} {c.share_missing:.0%}" for c in gaps)
        names = tuple(column.name for column in gaps)
        yield Finding(
            "missing_values",
            "hint",
            f"{_columns(names)} without a value in most rows",
            f"Without a value: {shares}. Gaps are marked and used as they are.",
            names,
        )


def _columns(names):
    """Return names of columns as the subject of a sentence."""
    return f"{'Column' if len(names) == 1 else 'Columns'} {listed(names)}"


def find_notes(inspected):
    """Pass on what was noticed while the table was read."""
    for note in inspected.table.notes:
        yield Finding("note", "hint", f"{note[:1].upper()}{note[1:]}", "")
    trusted = inspected.table.trusted
    if trusted is not None and not trusted.any():
        yield Finding(
            "note",
            "hint",
            "trusted marks no row with a label",
            "The audit is made without it.",
        )


FINDERS = (
    find_leaks,
    find_copies,
    find_overlaps,
    find_spellings,
    find_tags,
    find_numeric_labels,
    find_rare,
    find_missing,
    find_column_faults,
    find_notes,
)
