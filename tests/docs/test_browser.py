"""The built documentation in a browser of 400 pixels: nothing overflows, nothing fails.

Needs Chromium, and the folder of ``test_site.py``.
"""

import json
import os
import shutil
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
SITE = Path(os.environ.get("SKNOISY_SITE", CHECKOUT / "docs/_build/html"))
NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
WIDTH, LONGEST = 400, 300
# Visits each page in a frame and sends back how wide its content is.
VISIT = """<!doctype html><title>visit</title><body><script>
(async () => {
  const widths = {};
  for (const page of PAGES) {
    const frame = document.createElement("iframe");
    frame.style = "width: WIDTHpx; height: 800px; border: 0";
    frame.src = page;
    document.body.append(frame);
    await new Promise(done => { frame.onload = done; });
    widths[page] = frame.contentDocument.documentElement.scrollWidth;
    frame.remove();
  }
  await fetch("/found", {method: "POST", body: JSON.stringify(widths)});
})();
</script>"""

pytestmark = [
    pytest.mark.skipif(
        not (SITE / "index.html").is_file(), reason=f"nothing in {SITE}"
    ),
    pytest.mark.skipif(BROWSER is None, reason="needs Chromium"),
]


class Handler(SimpleHTTPRequestHandler):
    """Serves the site and the page that visits it, and keeps what comes back."""

    def do_GET(self):
        if self.path != "/visit":
            return super().do_GET()
        text = VISIT.replace("PAGES", json.dumps(self.server.pages))
        body = text.replace("WIDTH", str(WIDTH)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        return self.wfile.write(body)

    def do_POST(self):
        size = int(self.headers["Content-Length"])
        self.server.widths = json.loads(self.rfile.read(size))
        self.send_response(200)
        self.end_headers()
        self.server.done.set()

    def log_message(self, *arguments):
        pass


def pages_to_visit():
    """The guide, the front page, and one page of every other kind."""
    guide = sorted(SITE.glob("user_guide/*.html"))
    others = ("index", "api/index", "benchmarks/index", "auto_examples/index")
    found = [*guide, *(SITE / f"{name}.html" for name in others)]
    found += sorted(SITE.glob("benchmarks/results/*.html"))
    found += [SITE / "api/generated/sknoisy.NoisyLabelClassifier.html"]
    return [f"/{path.relative_to(SITE).as_posix()}" for path in found]


def visit(site, pages, folder):
    """Return {page: width of its content}, and the errors of scripts."""
    handler = partial(Handler, directory=str(site))
    log = folder / "log"
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, open(log, "w") as to:
        server.pages, server.done = pages, threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = subprocess.Popen(
            [
                *(BROWSER, "--headless", "--no-sandbox", "--disable-gpu"),
                "--disable-dev-shm-usage",
                *(f"--user-data-dir={folder}", "--enable-logging=stderr"),
                # No other host is asked.
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                "--remote-debugging-port=0",
                f"http://127.0.0.1:{server.server_address[1]}/visit",
            ],
            stdout=subprocess.DEVNULL,
            stderr=to,
        )
        try:
            assert server.done.wait(LONGEST), log.read_text(errors="replace")[-2000:]
        finally:
            browser.terminate()
            browser.wait()
            server.shutdown()
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return server.widths, [line for line in lines if "Uncaught" in line]


def test_pages_fit_400_pixels_and_no_script_fails(tmp_path):
    pages = pages_to_visit()
    widths, errors = visit(SITE, pages, tmp_path)
    assert set(widths) == set(pages)
    assert {page: width for page, width in widths.items() if width > WIDTH} == {}
    assert errors == []


def test_a_wide_page_and_a_failing_script_are_noticed(tmp_path):
    text = "<div style='width: 900px'>x</div><script>notThere()</script>"
    (tmp_path / "bad.html").write_text(text)
    widths, errors = visit(tmp_path, ["/bad.html"], tmp_path)
    assert widths["/bad.html"] > WIDTH
    assert len(errors) == 1
