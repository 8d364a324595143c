"""Images in class folders: read as pixels, and shown as thumbnails."""

import hashlib
import io
import os
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sknoisy.report._errors import AuditError, cut, listed, need
from sknoisy.report._facts import Finding

# Endings of files that are looked at.
ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm")
# Pillow's decoders of these: neither those that call other programs, such as that of
# PostScript, nor those that hardly anybody uses may open a file.
DECODERS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
# Pixels of a side: 24 and 32 rank wrong labels at most 0.6 points better and take two
# to four times as long, 8 ranks them up to 1.7 points worse (bench_audit.py --pixels).
SIDE = 16
# A JPEG is decoded at a fraction of its size, but to so many pixels a side at least.
DECODED_SIDE = 256
# Thumbnails: as many as a page shows rows, pixels of the longer side, and bytes of a
# PNG above which JPEG is smaller. 200 of them stay below a megabyte.
MOST_THUMBNAILS, THUMBNAIL_SIDE, LARGEST_PNG = 200, 96, 4096
# Folders of this name are parts of a data set, not classes.
PARTS = {"train", "training", "val", "valid", "validation", "dev", "test", "testing"}
# 16 bits to 8: 65,535 becomes 255.
SIXTEEN_BITS = 257
# Images that a message names.
_UNREAD = 4


@dataclass(frozen=True)
class Images:
    """The images of a folder, a row each.

    Attributes
    ----------
    paths : ndarray of object of shape (n_rows,)
        Paths as text.
    names : ndarray of object of shape (n_rows,)
        Paths inside the folder, as text that can be printed and written.
    copies : ndarray of int of shape (n_rows,)
        Equal numbers for images of equal pixels.
    unreadable : dict of int to str
        Name of an image that could not be read, and why, by its row in the folder.
    """

    paths: np.ndarray
    names: np.ndarray
    copies: np.ndarray
    unreadable: dict

    def take(self, rows):
        """Return some of the rows, with what is said of those that cannot be read."""
        return replace(
            self,
            paths=self.paths[rows],
            names=self.names[rows],
            copies=np.unique(self.copies[rows], return_inverse=True)[1],
        )

    @property
    def readable(self):
        """Which rows could be read."""
        readable = np.ones(len(self.paths), dtype=bool)
        readable[list(self.unreadable)] = False
        return readable

    def thumbnails(self, rows):
        """Return PNG or JPEG of the first of some rows, by row number."""
        found = {}
        for row in rows[:MOST_THUMBNAILS].tolist():
            try:
                found[row] = thumbnail(self.paths[row])
            except Exception:
                # The file has changed since it was read; the row stays without.
                continue
        return found


def is_folder(data):
    """Whether data names a place on the disk.

    Parameters
    ----------
    data : object
        What was passed for a table.

    Returns
    -------
    bool
        True for a folder.

    Raises
    ------
    AuditError
        If it names a file, or nothing.
    """
    if not isinstance(data, str | os.PathLike):
        return False
    if not os.path.isdir(data):
        what = "a file" if os.path.exists(data) else "no folder"
        raise AuditError(
            "audit expected a table, or a folder with a folder of images for each "
            f"class, but {_as_text(data)!r} is {what}. Read tables first, for example "
            "by pandas.read_csv."
        )
    return True


def read_image_folder(folder):
    """Read a folder of class folders.

    Parameters
    ----------
    folder : str or Path
        Its folders are the classes; images may lie at any depth below.

    Returns
    -------
    pixels : ndarray of float32 of shape (n_rows, n_pixels)
        Values from 0 to 1, zeros where an image could not be read. One channel where
        all images are grey, else three.

    labels : ndarray of object of shape (n_rows,)
        Names of the class folders. Rows are in the order of classes and paths.

    images : Images
        The images.

    notes : list of str
        What was left out.

    Raises
    ------
    AuditError
        If there are no two class folders with images that can be read.
    """
    need("PIL.Image")
    folder = Path(folder)
    paths, labels, notes = _find_images(folder)
    names = [_as_text(path.relative_to(folder).as_posix()) for path in paths]
    pixels = np.zeros((len(paths), SIDE, SIDE, 3), dtype=np.uint8)
    digests, unreadable = [], {}
    for row, path in enumerate(paths):
        try:
            pixels[row], digest = _small(path)
        except Exception as error:
            # Decoders raise nearly anything at a damaged file.
            unreadable[row] = f"{cut(names[row])!r} ({_reason(error)})"
            digest = f"row {row}"
        digests.append(digest)
    copies = np.unique(digests, return_inverse=True)[1]
    images = Images(_objects(map(str, paths)), _objects(names), copies, unreadable)
    if not images.readable.any():
        raise AuditError(
            f"none of the {len(paths)} images in {_as_text(folder)} can be read: "
            f"{_told(unreadable)}. Check that the files are whole."
        )
    _check_classes(np.array(labels, dtype=object)[images.readable], folder)
    if (pixels == pixels[..., :1]).all():
        pixels = pixels[..., :1]
    flat = pixels.reshape(len(paths), -1).astype(np.float32) / np.float32(255)
    return flat, _objects(labels), images, notes


def _find_images(folder):
    """Return paths and labels of all images, and notes on what was left out."""
    classes, loose, others, empty = [], [], [], []
    paths, labels = [], []
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        _cannot_read(error)
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if not entry.is_dir():
            loose += [entry.name] if entry.suffix.lower() in ENDINGS else []
            continue
        found, rest = _images_below(entry)
        label = _as_text(entry.name)
        classes.append(label)
        others += rest
        empty += [] if found else [label]
        paths += found
        labels += [label] * len(found)
    _check_found(folder, classes, paths, loose)
    notes = []
    if empty:
        notes.append(f"class folders without an image: {listed(empty)}")
    if loose:
        notes.append(f"images in no class folder are left out: {listed(loose)}")
    if others:
        notes.append(f"files that are no images are left out: {listed(others)}")
    return paths, labels, notes


def _images_below(folder):
    """Return paths of the images at any depth below, and names of other files."""
    found, rest = [], []
    for place, folders, files in os.walk(folder, onerror=_cannot_read):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(place, name)
            if name.startswith("."):
                continue
            # A pipe of that name would wait for somebody to write into it.
            if path.suffix.lower() in ENDINGS and path.is_file():
                found.append(path)
            else:
                rest.append(_as_text(name))
    return sorted(found), rest


def _cannot_read(error):
    raise AuditError(f"cannot read {error.filename}: {error.strerror}.") from error


def _check_found(folder, classes, paths, loose):
    """Refuse a folder whose folders are no classes of images."""
    name = _as_text(folder)
    if len(classes) and {label.casefold() for label in classes} <= PARTS:
        raise AuditError(
            f"the folders of {name}, {listed(classes)}, are parts of a data set rather "
            f"than classes. Audit one of them: {name}/{classes[0]}."
        )
    if not paths:
        lying = f" {len(loose)} lie beside the class folders." if loose else ""
        raise AuditError(
            f"{name} is a directory without images in class folders. Expected files "
            f"such as {name}/cat/1.png that end in {', '.join(ENDINGS)}, or, for the "
            f"command, Parquet files in the directory itself.{lying}"
        )


def _check_classes(labels, folder):
    """Refuse images of which no two classes have two."""
    names, counts = np.unique(labels, return_counts=True)
    if (counts > 1).sum() < 2:
        raise AuditError(
            f"{_as_text(folder)} expected at least two class folders with two images "
            f"or more, but found {len(labels)} images in {listed(names)}."
        )


def _small(path):
    """Return an image as a few pixels, and the digest of all of them."""
    image = _open(path, DECODED_SIDE)
    content = f"{image.size}".encode() + image.tobytes()
    box = need("PIL.Image").Resampling.BOX
    small = image.resize((SIDE, SIDE), box, reducing_gap=2.0)
    return np.asarray(small), hashlib.sha256(content).hexdigest()


def _open(path, side):
    """Return an image as RGB, upright, on white where it is transparent."""
    module, operations = need("PIL.Image"), need("PIL.ImageOps")
    with warnings.catch_warnings():
        # Beyond this limit a small file can unfold to more than memory holds.
        warnings.simplefilter("error", module.DecompressionBombWarning)
        with module.open(path, formats=DECODERS) as image:
            image.draft("RGB", (side, side))
            image = operations.exif_transpose(image)
            if image.mode.startswith("I"):
                values = np.asarray(image, dtype=float) / SIXTEEN_BITS
                image = module.fromarray(values.clip(0, 255).astype(np.uint8))
            if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
                image = image.convert("RGBA")
                white = module.new("RGBA", image.size, "white")
                image = module.alpha_composite(white, image)
            return image.convert("RGB")


def thumbnail(path):
    """Return a small image as the content of a PNG or JPEG file.

    Parameters
    ----------
    path : str
        Where the image is.

    Returns
    -------
    bytes
        Tiny images are enlarged, so that their pixels can be seen.
    """
    resampling = need("PIL.Image").Resampling
    image = _open(path, THUMBNAIL_SIDE)
    factor = THUMBNAIL_SIDE // max(image.size)
    if factor > 1:
        size = (image.width * factor, image.height * factor)
        image = image.resize(size, resampling.NEAREST)
    image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    content = _encoded(image, "PNG")
    return content if len(content) <= LARGEST_PNG else _encoded(image, "JPEG")


def _encoded(image, form):
    file = io.BytesIO()
    image.save(file, form, optimize=True)
    return file.getvalue()


def _reason(error):
    """Say why an image could not be read, without its path."""
    name = type(error).__name__
    if name == "UnidentifiedImageError":
        return "no image of a known kind"
    if name.startswith("DecompressionBomb"):
        return "more pixels than Pillow's limit allows"
    return cut(" ".join(str(error).split())) or name


def _told(unreadable):
    """Return the first unreadable images and why, in words."""
    told = ", ".join(list(unreadable.values())[:_UNREAD])
    more = len(unreadable) - _UNREAD
    return f"{told} and {more} more" if more > 0 else told


def find_unreadable(images, n_rows):
    """Find images that could not be read.

    Parameters
    ----------
    images : Images
        The images.

    n_rows : int
        Number of images in the folder.

    Yields
    ------
    Finding
        At most one.
    """
    if images.unreadable:
        yield Finding(
            "unreadable_image",
            "problem",
            f"{len(images.unreadable)} of {n_rows} images cannot be read",
            f"{_told(images.unreadable)}. They are left out; row numbers still count "
            "them.",
            rows=list(images.unreadable),
        )


def _as_text(name):
    """Return a name on the disk as text, bytes that are none spelled out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _objects(values):
    values = list(values)
    return np.fromiter(values, dtype=object, count=len(values))
