"""A small network that scores single steps, in numpy, and the optimiser it needs."""

import numpy as np


class StepNetwork:
    """Linear model or perceptron with one hidden layer, trained by given gradients.

    Parameters
    ----------
    n_features : int
        Number of inputs of a step.

    n_outputs : int
        Number of classes, the background included.

    hidden_units : int
        Width of the hidden layer, 0 for a linear model.

    alpha : float
        Strength of the L2 penalty on weights.

    rng : RandomState
        Source of the first weights.

    dtype : dtype, default=float64
        Of weights and, best, of the steps handed in.
    """

    def __init__(
        self, n_features, n_outputs, *, hidden_units, alpha, rng, dtype=np.float64
    ):
        sizes = [n_features, *([hidden_units] if hidden_units else []), n_outputs]
        self.weights, self.biases = [], []
        # Rectified units keep the scale of their inputs; the last layer starts with
        # hardly any opinion, so that no class is ahead by chance.
        scales = [np.sqrt(2 / n_features)] * (len(sizes) - 2) + [0.01]
        for n_in, n_out, scale in zip(sizes, sizes[1:], scales, strict=False):
            weight = rng.normal(scale=scale, size=(n_in, n_out))
            self.weights.append(weight.astype(dtype))
            self.biases.append(np.zeros(n_out, dtype))
        self.alpha = alpha
        self.restart()

    def restart(self):
        """Forget the moments of the optimiser."""
        parameters = [*self.weights, *self.biases]
        self._first = [np.zeros_like(p) for p in parameters]
        self._second = [np.zeros_like(p) for p in parameters]
        self._n_updates = 0

    def logits(self, values):
        """Return the logits of steps, of shape (n_steps, n_outputs)."""
        return self._forward(values)[-1]

    def _forward(self, values):
        layers = [values]
        for number, (weight, bias) in enumerate(
            zip(self.weights, self.biases, strict=True)
        ):
            out = layers[-1] @ weight
            out += bias
            hidden = number < len(self.weights) - 1
            layers.append(np.maximum(out, 0, out=out) if hidden else out)
        return layers

    def update(self, values, gradient_of, rate):
        """Take one step down the slope of a loss.

        Parameters
        ----------
        values : ndarray of shape (n_steps, n_features)
            A batch of steps.

        gradient_of : callable
            Given the logits, returns the gradient of the loss in them.

        rate : float
            Learning rate.
        """
        layers = self._forward(values)
        logits = layers.pop()
        gradient = gradient_of(logits).astype(logits.dtype, copy=False)
        gradients_w, gradients_b = [], []
        for weight in reversed(self.weights):
            below = layers.pop()
            gradients_w.insert(0, below.T @ gradient + self.alpha * weight)
            gradients_b.insert(0, gradient.sum(axis=0))
            if layers:
                gradient = gradient @ weight.T
                gradient *= below > 0
        self._adam([*gradients_w, *gradients_b], rate)

    def _adam(self, gradients, rate):
        """Change the parameters in place, with the usual decays of the moments."""
        self._n_updates += 1
        rate *= np.sqrt(1 - 0.999**self._n_updates) / (1 - 0.9**self._n_updates)
        parameters = [*self.weights, *self.biases]
        for p, g, m, v in zip(
            parameters, gradients, self._first, self._second, strict=True
        ):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            p -= rate * m / (np.sqrt(v) + 1e-8)


def softmax(logits):
    """Return probabilities whose rows sum to 1."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)
