"""Label quality by two models, neither of which has seen the label."""

import numpy as np

from sknoisy._compat import HasMethods
from sknoisy._context import CONTEXT_CONSTRAINTS
from sknoisy._embedding import EMBEDDING_CONSTRAINT
from sknoisy._meta import narrowed
from sknoisy.evidence import ProbabilitySource, gather_evidence, pool_evidence
from sknoisy.quality._base import BaseLabelQuality
from sknoisy.quality._similarity import SIMILARITY_CONSTRAINT, label_similarity


class CrossAgreement(ProbabilitySource, BaseLabelQuality):
    """Label quality by the agreement of a label with two models of different kind.

    Both models are trained on the same folds and predict the rows held out. The score
    is the similarity of the label with the logarithmic pool of their predictions, in
    which the model counts more that predicts held-out labels better.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``, default=None
        The first model. None means the classifier that is being trained, where there
        is one, else :class:`~sklearn.linear_model.LogisticRegression`.

    second_estimator : classifier with ``predict_proba``, default=None
        The second model: of another kind, or a ``Pipeline`` that looks at other
        columns. None means the out-of-bag forest, which needs no fit of a classifier.

    similarity : {"margin", "cosine", "probability"} or callable, default="margin"
        How prediction and label are compared, see :class:`SimilarityMixture`.

    embedding : "auto", "passthrough" or transformer, default="auto"
        Space of the forest, see :class:`NeighborAgreement`.

    cv : int, splitter or iterable, default=None
        Folds. None means 5 stratified folds in which copies of a row stay together.

    memory : str or object with the joblib.Memory interface, default=None
        Where out-of-fold probabilities and neighbours are cached.

    n_jobs : int, default=None
        Number of folds fitted side by side.

    random_state : int, RandomState instance or None, default=None
        Seed for those random states of the classifiers that have none.

    Attributes
    ----------
    label_quality_ : ndarray of shape (n_samples,)
        Scores; a higher score is a more believable label. They lie in [0, 1] unless a
        callable of yours returns others.

    similarities_ : ndarray of shape (n_models, n_samples)
        Similarity of the label with each model alone; one row where the forest is the
        second model and X cannot be embedded.

    models_agree_ : ndarray of bool of shape (n_samples,)
        Whether all models predict the same class.

    classes_ : ndarray of shape (n_classes,)
        The distinct labels.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where it has names that are strings.

    See Also
    --------
    SimilarityMixture : Turn such a score into a probability.
    ModelConfidence : Ask one model.

    Notes
    -----
    Two models of one kind make the same mistakes, and agree on them. Rows that both
    models call by one name other than the label, ``models_agree_`` with a low score,
    are the ones to look at first.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sknoisy.quality import CrossAgreement
    >>> X, y = load_iris(return_X_y=True)
    >>> y[0] = 2
    >>> tree = DecisionTreeClassifier(min_samples_leaf=5, random_state=0)
    >>> quality = CrossAgreement(GaussianNB(), tree).fit(X, y)
    >>> int(quality.label_quality_.argmin())
    0
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit"]), None],
        "second_estimator": [HasMethods(["fit"]), None],
        "similarity": SIMILARITY_CONSTRAINT,
        "embedding": EMBEDDING_CONSTRAINT,
        **CONTEXT_CONSTRAINTS,
    }

    def __init__(
        self,
        estimator=None,
        second_estimator=None,
        *,
        similarity="margin",
        embedding="auto",
        cv=None,
        memory=None,
        n_jobs=None,
        random_state=None,
    ):
        super().__init__(
            estimator, cv=cv, memory=memory, n_jobs=n_jobs, random_state=random_state
        )
        self.second_estimator = second_estimator
        self.similarity = similarity
        self.embedding = embedding

    def __sklearn_tags__(self):
        return narrowed(super().__sklearn_tags__(), self.second_estimator)

    def _score(self, X, labels):
        inputs = self._inputs(X, labels)
        if self.second_estimator is None:
            evidence = gather_evidence(["model", "forest"], inputs)
        else:
            second = self._inputs(X, labels, self.second_estimator)
            evidence = gather_evidence("model", inputs)
            evidence["second"] = gather_evidence("model", second)["model"]
        probas = list(evidence.values())
        similarities = [label_similarity(self.similarity, p, labels) for p in probas]
        self.similarities_ = np.stack(similarities)
        predicted = np.stack([proba.argmax(axis=1) for proba in probas])
        self.models_agree_ = (predicted == predicted[0]).all(axis=0)
        return label_similarity(
            self.similarity, pool_evidence(evidence, labels), labels
        )
