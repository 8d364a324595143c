"""Folders of images: read safely, audited by pixels or an embedding, shown small."""

import io
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sknoisy.report import _images, audit
from sknoisy.report._html import MOST_ROWS, render_html
from sknoisy.report._images import _open, read_image_folder, thumbnail

Image = pytest.importorskip("PIL.Image")
pytest.importorskip("pandas")
# Number of images a class, and those that lie in the folder of the other.
N, WRONG = 60, (4, 31, 50)


def picture(kind, rng, size=(20, 14)):
    """Return a picture that is bright above for one kind, below for the other."""
    pixels = rng.integers(0, 120, (size[1], size[0], 3), dtype=np.uint8)
    half = size[1] // 2
    pixels[slice(0, half) if kind == "sky" else slice(half, None)] += 120
    return Image.fromarray(pixels)


@pytest.fixture
def folder(tmp_path):
    """Return a folder with two classes of images, some of them in the wrong one."""
    rng, root = np.random.default_rng(0), tmp_path / "photos"
    for number in range(2 * N):
        kind = ("sky", "sea")[number % 2]
        given = ("sea", "sky")[number % 2] if number in WRONG else kind
        place = root / given / f"{number:03}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        picture(kind, rng).save(place)
    return root


def numbers(report):
    """Return the numbers in the names of the images, by suspicion."""
    frame = report.to_frame()
    return [int(Path(name).stem) for name in frame.loc[report.rows, "image"]]


def test_wrong_folders_are_found_by_pixels(folder):
    report = audit(folder, random_state=0)
    assert set(numbers(report)[: len(WRONG)]) == set(WRONG)
    assert report.classes.tolist() == ["sea", "sky"]
    assert report.n_labelled == 2 * N
    assert (report.name, report.label_name) == ("photos", "folder")
    assert f"{2 * N} images" in str(report)
    assert report.row_values(0) == [
        ("image", report.data["image"][report.rows[0]], False)
    ]
    facts = json.loads(report.to_json())
    assert facts["rows"]["image"][0] == report.data["image"][report.rows[0]]
    assert f"audit({str(folder)!r}, random_state=0)" in report.how["code"]


def test_a_pipeline_is_given_the_paths(folder):
    def embed(paths):
        assert all(Path(path).is_file() for path in paths)
        rows = [
            np.asarray(Image.open(path).convert("L"), dtype=float) for path in paths
        ]
        return np.array([[row[:7].mean(), row[7:].mean()] for row in rows])

    base = make_pipeline(FunctionTransformer(embed), LogisticRegression())
    report = audit(folder, estimator=base, random_state=0)
    assert set(numbers(report)[: len(WRONG)]) == set(WRONG)


def test_classifiers_and_probabilities(folder):
    report = audit(str(folder), estimator=LogisticRegression(), random_state=0)
    assert set(numbers(report)[: len(WRONG)]) == set(WRONG)
    proba = np.tile([0.5, 0.5], (2 * N, 1))
    given = audit(folder, random_state=0).to_frame()["given_label"]
    proba[:, 0] = np.where(given == "sea", 0.9, 0.1)
    proba[7, 0] = 1 - proba[7, 0]
    proba[:, 1] = 1 - proba[:, 0]
    assert audit(folder, estimator=proba, random_state=0).rows[0] == 7


def test_trusted_labels_and_groups(folder):
    trusted = np.arange(2 * N) % 3 == 0
    groups = np.arange(2 * N) // 2
    report = audit(folder, trusted=trusted, groups=groups, random_state=0)
    assert (report.rows[report.trusted] % 3 == 0).all()
    with pytest.raises(ValueError, match="one value per image, since a folder has no"):
        audit(folder, groups="patient")


def test_copies_in_two_folders_are_named(folder):
    copied = sorted((folder / "sky").iterdir())[10]
    Image.open(copied).save(folder / "sea" / "copy.bmp")
    report = audit(folder, random_state=0)
    (finding,) = [f for f in report.findings if f.kind == "contradicting_duplicates"]
    names = report.data["image"][finding.rows].tolist()
    assert names == ["sea/copy.bmp", f"sky/{copied.name}"]


def test_images_that_cannot_be_read_are_left_out_and_named(folder, monkeypatch):
    whole = (folder / "sky" / "000.png").read_bytes()
    (folder / "sky" / "000.png").write_bytes(whole[: len(whole) // 2])
    (folder / "sea" / "a page.jpg").write_text("<html>not found</html>")
    (folder / "sea" / "empty.gif").touch()
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 300)
    Image.new("RGB", (20, 20)).save(folder / "sea" / "large.png")
    Image.new("RGB", (40, 40)).save(folder / "sea" / "larger.png")
    report = audit(folder, random_state=0)
    (finding,) = [f for f in report.findings if f.kind == "unreadable_image"]
    assert finding.severity == "problem"
    assert finding.title == f"5 of {2 * N + 4} images cannot be read"
    assert "'sea/a page.jpg' (no image of a known kind)" in finding.text
    assert "'sea/large.png' (more pixels than Pillow's limit allows)" in finding.text
    names = report.data["image"]
    left_out = {"sky/000.png"} | {
        f"sea/{name}" for name in ("a page.jpg", "empty.gif", "large.png", "larger.png")
    }
    assert set(names[finding.rows]) == left_out
    assert not left_out & set(names[report.rows])
    assert report.measures["unreadable_image"] == 5
    assert not [f for f in report.findings if f.kind == "missing_label"]


def test_what_is_left_out_is_said(folder):
    (folder / "loose.png").write_bytes((folder / "sky" / "000.png").read_bytes())
    (folder / "sky" / "Thumbs.db").touch()
    (folder / "sky" / ".hidden.png").touch()
    (folder / ".git").mkdir()
    (folder / "fog").mkdir()
    text = " ".join(str(audit(folder, random_state=0)).split())
    assert "Class folders without an image: 'fog'." in text
    assert "Images in no class folder are left out: 'loose.png'." in text
    assert "Files that are no images are left out: 'Thumbs.db'." in text
    assert "hidden" not in text


def test_images_lie_at_any_depth(folder):
    deep = folder / "sky" / "2024" / "may"
    deep.mkdir(parents=True)
    (folder / "sky" / "000.png").rename(deep / "000.png")
    (folder / "sky" / "loop").symlink_to(folder)
    report = audit(folder, random_state=0)
    assert "sky/2024/may/000.png" in set(report.data["image"])
    assert report.n_labelled == 2 * N


def test_folders_named_like_missing_values_or_numbers_are_classes(folder):
    (folder / "sky").rename(folder / "NA")
    (folder / "sea").rename(folder / "7")
    report = audit(folder, random_state=0)
    assert report.classes.tolist() == ["7", "NA"]
    assert report.n_labelled == 2 * N


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_does_not_wait(folder):
    os.mkfifo(folder / "sky" / "pipe.png")
    assert audit(folder, random_state=0).n_labelled == 2 * N


def empty(root):
    root.mkdir()


def only_loose(root):
    root.mkdir()
    Image.new("L", (4, 4)).save(root / "a.png")


def one_class(root):
    (root / "cat").mkdir(parents=True)
    for number in range(4):
        Image.new("L", (4, 4)).save(root / "cat" / f"{number}.png")


def one_image_a_class(root):
    for number in range(4):
        (root / f"{number}").mkdir(parents=True)
        Image.new("L", (4, 4)).save(root / f"{number}" / "a.png")


def parts(root):
    for part in ("train", "val"):
        (root / part / "cat").mkdir(parents=True)
        Image.new("L", (4, 4)).save(root / part / "cat" / "a.png")


def broken(root):
    for kind in ("cat", "dog"):
        (root / kind).mkdir(parents=True)
        (root / kind / "a.png").write_text("nothing")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda root: None, "'.*photos' is no folder"),
        (lambda root: root.write_text("a,b"), "is a file. Read tables first"),
        (empty, "is a directory without images in class folders. Expected"),
        (only_loose, "1 lie beside the class folders"),
        (one_class, "at least two class folders .* 4 images in 'cat'"),
        (one_image_a_class, "at least two class folders with two images"),
        (parts, "'train', 'val', are parts of a data set .*photos/train"),
        (broken, "none of the 2 images in .* can be read: 'cat/a.png' .no image of"),
    ],
)
def test_folders_that_cannot_be_audited(make, said, tmp_path):
    root = tmp_path / "photos"
    make(root)
    with pytest.raises(ValueError, match=said):
        audit(root)


@pytest.mark.parametrize("place", [".", "sky"])
def test_folders_that_may_not_be_read(folder, place, monkeypatch):
    locked, scandir, listdir = folder / place, os.scandir, os.listdir

    def refuse(path, read):
        if Path(path) == locked:
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(os, "scandir", lambda path: refuse(path, scandir))
    monkeypatch.setattr(os, "listdir", lambda path: refuse(path, listdir))
    with pytest.raises(ValueError, match=r"cannot read .*: Permission denied"):
        audit(folder)


def test_labels_beside_a_folder(folder):
    with pytest.raises(ValueError, match="labels are the names of the class folders"):
        audit(folder, label="kind")
    with pytest.raises(ValueError, match="expected no y and no label"):
        audit(folder, ["sky"])


def test_without_pillow_the_error_says_what_to_install(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.delitem(sys.modules, "PIL.Image")
    with pytest.raises(
        ImportError, match=r'needs pillow, .*pip install pillow.*"\.\[rep'
    ):
        audit(folder)


HOSTILE = (
    '<img src=x onerror="owned=1">',
    "=cmd|' calc'!A0",
    "a\x1b[2J\u202eb",
)


def test_hostile_names_are_inert(folder, tmp_path):
    (folder / "sky").rename(folder / HOSTILE[0])
    for number, name in enumerate((*HOSTILE[1:], os.fsdecode(b"caf\xe9"))):
        place = folder / "sea" / f"{number:03}.png"
        if not place.exists():
            place = sorted((folder / "sea").iterdir())[number]
        place.rename(folder / "sea" / f"{name}.png")
    report = audit(folder, random_state=0)
    assert "sea/caf\\xe9.png" in set(report.data["image"])
    page = render_html(report)
    assert "<img src=x" not in page
    assert not [c for c in page + str(report) if c in "\x1b\u202e"]
    text = report.to_json()
    assert text.isascii()
    assert not set(text) & set("<>&\x1b")
    report.to_sheet(tmp_path / "sheet.csv", n_rows=200)
    assert "\x1b" not in (tmp_path / "sheet.csv").read_text(encoding="utf-8")


def test_the_page_shows_thumbnails(folder):
    report = audit(folder, random_state=0)
    page = render_html(report)
    assert page.count('<img class="thumbnail" src="data:image/') == 2 * N
    assert "http:" not in page
    # The page needs the folder no more.
    for path in folder.rglob("*.png"):
        path.unlink()
    assert render_html(report) == page


def test_thumbnails_stay_small(folder):
    assert _images.MOST_THUMBNAILS == MOST_ROWS
    noise = np.random.default_rng(0).integers(0, 256, (600, 900, 3), dtype=np.uint8)
    for number in range(5):
        Image.fromarray(noise).save(folder / "sea" / f"large {number}.png")
    content = thumbnail(folder / "sea" / "large 0.png")
    assert max(Image.open(io.BytesIO(content)).size) == _images.THUMBNAIL_SIDE
    # Noise is what JPEG compresses least; a page of 200 stays below 5 MB.
    assert MOST_ROWS * len(content) * 4 / 3 < 3e6
    tiny = thumbnail(folder / "sky" / "000.png")
    assert Image.open(io.BytesIO(tiny)).size == (80, 56)


def saved(tmp_path, image, name="a.png", **options):
    image.save(tmp_path / name, **options)
    return np.asarray(_open(tmp_path / name, 32))


def test_sixteen_bits_become_eight(tmp_path):
    deep = np.full((2, 2), 65535, dtype=np.uint16)
    deep[0, 0] = 257
    assert saved(tmp_path, Image.fromarray(deep))[..., 0].tolist() == [
        [1, 255],
        [255, 255],
    ]


def test_transparent_is_white(tmp_path):
    clear = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    clear.putpixel((1, 0), (9, 9, 9, 255))
    assert saved(tmp_path, clear).tolist() == [[[255] * 3, [9] * 3]]


def test_photos_stand_upright(tmp_path):
    image = Image.new("RGB", (40, 20))
    turned = image.getexif()
    turned[0x0112] = 6
    assert saved(tmp_path, image, "a.jpg", exif=turned).shape == (40, 20, 3)


def test_pixels_by_hand(tmp_path):
    for kind, value in (("cat", 51), ("dog", 255)):
        (tmp_path / kind).mkdir()
        for number in range(2):
            Image.new("L", (64, 48), value).save(tmp_path / kind / f"{number}.png")
    pixels, labels, images, notes = read_image_folder(tmp_path)
    # Grey images have one channel.
    assert pixels.shape == (4, _images.SIDE**2)
    np.testing.assert_allclose(pixels[:, 0], [0.2, 0.2, 1, 1])
    assert labels.tolist() == ["cat", "cat", "dog", "dog"]
    assert images.copies.tolist() in ([0, 0, 1, 1], [1, 1, 0, 0])
    assert (notes, images.unreadable) == ([], {})
