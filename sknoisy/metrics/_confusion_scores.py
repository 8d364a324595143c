r"""Scores that follow from the confusion matrix of clean labels and predictions.

Each function takes the joint shares ``C`` of shape (n_classes, n_classes), with the
clean class by row, the predicted one by column and sum 1, and returns the score and its
derivative by each entry. Below, :math:`r` are the sums of the rows, :math:`c` those of
the columns and :math:`d` the diagonal.
"""

import numpy as np


def accuracy(C):
    r"""Return :math:`\sum_k d_k`."""
    return np.trace(C), np.eye(len(C))


def balanced_accuracy(C):
    r"""Return the mean of :math:`d_k / r_k` over the classes that occur."""
    diagonal, rows = np.diag(C), C.sum(axis=1)
    there = rows > 0
    inverse = np.divide(1, rows, out=np.zeros(len(C)), where=there) / there.sum()
    gradient = np.diag(inverse) - (diagonal * inverse**2 * there.sum())[:, None]
    return diagonal @ inverse, gradient


def f1_macro(C):
    r"""Return the mean of :math:`2 d_k / (r_k + c_k)`."""
    diagonal, total = np.diag(C), C.sum(axis=1) + C.sum(axis=0)
    there = total > 0
    inverse = np.divide(1, total, out=np.zeros(len(C)), where=there)
    slope = diagonal * inverse**2
    gradient = 2 * (np.diag(inverse) - slope[:, None] - slope) / there.sum()
    return 2 * (diagonal @ inverse) / there.sum(), gradient


def cohen_kappa(C):
    r"""Return :math:`(a - e) / (1 - e)` with :math:`a = \sum d`, :math:`e = r c`."""
    rows, columns, agreed = C.sum(axis=1), C.sum(axis=0), np.trace(C)
    chance = rows @ columns
    left = 1 - chance
    if left <= 0:
        return 0.0, np.zeros_like(C)
    value = (agreed - chance) / left
    by_chance = (agreed - 1) / left**2
    return value, np.eye(len(C)) / left + by_chance * (columns[:, None] + rows)


def matthews_corrcoef(C):
    r"""Return :math:`(a - e) / \sqrt{(1 - \sum r^2)(1 - \sum c^2)}`."""
    rows, columns = C.sum(axis=1), C.sum(axis=0)
    over, left, right = (
        np.trace(C) - rows @ columns,
        1 - rows @ rows,
        1 - columns**2 @ (np.ones(len(C))),
    )
    if left <= 0 or right <= 0:
        return 0.0, np.zeros_like(C)
    scale = np.sqrt(left * right)
    gradient = np.eye(len(C)) - (columns[:, None] + rows)
    gradient += over * (rows[:, None] / left + columns / right)
    return over / scale, gradient / scale


CONFUSION_SCORES = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "f1_macro": f1_macro,
    # With one label a row, every false positive of a class is a false negative of
    # another, so that micro precision, recall and F1 are all the accuracy.
    "f1_micro": accuracy,
    "cohen_kappa": cohen_kappa,
    "matthews_corrcoef": matthews_corrcoef,
}
