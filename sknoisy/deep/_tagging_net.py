"""A network for tables of tags, with a weight for every entry."""

from numbers import Integral, Real

import numpy as np
import torch
from scipy import sparse
from torch import nn

from sknoisy._compat import Interval, _num_samples
from sknoisy._indicator import read_indicator
from sknoisy._labels import read_labels
from sknoisy.deep._base import BaseDeepClassifier
from sknoisy.deep._modules import Standardize
from sknoisy.deep._net import RowNet
from sknoisy.deep._rows import RowDataset
from sknoisy.multilabel import label_vectors

WIDTH = 128
TINY = 1e-7


class TaggingNetClassifier(BaseDeepClassifier):
    r"""A network for tables of tags, some of which are missing.

    It is trained by the cross-entropy of each entry, with a weight for each row,
    for each tag, or for each entry, and can be told how likely a true tag is given. Its
    last layer holds a vector for each tag, which shows what tags are the same to it.

    Parameters
    ----------
    module : Module or class of it, default=None
        From rows to one logit per tag. None makes a network with two hidden layers
        for tables, and a small convolutional one for images.

    n_hidden : int, default=32
        Width of the last hidden layer of the default network for tables, which is the
        length of the label vectors. A narrow layer makes these comparable.

    tagability : float or array-like, default=1.0
        Probability in (0, 1] that a true tag is given, one or, of shape (n_labels,),
        one per tag. The network learns the true tags behind it.

    label_weight : array-like of shape (n_labels,), default=None
        How much each tag counts in the loss. None means 1.

    optimizer : torch Optimizer class, default=torch.optim.Adam
        Optimizer of the network.

    lr : float, default=1e-3
        Learning rate.

    max_epochs : int, default=30
        Number of epochs.

    batch_size : int, default=64
        Rows in a batch, or -1 for all of them.

    train_split : callable, default=None
        Splits off validation data, such as ``skorch.dataset.ValidSplit(5)``. None
        trains on all rows.

    callbacks : list of skorch callbacks, default=None
        Schedules of the learning rate and the like.

    image_shape : tuple of three ints, default=None
        Channels, height and width that the rows of a table are reshaped to.

    warm_start : bool, default=False
        Whether ``fit`` trains on from where the last one ended.

    verbose : int, default=0
        Whether to print a line for each epoch.

    device : str or torch device, default="cpu"
        Where to train, such as "cuda".

    random_state : int, RandomState instance or None, default=None
        Seed of starting values and shuffling.

    **kwargs : dict
        Other parameters of skorch's ``NeuralNetClassifier``, and parameters of a part
        behind its name and two underscores: ``module__``, ``optimizer__`` and so on.

    Attributes
    ----------
    module_ : Module
        The network.

    label_vectors_ : ndarray of shape (n_labels, n_hidden)
        Weights of the last linear layer.

    label_names_ : ndarray of shape (n_labels,)
        Names of the tags: the columns of a frame, or numbers.

    history_ : skorch History
        Losses and times of each epoch.

    classes_ : list of n_labels ndarrays
        The classes 0 and 1 of each tag. After a fit to a single column of classes, an
        array of these.

    input_shape_ : tuple of ints or None
        Shape in which a row reaches the network, where all have the same.

    n_features_in_ : int
        Number of columns of X, for tables.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where it has any.

    See Also
    --------
    sknoisy.multilabel.compare_label_similarity : Which tags point the same way.
    sknoisy.multilabel.MultilabelNoisyClassifier : For any classifier.

    Notes
    -----
    With the logit :math:`z` and the tagability :math:`\rho`, the tag is given with
    probability :math:`q = \rho / (1 + e^{-z})`, and the loss of an entry is
    :math:`-\tilde y \log q - (1 - \tilde y) \log (1 - q)`; the loss of a row is the
    mean over its tags. With :math:`\rho = 1` this is the usual binary cross-entropy.

    A single column of classes is learnt as by any other network, by the cross-entropy
    of its classes.

    References
    ----------
    K. Choi, G. Fazekas, K. Cho, M. Sandler, "The Effects of Noisy Labels on Deep
    Convolutional Neural Networks for Music Tagging", IEEE Transactions on Emerging
    Topics in Computational Intelligence 2(2), 2018.

    Examples
    --------
    >>> from sklearn.datasets import make_multilabel_classification
    >>> from sknoisy.deep import TaggingNetClassifier
    >>> X, y = make_multilabel_classification(400, n_classes=4, random_state=0)
    >>> net = TaggingNetClassifier(n_hidden=8, max_epochs=20, random_state=0)
    >>> net.fit(X, y).predict_proba(X).shape
    (400, 4)
    >>> net.label_vectors_.shape
    (4, 8)
    """

    _parameter_constraints: dict = {
        **BaseDeepClassifier._parameter_constraints,
        "n_hidden": [Interval(Integral, 1, None, closed="left")],
        "tagability": [Interval(Real, 0, 1, closed="right"), "array-like"],
        "label_weight": ["array-like", None],
    }

    _transient = {**BaseDeepClassifier._transient, "_entry_weights_": None}
    _entry_weights_ = None
    _is_table_ = False

    def __init__(
        self,
        module=None,
        *,
        n_hidden=32,
        tagability=1.0,
        label_weight=None,
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
            optimizer=optimizer,
            lr=lr,
            max_epochs=max_epochs,
            batch_size=batch_size,
            train_split=train_split,
            callbacks=callbacks,
            image_shape=image_shape,
            warm_start=warm_start,
            verbose=verbose,
            device=device,
            random_state=random_state,
            **kwargs,
        )
        self.n_hidden = n_hidden
        self.tagability = tagability
        self.label_weight = label_weight

    def fit(self, X, y=None, sample_weight=None, *, groups=None, trusted=None):
        """Fit on a table of tags.

        Parameters
        ----------
        X : array-like, frame, sparse matrix, tensor, dict or Dataset
            Rows.

        y : array-like, sparse matrix or frame of shape (n_samples, n_labels), \
default=None
            Tags, zeros and ones. A single column holds classes.

        sample_weight : array-like of shape (n_samples,) or (n_samples, n_labels), \
default=None
            Weights of rows or of single entries, not negative.

        groups : array-like of shape (n_samples,), default=None
            Handed to ``train_split``.

        trusted : array-like of bool of shape (n_samples,), default=None
            Rows whose tags have been verified: tagability does not apply to them.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If the tags are no zeros and ones, shapes do not fit each other, or weights
            are negative.
        """
        return super().fit(X, y, sample_weight, groups=groups, trusted=trusted)

    def _train(self, X, y, sample_weight, groups, trusted, *, fresh, **keywords):
        given = y if y is None or sparse.issparse(y) else np.asarray(y)
        self._is_table_ = given is not None and np.ndim(given) == 2
        self._is_table_ = self._is_table_ and given.shape[1] > 1
        if not self._is_table_:
            keywords["fresh"] = fresh
            return super()._train(X, y, sample_weight, groups, trusted, **keywords)
        tags = read_indicator(y, owner=self._owner, name="y")
        weights, entries = _split_weights(sample_weight, tags.matrix.shape)
        # Rows, weights and groups are read where they always are, for nobody's labels.
        labels = read_labels(
            np.empty((_num_samples(y), 0)) if X is None else X,
            np.arange(tags.n_samples) % 2,
            owner=self._owner,
            sample_weight=weights,
            groups=groups,
            trusted=trusted,
        )
        self.classes_inferred_ = [np.array([0, 1]) for _ in range(tags.n_labels)]
        self.label_names_ = tags.names
        self._rates = self._checked_rates(tags.n_labels)
        source = self._source(X, reset=fresh, labels=labels)
        table = tags.matrix.toarray().astype(np.int64)
        dataset = RowDataset(source, table, labels.sample_weight, X, table)
        with self._training(labels, fresh):
            self._entry_weights_ = entries
            if fresh:
                self.initialize()
            self._run(dataset, keywords.get("epochs"))
            self.label_vectors_ = label_vectors(self)
        return self

    def _checked_rates(self, n_labels):
        """Return tagability and weight of each tag."""
        weight = 1.0 if self.label_weight is None else self.label_weight
        rates = {"tagability": self.tagability, "label_weight": weight}
        for name, value in rates.items():
            value = np.asarray(value, dtype=float)
            positive = (value >= 0).all() and value.any()
            possible = name == "label_weight" or ((value > 0) & (value <= 1)).all()
            if value.shape not in {(), (n_labels,)} or not (positive and possible):
                raise ValueError(
                    f"{name} expected shape ({n_labels},), a number per tag, above 0 "
                    f"and, for tagability, up to 1, but got {value}. Order the numbers "
                    "as the columns of y."
                )
            rates[name] = torch.as_tensor(np.broadcast_to(value, n_labels).copy())
        return rates

    def _make_module(self, name, **params):
        plain = self.module is None and not self.get_params_for(name)
        table = plain and self._is_table_ and len(self.input_shape_ or ()) == 1
        if not table or self._input_scale_ is None:
            return super()._make_module(name, **params)
        n_features = self.input_shape_[0]
        return nn.Sequential(
            Standardize(*self._input_scale_),
            nn.Linear(n_features, WIDTH),
            nn.ReLU(),
            nn.Linear(WIDTH, self.n_hidden),
            nn.ReLU(),
            nn.Linear(self.n_hidden, len(self.classes_)),
        )

    def _losses(self, y_pred, codes, rows, training):
        """Return the loss of each row: the weighted mean over its tags."""
        if not self._is_table_:
            return super()._losses(y_pred, codes, rows, training)
        logits = y_pred[0] if isinstance(y_pred, tuple) else y_pred
        if training:
            self._check_logits(logits)
        rates = {name: rate.to(logits) for name, rate in self._rates.items()}
        tagability = rates["tagability"].expand_as(logits)
        index = rows.index.cpu()
        if self._labels_ is not None and self._labels_.trusted is not None:
            verified = torch.as_tensor(self._labels_.trusted)[index] & (index >= 0)
            ones = torch.ones_like(tagability)
            tagability = torch.where(
                verified[:, None].to(logits.device), ones, tagability
            )
        losses = _entry_losses(logits, codes.to(logits), tagability)
        weight = rates["label_weight"]
        if self._entry_weights_ is not None:
            weight = weight * self._entry_weights_[index].to(logits)
        return (losses * weight).mean(dim=1)

    def _probabilities(self, output):
        if not self._is_table_:
            return super()._probabilities(output)
        logits = output[0] if isinstance(output, tuple) else output
        return torch.sigmoid(logits.double())

    def validation_step(self, batch, **params):
        """Return loss and output for a batch to validate on, and note the accuracy.

        Parameters
        ----------
        batch : tuple
            Rows and tags.

        **params : dict
            Passed on to the module.

        Returns
        -------
        dict
            Entries "loss" and "y_pred".
        """
        if not self._is_table_:
            return super().validation_step(batch, **params)
        # Past the step that compares classes: here accuracy is that of the entries.
        step = super(RowNet, self).validation_step(batch, **params)
        right = (self._probabilities(step["y_pred"]) > 0.5).cpu() == batch[1].cpu()
        self.history.record_batch("valid_acc", float(right.double().mean()))
        return step

    def predict(self, X):
        """Predict the tags of each row.

        Parameters
        ----------
        X : array-like, frame, sparse matrix, tensor, dict or Dataset
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_labels)
            Zeros and ones. After a fit to a single column of classes, these, of shape
            (n_samples,).
        """
        proba = self.predict_proba(X)
        if self._is_table_:
            return (proba > 0.5).astype(int)
        return self.classes_[proba.argmax(axis=1)]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.classifier_tags.multi_label = True
        return tags


def _split_weights(sample_weight, shape):
    """Return weights of rows, and weights of entries where such were given."""
    if sample_weight is None or np.ndim(sample_weight) != 2:
        return sample_weight, None
    weights = np.asarray(sample_weight, dtype=float)
    if weights.shape != shape or not np.isfinite(weights).all() or weights.min() < 0:
        raise ValueError(
            f"sample_weight expected finite numbers of shape {shape[:1]} or {shape} "
            f"that are not negative, but got shape {weights.shape}, or other numbers. "
            "Clip them at 0."
        )
    return None, torch.as_tensor(weights)


def _entry_losses(logits, tags, tagability):
    """Return the negative log-likelihood of each tag given, behind the tagability."""
    plain = nn.functional.binary_cross_entropy_with_logits(
        logits, tags, reduction="none"
    )
    given = torch.log(tagability) + nn.functional.logsigmoid(logits)
    absent = torch.log((1 - tagability * torch.sigmoid(logits)).clamp_min(TINY))
    behind = -(tags * given + (1 - tags) * absent)
    # The plain form keeps its digits where the probability is close to 1.
    return torch.where(tagability == 1, plain, behind)
