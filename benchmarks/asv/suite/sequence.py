"""Segments in long sequences."""

import numpy as np

from sknoisy.sequence import (
    gaussian_weighted_fusion,
    generate_proposals,
    linpro_pseudo_labels,
    temporal_nms,
)


class Segments:
    """One class in a sequence of smooth scores."""

    params = [1000, 10_000]
    param_names = ["n_steps"]

    def setup(self, n_steps):
        """Draw scores of which every hump is a proposal."""
        noise = np.random.default_rng(0).random(n_steps + 20)
        self.scores = np.convolve(noise, np.full(21, 1 / 21), mode="valid")
        self.thresholds = np.linspace(0.3, 0.7, 9)
        found = generate_proposals(self.scores, thresholds=self.thresholds)
        self.segments, self.quality = found[:, :2], found[:, 2]

    def time_generate_proposals(self, n_steps):
        """Propose segments."""
        generate_proposals(self.scores, thresholds=self.thresholds)

    def time_gaussian_weighted_fusion(self, n_steps):
        """Fuse them."""
        gaussian_weighted_fusion(self.segments, self.quality)

    def time_temporal_nms(self, n_steps):
        """Or keep the best of those that overlap."""
        temporal_nms(self.segments, self.quality)

    def time_linpro_pseudo_labels(self, n_steps):
        """Turn some of them into a label a step."""
        linpro_pseudo_labels(self.segments[:20], self.quality[:20], n_steps)
