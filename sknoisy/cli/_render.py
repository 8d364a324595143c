"""The report: facts as plain text that fits the width of the terminal."""

import shutil
import textwrap

import numpy as np

from sknoisy._transition_matrix import normalize_rows
from sknoisy.cli._safe_text import inert

# Widths in characters: of lines, of names and cells in the matrix.
_NARROWEST, _WIDEST = 60, 120
_LONGEST_NAME = 14
_CELL = 6
# Confusions and labels that are listed.
_PAIRS, _LABELS = 15, 10
# Expected rows from which a confusion rounds to at least one.
_ONE_ROW = 0.5


def render_report(facts, table, *, top, width=None):
    """Return the report.

    Parameters
    ----------
    facts : AuditFacts
        What was found.

    table : Table
        The table, to show the suspicious rows.

    top : int
        Number of suspicious rows to show.

    width : int, default=None
        Width of the lines. None means that of the terminal.

    Returns
    -------
    str
        Lines of text.
    """
    width = _fitting(width)
    lines = [
        *_summary(facts, table, width),
        "",
        *_noise(facts),
        "",
        *_confusions(facts, width),
    ]
    if top and len(facts.rows):
        lines += ["", *_suspicious(facts, table, top, width)]
    return "\n".join(lines)


def render_verdict(verdict, *, width=None):
    """Return what the true labels say about the audit.

    Parameters
    ----------
    verdict : Verdict
        How right it was.

    width : int, default=None
        Width of the lines. None means that of the terminal.

    Returns
    -------
    str
        Lines of text.
    """
    base = verdict.n_errors / verdict.n_rows
    lines = [
        f"Wrong labels: {verdict.n_errors} of {verdict.n_rows} ({base:.1%}), all where "
        "the rule of thumb errs."
    ]
    for first, found in verdict.found.items():
        lines.append(
            f"Among the first {first} suspicious rows: {found} wrong, "
            f"{found / first:.0%} (at random {base:.0%}), "
            f"{found / verdict.n_errors:.0%} of all wrong labels."
        )
    lines.append(
        f"Another label suggested: {verdict.n_flagged} rows, {verdict.n_flagged_wrong} "
        "of them wrong."
    )
    heading = "How right was it? The true labels of this example are known."
    return "\n".join([heading, *(_wrapped(line, _fitting(width)) for line in lines)])


def _fitting(width):
    """Return the width of the lines, that of the terminal if none is given."""
    width = width or shutil.get_terminal_size().columns
    return min(max(width, _NARROWEST), _WIDEST)


def _wrapped(text, width):
    """Return an indented paragraph."""
    return textwrap.fill(text, width, initial_indent="  ", subsequent_indent="    ")


def _summary(facts, table, width):
    """Say what was audited."""
    counts = zip(facts.classes, facts.class_counts, strict=True)
    listed = [f"{_label(name, 40)} ({count})" for name, count in counts]
    more = f" and {len(listed) - _LABELS} more" if len(listed) > _LABELS else ""
    used = [f"{len(names)} {kind}" for kind, names in facts.columns.items() if names]
    yield f"Audit of {table.name}, labels in {table.label_name!r}"
    for text in (
        f"{len(facts.rows)} labelled rows; columns used: {', '.join(used)}",
        f"{len(facts.classes)} labels: {', '.join(listed[:_LABELS])}{more}",
        *(f"Note: {note}." for note in facts.notes),
    ):
        yield _wrapped(text, width)


def _noise(facts):
    """Say how many labels look wrong, and what the numbers leave out."""
    rate, upper = f"{facts.noise_rate:.1%}", f"{facts.noise_rate_upper:.1%}"
    if facts.noise_suspected:
        finding = f"about {rate} of the labels"
    else:
        finding = f"{rate}, no clear sign of scattered errors"
    yield f"Estimated noise rate: {finding} (upper estimate {upper})"
    yield "  The first number counts where the models are surest; the second wherever"
    yield "  they find another label more probable, their own mistakes included. Errors"
    yield "  that follow a rule are learnt like the truth and escape the first number."


def _confusions(facts, width):
    """Show the transition matrix, or its largest entries if it is too wide."""
    T, source = facts.transition_matrix, "Estimated share"
    if not facts.noise_suspected:
        T, source = _disagreements(facts), "Upper estimate of the share"
    names = [_label(name, _LONGEST_NAME) for name in facts.classes]
    first = max(map(len, [*names, "true label"])) + 2
    cells = [max(_CELL, len(name)) + 2 for name in names]
    if first + sum(cells) > width:
        yield f"{source} of each true label that is given as another:"
        yield from _largest_confusions(facts, T, width)
        return
    yield f"{source} of each true label (line) that is given as (column), in %"
    yield "true label".ljust(first) + "".join(map(str.rjust, names, cells))
    for name, row in zip(names, T, strict=True):
        shares = [f"{100 * share:.1f}" for share in row]
        yield name.ljust(first) + "".join(map(str.rjust, shares, cells))


def _disagreements(facts):
    """Return what share of the rows that the models give a label have which label."""
    position = {name: number for number, name in enumerate(facts.classes)}
    counts = np.zeros((len(position), len(position)))
    pairs = zip(facts.suggested.tolist(), facts.given.tolist(), strict=True)
    for suggested, given in pairs:
        counts[position[suggested], position[given]] += 1
    never = counts.sum(axis=1) == 0
    counts[never, never] = 1
    return normalize_rows(counts)


def _largest_confusions(facts, T, width):
    """List the most frequent confusions."""
    # How many rows truly are of each class is not known; the labels given stand in.
    expected = T * np.asarray(facts.class_counts)[:, None]
    np.fill_diagonal(expected, 0)
    largest = np.argsort(-expected, axis=None, kind="stable")[:_PAIRS]
    pairs = [divmod(int(pair), len(T)) for pair in largest]
    pairs = [(i, j) for i, j in pairs if expected[i, j] >= _ONE_ROW]
    if not pairs:
        yield "  none that would concern a whole row"
        return
    room = (width - 40) // 2
    names = [_label(name, room) for name in facts.classes]
    left = max(len(names[i]) for i, _ in pairs)
    right = max(len(names[j]) for _, j in pairs)
    for i, j in pairs:
        yield (
            f"  {names[i].ljust(left)}  as  {names[j].ljust(right)}  {T[i, j]:6.1%}  "
            f"(about {expected[i, j]:.0f} rows)"
        )


def _suspicious(facts, table, top, width):
    """Show the first rows."""
    n_shown = min(top, len(facts.rows))
    header = ("row", "given", "suggested", "quality")
    cells = [
        (str(row), _label(given, 20), _label(suggested, 20), f"{quality:.3f}")
        for row, given, suggested, quality in zip(
            facts.rows[:n_shown].tolist(),
            facts.given.tolist(),
            facts.suggested.tolist(),
            facts.quality.tolist(),
            strict=False,
        )
    ]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    room = width - sum(widths) - 2 * len(widths) - 2
    yield (
        f"The {n_shown} most suspicious of {len(facts.rows)} rows (counted from 0; "
        "quality 0 = least supported)"
    )
    yield _line(header, widths) + "  values"
    for cell, row in zip(cells, facts.rows, strict=False):
        excerpt = _shorten(_excerpt(facts, table, row), room)
        yield f"{_line(cell, widths)}  {excerpt}".rstrip()


def _line(cells, widths):
    """Return a line of the list: numbers to the right, words to the left."""
    row, given, suggested, quality = cells
    return "  ".join(
        (
            row.rjust(widths[0]),
            given.ljust(widths[1]),
            suggested.ljust(widths[2]),
            quality.rjust(widths[3]),
        )
    )


def _excerpt(facts, table, row):
    """Return the values by which a reader recognises a row: texts first."""
    names = [
        name
        for kind in ("text", "category", "date", "number")
        for name in facts.columns[kind]
    ][:6]
    values = table.frame.loc[:, names].iloc[row]
    return ", ".join(f"{name}={value}" for name, value in values.items())


def _label(label, length):
    """Return a label as one line in which its blanks can be seen."""
    one_line = " ".join(label.split())
    return _shorten(label if label == one_line else repr(label), length)


def _shorten(text, length):
    """Cut a text to one line of a length."""
    text = inert(" ".join(str(text).split()))
    return text if len(text) <= length else f"{text[: max(length - 3, 0)]}..."
