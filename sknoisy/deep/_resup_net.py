"""ReSup with two networks, which weigh the labels for each other."""

import math
from numbers import Integral, Real

import numpy as np
import torch

from sknoisy._clean_posterior import spread_doubt
from sknoisy._compat import Interval, StrOptions
from sknoisy._mixture import ScoreMixture
from sknoisy.deep._rows import row_numbers
from sknoisy.deep._similarity import (
    fit_mixtures,
    label_similarity,
    look_up,
    weight_tables,
)
from sknoisy.deep._two_nets import BaseTwoNetClassifier

WARMUP_BATCHES = 100


class ReSupNetClassifier(BaseTwoNetClassifier):
    r"""Two neural networks that tell each other which labels to believe.

    Both are trained on all rows from the start. After each epoch the similarity
    between the prediction of a network and the label given is computed for every row,
    and a mixture of two distributions is fitted to these similarities: one of labels
    that look right, one of labels that look wrong. From then on a row counts as much
    as its label is likely to be right, and each network takes that word from the
    other.

    Parameters
    ----------
    module : torch Module class or instance, default=None
        First network. It returns one logit per class, without softmax. An instance is
        copied, so that training does not change it. None makes a perceptron with two
        hidden layers for tables, a small convolutional network for images; both scale
        their inputs by the training data.

    second_module : torch Module class or instance, default=None
        Second network. None means another one like the first, with other starting
        values.

    warmup_epochs : int or "auto", default="auto"
        Epochs in which all labels count fully. "auto" takes as many as make 100
        batches, and at most a third of ``max_epochs``: networks that have hardly seen
        a class yet take its labels for wrong.

    consistency_weight : float, default=5.0
        Weight of the squared difference between the predictions of the networks. This
        part of the loss disregards the labels, so that rows whose label is not
        believed still help.

    exchange : bool or "product", default=True
        Whether each network is trained with the weights found by the other one, as
        against its own. "product" trains both with the product of the weights.

    mixture : {"beta", "gaussian"}, default="beta"
        Distribution of the similarities.

    mixture_max_iter : int, default=100
        Largest number of EM steps for a mixture.

    scope : {"global", "class"}, default="global"
        One mixture for the similarities of all rows, or one for those of each label.

    min_class_size : int, default=50
        With ``scope="class"``: labels with fewer rows take the mixture of all rows.

    weight_source : {"batch", "epoch"}, default="batch"
        Whether the weight of a row follows from what the networks say at the moment
        it is trained on, or stays what it was at the end of the last epoch.

    weight_clip : float, default=1e-4
        Smallest weight, and what the largest one lacks of 1; in [0, 0.5).

    lookup_resolution : int, default=100
        Number of similarities in [0, 1] for which weights are tabulated.

    combine : {"mean", "first", "second"}, default="mean"
        Whose probabilities are predicted.

    criterion : torch Module class or instance, default=torch.nn.CrossEntropyLoss
        Loss of logits and labels. It has to follow ``reduction="none"``.

    optimizer : torch Optimizer class, default=torch.optim.Adam
        One optimizer trains both networks.

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
        Schedules of the learning rate, early stopping and the like.

    image_shape : tuple of three ints, default=None
        Channels, height and width that the rows of a table are reshaped to.

    warm_start : bool, default=False
        Whether ``fit`` trains on from where the last one ended.

    verbose : int, default=0
        Whether to print a line for each epoch.

    device : str or torch device, default="cpu"
        Where to train, such as "cuda".

    random_state : int, RandomState instance or None, default=None
        Seed of starting values, shuffling and dropout. torch's own random numbers stay
        as they are; None takes the seed from them.

    **kwargs : dict
        Other parameters of skorch's ``NeuralNetClassifier``, and parameters of a part
        behind its name and two underscores: ``module__``, ``second_module__``,
        ``optimizer__``, ``criterion__``, ``iterator_train__`` and so on.

    Attributes
    ----------
    module_ : Module
        Both networks, ``module_.first`` and ``module_.second``.

    second_module_ : Module
        The second one.

    similarity_ : ndarray of shape (2, n_samples)
        Cosine between the prediction of each network and the label given.

    mixtures_ : list of two lists of ScoreMixture
        What was fitted to the similarities of each network: the mixture of all rows
        and, with ``scope="class"``, one per class.

    sample_weights_ : ndarray of shape (2, n_samples)
        Probability that the label is right, judged by each network. Rows are those
        given to ``fit``, in their order.

    label_quality_ : ndarray of shape (n_samples,)
        Mean of the two; 1 for verified labels.

    sample_weight_ : ndarray of shape (n_samples,)
        The same, times the weight given to ``fit``.

    clean_proba_ : ndarray of shape (n_samples, n_classes)
        Probability of each true class: the label quality for the label given; the
        other classes share the rest as the networks predict them.

    warmup_epochs_ : int
        Epochs in which all labels counted fully.

    noise_rate_ : float
        Estimated share of wrong labels, in [0, 1].

    history_ : skorch History
        Losses, times and the estimated noise rate of each epoch.

    classes_ : ndarray of shape (n_classes,)
        The distinct labels.

    input_shape_ : tuple of ints or None
        Shape in which a row reaches the networks, where all have the same.

    n_features_in_ : int
        Number of columns of X, for tables.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where it has any.

    See Also
    --------
    sknoisy.quality.ScoreMixture : The mixture of the similarities.

    Notes
    -----
    With the softmax output :math:`p^m(x)` of network :math:`m` and the label
    :math:`\tilde y`, the similarity is :math:`s^m = p^m_{\tilde y} / \lVert p^m
    \rVert`, and :math:`w^m` is the posterior of the component of high similarity. The
    loss of a row is

    .. math::

       w^2 \, \mathrm{CE}(p^1, \tilde y) + w^1 \, \mathrm{CE}(p^2, \tilde y)
       + \frac{\lambda}{K} \lVert p^1 - p^2 \rVert^2,

    without gradient through the weights. The user guide lists the settings of the
    authors' own code [1]_, and says when to use something else.

    Every row is given to ``fit`` with its number, so that what is learnt about it
    stands at its place whatever the order of the batches. The mixtures see the rows
    that are trained on; the weights of the others follow from them.

    A pickle holds modules, optimizer and the states of the random numbers:
    ``partial_fit`` on what was unpickled goes on exactly as the training that was cut
    off would have, with the same data and ``random_state``. skorch's ``Checkpoint``
    writes such pickles with ``f_pickle``. ``save_params`` keeps the modules alone.

    References
    ----------
    .. [1] X. Zhang, Y. Lu, H. Yan, J. Huang, Y. Ji, Y. Gu, "ReSup: Reliable Label
       Noise Suppression for Facial Expression Recognition", arXiv:2305.17895, 2023.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sknoisy.deep import ReSupNetClassifier
    >>> from sknoisy.noise import UniformNoise
    >>> X, y = load_digits(return_X_y=True)
    >>> y_noisy = UniformNoise(0.3, random_state=0).corrupt(y[:1000])
    >>> clf = ReSupNetClassifier(max_epochs=15, random_state=0).fit(X[:1000], y_noisy)
    >>> bool(clf.score(X[1000:], y[1000:]) > 0.85)
    True
    >>> wrong = y_noisy != y[:1000]
    >>> suspects = clf.label_quality_.argsort()[:100]
    >>> bool(wrong[suspects].mean() > 0.9)
    True
    """

    _parameter_constraints: dict = {
        **BaseTwoNetClassifier._parameter_constraints,
        "warmup_epochs": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
        ],
        "consistency_weight": [Interval(Real, 0, None, closed="left")],
        "exchange": ["boolean", StrOptions({"product"})],
        "mixture": [StrOptions({"beta", "gaussian"})],
        "mixture_max_iter": [Interval(Integral, 1, None, closed="left")],
        "scope": [StrOptions({"global", "class"})],
        "min_class_size": [Interval(Integral, 2, None, closed="left")],
        "weight_source": [StrOptions({"batch", "epoch"})],
        "weight_clip": [Interval(Real, 0, 0.5, closed="left")],
        "lookup_resolution": [Interval(Integral, 2, None, closed="left")],
    }

    _transient = {
        **BaseTwoNetClassifier._transient,
        "_dataset_": None,
        "_training_rows_": None,
        "_tables_": None,
        "_frozen_": None,
    }
    _dataset_ = _training_rows_ = _tables_ = _frozen_ = None

    def __init__(
        self,
        module=None,
        second_module=None,
        *,
        warmup_epochs="auto",
        consistency_weight=5.0,
        exchange=True,
        mixture="beta",
        mixture_max_iter=100,
        scope="global",
        min_class_size=50,
        weight_source="batch",
        weight_clip=1e-4,
        lookup_resolution=100,
        combine="mean",
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
            second_module,
            combine=combine,
            criterion=criterion,
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
        self.warmup_epochs = warmup_epochs
        self.consistency_weight = consistency_weight
        self.exchange = exchange
        self.mixture = mixture
        self.mixture_max_iter = mixture_max_iter
        self.scope = scope
        self.min_class_size = min_class_size
        self.weight_source = weight_source
        self.weight_clip = weight_clip
        self.lookup_resolution = lookup_resolution

    def _run(self, dataset, epochs):
        self._dataset_, self._tables_ = dataset, None
        self._training_rows_ = row_numbers(dataset)
        if not len(self.history):
            self.warmup_epochs_ = self._length_of_warmup(len(dataset))
        super()._run(dataset, epochs)

    def _length_of_warmup(self, n_rows):
        if self.warmup_epochs != "auto":
            return self.warmup_epochs
        n_batches = 1 if self.batch_size == -1 else math.ceil(n_rows / self.batch_size)
        wanted = math.ceil(WARMUP_BATCHES / n_batches)
        return max(1, min(wanted, self.max_epochs // 3))

    def _before_epoch(self, dataset_train):
        self._training_rows_ = row_numbers(dataset_train)
        if self._tables_ is None and not self._warming_up():
            # Training is resumed: the networks say again what they said before.
            self._judge()

    def _after_epoch(self, dataset_train):
        if len(self.history) >= self.warmup_epochs_:
            self._judge()
            rows = self._training_rows_
            trust, mass = (
                self.sample_weights_[:, rows],
                self._labels_.sample_weight[rows],
            )
            noise_rate = 1 - np.average(trust.mean(axis=0), weights=mass)
            self.history.record("noise_rate", float(noise_rate))

    def _warming_up(self):
        """Whether the epoch at hand, the last one in the history, is a plain one."""
        return len(self.history) <= self.warmup_epochs_

    def _judge(self):
        """Fit a mixture to the similarities of each network, and weigh all labels."""
        proba, labels = self._probabilities_of_both(self._dataset_), self._labels_
        similarity = torch.stack([label_similarity(p, labels.codes) for p in proba])
        self.similarity_ = similarity.numpy()
        rows = self._training_rows_
        mixture = ScoreMixture(self.mixture, max_iter=self.mixture_max_iter)
        size = {"scope": self.scope, "min_class_size": self.min_class_size}
        self.mixtures_ = [
            fit_mixtures(mixture, scores, labels, rows, **size)
            for scores in self.similarity_
        ]
        entries = labels.n_classes, self.lookup_resolution, self.weight_clip
        self._tables_ = weight_tables(self.mixtures_, *entries)
        weights = look_up(self._tables_, similarity, labels.codes).numpy()
        if labels.trusted is not None:
            weights = np.where(labels.trusted, 1.0, weights)
        self.sample_weights_ = weights
        self._frozen_ = torch.as_tensor(weights)
        return proba

    def _losses_of_both(self, losses, y_pred, codes, rows):
        """Return the weighted losses, and how much the networks disagree."""
        if self._warming_up():
            return losses.sum(dim=0)
        proba = [torch.softmax(logits, dim=1) for logits in y_pred]
        gap = (proba[0] - proba[1]).square().mean(dim=1)
        weights = self._batch_weights(proba, codes, rows).to(losses)
        return (weights * losses).sum(dim=0) + self.consistency_weight * gap

    @torch.no_grad()
    def _batch_weights(self, proba, codes, rows):
        """Return the weights with which each network is trained."""
        index = rows.index.cpu()
        if self.weight_source == "epoch":
            weights = self._frozen_[:, index]
        else:
            found = [label_similarity(p.double(), codes) for p in proba]
            weights = look_up(self._tables_, torch.stack(found), codes)
            if self._labels_.trusted is not None:
                trusted = torch.as_tensor(self._labels_.trusted)[index]
                weights = weights.masked_fill(trusted.to(weights.device), 1.0)
        if self.exchange == "product":
            return weights.prod(dim=0, keepdim=True).expand_as(weights)
        return weights.flip(0) if self.exchange else weights

    def _finish(self, dataset, labels):
        """Set what the networks think of the labels in the end."""
        proba = self._judge()
        quality = self.sample_weights_.mean(axis=0)
        self.label_quality_ = quality
        self.sample_weight_ = quality * labels.sample_weight
        self.noise_rate_ = float(1 - np.average(quality, weights=labels.sample_weight))
        self.clean_proba_ = spread_doubt(sum(proba).numpy(), labels.codes, quality)
