"""Several labels a row."""

from sklearn.datasets import make_multilabel_classification
from sklearn.linear_model import LogisticRegression

from sknoisy.multilabel import MultilabelNoisyClassifier


class Fit:
    """Ten tags."""

    params = [500, 2000]
    param_names = ["n_samples"]

    def setup(self, n_samples):
        """Draw rows and their tags."""
        self.X, self.Y = make_multilabel_classification(
            n_samples, n_classes=10, random_state=0
        )
        self.model = MultilabelNoisyClassifier(LogisticRegression(), random_state=0)

    def time_fit(self, n_samples):
        """Fit the default."""
        self.model.fit(self.X, self.Y)

    def peakmem_fit(self, n_samples):
        """Fit the default."""
        self.model.fit(self.X, self.Y)
