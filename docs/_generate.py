"""Write the pages that follow from the source: the names and the changelog.

A name gets its page by standing in the ``__all__`` of its module, and in no other way.
"""

import importlib
import inspect
import pkgutil
import re
import shutil
import tomllib
from pathlib import Path

import sknoisy

INTRODUCTION = """Every public class and function, by the module it is imported from.
The names of :mod:`sknoisy` itself are the main ones; the packages below hold the rest.
"""
TREE = """.. toctree::
   :hidden:
"""
KINDS = {
    "Classes": lambda value: inspect.isclass(value) and not _is_exception(value),
    "Functions": inspect.isroutine,
    "Errors and warnings": lambda v: inspect.isclass(v) and _is_exception(v),
}
# The command line, and the hooks between our own estimators: nobody imports from them.
INNER = {"cli", "evidence"}
RELEASES = "<!-- towncrier release notes start -->\n"


def write_api_pages(folder):
    """Write a page for each module, and the page that lists them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    modules = public_modules()
    owners = {}
    for module in modules:
        page = folder / f"{module.__name__}.rst"
        page.write_text(module_page(module, owners), encoding="utf-8")
    (folder / "index.rst").write_text(index_page(modules), encoding="utf-8")


def public_modules():
    """Return the package and its subpackages."""
    names = [info.name for info in pkgutil.iter_modules(sknoisy.__path__)]
    names = [name for name in names if not name.startswith("_") and name not in INNER]
    parts = [importlib.import_module(f"sknoisy.{name}") for name in names]
    return [sknoisy, *parts]


def index_page(modules):
    """Return the page that lists the modules, each with what its docstring opens on."""
    names = [module.__name__ for module in modules]
    openings = [inspect.getdoc(module).partition("\n")[0] for module in modules]
    rows = [f":doc:`{n}`\n   {text}\n" for n, text in zip(names, openings, strict=True)]
    tree = "".join(f"   {name}\n" for name in names)
    page = [_title("API reference"), INTRODUCTION, *rows, TREE, tree]
    return "\n".join(page)


def module_page(module, owners):
    """Return the page of a module; a name that has its page already is only linked."""
    values = {name: getattr(module, name) for name in sorted(module.__all__)}
    for name, value in values.items():
        if callable(value):
            owners.setdefault(value, f"{module.__name__}.{name}")
    parts = [_title(module.__name__), f".. automodule:: {module.__name__}\n"]
    for kind, belongs in KINDS.items():
        entries = {
            name: owners[value] for name, value in values.items() if belongs(value)
        }
        own = [name for name in entries if entries[name] == f"{module.__name__}.{name}"]
        linked = [f"~{entries[name]}" for name in entries if name not in own]
        if entries:
            parts.append(_title(kind, "-"))
        if own:
            parts.append(_table(own, "   :toctree: generated\n"))
        if linked:
            parts.append(_table(linked))
    return "\n".join(parts)


def write_changelog(page, root):
    """Write the changelog with the fragments that wait for the next release."""
    config = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    pending = ""
    for kind in config["tool"]["towncrier"]["type"]:
        fragments = sorted((root / "docs/changes").glob(f"*.{kind['directory']}.md"))
        if fragments:
            pending += f"### {kind['name']}\n\n"
            pending += "".join(f"- {_one_line(path)}\n" for path in fragments) + "\n"
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text.count(RELEASES) == 1, "CHANGELOG.md lost the marker of towncrier"
    if pending:
        pending = f"\n## Not released yet\n\n{pending}"
    page.write_text(text.replace(RELEASES, f"{RELEASES}{pending}"), encoding="utf-8")


def write_llms_txt(app, exception):
    """Write ``llms.txt``, the pages of the guide in one line each."""
    if exception or app.builder.name != "html":
        return
    index = (Path(app.srcdir) / "user_guide/index.rst").read_text(encoding="utf-8")
    entries = re.findall(r"^:doc:`(\w+)`\n   (.+)$", index, flags=re.MULTILINE)
    lines = [
        f"- [{app.env.titles[f'user_guide/{name}'].astext()}](user_guide/{name}.html): "
        + re.sub(r":\w+:`~?([^`]+)`", r"\1", sentence)
        for name, sentence in entries
    ]
    head = f"# sknoisy {sknoisy.__version__}\n\n> {sknoisy.__doc__}\n\n"
    rest = "\n- [API reference](api/index.html)\n- [Changelog](changelog.html)\n"
    target = Path(app.outdir) / "llms.txt"
    target.write_text(head + "\n".join(lines) + rest, encoding="utf-8")


def _one_line(path):
    return " ".join(path.read_text(encoding="utf-8").split())


def _title(text, line="="):
    return f"{text}\n{line * len(text)}\n\n"


def _table(entries, options=""):
    rows = "".join(f"   {entry}\n" for entry in entries)
    return f".. autosummary::\n{options}   :nosignatures:\n\n{rows}"


def _is_exception(value):
    return issubclass(value, BaseException)
