"""The pages of the guide: short, with a picture, and found from the index."""

import importlib.util
import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).resolve().parents[2] / "docs/user_guide"
MAX_WORDS, MAX_WORDS_IN_ALL = 1500, 22_000
PICTURE = re.compile(
    r"^\.\. (?:plot|image|figure):: (\S+)\n((?:   \S.*\n|    +\S.*\n)*)", re.M
)

pytestmark = pytest.mark.skipif(not GUIDE.is_dir(), reason="needs the checkout")


def pages():
    return sorted(path for path in GUIDE.glob("*.rst") if path.name != "index.rst")


def pictures(text):
    """Return (file, options) of each picture."""
    return PICTURE.findall(text)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_a_page_is_short_and_has_a_picture(page):
    text = page.read_text(encoding="utf-8")
    found = pictures(text)
    assert len(text.split()) <= MAX_WORDS
    assert found
    for file, options in found:
        assert ":alt: " in options, f"{file} has no alternative text"


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_the_index_names_each_page_in_a_sentence(page):
    index = (GUIDE / "index.rst").read_text(encoding="utf-8")
    assert re.search(rf"^:doc:`{page.stem}`\n   \S.*\.$", index, flags=re.M)
    assert index.count(f"\n   {page.stem}\n") == 1


def test_each_example_lies_in_the_folder_of_its_package():
    examples = GUIDE.parent / "examples"
    assert not list(examples.glob("plot_*.py"))
    for path in examples.glob("*/plot_*.py"):
        package = path.parent.name
        assert importlib.util.find_spec(f"sknoisy.{package}"), path
        header = (path.parent / "README.rst").read_text(encoding="utf-8")
        assert f":mod:`sknoisy.{package}`" in header


def test_a_picture_without_alternative_text_is_noticed():
    (entry,) = pictures(".. plot:: a.py\n   :width: 100%\n\nText\n")
    assert ":alt: " not in entry[1]


def test_the_guide_is_short():
    texts = [path.read_text(encoding="utf-8") for path in GUIDE.glob("*.rst")]
    assert sum(len(text.split()) for text in texts) <= MAX_WORDS_IN_ALL


def test_the_guide_has_many_pictures():
    assert (
        sum(len(pictures(page.read_text(encoding="utf-8"))) for page in pages()) >= 25
    )
