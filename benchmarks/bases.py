"""The classifiers that the methods are wrapped around."""

from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neural_network import MLPClassifier

# Name -> how to make it, what regularises it, and the number of folds that choose this.
BASES = {
    "lr": (
        lambda seed: LogisticRegression(max_iter=500),
        {"C": [1e-4, 1e-3, 1e-2, 1e-1, 1]},
        5,
    ),
    "rf": (
        lambda seed: RandomForestClassifier(100, random_state=seed),
        {"min_samples_leaf": [1, 3, 10, 30]},
        5,
    ),
    "hgb": (
        lambda seed: HistGradientBoostingClassifier(max_iter=60, random_state=seed),
        {"max_leaf_nodes": [4, 31], "l2_regularization": [0, 30]},
        3,
    ),
    "mlp": (
        lambda seed: MLPClassifier(50, alpha=0.1, max_iter=50, random_state=seed),
        {"alpha": [0.01, 0.1, 1, 10]},
        3,
    ),
}
# A base that is left out on sets of more classes than this: one fit grows a tree for
# each class in each iteration.
SLOW = ("hgb", 5)


def make_base(name, seed):
    return BASES[name][0](seed)


def tuned_search(base, name, seed):
    """Return the search that chooses the base's regularisation on noisy folds."""
    _, grid, n_folds = BASES[name]
    return GridSearchCV(base, grid, cv=folds(n_folds, seed))


def folds(n_folds, seed):
    """Return the splitter of all rows that are not ours."""
    return StratifiedKFold(n_folds, shuffle=True, random_state=seed)
