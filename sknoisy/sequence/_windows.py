"""Looking at the surroundings of a step without leaving its bag."""

import numpy as np


def stack_context(values, offsets, context):
    """Return each step together with the steps around it."""
    if not context:
        return values
    first, last = bounds_of_steps(offsets)
    step = np.arange(len(values))
    shifts = range(-context, context + 1)
    return np.hstack([values[np.clip(step + shift, first, last)] for shift in shifts])


def bounds_of_steps(offsets):
    """Return the first and the last step of the bag of each step."""
    lengths = np.diff(offsets)
    return np.repeat(offsets[:-1], lengths), np.repeat(offsets[1:] - 1, lengths)


class MovingMean:
    """The mean over a window of steps around each one, cut off where a bag ends."""

    def __init__(self, offsets, width):
        step = np.arange(offsets[-1])
        first, last = bounds_of_steps(offsets)
        self.width = width
        self.low = np.maximum(step - width // 2, first)
        self.high = np.minimum(step + width // 2, last) + 1
        self.count = (self.high - self.low)[:, None]

    def __call__(self, values):
        """Return the means of an array of shape (n_steps, n_columns)."""
        return values if self.width == 1 else self._sums(values) / self.count

    def adjoint(self, gradient):
        """Return the gradient in the values of a gradient in their means."""
        # Step s is in the window of t where t is in that of s, so one set of bounds
        # serves both ways.
        return gradient if self.width == 1 else self._sums(gradient / self.count)

    def _sums(self, values):
        total = np.zeros((len(values) + 1, values.shape[1]))
        np.cumsum(values, axis=0, out=total[1:])
        return total[self.high] - total[self.low]
