"""What is wrong with columns and rows: leaks, copies, identifiers, gaps."""

import numpy as np

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
from sknoisy.report._facts import Finding

# A column gives the label away nearly if it alone predicts labels with this agreement
# beyond chance (Cohen's kappa): one feature of iris reaches .94, none of wine, digits
# or breast_cancer .80 (bench_audit.py --columns).
NEAR_LEAK = 0.9
# Columns mostly without values.
_MOSTLY_MISSING = 0.5


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
    return leaking(inspected.agreements, inspected.merged)


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
    frame, images = inspected.table.frame, inspected.table.images
    left_out, codes = near_leaks(inspected), inspected.merged
    if images is not None:
        groups, same = images.copies, "whose pixels are the same"
    elif frame is not None:
        groups = copy_groups(frame, inspected.columns, left_out)
        same = "that agree in every column but the label"
    else:
        return
    if groups is None:
        return
    rows, group = rows_in_groups(groups, codes, contradicting=True)
    if len(rows):
        yield Finding(
            "contradicting_duplicates",
            "problem",
            f"{len(rows)} rows have a copy under another label",
            f"Groups of rows {same}: {len(np.unique(group))}. All labels of a group "
            "but one are wrong, or what decides is not in the rows.",
            rows=inspected.in_table(rows),
            groups=group,
        )
    rows, group = rows_in_groups(groups, codes, contradicting=False)
    if len(rows):
        yield Finding(
            "duplicates",
            "hint",
            f"{len(rows)} rows have a copy under the same label",
            f"Groups of copies: {len(np.unique(group))}. Copies are never evidence "
            "about each other here; keep them together when you split the table.",
            rows=inspected.in_table(rows),
            groups=group,
        )
    if frame is not None:
        yield from _find_near_copies(inspected, groups, left_out)


def _find_near_copies(inspected, groups, left_out):
    """Find rows that are nearly copies of others, and not copies."""
    near = near_copy_groups(inspected.columns, left_out)
    if near is None:
        return
    n_distinct = np.bincount(np.unique(np.column_stack([near, groups]), axis=0)[:, 0])
    rows = np.flatnonzero(n_distinct[near] > 1)
    if len(rows):
        labels = np.unique(
            np.column_stack([near[rows], inspected.merged[rows]]), axis=0
        )
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
