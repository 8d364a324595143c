"""A network whose last hidden layer is a space to cluster in."""

from numbers import Real

import numpy as np
import torch
from sklearn.base import TransformerMixin

from sknoisy._compat import Interval
from sknoisy.deep._base import BaseDeepClassifier
from sknoisy.deep._modules import last_linear


class EmbeddingNetClassifier(TransformerMixin, BaseDeepClassifier):
    r"""Train a network that places rows of one class close together.

    It is a plain classifier that also returns its last hidden layer, where a
    contrastive term pulls rows of the same class together. As the estimator of a
    :class:`~sknoisy.semi_supervised.PseudoLabelRefinementClassifier` with
    ``embedding="transform"`` it shapes the space in which rows are clustered.

    Parameters
    ----------
    module : torch Module, class or instance, default=None
        Returns logits of shape (n_samples, n_classes), by a ``torch.nn.Linear`` at its
        end, or a pair of logits and embedding. None means a small network that suits X.

    contrast : float, default=0.5
        Weight of the contrastive term beside the cross-entropy, not negative.

    temperature : float, default=0.1
        The lower, the more the contrastive term looks at the nearest rows alone.

    **kwargs : dict
        ``random_state``, ``image_shape`` and all parameters of skorch's
        `NeuralNetClassifier <https://skorch.readthedocs.io/en/stable/classifier.html>`_.

    Attributes
    ----------
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    See Also
    --------
    sknoisy.semi_supervised.PseudoLabelRefinementClassifier : Takes turns with clusters.

    Notes
    -----
    With embeddings :math:`z` of length 1 and the other rows :math:`P_i` of the batch
    that have the label of row :math:`i`, the contrastive term of the row is the mean
    over :math:`p \in P_i` of :math:`-\log(\exp(z_i^\top z_p / \tau) / \sum_{a \ne i}
    \exp(z_i^\top z_a / \tau))`, the supervised contrastive loss of [1]_, and 0 for a
    row without company. The layer is the very one that ``transform`` returns.

    References
    ----------
    .. [1] P. Khosla, P. Teterwak, C. Wang, A. Sarna, Y. Tian, P. Isola, A. Maschinot,
       C. Liu, D. Krishnan, "Supervised Contrastive Learning", NeurIPS 2020.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sknoisy.deep import EmbeddingNetClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> net = EmbeddingNetClassifier(max_epochs=5, random_state=0).fit(X[:500], y[:500])
    >>> net.transform(X[500:]).shape
    (1297, 128)
    """

    _parameter_constraints: dict = {
        **BaseDeepClassifier._parameter_constraints,
        "contrast": [Interval(Real, 0, None, closed="left")],
        "temperature": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, module=None, *, contrast=0.5, temperature=0.1, **kwargs):
        super().__init__(module, **kwargs)
        self.contrast = contrast
        self.temperature = temperature

    def _through(self, network, x, **params):
        """Return logits and embedding of a batch."""
        inputs_of_head, head = [], last_linear(network)
        # Hooked for this batch alone: a hook that stays would be pickled too.
        hook = head and head.register_forward_pre_hook(
            lambda _, inputs: inputs_of_head.append(inputs[0])
        )
        try:
            output = super()._through(network, x, **params)
        finally:
            if hook:
                hook.remove()
        if isinstance(output, tuple):
            return output[:2]
        if not inputs_of_head:
            raise ValueError(
                f"{self._owner} expected a module that ends with a torch.nn.Linear, "
                f"but {type(network).__name__} has none. Let it return logits and "
                "embedding."
            )
        return output, inputs_of_head[-1]

    def _losses(self, y_pred, codes, rows, training):
        losses = super()._losses(y_pred, codes, rows, training)
        if not (self.contrast and training):
            return losses
        far = contrastive_losses(y_pred[1], codes, self.temperature)
        return losses + self.contrast * far

    def transform(self, X):
        """Return the rows as points.

        Parameters
        ----------
        X : object
            Rows, as for ``predict``.

        Returns
        -------
        ndarray of shape (n_samples, n_dimensions)
            The last hidden layer, each row of length 1 or 0.
        """
        self.check_is_fitted()
        outputs = self._look_at(self.get_dataset(X))
        points = [unit_rows(embedding).cpu().numpy() for _, embedding in outputs]
        return np.concatenate(points)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # Points come in the precision of the network, whatever that of X.
        tags.transformer_tags.preserves_dtype = []
        return tags


def unit_rows(embedding):
    """Return an embedding as rows of length 1."""
    return torch.nn.functional.normalize(embedding.flatten(1), dim=1)


def contrastive_losses(embedding, codes, temperature):
    """Return for each row how far it is from those of its class in the batch.

    It is the supervised contrastive loss of Khosla et al. (2020), equation 2, and 0 for
    rows without another of their class.
    """
    Z = unit_rows(embedding)
    itself = torch.eye(len(Z), dtype=torch.bool, device=Z.device)
    close = (Z @ Z.T / temperature).masked_fill(itself, -torch.inf)
    log_share = close - torch.logsumexp(close, dim=1, keepdim=True)
    company = (codes[:, None] == codes) & ~itself
    # Where, and not times: minus infinity times 0 would not be 0.
    total = torch.where(company, log_share, torch.zeros_like(log_share)).sum(dim=1)
    return -total / company.sum(dim=1).clamp_min(1)
