"""A few trusted labels say how far evidence and labels are right."""

import warnings

import numpy as np

from sknoisy._compat import StrOptions
from sknoisy._embedding import EMBEDDING_CONSTRAINT
from sknoisy._numeric import SMALLEST_PROBABILITY
from sknoisy._soft_labels import takes_weights
from sknoisy.evidence import ProbabilitySource, all_sources, gather_evidence
from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.refinement._base import BaseRefiner, keep_posterior
from sknoisy.refinement._trusted_posterior import (
    discounted_soft_labels,
    owners_of_trusted,
    trusted_posterior,
    trusted_proba,
)
from sknoisy.transition._trusted import has_trusted


class TrustedLabelRefiner(ProbabilitySource, BaseRefiner):
    r"""Turn labels into the probabilities of true classes, taught by trusted ones.

    Where noise follows the features, no method can tell wrong labels from hard samples
    by the labels alone. With some labels trusted, in ``fit(X, y, trusted=mask)``, it
    can be learnt how far each kind of evidence is right.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or "precomputed", default=None
        The model that is asked. None means the classifier that is being trained,
        where there is one, else :class:`~sklearn.linear_model.LogisticRegression`.
        With "precomputed", X holds out-of-fold probabilities, which then are all the
        evidence there is.

    soft : "auto" or bool, default="auto"
        Whether to keep the probabilities of all classes instead of the most probable
        class alone. "auto" keeps them unless the classifier that is being trained
        takes no ``sample_weight``.

    embedding : "auto", "passthrough" or transformer, default="auto"
        Space in which neighbours and the centres of the classes are searched, see
        :class:`~sknoisy.NoisyLabelClassifier`. Where it does not apply, the models
        decide alone after a warning.

    cv : int, splitter or iterable, default=None
        Folds. None means 5 stratified folds in which copies of a row stay together.

    memory : str or object with the joblib.Memory interface, default=None
        Where probabilities, embedding and neighbours are cached.

    n_jobs : int, default=None
        Number of folds fitted side by side.

    random_state : int, RandomState instance or None, default=None
        Seed for those random states of the classifier that have none.

    Attributes
    ----------
    soft_labels_ : ndarray of shape (n_samples, n_classes)
        Weight of each class for each sample: its probability, times
        :math:`(1 + 2 q_i) / 3` with the quality :math:`q_i` of the label given.
        Verified rows keep label and weight.

    sample_weight_ : ndarray of shape (n_samples,)
        Sum of the soft labels of each sample.

    transduction_ : ndarray of shape (n_samples,)
        The label that carries most weight: the corrected labels.

    clean_proba_ : ndarray of shape (n_samples, n_classes)
        Probability of each true class.

    label_quality_ : ndarray of shape (n_samples,)
        Probability that the label given is right.

    transition_matrix_ : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.

    noise_rate_ : float
        Estimated share of wrong labels among those that are not trusted, in [0, 1].

    noise_found_ : bool
        Whether there seem to be wrong labels among those that are not trusted: they
        contradict what is surest, the evidence agrees with them clearly more or less
        often than with trusted ones, or more than one in twenty contradict what these
        have taught. If not, the soft labels are the labels as they are.

    coefficients_ : dict
        Exponent of each piece of evidence by its name: "untrusted", "model",
        "neighbors", "prototypes" and "trusted model", as far as there is such. Empty
        where all labels are trusted.

    classes_ : ndarray of shape (n_classes,)
        The distinct labels.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where it has names that are strings.

    Warns
    -----
    NoEvidenceWarning
        If no label is trusted. The answer then is the one that every answer with few
        trusted labels is drawn to.

    See Also
    --------
    PosteriorRelabeling : Needs no trusted label.
    sknoisy.transition.TrustedTransition : The matrix from trusted labels, alone.
    sknoisy.RefinedLabelClassifier : Train a classifier on the soft labels.

    Notes
    -----
    The probability of the true class, given the features, is a conditional logit over
    tables of probabilities :math:`p_m`,

    .. math:: P(k \mid x) \propto e^{b_k} \prod_m p_m(k \mid x)^{w_m},

    whose few parameters are fitted to the trusted rows by penalised likelihood. The
    tables are

    - *untrusted*: what follows from model, neighbours and
      :class:`~sknoisy.transition.ConfidentTransition` without any trusted label. Its
      exponent is drawn to 1, all others to 0, so that few trusted labels change
      little;
    - *model*: out-of-fold probabilities of the noisy labels;
    - *neighbors*: shares of the labels of the 10 nearest neighbours;
    - *prototypes*: distances to the centres of the classes. Each row adds to that of
      its most probable class, and trusted rows add most; how much more is chosen by
      what is said about trusted rows that are left out;
    - *trusted model*: probabilities of the classifier trained on the trusted rows
      alone, out-of-fold for these.

    None of them has seen the label of the row that it is about. The label of the other
    rows enters afterwards,

    .. math:: P(k \mid x, \tilde y) = \frac{1}{2} P(k \mid x) + \frac{1}{2}
        \frac{P(k \mid x) T_{k \tilde y}}{\sum_l P(l \mid x) T_{l \tilde y}},

    with the matrix `T` under which the labels are most likely, given
    :math:`P(k \mid x)`. One half takes no notice of the label, since labels and
    features often go wrong together. How often cannot be learnt, as the labels that
    trusted rows had before are not asked for.

    A fit costs the folds on all rows and six fits on the trusted ones.

    References
    ----------
    D. Hendrycks, M. Mazeika, D. Wilson, K. Gimpel, "Using Trusted Data to Train Deep
    Networks on Labels Corrupted by Severe Noise", NeurIPS 2018, has the matrix that
    `T` starts from. The rest is ours.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from sknoisy.noise import PairNoise
    >>> from sknoisy.refinement import TrustedLabelRefiner
    >>> X, y = load_iris(return_X_y=True)
    >>> trusted = np.arange(150) % 10 == 0
    >>> noisy = np.where(trusted, y, PairNoise(0.4, random_state=0).corrupt(y))
    >>> refiner = TrustedLabelRefiner().fit(scale(X), noisy, trusted=trusted)
    >>> before, after = (noisy == y).mean(), (refiner.transduction_ == y).mean()
    >>> bool(after > before + 0.2)
    True
    """

    _parameter_constraints: dict = {
        **ProbabilitySource._parameter_constraints,
        "soft": ["boolean", StrOptions({"auto"})],
        "embedding": EMBEDDING_CONSTRAINT,
    }

    def __init__(
        self,
        estimator=None,
        *,
        soft="auto",
        embedding="auto",
        cv=None,
        memory=None,
        n_jobs=None,
        random_state=None,
    ):
        super().__init__(
            estimator, cv=cv, memory=memory, n_jobs=n_jobs, random_state=random_state
        )
        self.soft = soft
        self.embedding = embedding

    def _refine(self, X, labels):
        if isinstance(self.estimator, str):
            return self._refine_evidence({"model": self._proba(X, labels)}, labels)
        inputs = self._inputs(X, labels)
        evidence = gather_evidence(all_sources(inputs.base), inputs)
        return self._refine_evidence(evidence, labels, inputs)

    def _refine_evidence(self, evidence, labels, inputs=None):
        """Return the soft labels, from tables of evidence that are known already."""
        if labels.trusted is not None and labels.trusted.all():
            # All labels are trusted: there is nothing to learn about them.
            self.coefficients_, self.noise_found_ = {}, False
            self.transition_matrix_ = np.eye(labels.n_classes)
            posterior = labels.one_hot()
        else:
            posterior = self._posterior(evidence, labels, inputs)
        posterior = keep_posterior(self, posterior, labels)
        self.noise_rate_ = self._rate(labels)
        if not self.noise_found_:
            posterior = labels.one_hot()
        elif self._is_soft():
            posterior = discounted_soft_labels(posterior, labels)
        else:
            posterior = np.eye(labels.n_classes)[posterior.argmax(axis=1)]
        return posterior * labels.sample_weight[:, None]

    def _posterior(self, evidence, labels, inputs):
        """Return the clean posterior, and keep what it stands on."""
        if not has_trusted(labels):
            warnings.warn(
                "TrustedLabelRefiner found no trusted label, and uses the noisy labels "
                "alone. Pass trusted=, a boolean mask of the rows whose label has been "
                "checked, or use NoisyLabelClassifier, which needs none.",
                NoEvidenceWarning,
            )
        names, beside = ["untrusted", *evidence], {}
        if has_trusted(labels) and inputs is not None:
            beside["owners"] = owners_of_trusted(inputs.X, labels)
            if inputs.embedding is not None:
                beside["Z"] = inputs.embedding
                names.append("prototypes")
            if hasattr(inputs.base, "predict_proba"):
                beside["taught"] = trusted_proba(
                    inputs.base, inputs.X, labels, context=inputs.context
                )
                names.append("trusted model")
        found = trusted_posterior(evidence, labels, **beside)
        exponents = map(float, found.stack.coefficients)
        self.coefficients_ = dict(zip(names, exponents, strict=True))
        self.noise_found_ = found.noise_found
        self.transition_matrix_ = found.transition_matrix
        return found.proba

    def _rate(self, labels):
        """Return the share of wrong labels among those that may be wrong."""
        weight = labels.sample_weight
        if labels.trusted is not None:
            weight = weight * ~labels.trusted
        total = max(weight.sum(), SMALLEST_PROBABILITY)
        return float(weight @ (1 - self.label_quality_) / total)

    def _is_soft(self):
        """Whether the probabilities of all classes are kept."""
        if self.soft != "auto":
            return self.soft
        trained = self._default_estimator
        return trained is None or takes_weights(trained)
