"""What every net of ours adds to a net of skorch: parameters, hooks, random numbers."""

from contextlib import suppress
from numbers import Integral, Real

import torch
from torch.utils.data import DataLoader

from sknoisy._compat import Interval, Options, validate_parameter_constraints
from sknoisy.deep._generator import draw_seed, get_state, own_generators

# How many times more rows than are trained on are looked at together.
LOOKING = 8

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

    ``dataset`` holds all rows, X and y as given; ``labels`` is the record of them, if
    there is one. Further attributes last from one batch to the next.
    """

    def __init__(self, dataset, labels=None, **more):
        self.dataset, self.labels = dataset, labels
        self.logits_checked = False
        vars(self).update(more)

    def trusted(self, rows, device):
        """Return the mask of the rows of a batch whose label is trusted."""
        if self.labels.trusted is None:
            return torch.zeros(len(rows.index), dtype=torch.bool, device=device)
        index = rows.index.cpu()
        # Rows that are not of X have the number -1, which is that of the last row here.
        trusted = torch.as_tensor(self.labels.trusted)[index] & (index >= 0)
        return trusted.to(device)


class SkorchNet:
    """Mixin before a net of skorch, for the nets of this package.

    Hooks: ``_set_modules`` makes modules; ``_prepare`` puts into the record of the
    training what the method needs from one batch to the next; skorch's
    ``on_epoch_begin``, ``on_epoch_end`` and ``on_batch_end`` of the net itself come
    before those of its callbacks; ``_finish`` sets the fitted attributes.
    """

    _parameter_constraints: dict = {
        "lr": [Interval(Real, 0, None, closed="neither")],
        "max_epochs": [Interval(Integral, 0, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), Options(int, {-1})],
        "random_state": ["random_state"],
    }

    # The name of the loss of a net that has its own and takes no ``criterion``.
    _own_loss = None
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

    def _prepare(self, training):
        """Get ready for a training, once there are modules."""

    def _finish(self, training):
        """Set the fitted attributes."""

    def _train_on(self, training, *, fresh, epochs=None):
        """Train, from the start or on, with random numbers that are the net's own."""
        device = torch.device(self.device or "cpu")
        # Whoever trains on goes on with the random numbers where they have ended.
        starts = fresh or self._generator_state_ is None
        seed = draw_seed(self.random_state) if starts else None
        with own_generators(device, seed=seed, state=self._generator_state_):
            self._training_ = training
            try:
                if fresh:
                    self.initialize()
                self._prepare(training)
                self._run(training.dataset, epochs)
                self._finish(training)
            finally:
                self._generator_state_ = get_state(device)
                self._training_ = None
        return self

    def _run(self, dataset, epochs):
        """Go through the epochs; a callback may end them."""
        self.notify("on_train_begin", X=dataset.X, y=dataset.y)
        # This is how skorch's EarlyStopping ends a training.
        with suppress(KeyboardInterrupt):
            self.fit_loop(dataset, epochs=epochs)
        self.notify("on_train_end", X=dataset.X, y=dataset.y)

    def get_iterator(self, dataset, training=False):
        """Return the batches of a data set; those to train on are shuffled."""
        name = "iterator_train" if training else "iterator_valid"
        iterator, params = getattr(self, name), self.get_params_for(name)
        if "batch_sampler" not in params:
            # Without gradients a batch takes a fraction of the memory.
            size = self.batch_size * (1 if training else LOOKING)
            params.setdefault("batch_size", max(size, -1))
            if params["batch_size"] == -1:
                params["batch_size"] = len(dataset)
        if isinstance(iterator, type) and issubclass(iterator, DataLoader):
            params["collate_fn"] = self._collate(params.get("collate_fn"))
            if not training:
                # A loader draws a number when it starts. Looking at the rows must not
                # change how training goes on.
                params.setdefault("generator", torch.Generator())
            elif not {"sampler", "batch_sampler"} & set(params):
                params.setdefault("shuffle", True)
        return iterator(dataset, **params)

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
        allowed = self._parameter_constraints
        given = {name: getattr(self, name) for name in allowed}
        validate_parameter_constraints(allowed, given, caller_name=self._owner)
        self._refuse_without_effect()

    def _refuse_without_effect(self):
        """Refuse parameters of skorch that a net of ours would not look at."""
        criterion, params = self.criterion, self.get_params_for("criterion")
        if self._own_loss and (criterion is not torch.nn.CrossEntropyLoss or params):
            raise ValueError(
                f"{self._owner} expected no criterion, since its loss is "
                f"{self._own_loss}, but got {criterion!r} and {params}. Leave it out."
            )
        if self.predict_nonlinearity != "auto":
            raise ValueError(
                f"{self._owner} expected predict_nonlinearity='auto', since the loss "
                f"rules it, but got {self.predict_nonlinearity!r}. Leave it out."
            )

    def _refuse_unused(self, name, needs):
        """Refuse a parameter that was given where it has no effect."""
        value = getattr(self, name, None)
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
