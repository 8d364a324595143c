"""Write formulas as MathML while the pages are built.

Browsers draw MathML by themselves, so a page needs neither a script nor the network.
"""

import html
import re

from docutils import nodes
from latex2mathml.converter import convert

# latex2mathml knows these under their plain names only.
SAME = {
    r"\arg": r"\operatorname{arg}",
    r"\operatorname*": r"\operatorname",
    r"\lVert": r"\|",
    r"\rVert": r"\|",
    r"\tfrac": r"\frac",
}


def to_mathml(latex, display="inline"):
    """Return a formula as a <math> element, its source as alternative text."""
    source = " ".join(latex.split())
    for name, plain in SAME.items():
        latex = re.sub(re.escape(name) + r"(?![A-Za-z])", lambda _, p=plain: p, latex)
    latex = re.sub(r"(?<!\\)\\ ", r"\\;", latex)
    if display == "block" and (r"\\" in latex or "&" in latex):
        latex = rf"\begin{{aligned}}{latex}\end{{aligned}}"
    mathml = convert(latex, display=display)
    label = html.escape(source, quote=True)
    return mathml.replace("<math ", f'<math alttext="{label}" ', 1)


def visit_inline(translator, node):
    """Write a formula within a sentence."""
    translator.body.append(to_mathml(node.astext()))
    raise nodes.SkipNode


def visit_block(translator, node):
    """Write formulas on lines of their own, one for each paragraph of the directive."""
    translator.body.append(translator.starttag(node, "div", CLASS="math"))
    for formula in re.split(r"\n\s*\n", node.astext().strip()):
        translator.body.append(to_mathml(formula, "block"))
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app):
    """Register the renderer under the name that ``html_math_renderer`` takes."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
