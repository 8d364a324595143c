"""Files are data: nothing on their way is unpickled, evaluated or handed to a shell."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sknoisy

ROOT = Path(sknoisy.__file__).parent
TESTS = Path(__file__).parent
MODULES = {"pickle", "marshal", "shelve", "subprocess", "pty", "ctypes", "yaml", "dill"}
BUILTINS = {"eval", "exec", "compile", "__import__", "input"}
# Methods and functions of libraries that execute what they read, or start a program.
CALLS = {"os.system", "os.popen", "joblib.load", "torch.load", "pd.read_pickle"}
CALLS |= {"pandas.read_pickle", "pickle.load", "pickle.loads"}


def complaints(tree):
    """Return what in a module could execute what it reads."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {(node.module or "").split(".")[0]}
        else:
            names = set()
        found += [f"import {name}" for name in names & MODULES]
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called in CALLS or (isinstance(node.func, ast.Name) and called in BUILTINS):
            found.append(called)
        unsafe = {"allow_pickle": True, "shell": True, "weights_only": False}
        for keyword in node.keywords:
            if keyword.arg in unsafe and ast.unparse(keyword.value) != "False":
                found.append(f"{called}({keyword.arg}=)")
        if called == "np.load" and "allow_pickle" not in {k.arg for k in node.keywords}:
            found.append("np.load without allow_pickle=False")
    return found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import pickle", ["import pickle"]),
        ("from subprocess import run", ["import subprocess"]),
        ("eval(text)", ["eval"]),
        ("net.eval()", []),
        ("os.system(line)", ["os.system"]),
        ("run(line, shell=True)", ["run(shell=)"]),
        ("np.load(f, allow_pickle=True)", ["np.load(allow_pickle=)"]),
        ("np.load(f, allow_pickle=False)", []),
        ("np.load(f)", ["np.load without allow_pickle=False"]),
    ],
)
def test_the_rule_bites(source, expected):
    assert complaints(ast.parse(source)) == expected


def test_no_module_can_execute_what_it_reads():
    found = {
        str(path.relative_to(ROOT)): wrong
        for path in ROOT.rglob("*.py")
        if (wrong := complaints(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert found == {}


def test_every_promise_names_a_test_that_is_there():
    promises = (TESTS.parent / "SECURITY.md").read_text(encoding="utf-8")
    named = re.findall(r"`tests/([\w./]+)`", promises)
    assert len(named) >= 8
    assert [name for name in named if not (TESTS / name).exists()] == []


# Run in a process of its own, since a hook cannot be taken away again.
AUDITED = """
import sys

WATCHED = ("pickle.find_class", "os.system", "os.exec", "subprocess.Popen",
           "socket.connect")
active = False

def watch(event, arguments):
    # Old versions of threadpoolctl ask ldconfig where the C library is.
    library = event == "subprocess.Popen" and str(arguments[0]).endswith("ldconfig")
    if active and event in WATCHED and not library:
        print("EVENT", event, file=sys.stderr)

sys.addaudithook(watch)
from sknoisy.cli import main
active = True
print(main(["audit", sys.argv[1], "--label", "label", "--jobs", "1"]))
"""


def test_a_hostile_table_starts_nothing(tmp_path):
    path = tmp_path / "table.csv"
    names = ["__import__('os').system('x')", "$(touch pwned)", "=cmd|'/c calc'!A0"]
    rows = [f"{i % 3}.{i},{i},{names[i % 3]}" for i in range(60)]
    path.write_text("\n".join(["a,b,label", *rows]) + "\n")
    done = subprocess.run(
        [sys.executable, "-c", AUDITED, str(path)],
        capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT.parent), "OMP_NUM_THREADS": "1", "PATH": ""},
    )  # fmt: skip
    assert done.stdout.splitlines()[-1:] == ["0"], done.stderr
    assert "EVENT" not in done.stderr
    written = {found.name for found in tmp_path.iterdir()}
    assert written <= {"table.csv", "table.audit.csv"}
