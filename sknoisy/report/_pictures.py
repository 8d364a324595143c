"""The pictures of a report as SVG, drawn by the displays."""

import io
import re
import warnings

import numpy as np

from sknoisy.inspection import (
    LabelQualityDisplay,
    ReviewCurveDisplay,
    TransitionMatrixDisplay,
)
from sknoisy.report._errors import need

# Text stays text, and the same report gives the same file.
STYLE = {"svg.fonttype": "none", "svg.hashsalt": "sknoisy", "font.size": 10}
NOTHING = dict.fromkeys(("Creator", "Date", "Format", "Type"))
# What SVG carries for its own sake: prolog and names of its vocabulary, which HTML
# knows, and numbered names of groups, which several pictures would share.
FOREIGN = re.compile(
    r"^.*?(?=<svg )|<metadata>.*?</metadata>"
    r'| xmlns(?::\w+)?="[^"]*"| id="(?:[a-z0-9]+_)+\d+"',
    re.DOTALL,
)


def draw_pictures(report):
    """Return the pictures of a report, each with a line below it.

    Parameters
    ----------
    report : AuditReport
        What was found.

    Returns
    -------
    list of tuple of str and str
        SVG without anything that a page would load, and a caption as plain text.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    names = [str(name) for name in report.classes]
    n = len(names)
    matrix = TransitionMatrixDisplay(report.transition_matrix, display_labels=names)
    # By number, since the classes of the report have an order of their own.
    numbers = {label: number for number, label in enumerate(report.classes)}
    codes = [numbers[label] for label in report.given]
    quality = LabelQualityDisplay(report.quality, codes, display_labels=names)
    pictures = [
        (
            _svg(matrix, max(3.6, min(5.6, 0.22 * n))),
            "Estimated share of each true class that is given as each label.",
        ),
        (
            _svg(quality, max(3.6, min(8, 0.22 * n))),
            "How far the evidence supports the labels of each class. In brackets: how "
            "many lie below a half, where the label can still be the most probable of "
            "several. Heights are roots of numbers.",
        ),
    ]
    if len(report.expected_wrong) and report.noise.identifiable:
        text = (
            "Wrong labels that a look at the most suspicious rows is expected to find, "
            f"if {report.noise.rate:.1%} of the labels are wrong. No row counts for "
            "more than one, so that all of them together can come to less."
        )
        pictures.append((_svg(_curve(report), 3.6), text))
    return pictures


def _curve(report):
    """Return the expected finds, as far as a look pays and as much again."""
    expected = np.append(0, report.expected_wrong)
    stop = min(max(3 * report.n_to_check, 50), len(expected) - 1) + 1
    return ReviewCurveDisplay(
        np.arange(stop),
        expected[:stop],
        n_samples=report.n_labelled,
        n_wrong=expected[-1],
    )


def _svg(display, height):
    """Return a display as SVG to stand in a page."""
    matplotlib = need("matplotlib")
    from matplotlib.figure import Figure

    content = io.StringIO()
    with (
        matplotlib.rc_context(),
        warnings.catch_warnings(),
    ):
        # Fonts are chosen by whoever shows the page.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        # No figure of pyplot, which would have to be closed.
        figure = Figure(figsize=(6.4, height), layout="constrained")
        display.plot(figure.subplots())
        figure.savefig(content, format="svg", metadata=NOTHING)
    return FOREIGN.sub("", content.getvalue())
