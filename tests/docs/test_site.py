"""The built documentation: no request leaves it, and every picture has a text.

``SKNOISY_SITE`` names the folder that ``sphinx-build`` wrote, ``docs/_build/html`` by
default. Without it these tests are skipped.
"""

import os
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
SITE = Path(os.environ.get("SKNOISY_SITE", CHECKOUT / "docs/_build/html"))
# What a browser fetches by itself; a link in a text it does not.
FETCHED = {"script": "src", "img": "src", "source": "src", "iframe": "src"}
FETCHED_LINKS = {"stylesheet", "preload", "modulepreload", "icon", "manifest"}

pytestmark = pytest.mark.skipif(
    not (SITE / "index.html").is_file(), reason=f"no built documentation in {SITE}"
)


class Page(HTMLParser):
    """Collect what a page fetches, its pictures, and its formulas."""

    def __init__(self, text):
        super().__init__()
        self.fetched, self.alts, self.n_formulas = [], [], 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag in FETCHED and attrs.get(FETCHED[tag]):
            self.fetched.append(attrs[FETCHED[tag]])
        if tag == "link" and FETCHED_LINKS & set((attrs.get("rel") or "").split()):
            self.fetched.append(attrs["href"])
        if tag == "img":
            self.alts.append((attrs.get("src"), attrs.get("alt")))
        self.n_formulas += tag == "math"


def is_external(address):
    return re.match(r"(?:[a-z]+:)?//", address) is not None


def read(path):
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pages():
    """Each page by its path; templates of the theme are none."""
    paths = sorted(SITE.rglob("*.html"))
    return {path: Page(read(path)) for path in paths if "_static" not in path.parts}


def test_no_page_fetches_anything_from_the_network(pages):
    external = {
        (path.name, address)
        for path, page in pages.items()
        for address in page.fetched
        if is_external(address)
    }
    assert not external


def test_no_style_fetches_anything_from_the_network():
    addresses = {
        (path.name, address)
        for path in SITE.rglob("*.css")
        for address in re.findall(r"(?:url\(|@import )['\"]?([^'\")]+)", read(path))
    }
    assert not {pair for pair in addresses if is_external(pair[1])}


def test_what_a_page_fetches_is_there(pages):
    for path, page in pages.items():
        for address in page.fetched:
            if not address.startswith("data:"):
                target = path.parent / unquote(re.split("[?#]", address)[0])
                assert target.is_file(), f"{path.relative_to(SITE)} needs {address}"


def test_every_picture_has_a_text(pages):
    pictures = [pair for page in pages.values() for pair in page.alts]
    # A thumbnail of the gallery is decoration: the link around it has the title.
    silent = {src for src, alt in pictures if not alt and "_thumb." not in src}
    assert not silent
    assert None not in {alt for _, alt in pictures}


def test_formulas_are_written_out():
    page = read(SITE / "user_guide/classification.html")
    assert Page(page).n_formulas > 10
    drawn = re.sub(r'alttext="[^"]*"', "", page)
    assert not re.findall(r"\\(?:frac|sum|tilde|operatorname)", drawn)


def test_llms_txt_names_pages_that_exist():
    pages = re.findall(r"\]\(([^)]+)\)", read(SITE / "llms.txt"))
    assert len(pages) > 20
    assert all((SITE / page).is_file() for page in pages)


def test_external_addresses_are_told_from_own_ones():
    snippet = '<script src="//cdn.example/x.js"></script><img src="a.png" alt="">'
    page = Page(snippet)
    assert [is_external(address) for address in page.fetched] == [True, False]
    assert page.alts == [("a.png", "")]
