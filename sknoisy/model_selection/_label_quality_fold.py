"""Folds whose test parts hold labels of high quality only."""

import warnings
from collections.abc import Iterator

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import check_cv
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import check_consistent_length

from sknoisy._compat import _num_samples
from sknoisy._labels import NoisyLabels, as_array, encode_labels
from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.quality._noise_model import cached, held_out_quality

OWNER = "LabelQualityFold"


class LabelQualityFold:
    r"""Any splitter, with rows of low label quality left out of the test parts.

    The training parts are untouched: what is learnt from noisy labels stays the
    business of the classifier. Scores on what is left are closer to those on clean
    labels, and a search needs no scorer of its own.

    Parameters
    ----------
    cv : int, splitter, iterable of splits or None, default=None
        Where the parts come from. None means 5 stratified folds. A generator of splits
        is read at once.

    quality : "auto", array-like of shape (n_samples,), estimator, default="auto"
        Quality of each label, P(label is right) in [0, 1]. "auto" estimates it once for
        each (X, y). An estimator that has not been fitted, such as a label quality
        score of :mod:`sknoisy.quality` or a classifier of ours, is cloned and fitted
        to the rows; of a fitted one ``label_quality_`` is taken. For trusted labels
        pass 1 where the label has been verified and 0 elsewhere: then only these are
        tested on.

    min_quality : float, default=0.5
        Test rows of lower quality are left out, in [0, 1].

    random_state : int, default=None
        Seed of the forests of "auto"; None means 0.

    Attributes
    ----------
    label_quality_ : ndarray of shape (n_samples,)
        Quality of the labels of the last ``split``.

    See Also
    --------
    sknoisy.metrics.noise_corrected_scorer : Correct the score instead.

    Notes
    -----
    A class of a test part whose rows are all of low quality keeps its best one, so that
    scores by class stay defined. "auto" ranks labels by the out-of-bag votes of a
    forest, each class relative to what its own rows have, and as many as the error rate
    of :func:`~sknoisy.metrics.noise_corrected_scorer` says are of quality below
    0.5. Since what looks like the forest's answer stays, candidates that resemble
    forests are favoured; the guide says where that matters.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sknoisy.model_selection import LabelQualityFold
    >>> from sknoisy.noise import UniformNoise
    >>> X, y = load_digits(return_X_y=True)
    >>> y_noisy = UniformNoise(0.4, random_state=0).corrupt(y)
    >>> plain = cross_val_score(GaussianNB(), X, y_noisy, cv=5).mean()
    >>> cv = LabelQualityFold(5)
    >>> better = cross_val_score(GaussianNB(), X, y_noisy, cv=cv).mean()
    >>> clean = GaussianNB().fit(X[::2], y_noisy[::2]).score(X[1::2], y[1::2])
    >>> bool(abs(better - clean) < abs(plain - clean))
    True
    """

    def __init__(self, cv=None, *, quality="auto", min_quality=0.5, random_state=None):
        # A generator can be neither copied nor read twice, as searches do.
        self.cv = list(cv) if isinstance(cv, Iterator) else cv
        self.quality = quality
        self.min_quality = min_quality
        self.random_state = random_state

    def __repr__(self):
        return (
            f"LabelQualityFold({self.cv!r}, quality={self.quality!r}, "
            f"min_quality={self.min_quality!r}, random_state={self.random_state!r})"
        )

    def get_n_splits(self, X=None, y=None, groups=None):
        """Return the number of splits.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), default=None
            Rows, where the splitter needs them.

        y : array-like of shape (n_samples,), default=None
            Labels, where the splitter needs them.

        groups : array-like of shape (n_samples,), default=None
            Groups, where the splitter needs them.

        Returns
        -------
        int
            The number.
        """
        return self._splitter(y).get_n_splits(X, y, groups)

    def split(self, X, y=None, groups=None):
        """Yield the row numbers of training and test parts.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            Rows.

        y : array-like of shape (n_samples,)
            Noisy labels.

        groups : array-like of shape (n_samples,), default=None
            Groups, for splitters that take them.

        Yields
        ------
        train : ndarray of int
            Row numbers to train on, as the splitter gives them.

        test : ndarray of int
            Row numbers to test on.

        Raises
        ------
        ValueError
            If y is missing or has several labels per row, or if the qualities are not
            one number in [0, 1] for each row.
        """
        classes, codes = self._read(y)
        check_consistent_length(X, codes)
        self._check_min_quality()
        self.label_quality_ = quality = self._quality(X, classes[codes], codes, classes)
        self._warn_of_low_classes(codes, classes)
        # Where the splitter draws at random, it draws once for training and test part.
        splitter = self._splitter(classes[codes])
        for train, test in splitter.split(X, classes[codes], groups):
            rows = np.asarray(test)
            rows = np.flatnonzero(rows) if rows.dtype.kind == "b" else rows
            yield train, _kept(rows, codes[rows], quality[rows], self.min_quality)

    def get_metadata_routing(self):
        """Return what the splitter requests, such as groups.

        Returns
        -------
        MetadataRequest
            The requests of ``cv``.
        """
        return get_routing_for_object(self._splitter(None))

    def _splitter(self, y):
        return check_cv(5 if self.cv is None else self.cv, y, classifier=True)

    def _read(self, y):
        if y is None:
            raise ValueError(
                f"{OWNER}.split expected the noisy labels y, but got None. Call "
                "split(X, y), or pass the splitter as cv of what is fitted with labels."
            )
        shape = as_array(y).shape
        if len(shape) == 2 and shape[1] > 1:
            raise ValueError(
                f"{OWNER} expected one label per row, y of shape (n_samples,), but got "
                f"shape {shape}. For several labels per row see sknoisy.multilabel."
            )
        return encode_labels(y, owner=OWNER)

    def _check_min_quality(self):
        number = isinstance(self.min_quality, int | float | np.number)
        if not number or not 0 <= self.min_quality <= 1:
            raise ValueError(
                f"min_quality expected a number in [0, 1], but got "
                f"{self.min_quality!r}. Rows of lower label quality are not tested on; "
                "0 keeps all."
            )

    def _quality(self, X, y, codes, classes):
        """Return the quality of each label, found or given."""
        quality, n_samples = self.quality, _num_samples(X)
        if isinstance(quality, str):
            if quality != "auto":
                raise ValueError(
                    f'quality expected "auto", an array or an estimator, but got '
                    f"{quality!r}. Pass one of these."
                )
            seed = 0 if self.random_state is None else self.random_state
            labels = NoisyLabels(codes=codes, classes=classes)
            key = ("quality", X, codes, seed)
            return cached(key, lambda: held_out_quality(X, labels, seed))
        if hasattr(quality, "label_quality_"):
            quality = quality.label_quality_
        elif hasattr(quality, "fit"):
            key = ("quality", X, y, quality)
            return cached(key, lambda: _fitted_quality(quality, X, y))
        return _check_quality(quality, n_samples)

    def _warn_of_low_classes(self, codes, classes):
        best = np.full(len(classes), -np.inf)
        np.maximum.at(best, codes, self.label_quality_)
        if (low := best < self.min_quality).any():
            warnings.warn(
                f"All labels of the classes {classes[low].tolist()} are of lower "
                f"quality than min_quality={self.min_quality}: each test part keeps "
                "the best one of them, which says little. Lower min_quality, or have "
                "some labels of these classes verified.",
                NoEvidenceWarning,
            )


def _kept(rows, codes, quality, min_quality):
    """Return the rows to test on: those of high quality, and the best of each class."""
    kept = quality >= min_quality
    # Scores by class would be undefined without a row of a class.
    for k in np.setdiff1d(codes, codes[kept]):
        own = np.flatnonzero(codes == k)
        kept[own[quality[own].argmax()]] = True
    return rows[kept]


def _fitted_quality(estimator, X, y):
    fitted = clone(estimator).fit(X, y)
    if not hasattr(fitted, "label_quality_"):
        raise ValueError(
            "quality expected an estimator that finds label_quality_, but "
            f"{type(estimator).__name__} has none after fit. Pass a score of "
            "sknoisy.quality, NoisyLabelClassifier, or an array."
        )
    return _check_quality(fitted.label_quality_, _num_samples(X))


def _check_quality(quality, n_samples):
    try:
        quality = np.asarray(quality, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "quality expected an array of numbers, an estimator that finds "
            f'label_quality_, or "auto", but got {quality!r:.60}. Call a function '
            "before, and pass what it returns."
        ) from error
    if quality.shape != (n_samples,):
        raise ValueError(
            f"quality expected an array of shape ({n_samples},), one number per row of "
            f"X, but got shape {quality.shape}. Where the rows change, as within "
            'another cross-validation, pass an estimator that is not fitted, or "auto".'
        )
    if not ((quality >= 0) & (quality <= 1)).all():
        raise ValueError(
            "quality expected numbers in [0, 1], the probability that each label is "
            f"right, but they lie between {np.min(quality):.6g} and "
            f"{np.max(quality):.6g}. Rescale them, and fill in NaN."
        )
    return quality
