"""Larger sets, read from a folder of one's own."""

import os
from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

from sknoisy._compat import validate_params
from sknoisy.datasets._bunch import finish
from sknoisy.datasets._set_file import as_codes, check_numbers, names_of, read_set

VARIABLE = "SKNOISY_DATA"
TABULAR = ("multiclass", "multilabel", "partial")
KINDS = (*TABULAR, "sequence", "segmentation")


@validate_params(
    {
        "name": [str],
        "folder": [str, os.PathLike, None],
        "variant": [str, None],
        "return_X_y": ["boolean"],
        "as_frame": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def load_from_folder(
    name, folder=None, *, variant=None, return_X_y=False, as_frame=False
):
    """Load a larger set from a folder of one's own.

    A set is a file ``NAME/data.npz`` in the folder; the user guide describes what is
    in it, and lists public sets with real label noise, with their sources and
    licences. sknoisy ships none of them and downloads nothing.

    Parameters
    ----------
    name : str
        Name of the set, which is the name of its folder.

    folder : str or path-like, default=None
        Where the sets are. If None, the folder that the environment variable
        ``SKNOISY_DATA`` names.

    variant : str, default=None
        Which noisy labels to take, where a set has several. If None, the main ones.

    return_X_y : bool, default=False
        If True, return ``(data, target_noisy)`` instead of a Bunch. Mind that the
        second is the **noisy** label; only where the set has none, it is ``target``.

    as_frame : bool, default=False
        If True, the arrays are pandas tables, and ``frame`` is set. Needs pandas, and
        a set of the kind "multiclass", "multilabel" or "partial".

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        data : {ndarray, DataFrame} of shape (n_samples, n_features) or list of ndarray
            The features as float32. One array of shape (n_steps, n_features) per
            series for the kinds "sequence" and "segmentation".
        target : {ndarray, Series, DataFrame}, list of ndarray or None
            The true labels, of shape (n_samples,), or (n_samples, n_tags) with 0 and
            1 for "multilabel". One array of shape (n_steps,) per series for
            "sequence", None for "segmentation".
        target_noisy : as ``target``, or None
            The noisy labels, None where the set has none. Only training rows hold
            noise: elsewhere these are the true labels.
        split : ndarray of shape (n_samples,) or None
            0 for training, 1 for test, 2 for validation rows (or series).
        kind : str
            "multiclass", "multilabel", "partial", "sequence" or "segmentation".
        variants : list of str
            The names that ``variant`` accepts.
        feature_names : list of str
            The names of the features, ``x0``, ``x1``, … where the set names none.
        target_names : list of str
            The names of the classes or tags, in the order of their codes.
        frame : DataFrame or None
            ``data``, ``target`` and ``target_noisy`` side by side, with
            ``as_frame=True`` only.
        source, licence : str
            Where the set comes from, and on which terms.
        meta : dict
            What else the set says of itself, such as the noise rate.
        DESCR : str
            The description that lies beside the set, or a short one.

        Further arrays keep the name that they have in the file, such as
        ``annotations`` (n_samples, n_annotators) with -1 where there is no answer,
        ``annotator_ids``, ``votes`` (n_samples, n_classes), ``candidates``
        (n_samples, n_classes) with 1 for each candidate of a partial label,
        ``group``, ``segments``, ``points`` and ``change_points``.

    (data, target_noisy) : tuple if ``return_X_y`` is True
        The features and the noisy labels.

    Raises
    ------
    ValueError
        If no folder is known, there is no such set or variant, the file is damaged or
        does not have the expected arrays, or the kind does not allow what was asked
        for.
    ImportError
        If ``as_frame`` is true and pandas is not installed.

    See Also
    --------
    load_breast_cancer_rules : Bundled data with labels from rules of thumb.
    load_digits_prototypes : Bundled images named by a short-sighted annotator.
    load_wine_annotators : Bundled data with several annotators.

    Examples
    --------
    A set of four rows, written and read again:

    >>> import json, pathlib, tempfile
    >>> import numpy as np
    >>> from sknoisy.datasets import load_from_folder
    >>> about = {"kind": "multiclass", "classes": ["no", "yes"], "source": "made up"}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     (pathlib.Path(folder) / "tiny").mkdir()
    ...     np.savez(
    ...         pathlib.Path(folder) / "tiny" / "data.npz",
    ...         X=np.eye(4),
    ...         y_clean=[0, 0, 1, 1],
    ...         y_noisy=[0, 1, 1, 1],
    ...         split=[0, 0, 0, 1],
    ...         info=json.dumps(about),
    ...     )
    ...     bunch = load_from_folder("tiny", folder)
    >>> bunch.data.shape, bunch.target_names
    ((4, 4), ['no', 'yes'])
    >>> print(bunch.target_noisy)
    [0 1 1 1]
    """
    path = _find(name, folder)
    arrays, info = read_set(path)
    kind = info.pop("kind", None)
    _check_request(path, kind, return_X_y, as_frame)
    bunch = _take(arrays, info, kind, variant, path)
    bunch.DESCR = _describe(name, path, bunch)
    return finish(
        bunch, owner="load_from_folder", return_X_y=return_X_y, as_frame=as_frame
    )


def _find(name, folder):
    """Return the path of the file of a set."""
    if folder is None and not os.environ.get(VARIABLE):
        raise ValueError(
            "load_from_folder expected the folder of the larger sets, but folder is "
            f"None and the environment variable {VARIABLE} is not set. Pass folder=, "
            f"or set {VARIABLE} to a folder that holds NAME/data.npz for each set."
        )
    root = Path(folder or os.environ[VARIABLE])
    found = sorted(path.parent.name for path in root.glob("*/data.npz"))
    if name not in found:
        raise ValueError(
            f"load_from_folder expected the name of a set in {str(root)!r}, but got "
            f"{name!r}. Pass one of: {', '.join(found)}."
            if found
            else f"load_from_folder expected sets of the form NAME/data.npz in "
            f"{str(root)!r}, but there are none. Pass another folder=, or set "
            f"{VARIABLE} to the folder that holds them."
        )
    return root / name / "data.npz"


def _check_request(path, kind, return_X_y, as_frame):
    """Refuse kinds that are unknown, or do not allow what was asked for."""
    if kind not in KINDS:
        raise ValueError(
            f"load_from_folder supports sets of the kinds {', '.join(KINDS)}, but "
            f"{path} is of kind {kind!r}. Read it with numpy.load."
        )
    if as_frame and kind not in TABULAR:
        raise ValueError(
            f"as_frame=True needs a set of the kind {', '.join(TABULAR)}, but {path} "
            f"is of kind {kind!r}, one array per series. Pass as_frame=False."
        )
    if return_X_y and kind == "segmentation":
        raise ValueError(
            f"return_X_y=True needs labels, but {path} is of kind {kind!r} and has "
            "none. Pass return_X_y=False and read change_points from the Bunch."
        )


def _take(arrays, info, kind, variant, path):
    """Return the Bunch of a set; further arrays keep their names."""
    letter = "Y" if kind == "multilabel" else "y"
    _check_complete(arrays, letter, kind, path)
    data = check_numbers(arrays.pop("X"), "X", path).astype(np.float32)
    data = data[:, None] if data.ndim == 1 else data
    classes = names_of(info, "classes", path)
    features = names_of(info, "features", path)
    below = 2 if kind == "multilabel" else len(classes) or None
    target, noisy = _codes_of(arrays, letter, below, path)
    noisy, variants = _pick_noisy(noisy, f"{letter}_noisy", variant, path)
    lengths = None if kind in TABULAR else arrays.pop("lengths")
    lengths = as_codes(lengths, "lengths", path, lowest=1)
    _check_lengths(data, target, noisy, lengths, path)
    split = as_codes(arrays.get("split"), "split", path, below=3)
    _check_names(features, data, "features", path)
    _check_split(split, data if lengths is None else lengths, path)
    bunch = Bunch()
    bunch.update(arrays)
    bunch.update(
        data=_cut(data, lengths),
        target=_cut(target, lengths),
        target_noisy=_cut(noisy, lengths),
        split=arrays.get("split"),
        kind=kind,
        variants=variants,
        feature_names=features or [f"x{j}" for j in range(data.shape[1])],
        target_names=classes,
        frame=None,
        source=str(info.pop("source", "not stated")),
        licence=str(info.pop("licence", "not stated")),
        meta=info,
    )
    return bunch


def _codes_of(arrays, letter, below, path):
    """Take the true and all noisy labels out of the arrays, as codes."""
    noisy = [k for k in arrays if f"{k}_".startswith(f"{letter}_noisy_")]
    codes = {
        name: as_codes(arrays.pop(name, None), name, path, below=below)
        for name in sorted([f"{letter}_clean", *noisy])
    }
    return codes.pop(f"{letter}_clean"), codes


def _check_names(names, data, what, path):
    """Check that there is a name for each column."""
    if names and len(names) != data.shape[1]:
        raise ValueError(
            f"load_from_folder expected as many {what} as columns of X, "
            f"{data.shape[1]}, but {path} names {len(names)}. Write the file anew."
        )


def _check_split(split, rows, path):
    """Check that the split has an entry for each row or series."""
    if split is not None and split.shape != (len(rows),):
        raise ValueError(
            f"load_from_folder expected split of shape ({len(rows)},), an entry per "
            f"row or series, but {path} holds shape {split.shape}. Write the file anew."
        )


def _check_complete(arrays, letter, kind, path):
    """Check that a file holds what its kind needs."""
    needed = {"X"} | ({f"{letter}_clean"} if kind != "segmentation" else set())
    needed |= {"lengths"} if kind not in TABULAR else set()
    if missing := sorted(needed - set(arrays)):
        raise ValueError(
            f"load_from_folder expected a set of kind {kind!r} to hold the arrays "
            f"{sorted(needed)}, but {path} lacks {missing}. Add them with numpy.savez."
        )


def _check_lengths(data, target, noisy, lengths, path):
    """Check that labels and lengths of series fit the rows of X."""
    parts = {"true labels": target, "noisy labels": noisy}
    found = {key: len(part) for key, part in parts.items() if part is not None}
    if lengths is not None:
        found["steps in lengths"] = int(lengths.sum())
    for key, count in found.items():
        if count != len(data):
            raise ValueError(
                f"load_from_folder expected as many {key} as rows of X, {len(data)}, "
                f"but {path} holds {count}. Write the file anew."
            )


def _cut(rows, lengths):
    """Return rows laid end to end as one array per series."""
    if rows is None or lengths is None:
        return rows
    return np.split(rows, np.cumsum(lengths)[:-1])


def _pick_noisy(codes, prefix, variant, path):
    """Return the noisy labels wanted, and the names of all."""
    main = codes.pop(prefix, None)
    variants = {key.removeprefix(f"{prefix}_"): codes[key] for key in codes}
    if variant is None:
        return main, list(variants)
    if variant not in variants:
        known = f"one of: {', '.join(variants)}" if variants else "variant=None"
        raise ValueError(
            f"load_from_folder expected the name of noisy labels that {path} holds, "
            f"but got variant={variant!r}. Pass {known}."
        )
    return variants[variant], list(variants)


def _describe(name, path, bunch):
    """Return the text that lies beside a set, or else what its file says."""
    readme = path.with_name("README.md")
    if readme.is_file():
        return readme.read_text(encoding="utf-8", errors="replace")
    task = bunch.meta.get("task", "")
    return f"{name}: {task}\n\nSource: {bunch.source}. Licence: {bunch.licence}."
