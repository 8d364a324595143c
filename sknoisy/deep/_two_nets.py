"""Base of the classifiers that train two networks at once."""

import torch

from sknoisy._compat import StrOptions
from sknoisy.deep._base import BaseDeepClassifier
from sknoisy.deep._modules import Twin, redraw


class BaseTwoNetClassifier(BaseDeepClassifier):
    """Base of the classifiers whose two networks help each other.

    A subclass implements ``_losses_of_both(losses, y_pred, codes, rows)``: what each
    row of a batch that is trained on costs, from the losses of shape (2, n_rows) that
    it has under either network.
    """

    _parameter_constraints: dict = {
        **BaseDeepClassifier._parameter_constraints,
        "combine": [StrOptions({"mean", "first", "second"})],
    }

    def __init__(self, module=None, second_module=None, *, combine="mean", **kwargs):
        super().__init__(module, **kwargs)
        # skorch would take a module that is set as an attribute for one of its making.
        vars(self)["second_module"] = second_module
        self.combine = combine

    def _set_modules(self):
        # One after the other from the same random numbers, so that they differ.
        first = self._make_module("module")
        if self.second_module is not None:
            second = self._make_module("second_module")
        else:
            params = self.get_params_for("second_module")
            second = self._make_module("module", **params)
            if isinstance(self.module, torch.nn.Module) and not params:
                # A copy with the same weights would learn the same.
                redraw(second)
        self.module_ = Twin(first, second)
        self.second_module_ = second

    def _is_default(self):
        return self.module is None and self.second_module is None

    def _probabilities(self, output):
        """Return the probabilities of one network, or the mean of both."""
        first, second = (torch.softmax(logits.double(), dim=1) for logits in output)
        mean = (first + second) / 2
        return {"first": first, "second": second, "mean": mean}[self.combine]

    def _probabilities_of_both(self, dataset, *, precise=False):
        """Return what each network says about the rows of a data set, in order."""
        outputs = self._look_at(dataset, precise=precise)
        return [
            torch.cat([torch.softmax(batch.double(), dim=1).cpu() for batch in parts])
            for parts in zip(*outputs, strict=True)
        ]

    def _losses(self, y_pred, codes, rows, training):
        """Return what each row costs both networks together."""
        if training:
            self._check_once(*y_pred)
        losses = torch.stack([self._criterion_losses(one, codes) for one in y_pred])
        # Validation compares epochs, in which weights would change what is measured.
        if not training:
            return losses.mean(dim=0)
        return self._losses_of_both(losses, y_pred, codes, rows)

    def _losses_of_both(self, losses, y_pred, codes, rows):
        """Return the loss of each row that is trained on."""
        return losses.sum(dim=0)
