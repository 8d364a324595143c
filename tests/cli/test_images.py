"""The command on a folder of images."""

import csv

import numpy as np
import pytest

Image = pytest.importorskip("PIL.Image")


@pytest.fixture
def photos(tmp_path):
    """Return a folder of bright and dark images, one of them in the wrong folder."""
    rng = np.random.default_rng(0)
    for number in range(80):
        kind = ("dark", "light")[number % 2 if number else 1]
        (tmp_path / "photos" / kind).mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 99, (6, 6), dtype=np.uint8) + 150 * (number % 2)
        path = tmp_path / "photos" / kind / f"={number}.png"
        Image.fromarray(pixels.astype(np.uint8)).save(path)
    return tmp_path / "photos"


def test_rows_name_the_images(run, photos, tmp_path):
    page = tmp_path / "report.html"
    code, output, errors = run("audit", photos, "--html", page, "--top", 3)
    assert code == 0
    assert "80 images" in output
    assert "image=light/=0.png" in output
    assert "reading images" in errors
    with (tmp_path / "photos.audit.csv").open(newline="") as file:
        header, first, *rest = csv.reader(file)
    assert header[-2:] == ["flagged", "image"]
    assert (first[1], first[2], first[5]) == ("light", "dark", "light/=0.png")
    assert len(rest) == 79
    assert page.read_text(encoding="utf-8").count('class="thumbnail"') == 80
    # An earlier audit is replaced.
    assert run("audit", photos, "-q")[0] == 0


def test_the_folder_one_stands_in(run, photos, monkeypatch):
    monkeypatch.chdir(photos)
    assert run("audit", ".", "-q", "--model", "linear")[0] == 0
    assert photos.with_name("photos.audit.csv").exists()


def test_verdicts_are_trusted(run, photos, tmp_path):
    sheet = tmp_path / "sheet.csv"
    options = ("-q", "--model", "linear", "--sheet", sheet)
    assert run("audit", photos, *options)[0] == 0
    lines = sheet.read_text().splitlines()
    sheet.write_text("\n".join([lines[0], lines[1] + "dark", *lines[2:]]) + "\n")
    code, output, _ = run("audit", photos, "--verdicts", sheet, "--top", 1)
    assert code == 0
    assert "light/=0.png" not in output


@pytest.mark.parametrize(
    "option", ["--label", "--group", "--encoding", "--trusted-from", "--ignore"]
)
def test_options_for_tables(refuse, photos, option):
    line = refuse("audit", photos, option, "x")
    assert f"{option} is for tables, but {photos} is a directory" in line


def test_folder_without_images(refuse, tmp_path):
    assert "without images in class folders" in refuse("audit", tmp_path)


def test_unreadable_images_can_end_a_pipeline(run, photos):
    (photos / "dark" / "z.png").write_text("nothing")
    condition = ("--fail-on", "unreadable_image>0")
    assert run("audit", photos, "-q", "--model", "linear", *condition)[0] == 3


def test_apply_is_for_tables(run, photos):
    code, _, errors = run("apply", photos, "--verdicts", "sheet.csv")
    assert code == 2
    assert "is a directory, but apply writes a table" in errors
