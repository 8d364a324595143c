"""Sources of evidence, by a fit that uses one of them."""

from sklearn.datasets import make_classification
from sklearn.naive_bayes import GaussianNB

from sknoisy import NoisyLabelClassifier


class Sources:
    """A base of no cost, so that the time is that of the evidence."""

    params = [["model", "forest", "neighbors"], [1000, 5000]]
    param_names = ["evidence", "n_samples"]

    def setup(self, evidence, n_samples):
        """Draw rows of two classes of which one label in ten is turned."""
        self.X, self.y = make_classification(n_samples, flip_y=0.2, random_state=0)
        self.model = NoisyLabelClassifier(
            GaussianNB(), evidence=evidence, action="weight", random_state=0
        )

    def time_fit(self, evidence, n_samples):
        """Gather the evidence and fit."""
        self.model.fit(self.X, self.y)

    def peakmem_fit(self, evidence, n_samples):
        """Gather the evidence and fit."""
        self.model.fit(self.X, self.y)
