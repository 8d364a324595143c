"""A space in which neighbours mean something, made from whatever X is."""

import warnings
from operator import methodcaller

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.decomposition import TruncatedSVD
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.validation import check_array, check_memory

from sknoisy._compat import BaseSearchCV, HasMethods, StrOptions, _safe_indexing
from sknoisy._distinct_rows import as_table, distinct_rows
from sknoisy.exceptions import NoEvidenceWarning

# Singular directions of sparse X, as usual in latent semantic analysis of texts.
SPARSE_COMPONENTS = 100
# Features beyond are cut, so that their squares stay finite.
LARGEST_FEATURE = 1e100
EMBEDDING_CONSTRAINT = [
    StrOptions({"auto", "passthrough"}),
    HasMethods(["fit", "transform"]),
]


def embed(
    X, labels, *, estimator=None, embedding="auto", random_state=None, memory=None
):
    """Return the rows of X as points.

    Parameters
    ----------
    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Rows to place.

    labels : NoisyLabels
        Labels, for transformers that look at them.

    estimator : classifier, default=None
        The classifier that X is meant for. The steps of a ``Pipeline`` before its last
        say how its author sees the rows.

    embedding : "auto", "passthrough" or transformer, default="auto"
        "auto" takes the first that applies: the steps of a ``Pipeline`` before its
        last; the numeric columns, with missing values filled by the median, at unit
        variance; for sparse X its main singular directions. "passthrough" takes X as
        it is. A transformer is cloned and fitted.

    random_state : int, RandomState instance or None, default=None
        Seed of the singular directions.

    memory : str or object with the joblib.Memory interface, default=None
        Where the embedding is cached.

    Returns
    -------
    ndarray of shape (n_samples, n_dimensions) or None
        None where "auto" finds no numeric column, after a warning.

    Warns
    -----
    NoEvidenceWarning
        If "auto" finds no numeric column.
    """
    if embedding == "auto":
        searched = isinstance(estimator, BaseSearchCV)
        base = estimator.estimator if searched else estimator
        steps = base.steps[:-1] if isinstance(base, Pipeline) else []
        # Steps that resample rows place none.
        steps = [step for step in steps if not hasattr(step[1], "fit_resample")]
        embedding = Pipeline(steps) if steps else None
        X = _numeric_columns(X) if not steps else X
        if X is None:
            return None
    if isinstance(embedding, str):
        return check_array(X)
    # One row of each distinct point that carries weight: copies and rows without weight
    # must not move the scale of the space.
    weighted = np.flatnonzero(labels.sample_weight > 0)
    points = distinct_rows(X) if labels.points is None else labels.points
    rows = weighted[np.unique(points[weighted], return_index=True)[1]]
    place = check_memory(memory).cache(_place)
    return place(embedding, X, labels.classes[labels.codes], rows, random_state)


def _place(transformer, X, y, rows, random_state):
    """Fit transformers to some rows, until all rows are finite dense numbers."""
    X_rows = _safe_indexing(X, rows)
    if transformer is not None:
        transformer = clone(transformer).fit(X_rows, y[rows])
        X, X_rows = transformer.transform(X), transformer.transform(X_rows)
    if sparse.issparse(X):
        X, X_rows = sparse.csr_array(X), sparse.csr_array(X_rows)
        transformer = _reduced(X.shape, random_state).fit(X_rows)
        X, X_rows = transformer.transform(X), transformer.transform(X_rows)
    X = np.asarray(X, dtype=float)
    if transformer is not None and np.isfinite(X).all():
        return X
    tabular = StandardScaler()
    if not np.isfinite(X).all():
        # A column without any value stays, as zeros, so that the shape is the same.
        imputer = SimpleImputer(strategy="median", keep_empty_features=True)
        tabular = make_pipeline(imputer, tabular)
    return tabular.fit(np.asarray(X_rows, dtype=float)).transform(X)


def _reduced(shape, random_state):
    if shape[1] == 1:  # a single column has no directions to choose from
        return FunctionTransformer(methodcaller("toarray"), accept_sparse=True)
    n_components = max(1, min(SPARSE_COMPONENTS, shape[1] - 1, shape[0] - 1))
    return TruncatedSVD(n_components, random_state=random_state)


def _numeric_columns(X):
    """Return what of X is numeric, or None after a warning if nothing is."""
    if sparse.issparse(X):
        return X
    if hasattr(X, "select_dtypes"):
        X = X.select_dtypes(["number", "bool"])
        Z = X.to_numpy(dtype=float, na_value=np.nan)
    elif hasattr(X, "get_columns"):
        # An empty list between brackets would mean no rows instead of no columns.
        names = [c.name for c in X.get_columns() if _holds_numbers(c.dtype)]
        # Old versions make no array of a frame without columns.
        Z = np.asarray(X.select(names)) if names else np.empty((len(X), 0))
    else:
        Z = as_table(X)
    Z = Z.reshape(len(Z), -1) if Z.ndim > 2 else Z
    if Z.dtype.kind in "OSU":
        Z = _as_numbers(Z)
    if Z is not None and (Z.ndim != 2 or Z.shape[1] or not hasattr(X, "columns")):
        Z = check_array(Z, dtype=float, ensure_all_finite="allow-nan")
        return np.clip(Z, -LARGEST_FEATURE, LARGEST_FEATURE)
    warnings.warn(
        "Forest and neighbours need numeric columns, and X has none: their evidence is "
        "left out. Pass a Pipeline whose steps make numbers of X, or a transformer "
        "as embedding.",
        NoEvidenceWarning,
    )
    return None


def _holds_numbers(polars_type):
    return polars_type.is_numeric() or str(polars_type) == "Boolean"


def _as_numbers(Z):
    try:
        Z = Z.astype(object)
        return np.where(np.equal(Z, None), np.nan, Z).astype(float)
    except ValueError:
        return None
