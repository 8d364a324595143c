"""Which of eighteen candidates is chosen when the validation labels are wrong too.

The candidates (logistic regression, neighbours, forests and boosting over their
regularisation) are predicted out of fold on five folds of at most 1,000 noisy rows.
*Regret* is the accuracy on clean test labels that the chosen one, fitted to all noisy
rows, lacks against the best; *score error* is the mean error of the score itself over
the candidates. The row that counts is ``noise_corrected_scorer``, fitted to all noisy
rows; *not fitted* it sees a fold at a time. Sets of ``use`` "choose" chose the
constants of ``sknoisy.quality._noise_model`` and the share of the posterior in the
score, the others check them. One row takes the posterior of a forest on all rows, the
candidates' training rows among them. The last row has 5 % verified labels beside the
noisy ones, mean over five draws.

With ``--method`` a row is a function ``(X, y_noisy, predicted, fold) -> scores`` that
returns the score of each candidate from its out-of-fold predictions.
"""

from functools import partial

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from benchmarks.bases import folds
from benchmarks.cells import row_cells, row_problem
from benchmarks.methods import import_name
from benchmarks.noise import NONE
from sknoisy._labels import NoisyLabels
from sknoisy._transition_matrix import normalize_rows
from sknoisy.metrics._scorers import POSTERIOR_SHARE
from sknoisy.quality._noise_model import (
    NoiseModel,
    clean_label_posterior,
    estimated_noise,
    held_out_quality,
    is_symmetric,
    symmetric_part,
)

FIGURES = ("regret", "score_error")
LOWER_IS_BETTER = True
SCORER, AS_THEY_ARE = "noise_corrected_scorer", "noisy labels as they are"
NOT_FITTED = "noise_corrected_scorer, not fitted"
OURS, LIMIT = (SCORER,), "clean labels (the limit)"
ESTIMATED = "inverse of the estimated matrix"
TRUE_MATRIX, VERIFIED = "inverse of the true matrix", "5 % verified beside the rest"
REFERENCES = (LIMIT, TRUE_MATRIX, VERIFIED)
SEVERAL = ("pair40", "block40", "uniform40", "border30", NONE)
NAMES = (
    *("vehicle", "phoneme", "contraceptive", "digits", "cifar10n"),
    *("newsclass_yoruba", "segment", "spambase", "banana", "satimage", "mnist5k"),
    "ferplus",
)
VERIFIED_SHARE, N_DRAWS = 0.05, 5


def candidates():
    forest = partial(RandomForestClassifier, 30, random_state=0)

    def boosting(max_iter, **params):
        params |= {"max_iter": max_iter, "random_state": 0}
        return HistGradientBoostingClassifier(**params)

    return [
        *(LogisticRegression(C=10.0**power, max_iter=200) for power in range(-3, 3)),
        *(KNeighborsClassifier(k) for k in (1, 5, 15, 40)),
        *(forest(min_samples_leaf=leaf) for leaf in (1, 5, 20)),
        boosting(10, max_leaf_nodes=4, learning_rate=0.3),
        boosting(30, max_leaf_nodes=4, learning_rate=0.1),
        boosting(30, max_leaf_nodes=8, learning_rate=0.1),
        boosting(10, max_leaf_nodes=31, learning_rate=0.3),
        boosting(10, max_leaf_nodes=31, learning_rate=0.3, min_samples_leaf=60),
    ]


def cells(options):
    """Yield the cells; blocks and imbalance have no meaning with two classes."""

    def noises(about):
        return [about.given[0][0]] if about.given else None

    asked = {"usual_seeds": 2, "noises": noises, "names": NAMES}
    for cell in row_cells(options, bases=("lr",), **asked):
        if options.noises or cell.noise in SEVERAL or not cell.noise[-1].isdigit():
            yield cell


def prepare(cell, options):
    """Fit all candidates on five folds and on all rows."""
    problem = row_problem(cell, options)
    X, y = problem.labels.X, problem.labels.noisy
    problem.fold = np.zeros(len(y), dtype=int)
    for number, (_, test) in enumerate(folds(5, cell.seed).split(X, y)):
        problem.fold[test] = number
    predicted, accuracy = [], []
    for model in candidates():
        column = np.zeros(len(y), dtype=int)
        for number in range(5):
            test = problem.fold == number
            column[test] = model.fit(X[~test], y[~test]).predict(X[test])
        predicted.append(column)
        accuracy.append(problem.accuracy(model.fit(X, y)))
    problem.predicted, problem.scores = np.transpose(predicted), np.array(accuracy)
    seen = (problem.labels.clean, y, problem.predicted)
    problem.n_classes = int(max(labels.max() for labels in seen)) + 1
    return problem


def agreement(problem, y):
    """Return the share of right predictions of each candidate."""
    return (problem.predicted == y[:, None]).mean(axis=0)


def by_inverse(problem, T, rows=slice(None)):
    """Return the accuracy of each candidate, corrected by the inverse of a matrix."""
    R, y = np.linalg.pinv(T), problem.labels.noisy[rows]
    return R[y[:, None], problem.predicted[rows]].mean(axis=0)


def noise_on(problem, rows=slice(None), T=None):
    """Return the noise model that the scorer estimates on some rows."""
    X, y = problem.labels.X[rows], problem.labels.noisy[rows]
    return estimated_noise(X, y, problem.n_classes, T)


def by_posterior(problem, model, rows=slice(None)):
    """Count each prediction by the probability that it is right."""
    y = problem.labels.noisy[rows]
    posterior = clean_label_posterior(model.clean_proba, model.transition, y)
    return np.take_along_axis(posterior, problem.predicted[rows], 1).mean(axis=0)


def scored_in_parts(problem, T=None, share=POSTERIOR_SHARE):
    """Score as the scorer does in a search; without a matrix it was not fitted."""
    scores, as_they_are = [], np.eye(problem.n_classes)
    for number in range(5):
        part = problem.fold == number
        model = NoiseModel(T)
        if T is None or not is_symmetric(T):
            model = noise_on(problem, part, T)
        if model.clean_proba is None:
            matrix = as_they_are if T is None else T
            scores.append(by_inverse(problem, matrix, part))
            continue
        symmetric = as_they_are if T is None else symmetric_part(T)
        plain = by_inverse(problem, symmetric, part)
        found = by_posterior(problem, model, part)
        scores.append(share * found + (1 - share) * plain)
    return np.mean(scores, axis=0)


def fitted(problem, share=POSTERIOR_SHARE):
    """Score as the scorer does after ``fit`` with all rows."""
    return scored_in_parts(problem, noise_on(problem).transition, share)


def by_all_rows(problem):
    """Score by the posterior of a forest on all rows, candidates' training rows too."""
    model = noise_on(problem)
    if model.clean_proba is None:
        return by_inverse(problem, model.transition)
    return by_posterior(problem, model)


def of_high_quality(problem):
    """Score on the rows that LabelQualityFold keeps."""
    y, X = problem.labels.noisy, problem.labels.X
    labels = NoisyLabels(codes=y, classes=np.arange(problem.n_classes))
    kept = held_out_quality(X, labels) >= 0.5
    return (problem.predicted == y[:, None])[kept if kept.any() else ~kept].mean(axis=0)


def with_true_matrix(problem):
    """Correct by the matrix that made the labels wrong."""
    K, labels = problem.n_classes, problem.labels
    pairs = np.bincount(labels.clean * K + labels.noisy, minlength=K * K)
    pairs = pairs.reshape(K, K)
    empty = np.diag(pairs.sum(axis=1) == 0)
    return by_inverse(problem, normalize_rows(pairs + empty))


WAYS = {
    SCORER: fitted,
    NOT_FITTED: scored_in_parts,
    "posterior's share 1": partial(fitted, share=1),
    "posterior's share 0.5": partial(fitted, share=0.5),
    "posterior of all rows": by_all_rows,
    "LabelQualityFold": of_high_quality,
    ESTIMATED: lambda p: by_inverse(p, noise_on(p).transition),
    TRUE_MATRIX: with_true_matrix,
}
METHODS = (AS_THEY_ARE, *WAYS, LIMIT, VERIFIED)


def measure(problem, row):
    """Return the regret of a way of scoring, and the error of its scores."""
    labels, clean = problem.labels, agreement(problem, problem.labels.clean)
    if row == VERIFIED:
        draws = [verified(problem, seed) for seed in range(N_DRAWS)]
        regrets = [problem.scores.max() - problem.scores[s.argmax()] for s in draws]
        errors = [np.abs(score - clean).mean() for score in draws]
        return {"regret": np.mean(regrets), "score_error": np.mean(errors)}
    if row in WAYS:
        score = WAYS[row](problem)
    elif row in (AS_THEY_ARE, LIMIT):
        score = agreement(problem, labels.clean if row == LIMIT else labels.noisy)
    else:
        way = import_name(row)
        score = np.asarray(way(labels.X, labels.noisy, problem.predicted, problem.fold))
    regret = problem.scores.max() - problem.scores[score.argmax()]
    return {"regret": regret, "score_error": float(np.abs(score - clean).mean())}


def verified(problem, seed):
    """Return prediction-powered accuracies by a few verified and all noisy labels."""
    n = len(problem.labels.noisy)
    rows = np.random.RandomState(seed).permutation(n)[: int(VERIFIED_SHARE * n)]
    trusted = np.isin(np.arange(n), rows)
    right = (problem.predicted == problem.labels.clean[:, None])[trusted].astype(float)
    agree = (problem.predicted == problem.labels.noisy[:, None]).astype(float)
    middle, rest = agree[trusted].mean(axis=0), agree[~trusted].mean(axis=0)
    centred = agree[trusted] - middle
    # One power for all candidates, so that none gains by its own.
    power = ((right - right.mean(axis=0)) * centred).sum() / (centred**2).sum()
    power = np.clip(power / (1 + trusted.sum() / (~trusted).sum()), 0, 1)
    return right.mean(axis=0) + power * (rest - middle)
