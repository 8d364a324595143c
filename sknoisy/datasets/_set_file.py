"""Read the file of a set, and refuse what the loader could only misread."""

import json

import numpy as np

# Who is named in the messages.
OWNER = "load_from_folder"


def read_set(path):
    """Return the arrays of a file, and what the set says of itself.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    arrays : dict of str to ndarray
        All arrays but the text ``info``.

    info : dict
        The content of that text.

    Raises
    ------
    ValueError
        If the file is damaged, holds pickled objects, or has no such text.
    """
    arrays = _read_arrays(path)
    try:
        info = json.loads(str(arrays.pop("info")))
    except (KeyError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(
            f"{OWNER} expected {path} to hold a JSON text called 'info', but "
            f"it holds {sorted(arrays)} and no such text. Store one by "
            "numpy.savez(..., info=json.dumps({'kind': 'multiclass', 'classes': ...}))."
        ) from error
    if not isinstance(info, dict):
        raise ValueError(
            f"{OWNER} expected the JSON text 'info' of {path} to hold names and "
            f"values, but it holds a {type(info).__name__}. Write a dictionary with "
            "'kind' and 'classes'."
        )
    return arrays, info


def _read_arrays(path):
    """Return all arrays of a file."""
    try:
        # Pickled objects could run code. numpy leaves open what it cannot read.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
    # A damaged file makes numpy, zipfile and zlib raise a dozen unrelated types.
    except Exception as error:
        raise ValueError(
            f"{OWNER} expected {path} to hold arrays as numpy.savez writes them, "
            f"without objects, but it cannot be read ({type(error).__name__}: {error})."
            " Copy or write it again."
        ) from error
    foreign = sorted(k for k, v in arrays.items() if not isinstance(v, np.ndarray))
    if foreign:
        raise ValueError(
            f"{OWNER} expected only arrays in {path}, but {foreign} are none. Write "
            "the file again with numpy.savez."
        )
    return arrays


def names_of(info, key, path):
    """Take a list of names out of what a set says of itself.

    Parameters
    ----------
    info : dict
        What the set says; the names are removed from it.

    key : str
        What they are called there.

    path : Path
        The file, for the message.

    Returns
    -------
    list of str
        The names, empty where there are none.

    Raises
    ------
    ValueError
        If something else stands in their place.
    """
    names = info.pop(key, None) or []
    if not isinstance(names, list) or any(
        isinstance(name, list | dict) or name is None for name in names
    ):
        raise ValueError(
            f"{OWNER} expected {key!r} in 'info' of {path} to be a list of names, but "
            f"got {names!r:.80}. Write the file again with such a list."
        )
    return [str(name) for name in names]


def check_numbers(array, name, path):
    """Refuse an array that holds anything but numbers.

    Parameters
    ----------
    array : ndarray
        The array.

    name : str
        Its name in the file.

    path : Path
        The file, for the message.

    Returns
    -------
    ndarray
        The array as it came.

    Raises
    ------
    ValueError
        If it holds something else, or a single number.
    """
    if array.dtype.kind not in "biuf" or array.ndim == 0:
        raise ValueError(
            f"{OWNER} expected numbers in {name} of {path}, one or more per row, but "
            f"got dtype {array.dtype} and shape {array.shape}. Write the file again."
        )
    return array


def as_codes(labels, name, path, *, lowest=0, below=None):
    """Return codes as integers of the platform, whatever they were stored as.

    Parameters
    ----------
    labels : ndarray or None
        Codes as they stand in the file.

    name : str
        Their name in the file.

    path : Path
        The file, for the message.

    lowest : int, default=0
        The smallest code allowed.

    below : int, default=None
        Codes are smaller than this; None leaves it open.

    Returns
    -------
    ndarray of int or None
        None where there are none.

    Raises
    ------
    ValueError
        If an entry is missing, a fraction, or out of range: as an integer it would be
        a code that nobody has written.
    """
    if labels is None:
        return None
    check_numbers(labels, name, path)
    above = np.iinfo(np.intp).max if below is None else below
    # NaN compares false, so that it counts as wrong.
    right = (labels >= lowest) & (labels < above)
    if labels.dtype.kind == "f":
        right &= np.floor(labels) == labels
    if not right.all():
        first = tuple(np.argwhere(~right)[0].tolist())
        limit = "" if below is None else f", less than {below}"
        raise ValueError(
            f"{OWNER} expected whole numbers from {lowest} on{limit} in {name} of "
            f"{path}, but got {labels[first]} at {first}. Leave out rows without a "
            "label, and write the file again."
        )
    return labels.astype(np.intp)
