"""The report as plain text that fits the width of the terminal."""

import shutil
import textwrap

from sknoisy.report._safe_text import inert

# Widths in characters: of lines, of names and cells in the matrix.
_NARROWEST, _WIDEST = 60, 120
_LONGEST_NAME = 14
_CELL = 6
# Labels that are listed, and rows to begin with where no number of rows is advised.
_LABELS, _FIRST = 10, 20
_KINDS = ("number", "date", "category", "text")


def render_report(report, *, top=20, width=None):
    """Return a report as text.

    Parameters
    ----------
    report : AuditReport
        What was found.

    top : int, default=20
        Number of suspicious rows to show.

    width : int, default=None
        Width of the lines. None means that of the terminal.

    Returns
    -------
    str
        Lines of text that a terminal shows and nothing else.
    """
    width = fitting(width)
    sections = [
        _summary(report, width),
        _noise(report, width),
        _findings(report, width),
        _confusions(report, width),
        _suspicious(report, top, width) if top else (),
    ]
    texts = ("\n".join(section) for section in sections)
    # A name of a file or of a column may hold what a terminal would obey.
    return inert("\n\n".join(text for text in texts if text))


def fitting(width):
    """Return the width of the lines, that of the terminal if none is given."""
    width = width or shutil.get_terminal_size().columns
    return min(max(width, _NARROWEST), _WIDEST)


def wrapped(text, width, mark="  "):
    """Return an indented paragraph."""
    text = inert(" ".join(text.split()))
    return textwrap.fill(text, width, initial_indent=mark, subsequent_indent="    ")


def _summary(report, width):
    """Say what was audited."""
    counts = zip(report.classes, report.class_counts, strict=True)
    listed = [f"{_label(str(name), 40)} ({count})" for name, count in counts]
    more = f" and {len(listed) - _LABELS} more" if len(listed) > _LABELS else ""
    kinds = [column.kind for column in report.columns]
    used = [f"{kinds.count(kind)} {kind}" for kind in _KINDS if kind in kinds]
    columns = f"; columns used: {', '.join(used)}" if used else ""
    yield f"Audit of {report.name}, labels in {report.label_name!r}"
    rows = "labelled rows" if report.table.thumbnails is None else "images"
    yield wrapped(f"{report.n_labelled} {rows}{columns}", width)
    yield wrapped(
        f"{len(report.classes)} labels: {', '.join(listed[:_LABELS])}{more}", width
    )


def _noise(report, width):
    """Say how many labels look wrong, and how many rows to look at."""
    yield "Wrong labels"
    yield wrapped(report.noise.sentence, width)
    yield wrapped(advice(report), width)
    yield wrapped(
        "Errors that follow a rule over the same columns are learnt like the truth and "
        "escape the estimate.",
        width,
    )


def advice(report):
    """Return how many rows to look at, as a sentence.

    Parameters
    ----------
    report : AuditReport
        What was found.

    Returns
    -------
    str
        One or two sentences.
    """
    n, wrong = report.n_to_check, report.expected_wrong
    if n:
        return (
            f"Worth a look: the first {n} rows by suspicion, of which about "
            f"{wrong[n - 1]:.0f} are wrong if that share is right; beyond, less than "
            "every second one is."
        )
    first = min(_FIRST, report.n_labelled)
    return (
        f"No number of rows to check follows from that. Begin with the first {first} "
        "by suspicion, and stop where most of them are right."
    )


def _findings(report, width):
    """Tell what else is wrong, problems first."""
    if not report.findings:
        return
    yield "What else was found"
    for finding in report.findings:
        mark = "! " if finding.severity == "problem" else "- "
        text = f"{finding.title}. {finding.text}"
        yield wrapped(text, width, f"  {mark}")


def _confusions(report, width):
    """Show the transition matrix, or its largest entries if it is too wide."""
    clear = report.noise.lower > 0
    source = "Estimated share" if clear else "Upper estimate of the share"
    names = [_label(str(name), _LONGEST_NAME) for name in report.classes]
    first = max(map(len, [*names, "true label"])) + 2
    cells = [max(_CELL, len(name)) + 2 for name in names]
    if first + sum(cells) > width:
        yield f"{source} of each true label that is given as another:"
        yield from _largest_confusions(report, width)
        return
    yield f"{source} of each true label (line) that is given as (column), in %"
    yield "true label".ljust(first) + "".join(map(str.rjust, names, cells))
    for name, row in zip(names, report.transition_matrix, strict=True):
        shares = [f"{100 * share:.1f}" for share in row]
        yield name.ljust(first) + "".join(map(str.rjust, shares, cells))


def _largest_confusions(report, width):
    """List the most frequent confusions."""
    if not report.confusions:
        yield "  none that would concern a whole row"
        return
    room = (width - 40) // 2
    clean = [_label(pair.clean, room) for pair in report.confusions]
    given = [_label(pair.given, room) for pair in report.confusions]
    left, right = max(map(len, clean)), max(map(len, given))
    for pair, first, second in zip(report.confusions, clean, given, strict=True):
        yield (
            f"  {first.ljust(left)}  as  {second.ljust(right)}  {pair.share:6.1%}  "
            f"(about {pair.n_rows:.0f} rows)"
        )


def _suspicious(report, top, width):
    """Show the first rows."""
    n_shown = min(top, report.n_labelled)
    header = ("row", "given", "suggested", "quality")
    cells = [
        (
            str(report.rows[k]),
            _label(str(report.given[k]), 20),
            _label(str(report.suggested[k]), 20) if report.flagged[k] else "",
            f"{report.quality[k]:.3f}",
        )
        for k in range(n_shown)
    ]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    room = width - sum(widths) - 2 * len(widths) - 2
    yield (
        f"The {n_shown} most suspicious of {report.n_labelled} rows (counted from 0; "
        "quality 0 = least supported)"
    )
    # What speaks most against the label comes first.
    yield _line(header, widths) + "  values, * = speak against the label"
    for k, cell in enumerate(cells):
        excerpt = ", ".join(
            f"{'*' if against else ''}{name}={value}"
            for name, value, against in report.row_values(k)
        )
        yield f"{_line(cell, widths)}  {_shorten(excerpt, room)}".rstrip()


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


def _label(label, length):
    """Return a label as one line in which its blanks can be seen."""
    one_line = " ".join(label.split())
    return _shorten(label if label == one_line else repr(label), length)


def _shorten(text, length):
    """Cut a text to one line of a length."""
    text = inert(" ".join(str(text).split()))
    return text if len(text) <= length else f"{text[: max(length - 3, 0)]}..."
