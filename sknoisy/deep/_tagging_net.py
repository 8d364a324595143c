"""A network for tables of tags, with a weight for every entry."""

from numbers import Integral, Real

import numpy as np
import torch
from torch.nn.functional import logsigmoid

from sknoisy._compat import Interval, _num_samples
from sknoisy._indicator import read_indicator
from sknoisy.deep._base import BaseDeepClassifier
from sknoisy.deep._modules import first_of, last_linear, make_table_module
from sknoisy.multilabel._tag_labels import check_varies, is_single_column

# The first hidden layer of the default network; the second has ``n_hidden`` units.
WIDTH = 128
# A tag is predicted where it is likelier than not.
LIKELY = 0.5


class TaggingNetClassifier(BaseDeepClassifier):
    r"""A network for tables of tags, some of which are missing.

    It is trained by the cross-entropy of each entry, with a weight for each row or each
    entry, and can be told how many true tags are missing. Its last layer holds a vector
    for each tag, which shows what tags are the same to it.

    Parameters
    ----------
    module : torch Module class or instance, default=None
        From rows to one logit per tag, as for :class:`EarlyLearningClassifier`.

    n_hidden : int, default=32
        Width of the last hidden layer of the default network for tables: the length of
        the label vectors, which a narrow layer makes comparable.

    missing_rate : float or array-like, default=0.0
        Probability in [0, 1) that a true tag is missing, one or, of shape (n_labels,),
        one per tag. The network learns the true tags behind it.

    spurious_rate : float or array-like, default=0.0
        Probability in [0, 1) that a tag is given without being true, likewise.

    **kwargs : dict
        ``random_state``, ``image_shape`` and all parameters of skorch's
        `NeuralNetClassifier <https://skorch.readthedocs.io/en/stable/classifier.html>`_.

    Attributes
    ----------
    label_vectors_ : ndarray of shape (n_labels, n_hidden)
        Weights of the last linear layer; None where the module has none.

    label_names_ : ndarray of shape (n_labels,)
        Names of the tags: the columns of a frame, or numbers.

    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    See Also
    --------
    sknoisy.multilabel.compare_label_similarity : Which tags point the same way.
    sknoisy.multilabel.MultilabelNoisyClassifier : For any classifier.

    Notes
    -----
    With the probability :math:`p = 1 / (1 + e^{-z})` of the true tag, missing rate
    :math:`m` and spurious rate :math:`s`, the tag is given with probability :math:`q =
    (1 - m) p + s (1 - p)`, and the loss of a row is the mean over its tags of
    :math:`-\tilde y \log q - (1 - \tilde y) \log (1 - q)`. :math:`1 - m` is the
    tagability of [1]_.

    ``fit`` takes as ``y`` a table of zeros and ones, of shape (n_samples, n_labels), as
    an array, a sparse matrix or a frame, and as ``sample_weight`` also a weight for
    each of its entries. The rates do not apply to ``trusted`` rows. A single column of
    classes is learnt by the cross-entropy of its classes.

    References
    ----------
    .. [1] K. Choi, G. Fazekas, K. Cho, M. Sandler, "The Effects of Noisy Labels on Deep
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
        "missing_rate": [Interval(Real, 0, 1, closed="left"), "array-like"],
        "spurious_rate": [Interval(Real, 0, 1, closed="left"), "array-like"],
    }

    _own_loss = "the cross-entropy of each tag"
    _is_table_ = False

    def __init__(
        self,
        module=None,
        *,
        n_hidden=32,
        missing_rate=0.0,
        spurious_rate=0.0,
        **kwargs,
    ):
        super().__init__(module, **kwargs)
        self.n_hidden = n_hidden
        self.missing_rate = missing_rate
        self.spurious_rate = spurious_rate

    def _train(self, X, y, sample_weight, groups, trusted, *, fresh, **keywords):
        self._is_table_ = y is not None and not is_single_column(y, self._owner)
        if not self._is_table_:
            keywords["fresh"] = fresh
            return super()._train(X, y, sample_weight, groups, trusted, **keywords)
        tags = read_indicator(y, owner=self._owner, name="y")
        check_varies(tags.occurrence(), tags.n_samples, self._owner)
        weights, entries = _split_weights(sample_weight, tags.matrix.shape)
        rates = self._checked_rates(tags.n_labels)
        # Rows, weights and groups are read where they always are, beside two classes
        # that stand for no labels.
        rows = np.empty((_num_samples(y), 0)) if X is None else X
        alternating = np.arange(tags.n_samples) % 2
        labels = self._read_labels(rows, alternating, weights, groups, trusted)
        # As in scikit-learn's classifiers of several outputs.
        self.classes_inferred_ = [np.array([0, 1]) for _ in range(tags.n_labels)]
        self.label_names_ = tags.names
        table = tags.matrix.toarray().astype(np.int64)
        more = {"rates": rates, "entries": entries}
        training = self._training_of(X, table, table, labels, fresh, **more)
        return self._train_on(training, fresh=fresh, epochs=keywords.get("epochs"))

    def _checked_rates(self, n_labels):
        """Return missing rate and spurious rate of each tag, of shape (2, n_labels)."""
        rates = []
        for name in ("missing_rate", "spurious_rate"):
            rate = np.asarray(getattr(self, name), dtype=float)
            off = (rate < 0) | ~(rate < 1)
            if rate.shape not in {(), (n_labels,)} or off.any():
                raise ValueError(
                    f"{name} expected shape ({n_labels},), a number in [0, 1) per tag, "
                    f"but got {rate}. Order the numbers as the columns of y."
                )
            rates.append(np.broadcast_to(rate, n_labels))
        if (np.sum(rates, axis=0) >= 1).any():
            raise ValueError(
                f"{self._owner} expected missing_rate + spurious_rate below 1 for "
                f"each tag, but got {self.missing_rate} and {self.spurious_rate}. At 1 "
                "a tag given says nothing of the true one: leave such tags out."
            )
        return torch.as_tensor(np.array(rates))

    def _make_default_module(self):
        if not self._is_table_ or len(self._input_shape_) != 1:
            return super()._make_default_module()
        sizes = *self._input_shape_, len(self.classes_), *self._input_scale_
        return make_table_module(*sizes, widths=(WIDTH, self.n_hidden))

    def _losses(self, y_pred, codes, rows, training):
        """Return the loss of each row: the weighted mean over its tags."""
        if not self._is_table_:
            return super()._losses(y_pred, codes, rows, training)
        record, logits = self._training_, self._checked_logits(y_pred, training)
        unsure = ~record.trusted(rows, logits.device)[:, None]
        missing_rate, spurious_rate = record.rates.to(logits)[:, None] * unsure
        losses = entry_losses(logits, codes.to(logits), missing_rate, spurious_rate)
        if record.entries is not None:
            losses = losses * record.entries[rows.index.cpu()].to(logits)
        return losses.mean(dim=1)

    def _finish(self, training):
        if self._is_table_:
            head = last_linear(self.module_)
            self.label_vectors_ = head and head.weight.numpy(force=True).copy()

    def _probabilities(self, output):
        if not self._is_table_:
            return super()._probabilities(output)
        return torch.sigmoid(first_of(output).double())

    def _right(self, proba, codes):
        if not self._is_table_:
            return super()._right(proba, codes)
        return (proba > LIKELY) == codes

    def _decided(self, proba):
        if not self._is_table_:
            return super()._decided(proba)
        return (proba > LIKELY).astype(int)

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


def entry_losses(logits, tags, missing_rate, spurious_rate):
    """Return the negative log-likelihood of each tag given, under the flip rates.

    With p the probability of the true tag, it is given with probability
    ``q = (1 - missing_rate) p + spurious_rate (1 - p)``, computed in log space.
    """
    # log p and log (1 - p); where a rate is 0, its logarithm leaves the sum as it is.
    true, false = logsigmoid(logits), logsigmoid(-logits)
    given = torch.logaddexp(
        true + torch.log1p(-missing_rate), false + torch.log(spurious_rate)
    )
    absent = torch.logaddexp(
        true + torch.log(missing_rate), false + torch.log1p(-spurious_rate)
    )
    return -(tags * given + (1 - tags) * absent)
