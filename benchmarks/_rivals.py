"""What can be had without sknoisy: bases, tuned bases, cleanlab, hasa, oracles."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.semi_supervised import LabelSpreading

PLAIN, TUNED, ORACLE = "plain base", "tuned base", "oracle: clean labels"
CLEAN_LEARNING = "CleanLearning"
ON_TUNED = ", tuned base"
# Sets that a base or a method leaves out. On 77 classes one boosting fit takes minutes,
# and a cell holds about a hundred; backward correction trains on each row once a class.
TOO_SLOW = {("banking77", "hgb"), ("banking77", "NoiseTransitionClassifier(backward)")}


@dataclass(frozen=True)
class Method:
    """A row of the tables: how to make an estimator, and what it is shown."""

    name: str
    make: Callable
    labels: str = "noisy"  # or "clean", or "correct": the rightly labelled rows only
    base: str = "plain"  # or "tuned", or "none": the row is the same for all bases


def make_base(name, seed):
    """Return an unfitted base learner."""
    if name == "lr":
        return LogisticRegression(max_iter=200)
    if name == "rf":
        return RandomForestClassifier(50, random_state=seed)
    # 64 bins instead of 255 halve the time and cost no accuracy on 2,000 rows.
    return HistGradientBoostingClassifier(
        max_iter=30, max_bins=64, early_stopping=False, random_state=seed
    )


BASES = ("lr", "rf", "hgb")
# What regularises each base, and the number of folds that choose it.
GRIDS = {
    "LogisticRegression": ({"C": [1e-4, 1e-3, 1e-2, 1e-1, 1]}, 5),
    "RandomForestClassifier": ({"min_samples_leaf": [1, 3, 10, 30]}, 5),
    "HistGradientBoostingClassifier": (
        [
            {"max_leaf_nodes": [4, 31], "l2_regularization": [0, 30]},
            {"learning_rate": [0.03], "max_leaf_nodes": [4]},
        ],
        3,
    ),
}


def tuned_search(base, seed):
    """Return the search that chooses the base's regularisation on noisy folds."""
    grid, n_folds = GRIDS[type(base).__name__]
    return GridSearchCV(base, grid, cv=_folds(n_folds, seed))


def tuned_neighbors(_, seed):
    """Return kNN with k chosen on noisy folds."""
    grid = {"n_neighbors": [5, 15, 31, 61]}
    return GridSearchCV(KNeighborsClassifier(), grid, cv=_folds(5, seed))


def label_spreading(_, seed):
    """Return label spreading with a clamp that lets neighbours overrule a label."""
    return LabelSpreading(kernel="knn", n_neighbors=10, alpha=0.8)


class CleanLearningRival:
    """cleanlab's CleanLearning with its defaults, reading and answering any labels."""

    def __init__(self, base, seed):
        self.base = base
        self.seed = seed

    def fit(self, X, y):
        """Fit on codes 0, 1, …, which is what CleanLearning accepts."""
        from cleanlab.classification import CleanLearning

        self.classes_, codes = np.unique(y, return_inverse=True)
        self.inner_ = CleanLearning(
            clone(self.base), seed=self.seed, find_label_issues_kwargs={"n_jobs": 1}
        )
        self.inner_.fit(X, codes)
        issues = self.inner_.get_label_issues()
        self.label_quality_ = issues["label_quality"].to_numpy()
        # Its noise_matrix holds P(noisy | true) by columns; the diagonal is the same.
        kept = np.diag(self.inner_.noise_matrix)
        self.noise_rate_ = float(1 - self.inner_.py @ kept)
        return self

    def predict(self, X):
        """Return labels as given to fit."""
        return self.classes_[self.inner_.predict(X)]


def has_cleanlab():
    """Whether cleanlab can be imported; if not, say what is missing."""
    try:
        import cleanlab  # noqa: F401
    except ImportError:
        print(
            "cleanlab is not installed: the rows of CleanLearning and of its scores "
            "are left out. `pip install cleanlab pandas` brings them."
        )
        return False
    return True


def rivals(with_cleanlab):
    """Return the rows that are not ours, plain and oracles first."""
    methods = [
        Method(PLAIN, lambda base, seed: base),
        Method(ORACLE, lambda base, seed: base, labels="clean"),
        Method("oracle: correct rows", lambda base, seed: base, labels="correct"),
        Method(TUNED, tuned_search),
        Method("LabelSpreading(knn)", label_spreading, base="none"),
        Method("kNN, k tuned", tuned_neighbors, base="none"),
    ]
    if with_cleanlab:
        methods += [
            Method(CLEAN_LEARNING, CleanLearningRival),
            Method(CLEAN_LEARNING + ON_TUNED, CleanLearningRival, base="tuned"),
        ]
    return methods


SCORES = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")


def cleanlab_scores(base, X, y, seed):
    """Return cleanlab's label quality scores on the same out-of-fold probabilities."""
    from cleanlab.rank import get_label_quality_scores

    codes = np.unique(y, return_inverse=True)[1]
    proba = cross_val_predict(
        base, X, codes, cv=_folds(5, seed), method="predict_proba"
    )
    return {
        score: get_label_quality_scores(codes, proba, method=score) for score in SCORES
    }


HASA = "hasa loss variance"
# Epochs of its net, epochs over which the variance is taken, and the share of labels
# that it trains on, which must be given by hand and fits noise of 40 %.
HASA_EPOCHS, HASA_WINDOW, HASA_SHARE = 30, 10, 0.6


def has_hasa():
    """Whether hasa can be imported."""
    return importlib.util.find_spec("hasa") is not None


def hasa_score(X, y, seed):
    """Return minus the variance of each label's loss, as hasa trains a small net."""
    import torch
    from hasa import HASA as Selector
    from hasa.callbacks import HASATrainer

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    codes = np.unique(y, return_inverse=True)[1]
    numbers = torch.arange(len(codes))
    rows = torch.tensor(X, dtype=torch.float32), torch.tensor(codes)
    net = torch.nn.Sequential(
        torch.nn.Linear(X.shape[1], 128),
        torch.nn.ReLU(),
        torch.nn.Linear(128, codes.max() + 1),
    )
    selector = Selector(len(codes), window_size=HASA_WINDOW, select_ratio=HASA_SHARE)
    loss = torch.nn.CrossEntropyLoss(reduction="none")
    adam = torch.optim.Adam(net.parameters(), lr=2e-3)
    trainer = HASATrainer(net, adam, loss, selector)
    batches = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(numbers, *rows), batch_size=64, shuffle=True
    )
    for _ in range(HASA_EPOCHS):
        trainer.train_epoch(batches)
    # The package keeps the losses to itself; this is where it reads them.
    return -selector._buffer.variance(numbers).numpy()


def _folds(n_folds, seed):
    return StratifiedKFold(n_folds, shuffle=True, random_state=seed)
