"""The rules of the architecture, read off the source: layers, imports and sizes.

Each rule is a function that takes parsed modules and returns its complaints, so that
the rule can be shown to bite on a bad snippet before it is put to the package.
"""

import ast
import io
import sys
import tokenize
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import sknoisy

ROOT = Path(sknoisy.__file__).parent
MAX_FILE_LINES, MAX_FUNCTION_LINES = 250, 40
# What installing sknoisy brings; scikit-learn itself brings joblib and threadpoolctl.
CORE = {"numpy", "scipy", "sklearn", "joblib", "threadpoolctl", "sknoisy"}
CORE |= sys.stdlib_module_names
TORCH = {"torch", "skorch"}

# A module imports from lower layers and from its own package. A new package or a new
# private file beside ``__init__`` takes its place in this table first.
LAYERS = [
    [
        "_array_library",
        "_compat",
        "_interrupt",
        "_numeric",
        "_show_versions",
        "_spelling",
        "exceptions",
    ],
    [
        "_aligned",
        "_binary_flips",
        "_checked_rows",
        "_class_codes",
        "_clean_posterior",
        "_confident_joint",
        "_context",
        "_distinct_rows",
        "_embedding",
        "_fit_labels",
        "_folds",
        "_indicator",
        "_label_column",
        "_label_margins",
        "_labels",
        "_meta",
        "_mixture",
        "_neighbor_graph",
        "_out_of_fold",
        "_proba",
        "_proba_blocks",
        "_proba_columns",
        "_proba_table",
        "_row_tables",
        "_soft_labels",
        "_transition_matrix",
    ],
    ["evidence", "noise"],
    ["transition", "quality"],
    ["refinement", "cluster", "metrics", "model_selection", "datasets"],
    ["classification", "semi_supervised"],
    ["annotators", "multilabel", "sequence"],
    ["inspection"],
    ["report"],
    ["review"],
    ["deep"],
    [""],
    ["cli"],
    ["__main__"],
]
LAYER_OF = {
    package: layer for layer, packages in enumerate(LAYERS) for package in packages
}


def parse(sources):
    """Return {module name: (tree, text)} of {module name: text}."""
    return {name: (ast.parse(text), text) for name, text in sources.items()}


def package_sources():
    """Return {module name: text} of the whole package."""
    sources = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        sources[name] = path.read_text(encoding="utf-8")
    return sources


def imports(tree, *, top_level_only=False):
    """Yield (line, level, module, name) of each import; name is None for a module."""
    nodes = [tree]
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, 0, alias.name, None
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.lineno, node.level, node.module or "", alias.name
        inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if not (top_level_only and inside):
            nodes.extend(ast.iter_child_nodes(node))


def own_imports(modules, name, **options):
    """Yield (line, module of sknoisy) for each import that stays in the package."""
    for line, _, module, attribute in imports(modules[name][0], **options):
        if module.split(".")[0] == "sknoisy":
            submodule = f"{module}.{attribute}"
            yield line, submodule if submodule in modules else module


def package_of(name):
    """Return the package of a module: the first part of its name below sknoisy."""
    return (name.split(".") + [""])[1]


def layer_complaints(modules):
    for name in modules:
        package = package_of(name)
        if package not in LAYER_OF:
            yield f"{name}: give {package!r} its place in LAYERS of {__name__}"
            continue
        for line, target in own_imports(modules, name):
            lower = LAYER_OF.get(package_of(target), len(LAYERS)) < LAYER_OF[package]
            shared = LAYER_OF[package] == LAYER_OF.get(package_of(target)) == 1
            if not (lower or shared or package_of(target) == package):
                yield (
                    f"{name}:{line} imports {target}, which is not on a lower layer; "
                    "move what is shared down, or the caller up"
                )


def cycle_complaints(modules):
    graph = {
        name: {t for _, t in own_imports(modules, name, top_level_only=True)} - {name}
        for name in modules
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield f"import cycle: {' -> '.join(error.args[1])}; move what is shared down"


def relative_import_complaints(modules):
    for name, (tree, _) in modules.items():
        for line, level, module, _ in imports(tree):
            if level:
                yield f"{name}:{line} imports {'.' * level}{module}; write sknoisy. …"


def private_sklearn_complaints(modules):
    for name, (tree, _) in modules.items():
        for line, _, module, attribute in imports(tree):
            parts = [*module.split("."), attribute or ""]
            private = any(p.startswith("_") and not p.endswith("__") for p in parts)
            if parts[0] == "sklearn" and private and name != "sknoisy._compat":
                yield (
                    f"{name}:{line} imports {'.'.join(parts)}; import it in "
                    "sknoisy/_compat.py and from there"
                )


def torch_complaints(modules):
    for name, (tree, _) in modules.items():
        for line, _, module, _ in imports(tree):
            if module.split(".")[0] in TORCH and package_of(name) != "deep":
                yield f"{name}:{line} imports {module}; torch belongs to sknoisy/deep"


def optional_library_complaints(modules):
    for name, (tree, _) in modules.items():
        allowed = CORE | TORCH if package_of(name) == "deep" else CORE
        for line, level, module, _ in imports(tree, top_level_only=True):
            if not level and module.split(".")[0] not in allowed:
                yield f"{name}:{line} imports {module}; do so where it is needed"


def file_size_complaints(modules):
    for name, (tree, text) in modules.items():
        if (n_lines := len(code_lines(tree, text))) > MAX_FILE_LINES:
            yield (
                f"{name} has {n_lines} lines of code, over {MAX_FILE_LINES}; split it "
                "by idea"
            )


def function_size_complaints(modules):
    for name, (tree, text) in modules.items():
        code = code_lines(tree, text)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                # The signature, one parameter a line, is nothing to follow.
                body = range(node.body[0].lineno, node.end_lineno + 1)
                n_lines = len(code & set(body))
                if n_lines > MAX_FUNCTION_LINES:
                    yield (
                        f"{name}:{node.lineno} {node.name} has {n_lines} code lines, "
                        f"over {MAX_FUNCTION_LINES}; give its steps names"
                    )


def constant_complaints(modules):
    """Numbers at module level say why: by equation, benchmark row or reason."""
    for name, (tree, text) in modules.items():
        lines = text.splitlines()
        for node in tree.body:
            if isinstance(node, ast.Assign) and is_named_number(node):
                # Constants that stand together share the comment above them.
                above = node.lineno - 1
                while above and lines[above - 1][:1] not in ("", "#"):
                    above -= 1
                commented = above and lines[above - 1].startswith("#")
                if not (commented or "#" in lines[node.lineno - 1]):
                    yield f"{name}:{node.lineno} has a number without a comment"


def is_named_number(node):
    """Whether an assignment gives a name in capitals to numbers."""
    plain = ast.Constant | ast.Tuple | ast.UnaryOp | ast.BinOp
    names = [n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)]
    values = [n.value for n in ast.walk(node.value) if isinstance(n, ast.Constant)]
    return (
        isinstance(node.value, plain)
        and all(name.isupper() for name in names)
        and any(type(value) in (int, float) for value in values)
    )


def code_lines(tree, text):
    """Return the numbers of the lines that are not blank, comment or docstring."""
    blank = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT}
    blank |= {tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER}
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in blank:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            value = body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                lines -= set(range(value.lineno, value.end_lineno + 1))
    return lines


LONG_FUNCTION = "def f():\n" + "    x = 1\n" * (MAX_FUNCTION_LINES + 1)
RULES = {
    layer_complaints: [
        {"sknoisy.noise._a": "from sknoisy.classification import B"},
        {"sknoisy.quality._a": "from sknoisy.transition import B"},
        {"sknoisy.noise._a": "from sknoisy import B"},
        {"sknoisy.classification._a": "def f():\n    import sknoisy.deep"},
        {"sknoisy._labels": "import sknoisy.cli"},
        {"sknoisy.unheard_of": "pass"},
    ],
    cycle_complaints: [
        {
            "sknoisy._folds": "from sknoisy._labels import a",
            "sknoisy._labels": "from sknoisy import _folds",
        },
        {
            "sknoisy.noise": "from sknoisy.noise._a import A",
            "sknoisy.noise._a": "from sknoisy.noise import B",
        },
    ],
    relative_import_complaints: [{"sknoisy.noise._a": "from ._base import B"}],
    private_sklearn_complaints: [
        {"sknoisy._labels": "from sklearn.base import _fit_context"},
        {"sknoisy._labels": "from sklearn.utils._tags import Tags"},
        {"sknoisy._labels": "import sklearn.utils._tags"},
    ],
    torch_complaints: [{"sknoisy.noise._a": "def f():\n    import torch.nn"}],
    optional_library_complaints: [
        {"sknoisy.cli": "import pandas as pd"},
        {"sknoisy.cli": "try:\n    from rich import print\nexcept ImportError: pass"},
        {"sknoisy.noise._a": "class A:\n    import matplotlib.pyplot"},
    ],
    file_size_complaints: [{"sknoisy._labels": "x = 1\n" * (MAX_FILE_LINES + 1)}],
    function_size_complaints: [
        {"sknoisy._labels": LONG_FUNCTION},
        {"sknoisy._labels": "class A:\n    " + LONG_FUNCTION.replace("\n", "\n    ")},
    ],
    constant_complaints: [
        {"sknoisy._labels": "TOLERANCE = 1e-3"},
        {"sknoisy._labels": "# Why.\nA = 1\n\nSIZES, START = (1, 2), -1"},
    ],
}
GOOD = {
    "sknoisy": "from sknoisy.classification import A",
    "sknoisy._compat": "from sklearn.base import _fit_context",
    "sknoisy._labels": "from sklearn import __version__\nimport numpy as np",
    "sknoisy._folds": "from sknoisy import _labels\n# Why.\nA = 1\n_B = 2 * 3",
    "sknoisy.noise": "from sknoisy.noise._a import A",
    "sknoisy.noise._a": "import os.path\ndef f():\n    import pandas",
    "sknoisy.classification": "import sknoisy.noise._a\nfrom sknoisy.noise import A",
    "sknoisy.deep": "import torch\nfrom sknoisy.classification import A",
    "sknoisy.cli": '"""Say\nhello."""\nfrom sknoisy import __version__',
}
FULL_FUNCTION = f'{LONG_FUNCTION[:9]}    """Say\n\n    hello."""\n    # why\n\n'
GOOD["sknoisy._mixture"] = FULL_FUNCTION + LONG_FUNCTION[9:].replace("x = 1", "", 1)


def rule_id(value):
    return value.__name__ if callable(value) else "snippet"


@pytest.mark.parametrize("rule", RULES, ids=rule_id)
def test_package_keeps_the_rule(rule):
    complaints = list(rule(parse(package_sources())))
    assert not complaints, "\n" + "\n".join(complaints)


@pytest.mark.parametrize(
    ("rule", "bad"), [(rule, bad) for rule in RULES for bad in RULES[rule]], ids=rule_id
)
def test_rule_can_fail(rule, bad):
    assert list(rule(parse(bad)))


@pytest.mark.parametrize("rule", RULES, ids=rule_id)
def test_rule_can_pass(rule):
    assert list(rule(parse(GOOD))) == []


def test_the_whole_package_is_read():
    assert {"sknoisy", "sknoisy._labels", "sknoisy.noise"} <= set(package_sources())
