"""The report as one HTML file: no script, no network, everything of a table escaped."""

import base64
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from sknoisy.report._errors import need
from sknoisy.report._export import GENERATOR
from sknoisy.report._pictures import draw_pictures
from sknoisy.report._safe_text import inert

# What a page shows at most: 200 rows of 8 values of up to 160 characters stay below
# half a megabyte, whatever the table holds.
MOST_ROWS, MOST_VALUES = 200, 8
MOST_FINDINGS, MOST_COLUMNS, MOST_ROW_NUMBERS = 40, 200, 40


def render_html(report, *, n_rows=MOST_ROWS):
    """Return a report as the text of one self-contained HTML page.

    Parameters
    ----------
    report : AuditReport
        What was found.

    n_rows : int, default=200
        Number of suspicious rows shown at most.

    Returns
    -------
    str
        The page.

    Raises
    ------
    ImportError
        If Jinja2 or matplotlib is not installed.
    """
    need("matplotlib")
    page, style = _templates()
    shown = range(min(n_rows, report.n_labelled))
    columns = [column for column in report.columns if column.kind != "image"]
    return page.render(
        report=report,
        css=style,
        generator=GENERATOR,
        overview=_overview(report),
        findings=[_shown(finding) for finding in report.findings[:MOST_FINDINGS]],
        n_more_findings=max(0, len(report.findings) - MOST_FINDINGS),
        pictures=[(_markup(svg), text) for svg, text in draw_pictures(report)],
        suspects=[_suspect(report, position) for position in shown],
        columns=columns[:MOST_COLUMNS],
        n_more_columns=max(0, len(columns) - MOST_COLUMNS),
    )


@cache
def _templates():
    """Return the template of the page, and its style sheet."""
    jinja2 = need("jinja2")
    folder = resources.files("sknoisy.report") / "templates"
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = plain
    text = (folder / "audit.html.j2").read_text(encoding="utf-8")
    style = (folder / "audit.css").read_text(encoding="utf-8")
    return environment.from_string(text), _markup(style)


def _markup(text):
    """Return text of our own as it is: style, and pictures without foreign markup."""
    return need("markupsafe").Markup(text)


def plain(value, n_characters, kept=""):
    """Return text of a table cut, with what is not printed spelled out.

    Parameters
    ----------
    value : object
        A label, a name or a value.

    n_characters : int
        How many characters are shown at most.

    kept : str, default=""
        Characters that stay though they are not printed.

    Returns
    -------
    str
        The text; escaping it is left to the template.
    """
    text = str(value)
    n_more = len(text) - n_characters
    cut = f"{text[:n_characters]}… ({n_more} more characters)" if n_more > 0 else text
    return inert(cut, kept=kept)


def _overview(report):
    """Return the numbers to know first, and what they are."""
    noise, n = report.noise, report.n_to_check
    numbers = [
        (f"{report.n_labelled:,}", f"labelled rows of {report.n_rows:,}"),
        (f"{report.n_flagged:,}", "rows for which another label is suggested"),
    ]
    if noise.identifiable and noise.lower == 0:
        words = "of the labels are wrong at most; there is no clear sign of any"
        numbers.append((f"{noise.upper:.1%}", words))
    elif noise.identifiable:
        between = f"between {noise.lower:.1%} and {noise.upper:.1%}"
        numbers.append((f"{noise.rate:.1%}", f"of the labels are wrong, {between}"))
    else:
        words = "of the labels are as predicted; classes overlap, so that wrong labels"
        numbers.append((f"{noise.agreement:.1%}", f"{words} cannot be told apart"))
    if n:
        found = report.expected_wrong[n - 1]
        numbers.append((f"{n:,}", f"rows to look at; about {found:,.0f} are wrong"))
    else:
        numbers.append(("0", "rows for which a look pays"))
    return numbers


@dataclass(frozen=True)
class _Shown:
    """A finding with as many of its rows as are shown, a list for each group."""

    severity: str
    title: str
    text: str
    row_groups: list
    n_more_rows: int


def _shown(finding):
    rows, groups = finding.rows, finding.groups
    few = rows[:MOST_ROW_NUMBERS]
    if len(groups) == len(rows) and len(rows):
        # Rows that belong together stand together.
        order = np.argsort(groups, kind="stable")[:MOST_ROW_NUMBERS]
        places = np.flatnonzero(np.diff(groups[order])) + 1
        row_groups = [part.tolist() for part in np.split(rows[order], places)]
    else:
        row_groups = [few.tolist()] if len(few) else []
    n_more = max(0, len(rows) - MOST_ROW_NUMBERS)
    return _Shown(finding.severity, finding.title, finding.text, row_groups, n_more)


def _suspect(report, position):
    """Return what is shown of a row."""
    quality, row = float(report.quality[position]), int(report.rows[position])
    return {
        "row": row,
        "thumbnail": _address((report.table.thumbnails or {}).get(row)),
        "given": report.given[position],
        "suggested": report.suggested[position],
        "flagged": bool(report.flagged[position]),
        "trusted": bool(report.trusted[position]),
        "quality": quality,
        "width": round(100 * min(max(quality, 0.0), 1.0)),
        "row_values": report.row_values(position, MOST_VALUES),
    }


def _address(content):
    """Return the content of a PNG or JPEG file as an address that loads nothing."""
    if content is None:
        return None
    kind = "png" if content.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"
