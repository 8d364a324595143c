"""Functions that read tables of probabilities."""

import numpy as np

from sknoisy import find_label_errors, label_quality
from sknoisy.transition import confident_joint


class Tables:
    """Few and many classes, in double precision."""

    params = [[(200_000, 10), (20_000, 1000)]]
    param_names = ["shape"]

    def setup(self, shape):
        """Draw probabilities and labels that mostly follow them."""
        n_rows, n_classes = shape
        rng = np.random.default_rng(0)
        self.y = np.arange(n_rows) % n_classes
        self.proba = rng.random(shape)
        self.proba[np.arange(n_rows), self.y] += rng.random(n_rows) * n_classes
        self.proba /= self.proba.sum(axis=1, keepdims=True)

    def time_one_pass(self, shape):
        """Read the table once: the unit of the others."""
        self.proba.sum()

    def time_label_quality(self, shape):
        """Score the labels."""
        label_quality(self.y, self.proba)

    def time_find_label_errors(self, shape):
        """Find the wrong ones."""
        find_label_errors(self.y, self.proba)

    def time_confident_joint(self, shape):
        """Count the pairs of classes."""
        confident_joint(self.y, self.proba)

    def peakmem_table_alone(self, shape):
        """Hold the table: what the other peaks are compared with."""

    def peakmem_label_quality(self, shape):
        """Score the labels."""
        label_quality(self.y, self.proba)

    def peakmem_find_label_errors(self, shape):
        """Find the wrong ones."""
        find_label_errors(self.y, self.proba)
