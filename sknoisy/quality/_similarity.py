"""Similarity of prediction and label, and the weights that a mixture makes of it."""

from dataclasses import dataclass

import numpy as np

from sknoisy._compat import HasMethods, StrOptions
from sknoisy._meta import prepared
from sknoisy._mixture import ScoreMixture
from sknoisy.quality._scores import normalized_margin, self_confidence

NEIGHBORS = "neighbors"
SIMILARITY_CONSTRAINT = [StrOptions({"cosine", "probability", "margin"}), callable]
MIXTURE_CONSTRAINT = [
    StrOptions({"beta", "gaussian"}),
    HasMethods(["fit", "predict_proba"]),
]


def cosine(proba, codes):
    """Return the cosine between the prediction and the one-hot label."""
    length = np.linalg.norm(proba, axis=1)
    return self_confidence(proba, codes) / np.maximum(length, np.finfo(float).tiny)


SIMILARITIES = {
    "cosine": cosine,
    "probability": self_confidence,
    "margin": normalized_margin,
    # Neighbours are asked elsewhere: what arrives here are the shares of their votes.
    NEIGHBORS: self_confidence,
}


def label_similarity(similarity, proba, labels):
    """Return the similarity of each prediction with the label.

    Parameters
    ----------
    similarity : str or callable
        Name in ``SIMILARITIES``, or a function of probabilities and label positions.

    proba : ndarray of shape (n_samples, n_classes)
        Probabilities.

    labels : NoisyLabels
        The labels.

    Returns
    -------
    ndarray of shape (n_samples,)
        Higher where prediction and label agree.

    Raises
    ------
    ValueError
        If the callable returns anything but one finite number per sample.
    """
    if not callable(similarity):
        return SIMILARITIES[similarity](proba, labels.codes)
    found = np.asarray(similarity(proba, labels.codes), dtype=float)
    if found.shape != (labels.n_samples,) or not np.isfinite(found).all():
        raise ValueError(
            f"similarity expected a function that returns {labels.n_samples} finite "
            f"numbers, one per sample, but it returned shape {found.shape} with "
            f"{np.count_nonzero(~np.isfinite(found))} numbers that are not finite. It "
            "is called with probabilities of shape (n_samples, n_classes) and the "
            "column of each label."
        )
    return found


@dataclass(frozen=True)
class MixtureFitter:
    """How similarities become weights.

    Attributes
    ----------
    mixture : str or estimator
        Name of the distribution, or a mixture to clone.
    noise_found : bool
        Whether there is noise for sure. Then a mixture that is given by name has two
        components, however well one might do.
    scope : str, default="global"
        "global" or "class".
    min_class_size : int, default=50
        Rows of a label, by weight, that a mixture of its own takes.
    """

    mixture: object
    noise_found: bool
    scope: str = "global"
    min_class_size: int = 50

    def weigh(self, scores, labels):
        """Return the probability that each label is right, and the mixtures.

        Parameters
        ----------
        scores : ndarray of shape (n_samples,)
            Similarities.

        labels : NoisyLabels
            The labels.

        Returns
        -------
        weights : ndarray of shape (n_samples,)
            Probability of the high component, 1 for trusted labels.

        mixtures : list
            The mixture of all rows and, with scope "class", one per class: that of all
            rows where the class is small.
        """
        column = scores[:, None]
        overall = self._fitted(column, labels.sample_weight)
        if self.scope == "global":
            mixtures, weights = [overall], _high(overall, column)
        else:
            mixtures = [
                self._of_class(c, column, labels) or overall
                for c in range(labels.n_classes)
            ]
            weights = np.ones(labels.n_samples)
            for code, mixture in enumerate(mixtures):
                rows = labels.codes == code
                if rows.any():
                    weights[rows] = _high(mixture, column[rows])
            mixtures = [overall, *mixtures]
        return labels.quality_of_trusted(weights), mixtures

    def _of_class(self, code, column, labels):
        rows = labels.codes == code
        if labels.sample_weight[rows].sum() < self.min_class_size:
            return None
        return self._fitted(column[rows], labels.sample_weight[rows])

    def _fitted(self, column, mass):
        mixture = self.mixture
        if isinstance(mixture, str):
            n_components = 2 if self.noise_found else "auto"
            mixture = ScoreMixture(mixture, n_components=n_components)
        mixture = prepared(mixture)
        return mixture.fit(column, sample_weight=mass)


def _high(mixture, column):
    return np.asarray(mixture.predict_proba(column))[:, 1]
