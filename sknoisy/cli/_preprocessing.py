"""From columns of every kind to one numeric table for the models."""

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

_DAYS_IN_YEAR = 365.25
_HOURS_IN_DAY = 24.0
_TEXT_COMPONENTS = 100


def make_preprocessing(columns, *, random_state=None):
    """Build the transformer for columns of known kinds.

    Parameters
    ----------
    columns : list of Column
        What :func:`sknoisy.cli._columns.read_columns` returned.

    random_state : int, RandomState instance or None, default=None
        Seed of the text components.

    Returns
    -------
    ColumnTransformer
        Unfitted; takes the frame of :func:`to_frame` and returns a dense table.
    """
    names = {
        kind: [column.name for column in columns if column.kind == kind]
        for kind in ("number", "date", "category", "text")
    }
    steps = [
        ("number", _number_steps(), names["number"]),
        ("date", _date_steps(), names["date"]),
        ("category", _category_encoder(), names["category"]),
        *(
            (f"text {position}", _text_steps(random_state), name)
            for position, name in enumerate(names["text"])
        ),
    ]
    return ColumnTransformer([step for step in steps if step[2]], sparse_threshold=0)


def to_frame(columns):
    """Return the used columns as one frame."""
    return pd.DataFrame(
        {column.name: column.values for column in columns if column.kind != "unused"}
    )


def _number_steps():
    """Fill gaps by the median, mark them, and standardise."""
    return make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True), StandardScaler()
    )


def _category_encoder():
    """One column per category, rare ones together."""
    return OneHotEncoder(
        min_frequency=5,
        drop="if_binary",
        handle_unknown="infrequent_if_exist",
        sparse_output=False,
    )


def _date_steps():
    """Turn dates into numbers, then as for numbers."""
    return make_pipeline(
        FunctionTransformer(date_parts),
        SimpleImputer(strategy="median"),
        StandardScaler(),
    )


def _text_steps(random_state):
    """Words and pieces of words, condensed into components of unit variance."""
    vectorizers = make_union(
        TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), max_features=50_000),
        TfidfVectorizer(
            sublinear_tf=True,
            analyzer="char_wb",
            ngram_range=(2, 4),
            max_features=50_000,
        ),
    )
    return make_pipeline(
        vectorizers,
        TruncatedSVD(_TEXT_COMPONENTS, random_state=random_state),
        StandardScaler(),
    )


def date_parts(frame):
    """Return for each date the day counted from the first, and its place in cycles."""
    return np.column_stack([_parts_of(frame[name]) for name in frame])


def _parts_of(dates):
    """Return elapsed days, time of year, weekday and time of day."""
    days = (dates - dates.min()) / pd.Timedelta(days=1)
    hours = dates.dt.hour + dates.dt.minute / 60
    cycles = [
        dates.dt.dayofyear / _DAYS_IN_YEAR,
        dates.dt.dayofweek / 7,
        hours / _HOURS_IN_DAY,
    ]
    angles = 2 * np.pi * np.column_stack(cycles)
    return np.column_stack([days, np.sin(angles), np.cos(angles)])
