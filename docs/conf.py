"""Settings of the documentation; ``sphinx-build docs docs/_build/html`` builds it."""

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import _generate

import sknoisy
from benchmarks import tables

project = "sknoisy"
author = "The sknoisy developers"
copyright = f"2026, {author}"
version = release = sknoisy.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
root_doc = "index"
default_role = "literal"
exclude_patterns = ["_build", "changes", "examples"]
templates_path = ["_templates"]

# The pages of the names are made here, since autosummary reads them right after.
_generate.write_api_pages(HERE / "api")
_generate.write_changelog(HERE / "changelog.md", HERE.parent)
tables.write_pages(HERE / "benchmarks" / "results")

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
myst_heading_anchors = 2

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": "plot_",
    "abort_on_example_error": True,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 0,
    "download_all_examples": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "sknoisy"
html_static_path = ["_static"]
html_css_files = ["sknoisy.css"]
html_show_sourcelink = False
html_theme_options = {
    "navigation_with_keys": False,
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"index": [], "changelog": []}


def skip_foreign_members(app, what, name, member, skip, options):
    """Leave out what scikit-learn's own classes bring and document already."""
    module = getattr(member, "__module__", None) or ""
    return skip or not module.startswith("sknoisy")


def escape_shapes(app, what, name, member, options, lines):
    """Keep a shape such as (n_features_in_,) from being read as a hyperlink."""
    for number, line in enumerate(lines):
        if " : " in line:
            lines[number] = re.sub(r"(?<=\w)_(?=[,)])", r"\_", line)


def setup(app):
    """Hook the rules above into Sphinx."""
    # Before numpydoc, which takes the docstring at the usual priority of 500.
    app.connect("autodoc-process-docstring", escape_shapes, priority=400)
    app.connect("autodoc-skip-member", skip_foreign_members)
