"""The default classifier beside a plain fit of its base."""

from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from sknoisy import NoisyLabelClassifier

BASES = {
    "linear": LogisticRegression(),
    "boosting": HistGradientBoostingClassifier(max_iter=20, random_state=0),
}


class Fit:
    """Five classes in 50 columns."""

    params = [["linear", "boosting"], [1000, 4000]]
    param_names = ["base", "n_samples"]
    timeout = 300

    def setup(self, base, n_samples):
        """Draw rows of which two labels in ten are drawn anew."""
        self.X, self.y = make_classification(
            n_samples, 50, n_informative=12, n_classes=5, flip_y=0.2, random_state=0
        )
        self.noisy = NoisyLabelClassifier(BASES[base], random_state=0)

    def time_plain_fit(self, base, n_samples):
        """Fit the base: the unit of the other."""
        BASES[base].fit(self.X, self.y)

    def time_fit(self, base, n_samples):
        """Fit with the default."""
        self.noisy.fit(self.X, self.y)

    def peakmem_fit(self, base, n_samples):
        """Fit with the default."""
        self.noisy.fit(self.X, self.y)
