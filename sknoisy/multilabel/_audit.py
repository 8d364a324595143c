"""Which entries of a table of tags look wrong."""

from dataclasses import dataclass, replace
from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import indexable
from sklearn.utils.validation import check_is_fitted, validate_data

from sknoisy._compat import HasMethods, StrOptions, _fit_context
from sknoisy._context import CONTEXT_CONSTRAINTS, seed_unset
from sknoisy._embedding import EMBEDDING_CONSTRAINT
from sknoisy._indicator import read_indicator
from sknoisy._meta import LabelReader
from sknoisy.multilabel._result import Result, import_pandas
from sknoisy.multilabel._tag_evidence import KINDS, gather_evidence, has_evidence
from sknoisy.multilabel._tag_labels import TagLabels, is_single_column, read_table
from sknoisy.multilabel._tag_models import fit_blocks
from sknoisy.multilabel._tag_posterior import (
    MISSING_RATE,
    RATE,
    entry_quality,
    rates_of_tags,
    tag_posterior,
)


class MultilabelAudit(LabelReader, BaseEstimator):
    r"""Find missing and spurious tags, and estimate how often each tag is missing.

    Models fitted on other folds, neighbours and the other tags of the row give the
    probability of each tag. Blanks where it is high are missing tags, tags where it is
    low are spurious ones.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``, default=None
        The binary classifier that is fitted to each tag. None means
        :class:`~sklearn.linear_model.LogisticRegression`.

    evidence : {"auto", "model", "neighbors", "tags"}, default="auto"
        Sources of evidence, see :class:`MultilabelNoisyClassifier`.

    missing_rate : "estimate", float or array-like, default="estimate"
        Probability in [0, 1) that a true tag is not given, one or, of shape
        (n_labels,), one per tag, NaN where it is to be estimated.

    spurious_rate : float or array-like, default=0.0
        Probability in [0, 1) that a tag is given where it is not true, one or one per
        tag.

    label_names : array-like of shape (n_labels,), default=None
        Names of the tags. If None, the columns of a frame, else 0, 1, 2, ...

    embedding : "auto", "passthrough" or transformer, default="auto"
        Space in which neighbours are searched, see
        :class:`~sknoisy.NoisyLabelClassifier`.

    cv : int, splitter or iterable, default=None
        Folds, the same for all tags. None means 5, see
        :class:`MultilabelNoisyClassifier`.

    memory : str or object with the joblib.Memory interface, default=None
        Where out-of-fold probabilities and neighbours are cached.

    n_jobs : int, default=None
        Number of blocks of 16 tags side by side.

    random_state : int, RandomState instance or None, default=None
        Seed for those random states of the classifier that have none.

    Attributes
    ----------
    proba_ : ndarray of float32 of shape (n_samples, n_labels)
        Probability that the tag is **given**, by evidence that has not seen it.

    label_quality_ : ndarray of float32 of shape (n_samples, n_labels)
        Quality of each entry, between 0 and 1.

    sample_quality_ : ndarray of shape (n_samples,)
        Mean quality of the worst tenth of the entries of each row, of one at least.

    missing_rate_ : ndarray of shape (n_labels,)
        Probability that a true tag is not given. NaN for tags that too few rows have
        or lack; their entries have quality 1.

    missing_rate_bounds_ : ndarray of shape (n_labels, 2)
        Range of the missing rate if no tag is spurious or, after
        :meth:`use_label_quality`, its confidence interval.

    spurious_rate_ : ndarray of shape (n_labels,)
        Probability that a tag is given where it is not true: as passed, or by the
        re-annotated rows.

    false_omission_rate_ : ndarray of shape (n_labels,)
        Estimated share of true tags among the blanks.

    precision_ : ndarray of shape (n_labels,)
        Estimated share of right ones among the tags.

    tags_ : csr_array of bool of shape (n_samples, n_labels)
        The tags as they were given.

    label_names_ : ndarray of shape (n_labels,)
        Names of the tags.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where it has names that are strings.

    See Also
    --------
    reannotation_sample : Draw entries to be annotated again.
    MultilabelNoisyClassifier : Train despite missing tags.

    Notes
    -----
    With :math:`q` in ``proba_``, the missing rate :math:`m` and the spurious rate
    :math:`s`, the quality of a blank is :math:`1 / (1 + r)` with
    :math:`r = \frac{m}{1 - m - s} \frac{q - s}{1 - q + s}`, and that of a tag
    :math:`\min((q - s) / (1 - m - s), 1)`.

    A tag that is often missing and one that the features do not show both have a low
    :math:`q`: the estimate of the missing rate is too high where a tag never becomes
    certain. A hundred re-annotated rows per tag say more.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_multilabel_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sknoisy.multilabel import MultilabelAudit
    >>> X, y = make_multilabel_classification(400, n_classes=3, random_state=0)
    >>> y_noisy = y * (np.random.RandomState(0).uniform(size=y.shape) < 0.7)
    >>> audit = MultilabelAudit(LogisticRegression(max_iter=1000)).fit(X, y_noisy)
    >>> missing = audit.missing_tags(30)
    >>> bool(y[missing.row, missing.label_code].mean() > 0.6)
    True
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict_proba"]), None],
        "evidence": [StrOptions({"auto", *KINDS})],
        "missing_rate": MISSING_RATE,
        "spurious_rate": RATE,
        "label_names": ["array-like", None],
        "embedding": EMBEDDING_CONSTRAINT,
        **CONTEXT_CONSTRAINTS,
    }

    def __init__(
        self,
        estimator=None,
        *,
        evidence="auto",
        missing_rate="estimate",
        spurious_rate=0.0,
        label_names=None,
        embedding="auto",
        cv=None,
        memory=None,
        n_jobs=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.evidence = evidence
        self.missing_rate = missing_rate
        self.spurious_rate = spurious_rate
        self.label_names = label_names
        self.embedding = embedding
        self.cv = cv
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None, *, groups=None, trusted=None, **params):
        """Compute the quality of each tag of each row.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            Whatever the classifier takes.

        y : array-like, sparse matrix or frame of shape (n_samples, n_labels)
            Tags, zeros and ones. A single column holds classes, each of which is
            taken as a tag.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights that are not negative.

        groups : array-like of shape (n_samples,), default=None
            Rows of one group stay in one fold and are no evidence about each other.

        trusted : array-like of bool of shape (n_samples,) or (n_samples, n_labels), \
default=None
            Rows, or entries, that are known to be right; their quality is 1.

        **params : dict
            Metadata that the classifier requests; needs
            ``sklearn.set_config(enable_metadata_routing=True)``.

        Returns
        -------
        self : object
            The fitted audit.

        Raises
        ------
        ValueError
            If a table of tags holds anything but zeros and ones, all tags are all zero
            or all one, or the number of rows differs from that of X.
        """
        (X,) = indexable(X)
        labels = self._read_tags(X, y, sample_weight, groups, trusted, params)
        base = seed_unset(self._inner_estimator(), self.random_state)
        rates = rates_of_tags(self, labels.tags.n_labels)
        evidence = gather_evidence(self, base, X, labels)
        given = X, labels, evidence, has_evidence(labels), rates
        found = fit_blocks(_audit_tags, given, labels, self.n_jobs)
        self.proba_ = np.column_stack([one.label_proba for one in found])
        self.tags_, self.label_names_ = labels.tags.matrix, labels.tags.names
        # Kept for ``use_label_quality``, which computes everything below once more.
        self._labels = labels
        self.missing_rate_ = np.array([one.missing_rate for one in found])
        highest = np.array([one.highest_missing_rate for one in found])
        self.missing_rate_bounds_ = np.column_stack([0 * highest, highest])
        self.spurious_rate_ = np.array(rates[1])
        self._set_quality()
        # Only names and number of the columns are taken; X itself is not touched.
        validate_data(self, X, skip_check_array=True)
        return self

    def _read_tags(self, X, y, sample_weight, groups, trusted, params):
        """Return the record of the tags, or of the classes of a column as tags."""
        owner, names = type(self).__name__, self.label_names
        given = sample_weight, groups, trusted, params
        if not is_single_column(y, owner):
            return read_table(self, X, y, *given, names)
        labels = self._read_labels(X, y, *given)
        # One tag a class: exactly one of them is given in each row.
        names = labels.classes if names is None else names
        tags = read_indicator(labels.one_hot(), owner=owner, label_names=names)
        return TagLabels(
            tags, labels.sample_weight, labels.groups, labels.trusted, labels.params
        )

    def _set_quality(self):
        """Set what follows from probabilities and rates."""
        n_labels = self._labels.tags.n_labels
        # Without evidence, entries are taken as they are.
        self.label_quality_ = np.ones_like(self.proba_)
        self.false_omission_rate_ = np.full(n_labels, np.nan)
        self.precision_ = self.false_omission_rate_.copy()
        for k in np.flatnonzero(~np.isnan(self.missing_rate_)):
            rates = self.missing_rate_[k], self.spurious_rate_[k]
            proba = self.proba_[:, k].astype(float)
            quality, omission, precision = entry_quality(proba, self._labels, k, *rates)
            self.label_quality_[:, k] = quality
            self.false_omission_rate_[k], self.precision_[k] = omission, precision
        # The mean of all would hide one wrong entry among hundreds of right ones, and
        # the minimum depends on one entry alone.
        worst = max(1, n_labels // 10)
        lowest = np.partition(self.label_quality_, worst - 1, axis=1)[:, :worst]
        self.sample_quality_ = lowest.mean(axis=1).astype(float)

    def use_label_quality(self, quality):
        """Take the rates from entries that were annotated again.

        Parameters
        ----------
        quality : LabelQuality
            What :func:`estimate_label_quality` found about the table given to ``fit``.

        Returns
        -------
        self : object
            The audit. Where nothing is known about a tag, its rates stay.

        Raises
        ------
        ValueError
            If the labels of the two differ.
        """
        check_is_fitted(self)
        names = getattr(quality, "label_names", None)
        if names is None or len(names) != len(self.label_names_):
            raise ValueError(
                f"quality expected what estimate_label_quality says of the "
                f"{len(self.label_names_)} tags given to fit, but got "
                f"{type(quality).__name__} of {0 if names is None else len(names)}. "
                "Pass the same table to both."
            )
        missing, spurious = quality.missing_rate, quality.spurious_rate
        # A tag that is given more often where it is false has no posterior.
        usable = (missing + spurious < 1) & ~np.isnan(self.missing_rate_)
        self.missing_rate_ = np.where(usable, missing, self.missing_rate_)
        self.spurious_rate_ = np.where(usable, spurious, self.spurious_rate_)
        # The upper end of the tagability is the lower one of the missing rate.
        interval = 1 - quality.tagability_interval[:, ::-1]
        bounds = np.where(usable[:, None], interval, self.missing_rate_bounds_)
        self.missing_rate_bounds_ = bounds
        self._set_quality()
        return self

    def missing_tags(self, n=None):
        """Return the blanks that look most like missing tags.

        Parameters
        ----------
        n : int, default=None
            How many. None returns all with a quality below one half.

        Returns
        -------
        SuspiciousTags
            Arrays ``row``, ``label`` (name), ``label_code`` (column) and
            ``label_quality``, the most suspicious first. ``to_frame()`` makes a table.
        """
        return self._suspicious(n, tagged=False)

    def spurious_tags(self, n=None):
        """Return the tags that look least like right ones.

        Parameters
        ----------
        n : int, default=None
            How many. None returns all tags whose quality is below one half.

        Returns
        -------
        SuspiciousTags
            Arrays ``row``, ``label`` (name), ``label_code`` (column) and
            ``label_quality``, the most suspicious first. ``to_frame()`` makes a table.
        """
        return self._suspicious(n, tagged=True)

    def _suspicious(self, n, tagged):
        """Return the entries of the lowest quality among the tags or the blanks."""
        check_is_fitted(self)
        if n is not None and (not isinstance(n, Integral) or n < 0):
            raise ValueError(
                f"n expected a number of entries that is not negative, but got {n!r}. "
                "Pass an integer, or None for all with a quality below one half."
            )
        # Entries that are not asked for come last, and are cut off.
        asked = self.tags_.toarray() == tagged
        quality = np.where(asked, self.label_quality_, np.inf).ravel()
        n_asked = np.count_nonzero(quality < 0.5) if n is None else asked.sum()
        n = n_asked if n is None else min(n, n_asked)
        # Stable among equals, so that the order does not depend on how many are asked.
        low = np.flatnonzero(quality <= np.partition(quality, n - 1)[n - 1])
        best = low[np.argsort(quality[low], kind="stable")][:n]
        row, code = np.unravel_index(best, asked.shape)
        return SuspiciousTags(row, self.label_names_[code], code, quality[best])

    def to_frame(self):
        """Return a table with a row per tag.

        Returns
        -------
        DataFrame
            ``n_tagged``; ``missing_rate`` with ``missing_rate_low`` and
            ``missing_rate_high``; ``false_omission_rate`` and ``precision``;
            ``missing`` and ``spurious``, the expected numbers of wrong entries.
        """
        check_is_fitted(self)
        n_tagged = self.tags_.sum(axis=0)
        low, high = self.missing_rate_bounds_.T
        # Expected numbers: a rate times the entries that it is a share of.
        columns = {
            "n_tagged": n_tagged,
            "missing_rate": self.missing_rate_,
            "missing_rate_low": low,
            "missing_rate_high": high,
            "false_omission_rate": self.false_omission_rate_,
            "precision": self.precision_,
            "missing": self.false_omission_rate_ * (len(self.proba_) - n_tagged),
            "spurious": (1 - self.precision_) * n_tagged,
        }
        pandas = import_pandas()
        return pandas.DataFrame(columns, pandas.Index(self.label_names_, name="label"))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


@dataclass(frozen=True)
class SuspiciousTags(Result):
    """Entries of a table of tags, the most suspicious first."""

    row: np.ndarray
    label: np.ndarray
    label_code: np.ndarray
    label_quality: np.ndarray


def _audit_tags(X, labels, evidence, enough, rates, block):
    """Return what was found out about each tag of a block, in any process."""
    found = []
    for k, columns in zip(
        block, evidence.of_block(X, labels, block, enough), strict=True
    ):
        one = tag_posterior(columns, labels, k, rates)
        # Half the memory: these columns make up ``proba_``.
        proba = one.label_proba.astype(np.float32)
        found.append(replace(one, label_proba=proba, posterior=None))
    return found
