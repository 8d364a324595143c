"""From columns of every kind to one numeric table for the models.

No step looks at the labels, so it is fitted once on all rows: what a row's own label
says cannot leak into its features. On the tables of
``benchmarks/bench_audit_preprocessing.py`` this finds errors as well as a general
table vectoriser does, and needs no further library.
"""

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from sknoisy.cli._columns import KINDS
from sknoisy.cli._errors import need

_RARE = 3
_TEXT_COMPONENTS = 100
_MAX_TERMS = 50_000
# Five columns' worth of variance: a text speaks louder than a number, not than all.
_TEXT_VARIANCE = 5.0
_DAYS_IN_YEAR, _DAYS_IN_WEEK, _HOURS_IN_DAY = 365.25, 7, 24


def make_features(columns, *, random_state=None):
    """Return the used columns as one numeric table.

    Parameters
    ----------
    columns : list of Column
        What :func:`sknoisy.cli._columns.read_columns` returned.

    random_state : int, default=None
        Seed of the text components.

    Returns
    -------
    ndarray of shape (n_rows, n_features)
        Finite numbers.
    """
    used = {column.name: column.values for column in columns if column.kind in KINDS}
    frame = need("pandas").DataFrame(used)
    return make_preprocessing(columns, random_state=random_state).fit_transform(frame)


def make_preprocessing(columns, *, random_state=None):
    """Build the transformer for columns of known kinds.

    Parameters
    ----------
    columns : list of Column
        The columns; unused ones are left out.

    random_state : int, default=None
        Seed of the text components.

    Returns
    -------
    ColumnTransformer
        Unfitted; takes a frame of the columns.
    """
    names = {
        kind: [column.name for column in columns if column.kind == kind]
        for kind in KINDS
    }
    steps = [
        ("number", _number_steps(), names["number"]),
        ("date", _date_steps(), names["date"]),
        ("category", _category_encoder(), names["category"]),
        *((name, _text_steps(random_state), name) for name in names["text"]),
    ]
    # Numbered, since the name of a column may hold what a step's name must not.
    numbered = [
        (f"{position}", step, on) for position, (_, step, on) in enumerate(steps) if on
    ]
    return ColumnTransformer(numbered, sparse_threshold=0)


def _number_steps():
    """Fill gaps by the median, mark them, and standardise."""
    return make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True), StandardScaler()
    )


def _date_steps():
    """Turn dates into numbers, then as for numbers."""
    return make_pipeline(FunctionTransformer(date_parts), _number_steps())


def _category_encoder():
    """One column per category, rare ones together."""
    return OneHotEncoder(
        min_frequency=_RARE,
        drop="if_binary",
        handle_unknown="infrequent_if_exist",
        sparse_output=False,
    )


def _text_steps(random_state):
    """Words and pieces of words, condensed into a few components."""
    terms = {"sublinear_tf": True, "max_features": _MAX_TERMS}
    return make_pipeline(
        make_union(
            # Letters and marks that stand alone count too: a text may be a code.
            TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\w+|[^\w\s]", **terms),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), **terms),
        ),
        FunctionTransformer(condense, kw_args={"random_state": random_state}),
    )


def condense(terms, random_state=None):
    """Return the main directions of a table of terms, at a fixed total variance.

    Parameters
    ----------
    terms : sparse matrix of shape (n_rows, n_terms)
        Weights of the terms.

    random_state : int, default=None
        Seed of the directions.

    Returns
    -------
    ndarray of shape (n_rows, n_components)
        The main direction has the largest variance, and so on.
    """
    n_components = max(1, min(_TEXT_COMPONENTS, terms.shape[1] - 1, terms.shape[0] - 1))
    directions = TruncatedSVD(n_components, random_state=random_state)
    places = directions.fit_transform(terms)
    total = places.var(axis=0).sum()
    return places * np.sqrt(_TEXT_VARIANCE / total) if total > 0 else places


def date_parts(frame):
    """Return for each date the days since the first, and its place in three cycles.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_dates)
        Times without zone, NaT where there is none.

    Returns
    -------
    ndarray of shape (n_rows, 7 * n_dates)
        Days, then sines and cosines of year, week and day; NaN where there is none.
    """
    return np.column_stack([_parts_of(frame[name]) for name in frame])


def _parts_of(dates):
    """Return days and cycles of one column."""
    days = (dates - dates.min()).dt.total_seconds() / (3600 * _HOURS_IN_DAY)
    cycles = np.column_stack(
        [
            dates.dt.day_of_year / _DAYS_IN_YEAR,
            dates.dt.day_of_week / _DAYS_IN_WEEK,
            (dates.dt.hour + dates.dt.minute / 60) / _HOURS_IN_DAY,
        ]
    )
    angles = 2 * np.pi * cycles
    return np.column_stack([days, np.sin(angles), np.cos(angles)])
