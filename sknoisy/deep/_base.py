"""Base of the deep classifiers: fit and predict as everywhere else in the library."""

from dataclasses import replace

import numpy as np
import torch

from sknoisy._compat import _fit_context
from sknoisy._labels import encode_labels, read_labels
from sknoisy.deep._inputs import check_rows, count_rows, row_shape, scale_of
from sknoisy.deep._net import RowNet
from sknoisy.deep._rows import RowDataset, labels_of
from sknoisy.deep._skorch_net import Training


class BaseDeepClassifier(RowNet):
    """Base of the neural networks that are trained despite label noise.

    By itself it is a plain network, except that it honours ``sample_weight``. A
    subclass overrides ``_losses``, the loss of each row of a batch, and the hooks of
    ``SkorchNet``.
    """

    _parameter_constraints: dict = {
        **RowNet._parameter_constraints,
        "image_shape": [tuple, list, None],
    }

    def __init__(self, module=None, *, image_shape=None, **kwargs):
        super().__init__(module, **kwargs)
        self.image_shape = image_shape

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, sample_weight=None, *, groups=None, trusted=None):
        """Fit on noisy labels.

        Parameters
        ----------
        X : array-like, frame, sparse matrix, tensor, dict or Dataset
            Rows. A dict holds one array per argument of the module's ``forward``, a
            ``Dataset`` yields pairs of input and label.

        y : array-like of shape (n_samples,), default=None
            Noisy labels of at least two classes, of any type that sorts. None takes
            those of a ``Dataset``.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights that are not negative; a row of weight 2 counts as two rows do.

        groups : array-like of shape (n_samples,), default=None
            Handed to ``train_split``.

        trusted : array-like of bool of shape (n_samples,), default=None
            Rows whose label is known to be right.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If X or labels are missing, or not of the same length, if there is a single
            class, or if the module does not return one logit per class.
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
        X, y : object
            As for ``fit``.

        classes : array-like of shape (n_classes,), default=None
            All classes, for a first call whose labels lack some of them.

        sample_weight, groups, trusted : object
            As for ``fit``.

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
        # Labels are read before rows, so that what is wrong with them is said first.
        labels = self._read_labels(X, y, sample_weight, groups, trusted)
        labels = self._with_known_classes(labels, classes, fresh)
        self.classes_inferred_ = labels.classes
        training = self._training_of(X, labels.y, labels.codes, labels, fresh)
        return self._train_on(training, fresh=fresh, epochs=epochs)

    def _training_of(self, X, y, codes, labels, fresh, **more):
        source = self._source(X, reset=fresh, labels=labels)
        dataset = RowDataset(source, codes, labels.sample_weight, X, y)
        return Training(dataset, labels, **more)

    def _read_labels(self, X, y, sample_weight, groups, trusted):
        # With the rows themselves only where a wrong type shall be said by name.
        rows = X if X is None else np.empty((count_rows(X), 0))
        given = {"sample_weight": sample_weight, "groups": groups, "trusted": trusted}
        return read_labels(rows, y, owner=self._owner, **given)

    def _with_known_classes(self, labels, classes, fresh):
        """Return the record with the classes that were said or seen before."""
        if classes is None:
            classes = self.classes if fresh else self.classes_
        if classes is None:
            return labels
        classes = np.asarray(classes)
        classes, codes = encode_labels(labels.y, owner=self._owner, classes=classes)
        return replace(labels, classes=classes, codes=codes)

    def _source(self, X, *, reset, labels=None):
        """Return the rows as a data set without labels, row number or weight."""
        shape = scale = None
        if not isinstance(X, torch.utils.data.Dataset):
            X = check_rows(self, X, reset=reset)
            shape = row_shape(X, self.image_shape, self._owner)
            # Only the default network scales its inputs.
            if reset and self.module is None:
                scale = scale_of(X, shape, labels.sample_weight)
        if reset:
            self._input_shape_, self._input_scale_ = shape, scale
        if isinstance(X, torch.utils.data.Dataset):
            return X
        params = self.get_params_for("dataset")
        return self.dataset(X, None if labels is None else labels.codes, **params)

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
        X : object
            Rows, as for ``predict_proba``.

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels among ``classes_``; a table of zeros and ones for tags.
        """
        return self._decided(self.predict_proba(X))

    def _decided(self, proba):
        """Return the labels that go by probabilities."""
        return self.classes_[proba.argmax(axis=1)]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.sparse = True
        return tags
