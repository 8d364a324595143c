"""Base of the deep classifiers: fit and predict as everywhere else in the library."""

from contextlib import suppress
from dataclasses import replace
from numbers import Integral, Real

import numpy as np
import torch

from sknoisy._compat import (
    Interval,
    Options,
    _fit_context,
    validate_parameter_constraints,
)
from sknoisy._labels import encode_labels, read_labels
from sknoisy.deep._generator import draw_seed, get_state, own_generators
from sknoisy.deep._inputs import check_rows, count_rows, row_shape, scale_of
from sknoisy.deep._net import RowNet
from sknoisy.deep._rows import RowDataset, labels_of


class BaseDeepClassifier(RowNet):
    """Base of the neural networks that are trained despite label noise.

    By itself it is a plain network, except that it honours ``sample_weight``. A
    subclass overrides ``_losses``, the loss of each row of a batch; ``_before_epoch``
    and ``_after_epoch``; and ``_finish``, which sets the fitted attributes.
    ``self._labels_`` is the record of the labels while a training lasts;
    ``rows.index`` says which of its rows a batch holds.
    """

    _parameter_constraints: dict = {
        "lr": [Interval(Real, 0, None, closed="neither")],
        "max_epochs": [Interval(Integral, 0, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), Options(int, {-1})],
        "image_shape": [tuple, list, None],
        "random_state": ["random_state"],
    }

    # What lives only as long as a training does, with its value outside of one.
    _transient = {"_labels_": None, "_in_training_": False, "_logits_checked_": False}
    _labels_, _in_training_, _logits_checked_ = _transient.values()

    def __init__(
        self,
        module=None,
        *,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=1e-3,
        max_epochs=30,
        batch_size=64,
        train_split=None,
        callbacks=None,
        image_shape=None,
        warm_start=False,
        verbose=0,
        device="cpu",
        random_state=None,
        **kwargs,
    ):
        super().__init__(
            module,
            criterion=criterion,
            optimizer=optimizer,
            lr=lr,
            max_epochs=max_epochs,
            batch_size=batch_size,
            train_split=train_split,
            callbacks=callbacks,
            warm_start=warm_start,
            verbose=verbose,
            device=device,
            # Scoring callbacks then see the user's labels, which batches do not hold.
            **{"use_caching": False, **kwargs},
        )
        self.image_shape = image_shape
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, sample_weight=None, *, groups=None, trusted=None):
        """Fit on noisy labels.

        Parameters
        ----------
        X : array-like, frame, sparse matrix, tensor, dict or Dataset
            Rows. A dict holds one array per argument of the module's ``forward``; a
            torch ``Dataset`` yields pairs of input and label.

        y : array-like of shape (n_samples,), default=None
            Noisy labels of at least two classes, of any type that sorts. None takes
            those of a ``Dataset``.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights that are not negative; a row of weight 2 counts as two rows do.

        groups : array-like of shape (n_samples,), default=None
            Handed to ``train_split``.

        trusted : array-like of bool of shape (n_samples,), default=None
            Rows whose label has been verified. It is believed entirely.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If X holds missing values, if the labels are missing, continuous, of a
            single class, in several columns or not as many as the rows of X, or if
            the module does not return one logit per class.
        """
        fresh = not (self.warm_start and self.initialized_)
        return self._train(X, y, sample_weight, groups, trusted, fresh=fresh)

    @_fit_context(prefer_skip_nested_validation=False)
    def partial_fit(
        self,
        X,
        y=None,
        classes=None,
        sample_weight=None,
        *,
        groups=None,
        trusted=None,
        epochs=None,
    ):
        """Train on, with modules, optimizer and random numbers as they are.

        Parameters
        ----------
        X : array-like, frame, sparse matrix, tensor, dict or Dataset
            Rows.

        y : array-like of shape (n_samples,), default=None
            Noisy labels of at least two classes.

        classes : array-like of shape (n_classes,), default=None
            All classes, for a first call whose labels lack some of them.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights that are not negative.

        groups : array-like of shape (n_samples,), default=None
            Handed to ``train_split``.

        trusted : array-like of bool of shape (n_samples,), default=None
            Rows whose label has been verified.

        epochs : int, default=None
            How many epochs to train; None means ``max_epochs``.

        Returns
        -------
        self : object
            The classifier, trained on.
        """
        fresh = not self.initialized_
        keywords = {"fresh": fresh, "epochs": epochs, "classes": classes}
        return self._train(X, y, sample_weight, groups, trusted, **keywords)

    def _train(
        self, X, y, sample_weight, groups, trusted, *, fresh, epochs=None, classes=None
    ):
        if isinstance(X, torch.utils.data.Dataset) and y is None:
            y = labels_of(X)
        # With the rows themselves only where a wrong type shall be said by name.
        rows = X if X is None else np.empty((count_rows(X), 0))
        labels = read_labels(
            rows,
            y,
            owner=self._owner,
            sample_weight=sample_weight,
            groups=groups,
            trusted=trusted,
        )
        labels = self._with_known_classes(labels, classes, fresh)
        source = self._source(X, reset=fresh, labels=labels)
        dataset = RowDataset(source, labels.codes, labels.sample_weight, X, labels.y)
        self.classes_inferred_ = labels.classes
        with self._training(labels, fresh):
            if fresh:
                self.initialize()
            self._run(dataset, epochs)
            self._finish(dataset, labels)
        return self

    def _with_known_classes(self, labels, classes, fresh):
        """Return the record with the classes that were said or seen before."""
        if classes is None:
            classes = self.classes if fresh else self.classes_
        if classes is None:
            return labels
        classes, codes = encode_labels(
            labels.y, owner=self._owner, classes=np.asarray(classes)
        )
        return replace(labels, classes=classes, codes=codes)

    def _source(self, X, *, reset, labels=None):
        """Return the rows as a data set without labels, row number or weight."""
        shape = scale = None
        if not isinstance(X, torch.utils.data.Dataset):
            X = check_rows(self, X, reset=reset)
            shape = row_shape(X, self.image_shape, self._owner)
            if reset and self.module is None:
                scale = scale_of(X, shape, labels.sample_weight)
        if reset:
            self.input_shape_, self._input_scale_ = shape, scale
        if isinstance(X, torch.utils.data.Dataset):
            return X
        params = self.get_params_for("dataset")
        return self.dataset(X, None if labels is None else labels.codes, **params)

    def _training(self, labels, fresh):
        """Return the context in which random numbers are those of this net."""
        state = None if fresh else getattr(self, "_generator_state_", None)
        seed = draw_seed(self.random_state) if state is None else None
        return _Training(self, labels, seed, state)

    def _run(self, dataset, epochs):
        """Go through the epochs; a callback may end them."""
        self.notify("on_train_begin", X=dataset.X, y=dataset.y)
        # This is how skorch's EarlyStopping ends a training.
        with suppress(KeyboardInterrupt):
            self.fit_loop(dataset, epochs=epochs)
        self.notify("on_train_end", X=dataset.X, y=dataset.y)

    def on_epoch_begin(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        """Open a page of the history.

        Parameters
        ----------
        net : object
            The net itself.

        dataset_train, dataset_valid : Dataset, default=None
            Rows to train on, and to validate on.

        **kwargs : dict
            Ignored.
        """
        super().on_epoch_begin(net, dataset_train, dataset_valid, **kwargs)
        self._before_epoch(dataset_train)

    def on_epoch_end(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        """Close a page of the history, before callbacks read it.

        Parameters
        ----------
        net : object
            The net itself.

        dataset_train, dataset_valid : Dataset, default=None
            Rows trained on, and validated on.

        **kwargs : dict
            Ignored.
        """
        super().on_epoch_end(net, dataset_train, dataset_valid, **kwargs)
        self._after_epoch(dataset_train)

    def _before_epoch(self, dataset_train):
        """Prepare an epoch; its page of the history is the last one."""

    def _after_epoch(self, dataset_train):
        """Draw the conclusions from an epoch."""

    def _finish(self, dataset, labels):
        """Set the fitted attributes."""

    def predict_proba(self, X):
        """Predict the probability of each class.

        Parameters
        ----------
        X : array-like, frame, sparse matrix, tensor, dict or Dataset
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        self.check_is_fitted()
        return self._class_probabilities(self.get_dataset(X))

    def predict(self, X):
        """Predict the class of each row.

        Parameters
        ----------
        X : array-like, frame, sparse matrix, tensor, dict or Dataset
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels among ``classes_``.
        """
        proba = self.predict_proba(X)
        return self.classes_[proba.argmax(axis=1)]

    # Parameters, tags and pickles

    def get_params(self, deep=True):
        """Return the parameters, those for module, optimizer and loaders included.

        Parameters
        ----------
        deep : bool, default=True
            Whether to return the parameters of callbacks too.

        Returns
        -------
        dict
            Names and values.
        """
        params = super().get_params(deep=deep)
        params.pop("_params_to_validate", None)
        return params

    def get_metadata_routing(self):
        """Return what ``fit`` asks for; nothing is routed further.

        Returns
        -------
        MetadataRequest
            The requests.
        """
        return self._get_metadata_request()

    def _validate_params(self):
        # skorch knows the names of module parameters once modules are made.
        if self._modules:
            super()._validate_params()
        names = self._parameter_constraints
        values = {name: getattr(self, name) for name in names}
        validate_parameter_constraints(names, values, caller_name=self._owner)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.sparse = True
        return tags

    def __repr__(self):
        usual, own = type(self)().get_params(deep=False), self.get_params(deep=False)
        changed = {k: v for k, v in own.items() if repr(v) != repr(usual.get(k, ...))}
        return f"{self._owner}({', '.join(f'{k}={v!r}' for k, v in changed.items())})"

    def __getstate__(self):
        state = super().__getstate__()
        if self._in_training_:
            # A pickle made by a callback goes on where this training stands.
            state["_generator_state_"] = get_state(torch.device(self.device or "cpu"))
        return {name: v for name, v in state.items() if name not in self._transient}


class _Training:
    """A net in training: its labels at hand, its random numbers to itself."""

    def __init__(self, net, labels, seed, state):
        self.net, self.labels = net, labels
        self.device = torch.device(net.device or "cpu")
        self.generators = own_generators(self.device, seed=seed, state=state)

    def __enter__(self):
        self.generators.__enter__()
        self.net._labels_, self.net._in_training_ = self.labels, True

    def __exit__(self, *error):
        self.net._generator_state_ = get_state(self.device)
        vars(self.net).update(self.net._transient)
        return self.generators.__exit__(*error)
