"""ReSup with two networks, which weigh the labels for each other."""

import math
from numbers import Integral, Real

import numpy as np
import torch

from sknoisy._clean_posterior import spread_quality
from sknoisy._compat import HasMethods, Interval, StrOptions
from sknoisy.deep._core import core_error_rate
from sknoisy.deep._rows import row_numbers
from sknoisy.deep._two_nets import BaseTwoNetClassifier
from sknoisy.quality._similarity import MixtureFitter

# warmup_epochs="auto": after so many batches the networks have seen each class often
# enough; suite nets, where one epoch is 94 batches.
WARMUP_BATCHES = 100
# ... and at most one in so many epochs, so that most of them know of weights.
WARMUP_PART = 3
# The authors' code: how many similarities weights are tabulated for, and how far these
# stay from 0 and 1.
RESOLUTION, SMALLEST_WEIGHT = 100, 1e-4
EPOCHS = Interval(Integral, 1, None, closed="left")
MIXTURE = HasMethods(["fit", "predict_proba"])


class ReSupNetClassifier(BaseTwoNetClassifier):
    r"""Two neural networks that weigh the labels for each other.

    After each epoch a mixture of two distributions, one of labels that look right and
    one of labels that look wrong, is fitted to the similarities between the predictions
    of a network and the labels given. After a warm-up a row counts as much as its label
    is likely to be right, by the weights that the other network has found.

    Parameters
    ----------
    module : torch Module class or instance, default=None
        First network, as for :class:`EarlyLearningClassifier`.

    second_module : torch Module class or instance, default=None
        Second network. None means another one like the first, drawn anew.

    warmup_epochs : int or "auto", default="auto"
        Epochs in which all labels count fully. "auto" takes as many as make 100
        batches, and at most a third of ``max_epochs``: networks that have hardly seen
        a class yet take its labels for wrong.

    consistency_weight : float, default=5.0
        Weight of the squared difference between the predictions of the networks. This
        part of the loss disregards the labels, so that rows of low weight still help.

    exchange : bool or "product", default=True
        Whether each network is trained with the weights found by the other one, as
        against its own. "product" trains both with the product of the weights.

    mixture : {"beta", "gaussian"} or ScoreMixture, default="beta"
        Distribution of the similarities, with one component where that is enough; or
        the mixture itself, such as ``ScoreMixture(n_components=2)``.

    scope : {"global", "class"}, default="global"
        One mixture for the similarities of all rows, or one for those of each label
        with at least 50 rows.

    combine : {"mean", "first", "second"}, default="mean"
        Whose probabilities are predicted.

    **kwargs : dict
        ``random_state``, ``image_shape`` and all parameters of skorch's
        `NeuralNetClassifier <https://skorch.readthedocs.io/en/stable/classifier.html>`_.

    Attributes
    ----------
    similarity_ : ndarray of shape (2, n_samples)
        Cosine between the prediction of each network and the label given.

    second_module_ : Module
        The second network, which is also ``module_.second``.

    mixtures_ : list of two lists of ScoreMixture
        What was fitted to the similarities of each network: the mixture of all rows
        and, with ``scope="class"``, one per class.

    sample_weights_ : ndarray of shape (2, n_samples)
        Probability that the label is right, by each network.

    label_quality_ : ndarray of shape (n_samples,)
        Mean of the two; 1 for trusted labels.

    clean_proba_ : ndarray of shape (n_samples, n_classes)
        The label quality for the label given, and the rest as the networks predict.

    warmup_epochs_ : int
        Epochs in which all labels counted fully.

    noise_rate_ : float
        Share of wrong labels, in [0, 1]: what ``label_quality_`` lacks of 1 on average.
        Where labels do not clearly contradict the surest predictions at the end of the
        warm-up, it is at most the share that does.

    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

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

    without gradient through the weights. The form published in [1]_, by the authors'
    own code, is ``ReSupNetClassifier(net, other_net, warmup_epochs=1,
    mixture=ScoreMixture(n_components=2, max_iter=10, tol=0), combine="first",
    lr=2e-4, batch_size=96)``: cosine similarity, two components always, weights
    exchanged, consistency. The user guide says where the defaults differ.

    A mixture finds two groups in any similarities. ``noise_rate_`` therefore tests, as
    :class:`sknoisy.NoisyLabelClassifier` does, whether labels contradict the fifth of
    the rows of each class that is predicted most surely, when the warm-up ends.

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
        "warmup_epochs": [EPOCHS, StrOptions({"auto"})],
        "consistency_weight": [Interval(Real, 0, None, closed="left")],
        "exchange": ["boolean", StrOptions({"product"})],
        "mixture": [MIXTURE, StrOptions({"beta", "gaussian"})],
        "scope": [StrOptions({"global", "class"})],
    }

    # Error rate among the surest rows at the end of the warm-up, and whether it means
    # noise. Kept between trainings, since those of one net go on from each other.
    _core_ = None

    def __init__(
        self,
        module=None,
        second_module=None,
        *,
        warmup_epochs="auto",
        consistency_weight=5.0,
        exchange=True,
        mixture="beta",
        scope="global",
        combine="mean",
        **kwargs,
    ):
        super().__init__(module, second_module, combine=combine, **kwargs)
        self.warmup_epochs = warmup_epochs
        self.consistency_weight = consistency_weight
        self.exchange = exchange
        self.mixture = mixture
        self.scope = scope

    def _prepare(self, training):
        training.rows, training.tables = row_numbers(training.dataset), None
        if not len(self.history):
            self.warmup_epochs_ = self._length_of_warmup(len(training.dataset))
            self._core_ = None

    def _length_of_warmup(self, n_rows):
        if self.warmup_epochs != "auto":
            return self.warmup_epochs
        n_batches = 1 if self.batch_size == -1 else math.ceil(n_rows / self.batch_size)
        wanted = math.ceil(WARMUP_BATCHES / n_batches)
        return max(1, min(wanted, self.max_epochs // WARMUP_PART))

    def on_epoch_begin(self, net, dataset_train=None, **kwargs):
        """Weigh the labels where a training is resumed."""
        super().on_epoch_begin(net, dataset_train=dataset_train, **kwargs)
        self._training_.rows = row_numbers(dataset_train)
        if self._training_.tables is None and not self._warming_up():
            # Training is resumed: the networks say again what they said before.
            self._weigh(self._training_)

    def on_epoch_end(self, net, **kwargs):
        """Weigh the labels, once the warm-up is over."""
        if len(self.history) >= self.warmup_epochs_:
            self._weigh(self._training_)

    def _warming_up(self):
        """Whether the epoch at hand, the last one in the history, is a plain one."""
        return len(self.history) <= self.warmup_epochs_

    def _weigh(self, training, *, precise=False):
        """Fit a mixture to the similarities of each network, and weigh all labels."""
        labels = training.labels
        proba = self._probabilities_of_both(training.dataset, precise=precise)
        similarity = torch.stack([label_similarity(p, labels.codes) for p in proba])
        self.similarity_ = similarity.numpy()
        # Without a word on whether there is noise: one component where that is enough.
        fitter = MixtureFitter(self.mixture, noise_found=False, scope=self.scope)
        seen = labels.take(training.dataset, training.rows)
        scores = self.similarity_[:, training.rows]
        self.mixtures_ = [fitter.weigh(own, seen)[1] for own in scores]
        training.tables = weight_tables(self.mixtures_, labels.n_classes)
        weights = look_up(training.tables, similarity, labels.codes).numpy()
        self.sample_weights_ = labels.quality_of_trusted(weights)
        if self._core_ is None:
            # As early as can be: later the networks may know wrong labels by heart.
            self._core_ = core_error_rate((sum(proba) / 2).numpy(), labels)
        return proba

    def _losses_of_both(self, losses, y_pred, codes, rows):
        """Return the weighted losses, and how much the networks disagree."""
        if self._warming_up():
            return losses.sum(dim=0)
        proba = [torch.softmax(logits, dim=1) for logits in y_pred]
        # Zhang et al. (2023): the mean over the classes, without any label.
        gap = (proba[0] - proba[1]).square().mean(dim=1)
        weights = self._batch_weights(proba, codes, rows).to(losses)
        return (weights * losses).sum(dim=0) + self.consistency_weight * gap

    @torch.no_grad()
    def _batch_weights(self, proba, codes, rows):
        """Return the weights with which each network is trained."""
        training = self._training_
        found = [label_similarity(p.double(), codes) for p in proba]
        weights = look_up(training.tables, torch.stack(found), codes)
        weights = weights.masked_fill(training.trusted(rows, weights.device), 1.0)
        if self.exchange == "product":
            return weights.prod(dim=0, keepdim=True).expand_as(weights)
        return weights.flip(0) if self.exchange else weights

    def _finish(self, training):
        """Set what the networks make of the labels in the end."""
        proba, labels = self._weigh(training, precise=True), training.labels
        self.label_quality_ = quality = self.sample_weights_.mean(axis=0)
        noise_rate = 1 - np.average(quality, weights=labels.sample_weight)
        error_rate, noise_found = self._core_
        # A mixture finds two groups in any similarities, also where nothing is wrong.
        noise_rate = noise_rate if noise_found else min(noise_rate, error_rate)
        self.noise_rate_ = float(noise_rate)
        self.clean_proba_ = spread_quality(sum(proba).numpy(), labels.codes, quality)


def label_similarity(proba, codes):
    """Return the cosine between probabilities and the one-hot label, in [0, 1]."""
    codes = torch.as_tensor(codes, device=proba.device)
    return proba.gather(1, codes[:, None])[:, 0] / proba.norm(dim=1)


def weight_tables(mixtures, n_classes):
    """Return the weights that mixtures give to evenly spaced similarities in [0, 1].

    ``mixtures`` holds for each network that of all rows and, if there are any, those of
    the classes. The tensor has the shape (n_networks, n_classes, n_similarities).
    """
    # A table, as in the authors' code: batches come far more often than mixtures.
    grid = np.linspace(0, 1, RESOLUTION)[:, None]
    tables = []
    for fitted in mixtures:
        own = fitted[1:] or fitted * n_classes
        tables.append([mixture.predict_proba(grid)[:, 1] for mixture in own])
    return torch.as_tensor(np.clip(tables, SMALLEST_WEIGHT, 1 - SMALLEST_WEIGHT))


def look_up(tables, similarity, codes):
    """Return the table entry of each similarity of shape (n_networks, n_rows)."""
    resolution = tables.shape[-1]
    codes = torch.as_tensor(codes, device=similarity.device)
    entry = (similarity * resolution).long().clamp(0, resolution - 1)
    network = torch.arange(len(tables), device=similarity.device)[:, None]
    return tables.to(similarity.device)[network, codes, entry]
