"""The confident joint: how often a label given as j looks like an i."""

import numpy as np

from sknoisy._class_codes import narrow_codes
from sknoisy._label_margins import label_margins, parts_of_rows

# Distance below the mean that still counts: the rounding of a mean of float32.
ROUNDING = 1e-7


def count_confident_joint(codes, proba, weights=None):
    """Count the samples that a model is sure of, by likely class and given label.

    A sample counts for class i if its probability of i is at least the mean
    probability of i among the samples labelled i, and for the most probable such
    class where there are several; a tie goes to the label given.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,)
        Positions of the given labels.

    proba : ndarray of shape (n_samples, n_classes), ProbaTable or LabelMargins
        Out-of-fold probabilities.

    weights : ndarray of shape (n_samples,), default=None
        Weight with which a sample counts.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        Counts; row = likely class, column = given label.
    """
    read = label_margins(proba, codes)
    n_classes = read.table.n_classes
    counted = confident_classes(codes, read, weights)
    return joint_of_counted(codes, counted, n_classes, weights)


def joint_of_counted(codes, counted, n_classes, weights=None):
    """Return the confident joint, given the class for which each sample counts.

    Parameters
    ----------
    codes : ndarray of int of shape (n_samples,)
        Positions of the labels given.

    counted : ndarray of int of shape (n_samples,)
        Position of the class for which a sample counts, -1 for none.

    n_classes : int
        Number of classes.

    weights : ndarray of shape (n_samples,), default=None
        Weight with which a sample counts.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        Counts; row = likely class, column = given label.
    """
    joint = np.zeros((n_classes + 1) * n_classes, int if weights is None else float)
    for rows in parts_of_rows(len(codes)):
        # The first row takes what counts for no class, so that no rows are picked out.
        pairs = (counted[rows].astype(np.intp) + 1) * n_classes + codes[rows]
        mass = None if weights is None else weights[rows]
        joint += np.bincount(pairs, mass, minlength=len(joint))
    return joint.reshape(n_classes + 1, n_classes)[1:]


def confident_classes(codes, proba, weights=None):
    """Return the class for which each sample counts in the confident joint.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,)
        Positions of the given labels.

    proba : ndarray of shape (n_samples, n_classes), ProbaTable or LabelMargins
        Out-of-fold probabilities.

    weights : ndarray of shape (n_samples,), default=None
        Weight with which a sample counts in the thresholds.

    Returns
    -------
    ndarray of int of shape (n_samples,)
        Position of the class, -1 for samples that reach no threshold.
    """
    read = label_margins(proba, codes)
    threshold = _thresholds(codes, read, weights)
    counted = narrow_codes(np.broadcast_to(-1, len(codes)), len(threshold))
    unclear, lowest = np.empty(len(codes), dtype=bool), threshold.min()
    for rows in parts_of_rows(len(codes)):
        given, other, code = read.given[rows], read.other[rows], codes[rows]
        # A model that is torn between the label given and another does not contradict.
        own = (given >= threshold[code]) & (given >= other)
        np.copyto(counted[rows], code, where=own, casting="same_kind")
        # Of the others, a row whose largest probability is below every threshold
        # reaches none; only what is left is read a second time.
        unclear[rows] = ~own & (np.maximum(given, other) >= lowest)
    for rows, block in read.table.blocks(np.flatnonzero(unclear)):
        counted[rows] = _best_confident(block, codes[rows], threshold)
    return counted


def _thresholds(codes, read, weights):
    """Return the mean probability of each class among the samples labelled so."""
    mass, total = np.zeros((2, read.table.n_classes))
    for rows in parts_of_rows(len(codes)):
        code, given, weight = codes[rows], read.given[rows], None
        if weights is not None:
            weight = weights[rows]
            given = given * weight
        mass += np.bincount(code, weight, minlength=len(mass))
        total += np.bincount(code, given, minlength=len(mass))
    # A class without labels has no threshold that could be reached.
    threshold = np.divide(total, mass, out=np.full(len(mass), 2.0), where=mass > 0)
    # Rounding must not push a class of equal probabilities below their own mean.
    return (threshold - ROUNDING).astype(read.table.dtype)


def _best_confident(block, codes, threshold):
    """Return the most probable class that reaches its threshold; codes wins ties."""
    flat, rows = block.ravel(), np.arange(len(block))
    # From right to left, so that the first of equal classes comes last and stays.
    reached = np.flatnonzero(block >= threshold)[::-1]
    reached = reached[np.argsort(flat[reached], kind="stable")]
    row, column = np.divmod(reached, len(threshold))
    best = np.full(len(block), -1)
    best[row] = column
    own = block[rows, codes]
    torn = (best >= 0) & (own == block[rows, best]) & (own >= threshold[codes])
    return np.where(torn, codes, best)


def calibrate_joint(joint, label_mass):
    """Scale the confident joint so that its columns sum to the labels given.

    Parameters
    ----------
    joint : ndarray of shape (n_classes, n_classes)
        Confident joint; row = likely class, column = given label.

    label_mass : ndarray of shape (n_classes,)
        Total weight of each given label.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        Estimated weight of each pair of true and given label. A label of which no
        sample was counted is taken to be right.
    """
    seen = joint.sum(axis=0)
    share = np.divide(joint, seen, out=np.eye(len(joint)), where=seen > 0)
    share *= label_mass
    return share


def joint_to_transition(joint):
    """Divide a calibrated joint by the sums of its rows.

    Parameters
    ----------
    joint : ndarray of shape (n_classes, n_classes)
        Weight of each pair of true and given label; row = true class.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``. A class that no sample looks like has
        told nothing of where its labels go: they are taken to be right.
    """
    silent = joint.sum(axis=1) == 0
    joint = joint + np.diag(silent)
    return joint / joint.sum(axis=1, keepdims=True)


def estimated_joint(proba, codes, weights=None):
    """Return the estimated weight of each pair of true and given label.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes), ProbaTable or LabelMargins
        Out-of-fold probabilities.

    codes : ndarray of shape (n_samples,)
        Positions of the labels given.

    weights : ndarray of shape (n_samples,), default=None
        Weights of the samples.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        Row = true class, column = label given.
    """
    joint = count_confident_joint(codes, proba, weights)
    mass = np.bincount(codes, weights, minlength=len(joint))
    return calibrate_joint(joint, mass)
