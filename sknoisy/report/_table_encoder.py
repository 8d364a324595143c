"""From columns of every kind to one numeric table for the models."""

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.utils.validation import check_is_fitted, validate_data

from sknoisy._compat import Interval, _fit_context
from sknoisy.report._columns import KINDS, convert, read_columns
from sknoisy.report._errors import AuditError, need

# Words and pairs of words, so that the vocabulary fits in memory.
_MAX_TERMS = 50_000
# Five columns' worth of variance: a text says more than a number, not than all of them.
_TEXT_VARIANCE = 5.0
_DAYS_IN_YEAR, _DAYS_IN_WEEK, _HOURS_IN_DAY = 365.25, 7, 24


class TableEncoder(TransformerMixin, BaseEstimator):
    """Turn a table of numbers, dates, categories and texts into one of numbers.

    What a column holds is read off its values when fitting: numbers are standardised,
    with gaps filled by the median and marked; dates become days and their place in
    year, week and day; words that recur become one column each, rare ones together;
    texts become the main directions of their words and pieces of words. Columns that
    are empty, hold one value, or number or name the rows, are left out.

    Parameters
    ----------
    n_components : int, default=100
        Columns at most that a text becomes.

    min_frequency : int, default=3
        Rows below which categories share one column.

    random_state : int, RandomState instance or None, default=None
        Seed of the directions of texts.

    Attributes
    ----------
    kinds_ : dict of str to str
        What each column is taken for: "number", "date", "category", "text" or
        "unused".

    transformer_ : ColumnTransformer or None
        What the columns are put through; None where all are unused.

    n_features_in_ : int
        Number of columns.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they are strings.

    See Also
    --------
    audit : Uses it for tables, unless it is given a pipeline.

    Notes
    -----
    It needs pandas. Labels are never looked at, so that what a row's own label says
    cannot leak into its features.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sknoisy import NoisyLabelClassifier
    >>> from sknoisy.report import TableEncoder
    >>> kg = [20 + k % 7 if k % 2 else 4 + k % 5 for k in range(60)]
    >>> table = pd.DataFrame({"kg": kg, "color": ["red", "grey", "grey"] * 20})
    >>> y = ["cat", "dog"] * 30
    >>> y[7] = "cat"
    >>> model = make_pipeline(TableEncoder(), LogisticRegression())
    >>> clf = NoisyLabelClassifier(model, random_state=0).fit(table, y)
    >>> clf.predict(table)[:4].tolist()
    ['cat', 'dog', 'cat', 'dog']
    """

    _parameter_constraints: dict = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "min_frequency": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, *, n_components=100, min_frequency=3, random_state=None):
        self.n_components = n_components
        self.min_frequency = min_frequency
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Find out what the columns hold.

        Parameters
        ----------
        X : frame or array-like of shape (n_samples, n_features)
            The table.

        y : object, default=None
            Ignored.

        Returns
        -------
        TableEncoder
            The fitted transformer.
        """
        self.fit_transform(X)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None):
        """Find out what the columns hold, and return the table of numbers.

        Parameters
        ----------
        X : frame or array-like of shape (n_samples, n_features)
            The table.

        y : object, default=None
            Ignored.

        Returns
        -------
        ndarray of shape (n_samples, n_columns)
            Finite numbers.
        """
        frame = self._as_frame(X, reset=True)
        return self._fit_columns(frame, read_columns(frame))

    def transform(self, X):
        """Return the table of numbers.

        Parameters
        ----------
        X : frame or array-like of shape (n_samples, n_features)
            A table with the columns that were fitted.

        Returns
        -------
        ndarray of shape (n_samples, n_columns)
            Finite numbers.
        """
        check_is_fitted(self)
        frame = self._as_frame(X, reset=False)
        if self.transformer_ is None:
            return np.zeros((len(frame), 0))
        used = {
            name: convert(frame.iloc[:, position], kind)
            for position, (name, kind) in enumerate(self.kinds_.items())
            if kind in KINDS
        }
        table = need("pandas").DataFrame(used, index=frame.index)
        return self.transformer_.transform(table)

    def get_feature_names_out(self, input_features=None):
        """Return names of the columns of numbers.

        Parameters
        ----------
        input_features : object, default=None
            Ignored.

        Returns
        -------
        ndarray of object of shape (n_columns,)
            The names.
        """
        check_is_fitted(self)
        if self.transformer_ is None:
            return np.array([], dtype=object)
        names = []
        for _, step, on in self.transformer_.transformers_:
            if isinstance(on, str):
                names += [f"{on}_{k}" for k in range(len(step[-1].scale_))]
            else:
                names += step.get_feature_names_out(on).tolist()
        return np.array(names, dtype=object)

    def _fit_columns(self, frame, columns):
        """Fit the steps to columns that are read already; return the numbers."""
        used = {c.name: c.values for c in columns if c.kind in KINDS}
        self.kinds_ = {column.name: column.kind for column in columns}
        if len(self.kinds_) < len(columns):
            raise AuditError(
                "TableEncoder expected columns of distinct names. Rename those that "
                "occur twice."
            )
        self.transformer_ = None
        if not used:
            return np.zeros((len(frame), 0))
        table = need("pandas").DataFrame(used, index=frame.index)
        self.transformer_ = ColumnTransformer(self._steps(), sparse_threshold=0)
        return self.transformer_.fit_transform(table)

    def _steps(self):
        """Return the steps for the columns that are used."""
        on = {kind: [n for n, k in self.kinds_.items() if k == kind] for kind in KINDS}
        categories = OneHotEncoder(
            min_frequency=self.min_frequency,
            handle_unknown="infrequent_if_exist",
            sparse_output=False,
        )
        parts = FunctionTransformer(date_parts, feature_names_out=date_part_names)
        steps = [
            (_number_steps(), on["number"]),
            (make_pipeline(parts, _number_steps()), on["date"]),
            (categories, on["category"]),
            *((self._text_steps(), name) for name in on["text"]),
        ]
        # Numbered, since the name of a column may hold what a step's name must not.
        return [(f"{k}", step, names) for k, (step, names) in enumerate(steps) if names]

    def _text_steps(self):
        """Return what makes a few components of words and pieces of words."""
        terms = {"sublinear_tf": True, "max_features": _MAX_TERMS}
        # Letters and marks that stand alone count too: a text may be a code.
        words = TfidfVectorizer(
            ngram_range=(1, 2), token_pattern=r"\w+|[^\w\s]", **terms
        )
        pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), **terms)
        directions = _Directions(self.n_components, random_state=self.random_state)
        return make_pipeline(make_union(words, pieces), directions)

    def _as_frame(self, X, *, reset):
        """Return the table as a frame of pandas, its columns checked."""
        if hasattr(X, "to_pandas"):
            X = X.to_pandas()
        if hasattr(X, "iloc"):
            validate_data(self, X, reset=reset, skip_check_array=True)
            return X.reset_index(drop=True)
        X = validate_data(
            self, X, reset=reset, dtype=None, ensure_all_finite="allow-nan"
        )
        frame = need("pandas").DataFrame(X).infer_objects()
        return frame.set_axis([f"x{k}" for k in range(X.shape[1])], axis=1)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags


class _Directions(TransformerMixin, BaseEstimator):
    """Main directions of a table of terms, at a fixed total variance."""

    def __init__(self, n_components, *, random_state=None):
        self.n_components = n_components
        self.random_state = random_state

    def fit(self, X, y=None):
        self.fit_transform(X)
        return self

    def fit_transform(self, X, y=None):
        n_components = max(1, min(self.n_components, X.shape[1] - 1, X.shape[0] - 1))
        self.svd_ = TruncatedSVD(n_components, random_state=self.random_state)
        places = self.svd_.fit_transform(X)
        total = places.var(axis=0).sum()
        scale = np.sqrt(_TEXT_VARIANCE / total) if total > 0 else 1.0
        self.scale_ = np.full(n_components, scale)
        return places * self.scale_

    def transform(self, X):
        return self.svd_.transform(X) * self.scale_


def _number_steps():
    """Fill gaps by the median, mark them, and standardise."""
    return make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True), StandardScaler()
    )


def date_parts(frame):
    """Return for each date the days since 1970, and its place in three cycles.

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


def date_part_names(_, names):
    """Return the names of the columns that :func:`date_parts` makes."""
    parts = ("days", "year_sin", "week_sin", "day_sin", "year_cos", "week_cos")
    return [f"{name}_{part}" for name in names for part in (*parts, "day_cos")]


def _parts_of(dates):
    """Return days and cycles of one column."""
    since = dates - need("pandas").Timestamp(0)
    days = since.dt.total_seconds() / (3600 * _HOURS_IN_DAY)
    cycles = np.column_stack(
        [
            dates.dt.day_of_year / _DAYS_IN_YEAR,
            dates.dt.day_of_week / _DAYS_IN_WEEK,
            (dates.dt.hour + dates.dt.minute / 60) / _HOURS_IN_DAY,
        ]
    )
    angles = 2 * np.pi * cycles
    return np.column_stack([days, np.sin(angles), np.cos(angles)])
