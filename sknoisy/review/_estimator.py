"""What a fitted estimator says about the labels: the one place that asks the core."""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sknoisy._compat import _check_method_params, _num_samples, _safe_indexing
from sknoisy._embedding import embed
from sknoisy._fit_labels import fit_labels, predicted_labels
from sknoisy._folds import make_folds
from sknoisy._labels import NoisyLabels, read_labels
from sknoisy._proba import align_columns
from sknoisy.exceptions import NoEvidenceWarning, UnsuitableEstimatorError


@dataclass(frozen=True)
class LabelScores:
    """What a fitted estimator says about the labels.

    Attributes
    ----------
    quality : ndarray of shape (n_samples,)
        Label quality, P(the label is right) where it is a probability.
    posterior : ndarray of shape (n_samples, n_classes) or None
        Probability of each true class, where the estimator yields it.
    points : ndarray of shape (n_samples, n_dimensions) or None
        Rows as points, where a strategy asks for them.
    """

    quality: np.ndarray
    posterior: np.ndarray | None = None
    points: np.ndarray | None = None

    def error_rate(self, codes):
        """Return the probability that each label is wrong, of shape (n_samples,)."""
        if self.posterior is None:
            return 1 - self.quality
        return 1 - self.posterior[np.arange(len(codes)), codes]


def read_scores(estimator, classes=None):
    """Return the scores of a fitted estimator, or say that it has none.

    The columns of the posterior are in the order of ``classes`` where they are given.
    """
    inner = inner_estimator(estimator)
    check_is_fitted(inner)
    quality = getattr(inner, "label_quality_", None)
    if np.ndim(quality) != 1:
        raise UnsuitableEstimatorError(
            "suggest_review expected a fitted estimator with label_quality_ of shape "
            f"(n_samples,), but {type(inner).__name__} has "
            f"{'none' if quality is None else f'shape {np.shape(quality)}'}. Pass one "
            "of sknoisy's classifiers, such as NoisyLabelClassifier, or label quality "
            "scores."
        )
    quality = np.asarray(quality, dtype=float)
    if np.isnan(quality).any():
        raise ValueError(
            "suggest_review expected a label in every row, but label_quality_ of "
            f"{type(inner).__name__} is missing in {np.isnan(quality).sum()} of "
            f"{len(quality)} rows. Fit it to the labelled rows alone."
        )
    posterior = getattr(inner, "clean_proba_", None)
    # Verdicts may have taken all rows of a class, so that the estimator lacks it.
    if posterior is not None and classes is not None:
        posterior = align_columns(posterior, inner.classes_, classes)
    return LabelScores(quality, None if posterior is None else np.asarray(posterior))


def inner_estimator(estimator):
    """Return the estimator that scores labels: the last step, the best of a search."""
    if isinstance(estimator, Pipeline):
        return inner_estimator(estimator[-1])
    # A search that has been fitted; an unfitted one fails the check of its caller.
    best = getattr(estimator, "best_estimator_", None)
    return estimator if best is None else inner_estimator(best)


def embedded(scores, X, estimator, rng):
    """Return the rows of X as points; None where they cannot be embedded."""
    n_samples = len(scores.quality)
    if X is None or _num_samples(X) != n_samples:
        found = "None" if X is None else f"{_num_samples(X)} rows"
        raise ValueError(
            f"strategy='covering' expected X with the {n_samples} rows that the "
            f"estimator was fitted on, but got {found}. Pass X=."
        )
    # Transformers that look at labels get the most probable class.
    codes = np.zeros(n_samples, dtype=int)
    if scores.posterior is not None:
        codes = scores.posterior.argmax(axis=1)
    labels = NoisyLabels(codes=codes, classes=np.arange(codes.max() + 1))
    inner = getattr(inner_estimator(estimator), "estimator", None)
    with warnings.catch_warnings():
        # Without points another strategy is taken, or an error says what is missing.
        warnings.simplefilter("ignore", NoEvidenceWarning)
        return embed(X, labels, estimator=inner, random_state=rng)


def held_out_predictions(estimator, X, y, params):
    """Return predictions of classifiers that have not seen the row, by 5 folds."""
    # Rows that no fold holds out keep their label, as of a class with a single row.
    y_pred = y.copy()
    labels = read_labels(X, y, owner="ReviewSession", groups=params.get("groups"))
    for train, test in make_folds(X, labels):
        part = _check_method_params(X, params, indices=train)
        model = fit_labels(estimator, _safe_indexing(X, train), y[train], part)
        held_out = _safe_indexing(X, test)
        y_pred[test] = predicted_labels(model, held_out, labels.classes)
    return y_pred
