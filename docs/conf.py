"""Settings of the documentation; ``sphinx-build docs docs/_build/html`` builds it."""

import os
import re
import sys
from pathlib import Path

# Before numpy and torch are imported: threads of OpenMP that wait for each other while
# the cores are busy make single examples take minutes.
os.environ.setdefault("OMP_NUM_THREADS", "1")

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
    "_mathml",
    "matplotlib.sphinxext.plot_directive",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
root_doc = "index"
default_role = "literal"
exclude_patterns = ["_build", "changes", "examples", "**sg_execution_times*"]
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
html_math_renderer = "mathml"

# Links into other libraries' pages need their inventories, which lie on the network.
# A build does without; SKNOISY_DOCS_ONLINE=1 fetches them.
if os.environ.get("SKNOISY_DOCS_ONLINE"):
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "python": ("https://docs.python.org/3", None),
        "numpy": ("https://numpy.org/doc/stable", None),
        "sklearn": ("https://scikit-learn.org/stable", None),
        "skorch": ("https://skorch.readthedocs.io/en/stable", None),
    }

plot_formats = [("svg", 120)]
plot_html_show_formats = False
plot_html_show_source_link = False
plot_rcparams = {"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}

# In the order of the user guide: find wrong labels, learn despite them, special data.
EXAMPLES = (
    *("report", "quality", "review", "transition", "classification", "refinement"),
    *("model_selection", "deep", "multilabel", "sequence", "annotators"),
    *("semi_supervised", "cluster"),
)
sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "auto_examples",
    "subsection_order": [f"examples/{package}" for package in EXAMPLES],
    "filename_pattern": "plot_",
    "abort_on_example_error": True,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 0,
    # Its table of times loads scripts from the network.
    "write_computation_times": False,
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
# A published site that keeps several versions names the list of them here.
if os.environ.get("SKNOISY_DOCS_VERSIONS"):
    html_theme_options["switcher"] = {
        "json_url": os.environ["SKNOISY_DOCS_VERSIONS"],
        "version_match": version,
    }
    html_theme_options["navbar_end"] = ["version-switcher", "navbar-icon-links"]
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
    app.connect("build-finished", _generate.write_llms_txt)
