"""Segments in the JSON layout of the ActivityNet challenge, in and out."""

import json
import os
from pathlib import Path

import numpy as np

from sknoisy._compat import StrOptions, validate_params
from sknoisy.sequence._segments import read_table, segment_table


@validate_params(
    {
        "source": [str, os.PathLike, dict],
        "subset": [str, None],
        "bag_names": ["array-like", None],
    },
    prefer_skip_nested_validation=True,
)
def segments_from_activitynet(source, *, subset=None, bag_names=None):
    """Read segments, true or detected, in the layout of ActivityNet.

    Parameters
    ----------
    source : str, path-like or dict
        A JSON file, or what it holds: true segments under "database", or detected ones
        under "results".

    subset : str, default=None
        Which part of a database to read, such as "validation". None reads all of it.

    bag_names : array-like of shape (n_bags,), default=None
        Names of the sequences, to number them by their place. If None, ``bag`` holds
        the names.

    Returns
    -------
    ndarray of shape (n_segments,)
        Table of segments, in seconds, see :func:`segment_table`; true segments have a
        score of 1.

    Raises
    ------
    ValueError
        If there is neither a database nor results, an entry lacks what it needs, or a
        sequence is not among ``bag_names``.

    See Also
    --------
    segments_to_activitynet : The way back.
    segments_from_seconds : Go on in steps.

    Examples
    --------
    >>> from sknoisy.sequence import segments_from_activitynet
    >>> found = [{"label": "run", "score": 0.9, "segment": [2.0, 5.0]}]
    >>> table = segments_from_activitynet({"results": {"v1": found}})
    >>> table[["bag", "label", "end"]].tolist()
    [('v1', 'run', 5.0)]
    """
    if not isinstance(source, dict):
        source = json.loads(Path(source).read_text(encoding="utf-8"))
    entries = _entries(source, subset)
    rows = [
        _row(name, entry, number)
        for name, listed in entries.items()
        for number, entry in enumerate(listed)
    ]
    if not rows:
        return segment_table([], [], label=np.empty(0, str), bag=np.empty(0, str))
    bag, label, start, end, score = map(np.array, zip(*rows, strict=True))
    if bag_names is not None:
        bag = _positions(bag, np.asarray(bag_names))
    return segment_table(start, end, label=label, bag=bag, score=score)


def _entries(source, subset):
    """Return the list of segments of each sequence."""
    if "results" in source:
        return source["results"]
    if "database" not in source:
        raise ValueError(
            "source expected true segments under 'database' or detected ones under "
            f"'results', but has the keys {sorted(source)}. Check that the right file "
            "was read."
        )
    videos = source["database"]
    if subset is not None:
        known = {video.get("subset") for video in videos.values()}
        if subset not in known:
            raise ValueError(
                f"subset expected one of {sorted(filter(None, known))}, but got "
                f"{subset!r}. Pass None to read all of them."
            )
        videos = {
            name: video
            for name, video in videos.items()
            if video.get("subset") == subset
        }
    return {name: video.get("annotations", []) for name, video in videos.items()}


def _row(name, entry, number):
    """Return one segment as a row of the table."""
    try:
        start, end = entry["segment"]
        return name, entry["label"], start, end, entry.get("score", 1.0)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"source expected a label and a segment [start, end] in entry {number} of "
            f"{name!r}, but got {entry!r}. Complete it, or leave it out."
        ) from error


def _positions(bag, names):
    """Return the place of each name."""
    place = {name: number for number, name in enumerate(names.tolist())}
    if unknown := sorted(set(bag.tolist()) - set(place)):
        raise ValueError(
            f"bag_names expected to hold every sequence of source, but lacks {unknown}."
            " Add them, or choose a subset."
        )
    return np.array([place[name] for name in bag.tolist()])


@validate_params(
    {
        "table": "no_validation",
        "kind": [StrOptions({"results", "database"})],
        "bag_names": ["array-like", None],
        "path": [str, os.PathLike, None],
    },
    prefer_skip_nested_validation=True,
)
def segments_to_activitynet(table, *, kind="results", bag_names=None, path=None):
    """Write segments in the layout of ActivityNet.

    Parameters
    ----------
    table : ndarray of shape (n_segments,) or other form of a table
        Segments in seconds, see :func:`segments_to_seconds`.

    kind : {"results", "database"}, default="results"
        Whether these are detected segments, with scores, or true ones, without.

    bag_names : array-like of shape (n_bags,), default=None
        Name of each sequence, where ``bag`` holds their places. Each of them gets an
        entry, also without segments. If None, ``bag`` holds the names.

    path : str or path-like, default=None
        File to write to, None for none.

    Returns
    -------
    dict
        The content of the file.

    Raises
    ------
    ValueError
        If a sequence has no name.

    See Also
    --------
    segments_from_activitynet : The way back.

    Examples
    --------
    >>> from sknoisy.sequence import segment_table, segments_to_activitynet
    >>> table = segment_table([2.0], [5.0], label="run", score=0.9)
    >>> segments_to_activitynet(table, bag_names=["v1"])["results"]
    {'v1': [{'label': 'run', 'segment': [2.0, 5.0], 'score': 0.9}]}
    """
    table = read_table(table, "table", with_scores=kind == "results")
    names = _names(table["bag"], bag_names)
    listed = {str(name): [] for name in (names if bag_names is None else bag_names)}
    columns = (table[field].tolist() for field in ("label", "start", "end", "score"))
    for name, label, start, end, score in zip(names, *columns, strict=True):
        entry = {"label": label, "segment": [start, end]}
        listed[name].append(entry | {"score": score} if kind == "results" else entry)
    content = {"version": "VERSION 1.3", kind: listed}
    if kind == "database":
        content[kind] = {name: {"annotations": part} for name, part in listed.items()}
    if path is not None:
        Path(path).write_text(json.dumps(content), encoding="utf-8")
    return content


def _names(bags, bag_names):
    """Return the name of the sequence of each segment as text."""
    if bag_names is None:
        return [str(bag) for bag in bags.tolist()]
    n_names, whole = len(bag_names), bags.dtype.kind in "iu"
    if len(bags) and not (whole and bags.min() >= 0 and bags.max() < n_names):
        raise ValueError(
            f"bag_names holds {n_names} names, and expected bags numbered by their "
            "place among them, but the table has others. Leave bag_names out where the "
            "table holds the names."
        )
    return [str(bag_names[bag]) for bag in bags.tolist()]
