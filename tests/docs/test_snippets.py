"""Code of the guide that needs other libraries runs, where these are installed."""

import doctest
import re
import textwrap
from pathlib import Path

import pytest

GUIDE = Path(__file__).resolve().parents[2] / "docs/user_guide"
BLOCK = re.compile(r"^\.\. code-block:: python\n\n((?:   .*\n|\n)+)", re.M)

pytestmark = [
    pytest.mark.skipif(not GUIDE.is_dir(), reason="needs the checkout"),
    pytest.mark.filterwarnings("ignore"),
]


def run_page(name, keep):
    """Run the examples and the code blocks of a page in their order."""
    text = (GUIDE / f"{name}.rst").read_text(encoding="utf-8")
    parser = doctest.DocTestParser()
    pieces = [(m.start(), textwrap.dedent(m[1])) for m in BLOCK.finditer(text)]
    pieces = [piece for piece in pieces if keep(piece[1])]
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    pieces += [(starts[e.lineno], e.source) for e in parser.get_examples(text)]
    names = {}
    for _, source in sorted(pieces):
        exec(compile(source, name, "exec"), names)
    return names


def test_both_sides_of_the_comparison_with_cleanlab_run():
    pytest.importorskip("cleanlab")
    names = run_page("coming_from_cleanlab", lambda block: "Datalab" not in block)
    assert (names["counts"] == names["joint"].T).all()
    assert names["table"]["is_label_issue"].sum() > 0
    assert pytest.approx(names["T"], abs=0.05) == names["noise_matrix"].T


def test_boosting_libraries_gain_from_the_wrapper(capsys):
    pytest.importorskip("xgboost")
    pytest.importorskip("lightgbm")
    run_page("boosting", lambda block: "LGBM" in block)
    printed = re.findall(
        r"(\w+): ([\d.]+) plain, ([\d.]+) wrapped", capsys.readouterr().out
    )
    gains = {name: float(wrapped) - float(plain) for name, plain, wrapped in printed}
    assert min(gains["XGBoost"], gains["LightGBM"]) > 0
