"""Names and packages of ``sknoisy`` are imported at their first use."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import sknoisy


def test_editors_and_the_interpreter_find_the_same_names():
    tree = ast.parse(Path(sknoisy.__file__).read_text(encoding="utf-8"))
    (guarded,) = (node for node in tree.body if isinstance(node, ast.If))
    read = {name.name: node.module for node in guarded.body for name in node.names}
    assert read == sknoisy._MODULE_OF
    assert sorted(read) == sknoisy.__all__


@pytest.mark.parametrize("name", sknoisy.__all__)
def test_every_public_name_is_found(name):
    assert getattr(sknoisy, name).__name__ == name
    assert name in dir(sknoisy)


def test_the_import_loads_nothing_before_its_first_use():
    code = (
        "import sys, sknoisy; assert 'sklearn' not in sys.modules; "
        "assert 'label_quality' in dir(sknoisy); sknoisy.label_quality; "
        "assert 'sknoisy.cluster' not in sys.modules; sknoisy.cluster.project_labels; "
        "from sknoisy import *; assert LabelNoiseInjector is "
        "sknoisy.noise.LabelNoiseInjector"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.mark.parametrize("name", ["NoisyLabels", "_hidden"])
def test_other_names_are_refused(name):
    with pytest.raises(AttributeError, match=f"no attribute '{name}'"):
        getattr(sknoisy, name)
    with pytest.raises(ImportError, match=f"cannot import name '{name}'"):
        exec(f"from sknoisy import {name}")
