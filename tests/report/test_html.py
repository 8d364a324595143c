import base64
import html
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from time import monotonic

import numpy as np
import pandas as pd
import pytest

from sknoisy.report import (
    AuditReport,
    ClassFacts,
    ColumnFacts,
    Confusion,
    Finding,
    NoiseFacts,
    RankedLabels,
    TableFacts,
    audit,
)
from sknoisy.report._html import MOST_ROWS, render_html

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")

HOSTILE = {
    "script": "<script>window.owned = 1</script>",
    "image": '<img src="http://example.invalid/x" onerror="window.owned = 1">',
    "quotes": "\"'><svg onload=owned=1>",
    "braces": "{{ 7 * 7 }}{% raw %}",
    "entity": "&lt;b&gt;&#60;",
    "escape": "\x1b[31mred\x1b]0;title\x07",
    "bidi": "\u202ename\u2066x",
    "null": "a\x00b",
    "formula": "$\\frac{1}{0}$ _legend",
    "style": "</style><style>*{display:none}",
    "long": "x" * 10_000,
    "wide": "漢字 " * 50,
}


class Report(AuditReport):
    """Facts with the values of the rows beside them."""

    def row_values(self, position, n_values=6):
        row = [("column", text, False) for text in self.data[self.rows[position]]]
        return [("against", self.given[position], True), *row][:n_values]


def make_report(n_rows=60, classes=("cat", "dog", "bird"), data=None, **facts):
    rng = np.random.RandomState(0)
    classes, n_classes = np.array(classes, dtype=object), len(classes)
    quality = np.sort(rng.beta(2, 0.6, n_rows))
    given = classes[np.arange(n_rows) % n_classes]
    flagged = quality < 0.5
    other = classes[(np.arange(n_rows) + 1) % n_classes]
    values = [[f"value {row}", "more"] for row in range(n_rows)]
    table = {
        "name": "animals.csv",
        "label_name": "species",
        "n_rows": n_rows + 3,
        "columns": (ColumnFacts("width", "number", "", 0.02, 50, float("nan")),),
        "data": values if data is None else data,
        "thumbnails": None,
    }
    table.update({name: facts.pop(name) for name in table if name in facts})
    ranking = RankedLabels(
        rows=rng.permutation(n_rows),
        given=given,
        suggested=np.where(flagged, other, given),
        quality=quality,
        error=1 - quality,
        flagged=flagged,
        trusted=np.zeros(n_rows, dtype=bool),
        against=np.full((n_rows, 1), "against", dtype=object),
        words=np.full(n_rows, "", dtype=object),
    )
    by_class = ClassFacts(
        names=classes,
        counts=np.full(n_classes, n_rows // n_classes),
        transition_matrix=0.8 * np.eye(n_classes) + 0.2 / n_classes,
        confusions=(Confusion(classes[0], classes[-1], 0.1, 12.0),),
    )
    duplicates = Finding(
        "duplicates",
        "problem",
        "4 rows are copies",
        "Keep one of each.",
        rows=np.array([3, 5, 8, 9]),
        groups=np.array([0, 1, 0, 1]),
    )
    defaults = {
        "noise": NoiseFacts(0.13, 0.05, 0.2, True, True, 0.8, "About 13 % are wrong."),
        "findings": (duplicates,),
        "how": {"code": "audit(frame, label='species')", "version": "0"},
    }
    return Report(TableFacts(**table), ranking, by_class, **{**defaults, **facts})


class Page(HTMLParser):
    """What a browser would load or run, and the text that it would show."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.risky, self.words, self.style = [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            addresses = {"src", "href", "xlink:href", "srcset", "action", "data"}
            address = name in addresses and not (value or "").startswith(("#", "data:"))
            if address or name.startswith("on"):
                self.risky.append((tag, name, value))

    def handle_data(self, data):
        if self.tags and self.tags[-1] == "style" and not self.style:
            self.style = data
        else:
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def test_the_page_says_what_was_found():
    report = make_report()
    page = Page(render_html(report))
    for words in (
        "Labels of animals.csv",
        "About 13 % are wrong.",
        "13.0% of the labels are wrong, between 5.0% and 20.0%",
        f"{report.n_to_check} rows to look at; about",
        "4 rows are copies",
        "3, 8; 5, 9",
        "All 60 labelled rows.",
        "value 7",
        "audit(frame, label='species')",
    ):
        assert words in page.text
    assert page.tags.count("svg") == 3
    assert page.tags.count("tr") == 1 + 60 + 2 + 2


def test_the_page_says_why_its_counts_differ():
    page = Page(render_html(make_report()))
    assert "need not agree" in page.text
    assert "they add up to less than all wrong labels" in page.text


def test_no_clear_sign_has_no_rate():
    noise = NoiseFacts(0.13, 0.0, 0.2, True, True, 0.8, "No clear sign.")
    page = Page(render_html(make_report(noise=noise)))
    assert "20.0% of the labels are wrong at most; there is no clear" in page.text
    assert "between" not in page.text
    assert "upper estimates" in page.text
    assert "add up to less" not in page.text


def test_classes_that_overlap_have_no_rate():
    words = "Nobody can tell: the classes overlap."
    noise = NoiseFacts(0.3, 0.0, 0.5, False, False, 0.55, words)
    page = Page(render_html(make_report(noise=noise)))
    assert words in page.text
    assert "30.0%" not in page.text
    assert "0 rows for which a look pays" in page.text


def test_the_page_loads_nothing_and_runs_nothing():
    text = render_html(make_report())
    page = Page(text)
    assert page.risky == []
    assert not {"script", "link", "iframe", "object", "form", "base"} & set(page.tags)
    assert "url(" not in page.style
    assert "@import" not in page.style
    assert "prefers-color-scheme: dark" in page.style
    assert "default-src &#39;none&#39;" in text or "default-src 'none'" in text
    assert "http:" not in text
    assert "https:" not in text


def hostile_report():
    texts = list(HOSTILE.values())
    report = make_report(
        36,
        classes=texts,
        data=[texts] * 36,
        name=HOSTILE["script"],
        label_name=HOSTILE["image"],
        findings=tuple(Finding("note", "hint", t, t, (t,), (t,)) for t in texts),
        columns=tuple(ColumnFacts(t, "unused", t, 0.0, 1, 0.5) for t in texts),
        how={"code": HOSTILE["style"], "version": HOSTILE["image"]},
    )
    return report


# A PNG of one pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAA"
    "AElFTkSuQmCC"
)


def image_report():
    return make_report(thumbnails=dict.fromkeys(range(60), PIXEL))


def test_hostile_cells_are_inert():
    clean, text = render_html(make_report()), render_html(hostile_report())
    page = Page(text)
    assert page.risky == []
    assert set(page.tags) <= {*Page(clean).tags, "svg"}
    assert page.tags.count("style") == Page(clean).tags.count("style")
    assert HOSTILE["script"] in page.text
    assert "{{ 7 * 7 }}" in page.text
    shown = re.sub(r"[\t\n\r]", "", text)
    assert not [c for c in shown if c < " " or c in "\u202e\u2066\x7f"]
    assert "\\x1b[31mred" in page.text
    assert "more characters" in page.text
    assert "x" * 1100 not in text


def test_hostile_cells_of_a_table_that_was_audited(tmp_path):
    rng = np.random.RandomState(0)
    texts = [*HOSTILE.values()]
    kind = np.repeat(["left", HOSTILE["script"]], 60)
    frame = pd.DataFrame(
        {
            HOSTILE["image"]: np.where(kind == "left", -3, 3) + rng.normal(size=120),
            HOSTILE["bidi"]: [texts[i % len(texts)] for i in range(120)],
            "kind": kind,
        }
    )
    frame.loc[[5, 80], "kind"] = [HOSTILE["script"], "left"]
    report = audit(frame, label="kind", random_state=0)
    report.to_html(tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.risky == []
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert not [c for c in text if (c < " " and c != "\n") or c in "\u202e\u2066"]
    assert HOSTILE["script"] in page.text


def test_large_reports_stay_small_and_quick():
    classes = [f"class number {k}" for k in range(50)]
    data = [["word " * 400] * 8] * 50_000
    start = monotonic()
    text = render_html(make_report(50_000, classes, data=data))
    assert monotonic() - start < 30
    assert len(text.encode()) < 5e6
    assert f"The {MOST_ROWS} most suspicious of 50000 labelled rows" in text


def test_the_same_report_gives_the_same_page():
    assert render_html(make_report()) == render_html(make_report())


@pytest.mark.parametrize("module", ["jinja2", "matplotlib"])
def test_without_an_extra_the_error_says_what_to_install(module, monkeypatch):
    from sknoisy.report import _html

    monkeypatch.setitem(sys.modules, module, None)
    _html._templates.cache_clear()
    with pytest.raises(ImportError, match=rf'needs {module}, .*"\.\[report\]"'):
        render_html(make_report())


def test_users_settings_of_matplotlib_stay():
    import matplotlib as mpl

    with mpl.rc_context({"font.size": 33}):
        text = render_html(make_report())
        assert mpl.rcParams["font.size"] == 33
    assert text == render_html(make_report())


BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A page around the report measures it, since the report itself runs nothing.
AROUND = """<!DOCTYPE html><body><script>
onload = () => {
  const found = [...document.querySelectorAll("iframe")].map((frame) => {
    const page = frame.contentDocument, root = page.documentElement;
    const loaded = frame.contentWindow.performance.getEntriesByType("resource");
    return {
      overflow: root.scrollWidth - root.clientWidth,
      height: root.scrollHeight,
      rows: page.querySelectorAll(".suspects tbody tr").length,
      pictures: page.querySelectorAll("figure svg").length,
      thumbnails: [...page.images].filter((image) => image.naturalWidth).length,
      owned: frame.contentWindow.owned === 1,
      loaded: loaded.map((entry) => entry.name).filter((x) => !x.startsWith("data:")),
    };
  });
  document.body.textContent = "found" + JSON.stringify(found) + "found";
};
</script>"""


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium or Chrome")
@pytest.mark.parametrize("report", [make_report, hostile_report, image_report])
def test_a_browser_shows_all_of_it_and_loads_nothing(report, tmp_path):
    text = html.escape(render_html(report()), quote=True)
    frames = "".join(
        f'<iframe style="width:{width}px;height:900px;border:0" srcdoc="{text}">'
        "</iframe>"
        for width in (1400, 400, 320)
    )
    path = tmp_path / "around.html"
    path.write_text(AROUND + frames, encoding="utf-8")
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    command = [BROWSER, *FLAGS, profile, "--dump-dom", path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    found = json.loads(html.unescape(done.stdout.split("found")[1]))
    assert [one["overflow"] for one in found] == [0, 0, 0]
    assert all(one["height"] > 900 for one in found)
    assert all(one["rows"] == report().n_labelled for one in found)
    assert all(one["pictures"] == 3 for one in found)
    n_shown = len(report().table.thumbnails or ())
    assert all(one["thumbnails"] == n_shown for one in found)
    assert not any(one["owned"] or one["loaded"] for one in found)
