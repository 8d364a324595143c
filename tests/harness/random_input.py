"""Random input of every kind, right and wrong, each with a word that says which.

A piece of input is drawn as ``(value, kind, fault)``: ``kind`` is the name of what
came, ``fault`` whether a function may refuse it. What has no fault must be taken.
"""

import itertools
import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from scipy import sparse

NUMBERS = itertools.count()
FOLDER = Path(tempfile.gettempdir()) / "sknoisy-random-cases"


def memory_mapped(array):
    """Return the array from a file, read-only, as joblib hands large ones over."""
    FOLDER.mkdir(exist_ok=True)
    # Two arrays of one case must not share a file.
    path = FOLDER / f"rows-{os.getpid()}-{next(NUMBERS) % 8}.npy"
    np.save(path, array)
    return np.load(path, mmap_mode="r")


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


def strided(array):
    """Return the array as a view whose rows are not next to each other."""
    wide = np.zeros((2 * array.shape[0], *array.shape[1:]), dtype=array.dtype)
    wide[::2] = array
    return wide[::2]


CONTAINERS = {
    "array": lambda a: a,
    "list": lambda a: a.tolist(),
    "tuple": lambda a: tuple(map(tuple, a.tolist())) if a.ndim > 1 else tuple(a),
    "fortran": np.asfortranarray,
    "read-only": read_only,
    "memory-mapped": memory_mapped,
    "strided": strided,
    "backwards": lambda a: a[::-1].copy()[::-1],
    "swapped bytes": lambda a: a.astype(a.dtype.newbyteorder()),
}
TABLES = CONTAINERS | {
    "pandas": lambda a: pd.DataFrame(a, index=np.arange(len(a))[::-1]),
    "polars": lambda a: pl.DataFrame(a, schema=[f"c{k}" for k in range(a.shape[1])]),
}
SPARSE = {
    "csr": sparse.csr_array,
    "csc matrix": sparse.csc_matrix,
    "coo": sparse.coo_array,
}


def pick(rng, table):
    """Return the name and the value of one entry of a dictionary."""
    name = list(table)[rng.integers(len(table))]
    return name, table[name]


# Features


def _extremes(rng, Z):
    Z[rng.random(Z.shape) < 0.1] = rng.choice([1e300, -1e300, 1e-300, -0.0])
    return Z


def _holes(value):
    def change(rng, Z):
        Z[rng.random(Z.shape) < 0.1] = value
        return Z

    return change


FEATURES = {
    "plain": lambda rng, Z: Z,
    "float32": lambda rng, Z: Z.astype(np.float32),
    "whole": lambda rng, Z: np.round(3 * Z).astype(np.int64),
    "bytes": lambda rng, Z: np.clip(8 * Z + 128, 0, 255).astype(np.uint8),
    "yes and no": lambda rng, Z: Z > 0,
    "constant": lambda rng, Z: np.ones_like(Z),
    "few points": lambda rng, Z: np.round(Z[rng.integers(0, len(Z), len(Z)) // 3]),
    "one column": lambda rng, Z: Z[:, :1],
    "more columns than rows": lambda rng, Z: np.tile(Z, (1, 1 + len(Z) // 3))[:, :80],
    "shifted": lambda rng, Z: Z + 1e6,
    "tiny": lambda rng, Z: Z * 1e-12,
}
FAULTY_FEATURES = {
    "float16": lambda rng, Z: Z.astype(np.float16),
    "extremes": _extremes,
    "NaN": _holes(np.nan),
    "infinity": _holes(np.inf),
    "no columns": lambda rng, Z: Z[:, :0],
    "one dimension": lambda rng, Z: Z[:, 0],
    "three dimensions": lambda rng, Z: Z[:, :, None],
    "text": lambda rng, Z: Z.astype(str),
    "words": lambda rng, Z: np.where(Z > 0, "big", "small"),
    "objects": lambda rng, Z: Z.astype(object),
    "None": lambda rng, Z: np.where(Z > 1, None, Z),
    "complex": lambda rng, Z: Z + 1j,
    "dates": lambda rng, Z: np.round(Z).astype("datetime64[D]"),
    "a row less": lambda rng, Z: Z[1:],
    "no rows": lambda rng, Z: Z[:0],
    "nothing": lambda rng, Z: None,
    "a number": lambda rng, Z: 3.5,
    "ragged": lambda rng, Z: [row.tolist()[: 1 + i % 2] for i, row in enumerate(Z)],
}


def draw_features(rng, codes, *, faults, sparse_too=True):
    """Return rows of features whose first column tells the class, mostly."""
    Z = rng.normal(size=(len(codes), int(rng.integers(2, 5))))
    Z[:, 0] += 3 * codes
    if faults and rng.random() < 0.5:
        kind, change = pick(rng, FAULTY_FEATURES)
        return change(rng, Z), kind, True
    kind, change = pick(rng, FEATURES)
    Z = change(rng, Z)
    name, contain = pick(rng, TABLES | SPARSE if sparse_too else TABLES)
    return contain(Z), f"{kind}, {name}", False


# Labels

WORDS = np.array([f"class {k:03d}" for k in range(256)])
LABELS = {
    "codes": lambda k: k,
    "from 1": lambda k: k + 1,
    "around 0": lambda k: k - k.max() // 2,
    "gaps": lambda k: 7 * k,
    "bytes": lambda k: k.astype(np.uint8),
    "int16": lambda k: k.astype(np.int16),
    "whole floats": lambda k: k.astype(float),
    "float32": lambda k: k.astype(np.float32),
    "large": lambda k: k + 2**62,
    "unsigned": lambda k: k.astype(np.uint64) + 2**63,
    "words": lambda k: WORDS[k],
    "objects": lambda k: WORDS[k].astype(object),
    "reversed words": lambda k: WORDS[200 - k],
    "numbers as text": lambda k: (k * 7).astype(str),
    "whole numbers as objects": lambda k: k.astype(object),
    "list of words": lambda k: WORDS[k].tolist(),
    "tuple": lambda k: tuple(k.tolist()),
    "pandas": lambda k: pd.Series(WORDS[k], index=np.arange(len(k))[::-1]),
    "pandas categories": lambda k: pd.Series(WORDS[k], dtype="category"),
    "pandas Int64": lambda k: pd.Series(k, dtype="Int64"),
    "polars": lambda k: pl.Series(WORDS[k].tolist()),
    "accents and blanks": lambda k: np.array([f"é \u4e2d\u202e {i}" for i in k]),
    "numpy strings": lambda k: [np.str_(word) for word in WORDS[k]],
    "read-only": lambda k: read_only(k),
    "strided": lambda k: strided(k),
}
if hasattr(np.dtypes, "StringDType"):
    # From numpy 2 on.
    LABELS["variable width"] = lambda k: WORDS[k].astype(np.dtypes.StringDType())


def _with(value):
    """Return labels as objects, one of them replaced."""

    def change(rng, k):
        labels = WORDS[k].astype(object)
        labels[rng.integers(len(k))] = value
        return labels.tolist() if rng.random() < 0.5 else labels

    return change


def _number_with(value):
    def change(rng, k):
        labels = k.astype(float)
        labels[rng.integers(len(k))] = value
        return labels

    return change


FAULTY_LABELS = {
    "None": _with(None),
    "NaN among words": _with(np.nan),
    "pandas NA": _with(pd.NA),
    "number among words": _with(3),
    "tuple among words": _with(("a", "b")),
    "bytes among words": _with(b"a"),
    "NaN": _number_with(np.nan),
    "infinity": _number_with(-np.inf),
    "fraction": _number_with(0.5),
    "1e300": _number_with(1e300),
    "complex": lambda rng, k: k * 1j,
    "dates": lambda rng, k: k.astype("datetime64[D]"),
    "one class": lambda rng, k: np.zeros_like(k),
    "all distinct": lambda rng, k: WORDS[np.arange(len(k)) % 256],
    "a label less": lambda rng, k: k[1:],
    "a column": lambda rng, k: k[:, None],
    "two columns": lambda rng, k: np.column_stack([k, k]),
    "indicator": lambda rng, k: np.eye(k.max() + 2, dtype=int)[k],
    "no labels": lambda rng, k: k[:0],
    "nothing": lambda rng, k: None,
    "a word": lambda rng, k: "labels",
    "sets": lambda rng, k: [{int(i)} for i in k],
    "lists": lambda rng, k: [[int(i)] * (i % 2 + 1) for i in k],
    "bytes": lambda rng, k: WORDS[k].astype(bytes),
    "huge": lambda rng, k: [2**70 + int(i) for i in k],
    "frame": lambda rng, k: pd.DataFrame({"y": k}),
}


def draw_codes(rng, *, most_classes=6, most_rows=60):
    """Return codes in which each class occurs, often rarely."""
    n_classes = int(rng.integers(1, most_classes + 1))
    if rng.random() < 0.02:
        n_classes = int(rng.integers(20, 200))
    n = int(rng.integers(n_classes, max(n_classes + 2, most_rows)))
    codes = np.concatenate([np.arange(n_classes), rng.integers(0, n_classes, n)])
    return rng.permutation(codes)


def draw_labels(rng, codes, *, faults):
    if faults and rng.random() < 0.5:
        kind, change = pick(rng, FAULTY_LABELS)
        return change(rng, codes), kind, True
    kind, change = pick(rng, LABELS)
    return change(codes), kind, len(np.unique(codes)) < 2


# What is passed beside the labels

WEIGHTS = {
    "ones": lambda rng, n: np.ones(n),
    "equal": lambda rng, n: np.full(n, 1 / n),
    "spread": lambda rng, n: rng.exponential(size=n),
    "whole": lambda rng, n: rng.integers(1, 5, n),
    "float32": lambda rng, n: rng.uniform(1, 2, n).astype(np.float32),
    "list": lambda rng, n: rng.uniform(1, 2, n).tolist(),
    "pandas": lambda rng, n: pd.Series(rng.uniform(1, 2, n), index=range(n, 0, -1)),
    "read-only": lambda rng, n: read_only(rng.uniform(1, 2, n)),
}
FAULTY_WEIGHTS = {
    # Zeros may leave a class without a row.
    "zeros": lambda rng, n: rng.integers(0, 2, n),
    "one row": lambda rng, n: np.eye(n)[0],
    "tiny": lambda rng, n: np.full(n, 1e-300),
    "huge": lambda rng, n: np.full(n, 1e300),
    "tiny and huge": lambda rng, n: rng.choice([1e-300, 1.0, 1e300], n),
    "all zero": lambda rng, n: np.zeros(n),
    "negative": lambda rng, n: rng.normal(size=n),
    "NaN": lambda rng, n: np.where(np.arange(n) == 0, np.nan, 1.0),
    "infinity": lambda rng, n: np.where(np.arange(n) == 0, np.inf, 1.0),
    "a weight less": lambda rng, n: np.ones(n - 1),
    "words": lambda rng, n: np.repeat("heavy", n),
    "table": lambda rng, n: np.ones((n, 2)),
    "a number": lambda rng, n: 2.0,
    "float16": lambda rng, n: rng.uniform(1, 2, n).astype(np.float16),
    "yes and no": lambda rng, n: rng.random(n) < 0.8,
}
GROUPS = {
    "rows": lambda rng, n: np.arange(n),
    "words": lambda rng, n: WORDS[rng.permutation(n) // 2 % 256],
    "list": lambda rng, n: (rng.permutation(n) // 3).tolist(),
}
FAULTY_GROUPS = {
    "few": lambda rng, n: rng.integers(0, 3, n),
    "one": lambda rng, n: np.zeros(n),
    "mixed": lambda rng, n: [1 if i % 2 else "a" for i in range(n)],
    "None": lambda rng, n: [None, *range(n - 1)],
    "NaN": lambda rng, n: np.array([np.nan, *range(n - 1)]),
    "a group less": lambda rng, n: np.arange(n - 1),
    "table": lambda rng, n: np.ones((n, 2)),
    "a word": lambda rng, n: "group",
}
TRUSTED = {
    "some": lambda rng, n: rng.random(n) < 0.3,
    "all": lambda rng, n: np.ones(n, dtype=bool),
    "list": lambda rng, n: (rng.random(n) < 0.5).tolist(),
    "pandas": lambda rng, n: pd.Series(rng.random(n) < 0.5, index=range(n, 0, -1)),
}
FAULTY_TRUSTED = {
    "none": lambda rng, n: np.zeros(n, dtype=bool),
    "whole": lambda rng, n: rng.integers(0, 2, n),
    "row numbers": lambda rng, n: [0, 1],
    "short": lambda rng, n: np.ones(n - 1, dtype=bool),
    "with NA": lambda rng, n: pd.Series([None] + [True] * (n - 1), dtype="boolean"),
    "words": lambda rng, n: np.repeat("yes", n),
    "table": lambda rng, n: np.ones((n, 1), dtype=bool),
}


def draw_beside(rng, n, *, faults):
    """Return the keywords beside the labels, what they are, and whether one is bad."""
    keywords, kinds, any_fault = {}, [], False
    for name, right, wrong, share in (
        ("sample_weight", WEIGHTS, FAULTY_WEIGHTS, 0.4),
        ("groups", GROUPS, FAULTY_GROUPS, 0.2),
        ("trusted", TRUSTED, FAULTY_TRUSTED, 0.2),
    ):
        if rng.random() > share:
            continue
        faulty = faults and rng.random() < 0.4
        kind, make = pick(rng, wrong if faulty else right)
        keywords[name] = make(rng, n)
        kinds.append(f"{name}: {kind}")
        any_fault |= faulty
    return keywords, kinds, any_fault


# Probabilities


def _hard(rng, P):
    return np.eye(P.shape[1])[P.argmax(axis=1)]


PROBABILITIES = {
    "plain": lambda rng, P: P,
    "float32": lambda rng, P: P.astype(np.float32),
    "float16": lambda rng, P: _halves(P),
    "hard": _hard,
    "whole": lambda rng, P: _hard(rng, P).astype(int),
    "uniform": lambda rng, P: np.full_like(P, 1 / P.shape[1]),
    "nearly hard": lambda rng, P: (1 - 1e-12) * _hard(rng, P) + 1e-12 / P.shape[1],
}
FAULTY_PROBABILITIES = {
    "NaN": lambda rng, P: _spoiled(rng, P, np.nan),
    "infinity": lambda rng, P: _spoiled(rng, P, np.inf),
    "negative": lambda rng, P: _spoiled(rng, P, -0.5),
    "1e300": lambda rng, P: _spoiled(rng, P, 1e300),
    "percent": lambda rng, P: 100 * P,
    "logarithms": lambda rng, P: np.log(P),
    "scores": lambda rng, P: rng.normal(size=P.shape),
    "transposed": lambda rng, P: P.T,
    "a column less": lambda rng, P: P[:, 1:],
    "a column more": lambda rng, P: np.column_stack([P, 0 * P[:, 0]]),
    "a row less": lambda rng, P: P[1:],
    "one dimension": lambda rng, P: P[:, 0],
    "three dimensions": lambda rng, P: P[None],
    "text": lambda rng, P: P.astype(str),
    "objects": lambda rng, P: P.astype(object),
    "complex": lambda rng, P: P + 0j,
    "sparse": lambda rng, P: sparse.csr_array(P),
    "nothing": lambda rng, P: None,
    "no rows": lambda rng, P: P[:0],
    "a number": lambda rng, P: 0.5,
    "ragged": lambda rng, P: [row.tolist()[: 1 + i % 2] for i, row in enumerate(P)],
    "frame of other names": lambda rng, P: pd.DataFrame(P).add_prefix("p"),
}


def _halves(P):
    """Return float16 rows that sum to 1 exactly: a half for each of two classes."""
    table = np.zeros(P.shape, dtype=np.float16)
    order = np.argsort(P, axis=1)
    for column in (-1, -2) if P.shape[1] > 1 else (-1, -1):
        table[np.arange(len(P)), order[:, column]] += np.float16(0.5)
    return table


def _spoiled(rng, P, value):
    P = P.copy()
    P[rng.integers(len(P)), rng.integers(P.shape[1])] = value
    return P


def draw_probabilities(rng, codes, *, faults, n_classes=None):
    """Return a table that leans to the codes."""
    n_classes = codes.max() + 1 if n_classes is None else n_classes
    P = rng.dirichlet(np.ones(n_classes), len(codes))
    P += 2 * np.eye(n_classes)[codes] * rng.integers(0, 2, (len(codes), 1))
    P /= P.sum(axis=1, keepdims=True)
    if faults and rng.random() < 0.5:
        kind, change = pick(rng, FAULTY_PROBABILITIES)
        return change(rng, P), kind, True
    kind, change = pick(rng, PROBABILITIES)
    name, contain = pick(rng, TABLES)
    P = change(rng, P)
    return contain(P), f"{kind}, {name}", False
