"""What is wrong with the labels beside single errors: overlap, spelling, tags."""

import numpy as np

from sknoisy._folds import DEFAULT_FOLDS
from sknoisy._spelling import spelling_variants
from sknoisy.quality._noise_rate import LITTLE_AGREEMENT
from sknoisy.report._errors import cut, listed
from sknoisy.report._facts import Finding
from sknoisy.report._images import find_unreadable
from sknoisy.report._label_check import TAKE_TAGS, list_separator

# More distinct numbers rather are a scale than classes. A rule of thumb.
_MOST_NUMBERED_CLASSES = 10
# Pairs of classes are compared where both have as many rows.
_ROWS_OF_PAIR = 20
# Entries that a text names, and lists of tags that are looked at.
_NAMED, _LISTS_LOOKED_AT = 8, 2000


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
    """Find rows without a label, and images that could not be read."""
    present, images = inspected.present, inspected.table.images
    if images is not None:
        yield from find_unreadable(images, len(present))
    elif not present.all():
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


def find_notes(inspected):
    """Pass on what was noticed while the table was read."""
    for note in inspected.table.notes:
        yield Finding("note", "hint", f"{note[:1].upper()}{note[1:]}", "")
    trusted = inspected.table.trusted
    if trusted is not None and not trusted.any():
        yield Finding(
            "note",
            "hint",
            "No row with a label is marked as trusted",
            "The audit is made without trusted labels.",
        )
