"""Which entries of a table of tags look wrong."""

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import indexable
from sklearn.utils.validation import check_is_fitted, validate_data

from sknoisy._compat import HasMethods, StrOptions, _fit_context
from sknoisy._evidence import EMBEDDING_CONSTRAINT, FOLDING_CONSTRAINTS, seed_unset
from sknoisy._indicator import read_indicator
from sknoisy._meta import LabelReader
from sknoisy.multilabel._audit_views import audit_frame, draw_audit
from sknoisy.multilabel._judgement import AskEvidence, judge_tag, most_suspicious
from sknoisy.multilabel._label_quality import estimate_label_quality
from sknoisy.multilabel._rates import RATE, TAGABILITY, rates_of_tags
from sknoisy.multilabel._tag_evidence import KINDS, gather_evidence, has_evidence
from sknoisy.multilabel._tag_labels import TagLabels, is_single_column, read_table
from sknoisy.multilabel._tag_models import fit_blocks


class MultilabelAudit(LabelReader, BaseEstimator):
    r"""Find missing and spurious tags, and say how far each tag can be trusted.

    For each entry of the table, models fitted on other folds, neighbours and the other
    tags of the row say how likely the tag is to be given. Blanks where it is likely
    are missing tags, tags where it is unlikely are spurious ones.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``, default=None
        The binary model that is asked about each tag. None means
        :class:`~sklearn.linear_model.LogisticRegression`.

    evidence : {"auto", "model", "neighbors", "tags"}, default="auto"
        Who is heard, see :class:`MultilabelNoisyClassifier`.

    tagability : "estimate", float or array-like, default="estimate"
        Probability in (0, 1] that a true tag is given, one or, of shape (n_labels,),
        one per tag.

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
        How believable each entry is, between 0 and 1.

    sample_quality_ : ndarray of shape (n_samples,)
        Mean quality of the worst tenth of the entries of each row, of one at least.

    tagability_ : ndarray of shape (n_labels,)
        Probability that a true tag is given. NaN for tags that too few rows have or
        lack; their entries have quality 1.

    tagability_bounds_ : ndarray of shape (n_labels, 2)
        Range in which the tagability can lie: what follows from the evidence if no tag
        is spurious or, after :meth:`use_reannotation`, the confidence interval.

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
    reannotation_sample : Draw entries for a second look.
    MultilabelNoisyClassifier : Train despite missing tags.

    Notes
    -----
    With :math:`e` in ``proba_`` and the tagability :math:`\rho`, the quality of a blank
    is :math:`1 / (1 + r)` with
    :math:`r = \frac{1 - \rho}{\rho} \frac{e}{1 - e}`, and that of a tag
    :math:`\min(e / \rho, 1)`, both corrected for spurious tags where their rate is
    known.

    Nothing in the tags can tell a tag that is given seldom from one that the features
    do not show: both have a low :math:`e`. The estimate without a second look is the
    upper quartile of :math:`e` over the tagged rows, and is too low where a tag never
    becomes certain; the bounds reach from the mean of :math:`e` to 1 for that reason.
    A hundred re-annotated rows per tag say more.

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
        "tagability": TAGABILITY,
        "spurious_rate": RATE,
        "label_names": ["array-like", None],
        "embedding": EMBEDDING_CONSTRAINT,
        **FOLDING_CONSTRAINTS,
    }

    def __init__(
        self,
        estimator=None,
        *,
        evidence="auto",
        tagability="estimate",
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
        self.tagability = tagability
        self.spurious_rate = spurious_rate
        self.label_names = label_names
        self.embedding = embedding
        self.cv = cv
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None, *, groups=None, trusted=None, **params):
        """Judge each tag of each row.

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
            Rows, or entries, that have been verified; their quality is 1.

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
            If a table of tags holds anything but zeros and ones, or the number of rows
            differs from that of X.
        """
        (X,) = indexable(X)
        labels = self._read_tags(X, y, sample_weight, groups, trusted, params)
        base = seed_unset(self._inner_estimator(), self.random_state)
        rates = rates_of_tags(self, labels)
        kinds = KINDS if self.evidence == "auto" else (self.evidence,)
        evidence = gather_evidence(self, base, X, labels, kinds)
        work = AskEvidence(X, labels, evidence, has_evidence(labels))
        found = fit_blocks(work, labels, self.n_jobs)
        proba, estimated, lowest = zip(*found, strict=True)
        self.proba_ = np.column_stack(proba)
        self.tags_, self.label_names_ = labels.tags.matrix, labels.tags.names
        self._labels = labels
        estimated = np.array(estimated)
        known = np.isnan(rates[0]) | np.isnan(estimated)
        self.tagability_ = np.where(known, estimated, rates[0])
        self.tagability_bounds_ = np.column_stack([lowest, 0 * estimated + 1])
        self.spurious_rate_ = np.array(rates[1])
        self._judge()
        # Only names and number of the columns are taken; X itself is not touched.
        validate_data(self, X, skip_check_array=True)
        return self

    def _read_tags(self, X, y, sample_weight, groups, trusted, params):
        """Return the record of the tags, or of the classes of a column as tags."""
        if not is_single_column(y):
            return read_table(
                self, X, y, sample_weight, groups, trusted, params, self.label_names
            )
        labels = self._read_labels(X, y, sample_weight, groups, trusted, params)
        tags = read_indicator(
            labels.one_hot(),
            owner=type(self).__name__,
            label_names=labels.classes
            if self.label_names is None
            else self.label_names,
        )
        return TagLabels(
            tags, labels.sample_weight, labels.groups, labels.trusted, labels.params
        )

    def _judge(self):
        """Set what follows from probabilities and rates."""
        labels = self._labels
        self.label_quality_ = np.ones_like(self.proba_)
        self.false_omission_rate_ = np.full(labels.tags.n_labels, np.nan)
        self.precision_ = self.false_omission_rate_.copy()
        for k in np.flatnonzero(~np.isnan(self.tagability_)):
            rates = self.tagability_[k], self.spurious_rate_[k]
            quality, omission, precision = judge_tag(
                self.proba_[:, k], labels, k, rates
            )
            self.label_quality_[:, k] = quality
            self.false_omission_rate_[k], self.precision_[k] = omission, precision
        worst = max(1, labels.tags.n_labels // 10)
        lowest = np.partition(self.label_quality_, worst - 1, axis=1)[:, :worst]
        self.sample_quality_ = lowest.mean(axis=1).astype(float)

    def use_reannotation(self, sample, answers, *, confidence_level=0.95):
        """Judge anew with what a second look at some entries has found.

        Parameters
        ----------
        sample : ReannotationSample
            What :func:`reannotation_sample` drew from the table given to ``fit``.

        answers : array-like of shape (n_entries,)
            What the second look found: 0, 1, or NaN where the judge could not say.

        confidence_level : float, default=0.95
            Probability that each interval should hold the true tagability.

        Returns
        -------
        self : object
            The audit. Where the sample tells nothing about a tag, its rates stay.

        Raises
        ------
        ValueError
            If sample and answers do not fit each other or the table.
        """
        check_is_fitted(self)
        found = estimate_label_quality(
            self.tags_,
            answers,
            sample=sample,
            confidence_level=confidence_level,
            label_names=self.label_names_,
        )
        wrong = (1 - found.precision) * found.occurrence
        spurious = wrong / np.maximum(1 - found.prevalence, 1e-12)
        # A tag that is given more often where it is false cannot be judged.
        usable = (found.tagability > spurious) & ~np.isnan(self.tagability_)
        self.tagability_ = np.where(usable, found.tagability, self.tagability_)
        self.spurious_rate_ = np.where(usable, spurious, self.spurious_rate_)
        bounds = found.tagability_interval, self.tagability_bounds_
        self.tagability_bounds_ = np.where(usable[:, None], *bounds)
        self._judge()
        return self

    def missing_tags(self, n=None):
        """Return the blanks that look most like missing tags.

        Parameters
        ----------
        n : int, default=None
            How many. None returns all blanks whose quality is below one half.

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
        check_is_fitted(self)
        if n is not None and (not isinstance(n, Integral) or n < 0):
            raise ValueError(
                f"n expected a number of entries that is not negative, but got {n!r}. "
                "Pass an integer, or None for all that are more likely wrong than not."
            )
        return most_suspicious(
            self.label_quality_, self.tags_, self.label_names_, n, tagged
        )

    def to_frame(self):
        """Return a table with a row per tag.

        Returns
        -------
        DataFrame
            ``n_tagged``; ``tagability`` with ``tagability_low`` and
            ``tagability_high``; ``false_omission_rate`` and ``precision``;
            ``missing`` and ``spurious``, the expected numbers of wrong entries.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        check_is_fitted(self)
        return audit_frame(self)

    def plot(self, ax=None):
        """Draw the tagability of each tag with its bounds.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        Axes
            The drawing.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        check_is_fitted(self)
        return draw_audit(self, ax)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
