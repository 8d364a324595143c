"""A skorch net for rows: data, modules, losses and predictions."""

import copy
from collections.abc import Mapping

import numpy as np
import torch
from skorch import NeuralNetClassifier
from skorch.callbacks import EpochTimer, PassthroughScoring, PrintLog
from skorch.utils import to_tensor

from sknoisy._labels import encode_labels
from sknoisy.deep._modules import (
    check_logits,
    first_of,
    make_image_module,
    make_table_module,
)
from sknoisy.deep._rows import Collate, RowDataset, as_rows, is_numbered, labels_of
from sknoisy.deep._skorch_net import SkorchNet

# A batch whose rows have no weight divides by this instead of 0; its loss is 0 anyway.
TINY = 1e-12


class RowNet(SkorchNet, NeuralNetClassifier):
    """A skorch net whose batches know the number and the weight of their rows.

    Think twice before adding to this class: every line of it stands between skorch and
    every net of ours. A net with a loss of its own overrides ``_losses``.
    """

    @property
    def _default_callbacks(self):
        # Accuracy is taken batch by batch, where codes are held against codes:
        # EpochScoring would hold the labels that predict returns against them.
        return [
            ("epoch_timer", EpochTimer()),
            ("train_loss", PassthroughScoring(name="train_loss", on_train=True)),
            ("valid_loss", PassthroughScoring(name="valid_loss")),
            ("valid_acc", PassthroughScoring(name="valid_acc", lower_is_better=False)),
            ("print_log", PrintLog()),
        ]

    # Data

    def get_dataset(self, X, y=None):
        """Return rows to predict as a data set whose batches hold ``Rows``."""
        if isinstance(X, torch.utils.data.Dataset):
            return X if is_numbered(X) else RowDataset(X, numbered=False)
        return RowDataset(self._source(X, reset=False), numbered=False)

    def get_split_datasets(self, X, y=None, **params):
        """Split off validation data where ``train_split`` says so."""
        if not self.train_split:
            return X, None
        labels = self._training_.labels
        groups = {} if labels.groups is None else {"groups": labels.groups}
        dataset_train, dataset_valid = self.train_split(X, labels.codes, **groups)
        if dataset_valid is not None and not is_numbered(dataset_valid):
            y_valid = labels_of(dataset_valid)
            _, codes = encode_labels(y_valid, owner=self._owner, classes=self.classes_)
            dataset_valid = RowDataset(dataset_valid, codes, y=y_valid, numbered=False)
        return dataset_train, dataset_valid

    def _collate(self, given):
        return Collate(given)

    # Modules

    def _make_module(self, name, **params):
        """Return the module that a parameter stands for."""
        module, params = getattr(self, name), self.get_params_for(name) | params
        if module is not None:
            # Training must not change the module that the user holds.
            module = copy.deepcopy(module)
            return self.initialized_instance(module, params)
        if params:
            raise ValueError(
                f"{self._owner} got {name}__{next(iter(params))}, but {name} is None, "
                f"and the default network takes no parameters. Pass {name}=."
            )
        if getattr(self, "_input_scale_", None) is None:
            raise ValueError(
                f"{self._owner} makes its default network when it sees X as a table, "
                "an array or a tensor of images. Call fit with such an X, or pass "
                f"{name}=."
            )
        return self._make_default_module()

    def _make_default_module(self):
        """Return a network that suits the rows seen by ``fit``."""
        n_classes, scale = len(self.classes_), self._input_scale_
        if len(self._input_shape_) == 1:
            return make_table_module(*self._input_shape_, n_classes, *scale)
        return make_image_module(self._input_shape_, n_classes, *scale)

    def initialize_criterion(self):
        """Make the loss so that it returns one number per row."""
        criterion, params = self.criterion, self.get_params_for("criterion")
        if isinstance(criterion, torch.nn.Module) and not params:
            self.criterion_ = copy.deepcopy(criterion)
        else:
            self.criterion_ = self.initialized_instance(criterion, params)
        if isinstance(self.criterion_, torch.nn.NLLLoss):
            raise ValueError(
                f"{self._owner} expected a loss of logits, but got NLLLoss. Use "
                "criterion=torch.nn.CrossEntropyLoss and a module without softmax."
            )
        if hasattr(self.criterion_, "reduction"):
            self.criterion_.reduction = "none"
        return self

    def infer(self, x, **params):
        """Return what the network says about a batch."""
        return self._through(self._network(), x, **params)

    def _through(self, network, x, **params):
        """Return what a network says about a batch."""
        x = self._inputs(as_rows(x).inputs, network)
        if isinstance(x, Mapping):
            return network(**self._merge_x_and_fit_params(x, params))
        return network(x, **params)

    def _inputs(self, x, network):
        """Return inputs on the device, in the precision and shape of the module."""
        x = to_tensor(x, device=self.device)
        if isinstance(x, Mapping):
            return {k: self._in_precision(part, network) for k, part in x.items()}
        if isinstance(x, list | tuple):
            return [self._in_precision(part, network) for part in x]
        x = self._in_precision(x, network)
        return x if self.image_shape is None else x.reshape(-1, *self.image_shape)

    def _in_precision(self, x, network):
        # The default network takes any precision, and uses what it gets.
        if self._is_default() or not torch.is_tensor(x) or not x.is_floating_point():
            return x
        dtypes = (p.dtype for p in network.parameters() if p.is_floating_point())
        return x.to(next(dtypes, torch.get_default_dtype()))

    def _is_default(self):
        """Whether the network is of our making."""
        return self.module is None

    # Losses

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Return the loss of a batch: the mean over its rows, by their weight."""
        rows = as_rows(y_true if X is None else X)
        codes = to_tensor(y_true, device=self.device)
        losses = self._losses(y_pred, codes, rows, training)
        weight = rows.weight.to(losses)
        return (losses * weight).sum() / weight.sum().clamp_min(TINY)

    def _losses(self, y_pred, codes, rows, training):
        """Return the loss of each row of a batch."""
        return self._criterion_losses(self._checked_logits(y_pred, training), codes)

    def _criterion_losses(self, logits, codes):
        losses = self.criterion_(logits, codes)
        if losses.shape != codes.shape[:1]:
            raise ValueError(
                f"{self._owner} expected one loss per row from criterion, but "
                f"{type(self.criterion_).__name__} returned shape "
                f"{tuple(losses.shape)}. Let it return one per row where its attribute "
                'reduction is "none", as the losses of torch do.'
            )
        return losses

    def _checked_logits(self, output, training=True):
        """Return the logits; what is none is refused in the first batch of training."""
        logits = first_of(output)
        if training:
            self._check_once(logits)
        return logits

    def _check_once(self, *logits):
        if not self._training_.logits_checked:
            for one in logits:
                check_logits(one, len(self.classes_), self._owner)
            self._training_.logits_checked = True

    def validation_step(self, batch, **params):
        """Return loss and output for a batch to validate on, and note the accuracy."""
        step = super().validation_step(batch, **params)
        proba = self._probabilities(step["y_pred"])
        right = self._right(proba, batch[1].to(proba.device)).double().mean()
        self.history.record_batch("valid_acc", float(right))
        return step

    def _right(self, proba, codes):
        """Return where predictions are those of the labels."""
        return proba.argmax(dim=1) == codes

    # Predictions

    def _probabilities(self, output):
        """Return class probabilities from what the module has returned."""
        return torch.softmax(first_of(output).double(), dim=1)

    def _look_at(self, dataset, *, precise=True):
        """Yield the output of the network for each batch, in order.

        In single precision the last digits of a row depend on its company in the batch.
        Our own networks therefore answer in double precision unless it has to be quick.
        """
        self._set_training(False)
        network = self._network()
        # Apple's devices have no double precision.
        able = torch.device(self.device or "cpu").type != "mps"
        if precise and able and self._is_default():
            network = copy.deepcopy(network).double()
        for rows, _ in self.get_iterator(dataset, training=False):
            with torch.no_grad():
                output = self._through(network, rows)
            self._check_finite(output)
            yield output

    def _check_finite(self, output):
        outputs = output if isinstance(output, tuple) else (output,)
        if not all(bool(torch.isfinite(one).all()) for one in outputs):
            raise ValueError(
                f"{self._owner} expected finite logits, but the module returned NaN or "
                "infinity: the training has diverged, or the inputs are too large. "
                "Scale X, or lower lr."
            )

    def _class_probabilities(self, dataset):
        """Return class probabilities of the rows of a data set, in order."""
        parts = [self._probabilities(output) for output in self._look_at(dataset)]
        return np.concatenate([part.cpu().numpy() for part in parts])
