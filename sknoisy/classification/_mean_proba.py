"""Several classifiers that answer as one."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class MeanProba(ClassifierMixin, BaseEstimator):
    """The mean of the probabilities of classifiers that know the same classes.

    Unlike :class:`~sklearn.ensemble.VotingClassifier` it takes classifiers that are
    fitted already, each on rows of its own, and is no transformer.

    Parameters
    ----------
    estimators : list of classifiers
        The classifiers, with ``predict_proba``.
    """

    def __init__(self, estimators):
        self.estimators = estimators

    def __getattr__(self, name):
        # What describes the rows and classes is the same for all members.
        if name in {"classes_", "n_features_in_", "feature_names_in_"}:
            return getattr(self.estimators[0], name)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __sklearn_is_fitted__(self):
        return hasattr(self, "classes_")

    def predict_proba(self, X):
        """Return the mean of the probabilities.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        return np.mean([model.predict_proba(X) for model in self.estimators], axis=0)

    def predict(self, X):
        """Return the most probable class of each row.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            Samples.

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels among ``classes_``.
        """
        return self.classes_[self.predict_proba(X).argmax(axis=1)]
