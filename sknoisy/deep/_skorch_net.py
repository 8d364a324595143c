"""What every net of ours adds to a net of skorch: parameters, hooks, random numbers."""

from contextlib import contextmanager, suppress
from numbers import Integral, Real

import torch

from sknoisy._compat import Interval, Options, validate_parameter_constraints
from sknoisy.deep._generator import get_state, own_generators

# Where our nets start from other values than skorch's.
DEFAULTS = {
    "criterion": torch.nn.CrossEntropyLoss,
    "optimizer": torch.optim.Adam,
    "lr": 1e-3,
    "max_epochs": 30,
    "batch_size": 64,
    # All rows are needed, and those set aside would have labels as noisy as the rest.
    "train_split": None,
    "verbose": 0,
    # Scoring callbacks then see the user's labels, which batches do not hold.
    "use_caching": False,
}


class Training:
    """What a net has at hand while it is trained, and what its method keeps beside.

    ``dataset`` holds all rows, X and y as given; ``labels`` is the record of them. A
    subclass adds what it needs from one batch to the next as further attributes.
    """

    def __init__(self, dataset, labels):
        self.dataset, self.labels = dataset, labels
        self.logits_checked = False
        self._trusted = torch.zeros(len(dataset), dtype=torch.bool)
        if labels.trusted is not None:
            self._trusted = torch.as_tensor(labels.trusted)

    @property
    def X(self):
        """The rows as the user gave them."""
        return self.dataset.X

    def trusted(self, rows, device):
        """Return the mask of the rows of a batch whose label is trusted."""
        index = rows.index.cpu()
        # Rows that are not of X have the number -1, which is that of the last row here.
        return (self._trusted[index] & (index >= 0)).to(device)


class SkorchNet:
    """Mixin before a net of skorch, for the nets of this package.

    Hooks: ``_before_epoch`` and ``_after_epoch`` get the data set that is trained on,
    ``_after_step`` follows each step of the optimizer, ``_set_modules`` makes modules.
    """

    _parameter_constraints: dict = {
        "lr": [Interval(Real, 0, None, closed="neither")],
        "max_epochs": [Interval(Integral, 0, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), Options(int, {-1})],
        "random_state": ["random_state"],
    }

    # The name of the loss of a net that has its own and takes no ``criterion``.
    _own_loss = None
    # Parameters that have an effect only beside a certain value of another one.
    _only_with: dict = {}
    # Trailing underscores keep skorch from taking these for parameters. The first lasts
    # as long as a training, the second is where the random numbers of it have ended.
    _training_ = None
    _generator_state_ = None

    def __init__(self, module=None, *, random_state=None, **kwargs):
        super().__init__(module, **(DEFAULTS | kwargs))
        self.random_state = random_state

    @property
    def _owner(self):
        return type(self).__name__

    def notify(self, method_name, **cb_kwargs):
        """Tell the net and its callbacks of an event, hooks of ours around it."""
        if method_name == "on_epoch_end":
            # Before callbacks read the history, or write a checkpoint.
            self._after_epoch(cb_kwargs["dataset_train"])
        elif method_name == "on_batch_end" and cb_kwargs["training"]:
            self._after_step()
        super().notify(method_name, **cb_kwargs)
        if method_name == "on_epoch_begin":
            self._before_epoch(cb_kwargs["dataset_train"])

    def _before_epoch(self, dataset_train):
        """Prepare an epoch; its page of the history is the last one."""

    def _after_epoch(self, dataset_train):
        """Draw the conclusions from an epoch."""

    def _after_step(self):
        """Follow a step of the optimizer."""

    @contextmanager
    def _in_training(self, training, *, seed=None):
        """Have a record of the training, and random numbers that are the net's own.

        Without a seed they go on from where the last training has ended.
        """
        device = torch.device(self.device or "cpu")
        state = self._generator_state_ if seed is None else None
        with own_generators(device, seed=seed, state=state):
            self._training_ = training
            try:
                yield
            finally:
                self._generator_state_ = get_state(device)
                self._training_ = None

    def _run(self, dataset, epochs):
        """Go through the epochs; a callback may end them."""
        self.notify("on_train_begin", X=dataset.X, y=dataset.y)
        # This is how skorch's EarlyStopping ends a training.
        with suppress(KeyboardInterrupt):
            self.fit_loop(dataset, epochs=epochs)
        self.notify("on_train_end", X=dataset.X, y=dataset.y)

    def initialize_module(self):
        """Make the networks."""
        self._set_modules()
        return self

    def _set_modules(self):
        self.module_ = self._make_module("module")

    def _network(self):
        """Return the module that is in use: in training, or in evaluation."""
        return self.module_

    def check_data(self, X, y=None):
        """Do nothing: ``fit`` has checked the data already."""

    # Parameters, tags and pickles

    def get_params(self, deep=True):
        """Return the parameters, those for module, optimizer and loaders included."""
        params = super().get_params(deep=deep)
        params.pop("_params_to_validate", None)
        return params

    def get_metadata_routing(self):
        """Return what ``fit`` requests; nothing is routed further."""
        return self._get_metadata_request()

    def _validate_params(self):
        # skorch knows the names of module parameters once modules are made.
        if self._modules:
            super()._validate_params()
        names = self._parameter_constraints
        values = {name: getattr(self, name) for name in names}
        validate_parameter_constraints(names, values, caller_name=self._owner)
        self._refuse_without_effect()

    def _refuse_without_effect(self):
        """Refuse parameters of skorch that a net of ours would not look at."""
        usual = self.criterion is torch.nn.CrossEntropyLoss
        if self._own_loss and not (usual and not self.get_params_for("criterion")):
            raise ValueError(
                f"{self._owner} expected no criterion, since its loss is "
                f"{self._own_loss}, but got criterion={self.criterion!r} and "
                f"{self.get_params_for('criterion')}. Leave criterion out."
            )
        for name, (other, value) in self._only_with.items():
            if getattr(self, other) != value:
                self._refuse_unused(name, f"{other}={value!r}")
        if self.predict_nonlinearity != "auto":
            raise ValueError(
                f"{self._owner} expected predict_nonlinearity='auto', since the loss "
                "says what logits mean, but got "
                f"{self.predict_nonlinearity!r}. Leave it out."
            )

    def _refuse_unused(self, name, needs):
        """Refuse a parameter that was given where it has no effect."""
        value = getattr(self, name)
        if value is not None:
            raise ValueError(
                f"{self._owner} expected {name} only with {needs}, since it has no "
                f"effect otherwise, but got {name}={value!r}. Leave it out, or set "
                f"{needs}."
            )

    def __repr__(self):
        usual, own = type(self)().get_params(deep=False), self.get_params(deep=False)
        changed = {k: v for k, v in own.items() if repr(v) != repr(usual.get(k, ...))}
        return f"{self._owner}({', '.join(f'{k}={v!r}' for k, v in changed.items())})"

    def __getstate__(self):
        state = super().__getstate__()
        if state.pop("_training_", None) is not None:
            # A pickle made by a callback goes on where this training stands.
            state["_generator_state_"] = get_state(torch.device(self.device or "cpu"))
        return state
