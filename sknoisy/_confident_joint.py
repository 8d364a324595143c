"""The confident joint: how often a label given as j looks like an i."""

import numpy as np

BLOCK_ROWS = 4096


def count_confident_joint(codes, proba, weights=None):
    """Count the samples that a model is sure of, by likely class and given label.

    A sample counts for class i if its probability of i is at least the mean
    probability of i among the samples labelled i, and for the most probable such
    class where there are several; a tie goes to the label given.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,)
        Positions of the given labels.

    proba : ndarray of shape (n_samples, n_classes)
        Out-of-fold probabilities.

    weights : ndarray of shape (n_samples,), default=None
        Weight with which a sample counts.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        Counts; row = likely class, column = given label.
    """
    n_classes = proba.shape[1]
    counted = confident_classes(codes, proba, weights)
    sure = counted >= 0
    pairs = counted[sure] * n_classes + codes[sure]
    mass = None if weights is None else weights[sure]
    joint = np.bincount(pairs, mass, minlength=n_classes**2)
    return joint.reshape(n_classes, n_classes)


def confident_classes(codes, proba, weights=None):
    """Return the class for which each sample counts in the confident joint.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,)
        Positions of the given labels.

    proba : ndarray of shape (n_samples, n_classes)
        Out-of-fold probabilities.

    weights : ndarray of shape (n_samples,), default=None
        Weight with which a sample counts in the thresholds.

    Returns
    -------
    ndarray of int of shape (n_samples,)
        Position of the class, -1 for samples that reach no threshold.
    """
    given = proba[np.arange(len(codes)), codes]
    mass = np.bincount(codes, weights, minlength=proba.shape[1])
    total = np.bincount(
        codes, given if weights is None else given * weights, minlength=proba.shape[1]
    )
    # A class without labels has no threshold that could be reached.
    threshold = np.divide(total, mass, out=np.full(len(mass), 2.0), where=mass > 0)
    # Rounding must not push a class of equal probabilities below their own mean.
    threshold = (threshold - 1e-7).astype(proba.dtype)
    counted = np.empty(len(codes), dtype=np.intp)
    # Blocks keep the extra memory small whatever the number of samples.
    for start in range(0, len(codes), BLOCK_ROWS):
        block = proba[start : start + BLOCK_ROWS]
        sure = np.where(block >= threshold, block, -1.0)
        best, rows = sure.argmax(axis=1), np.arange(len(block))
        own = codes[start : start + BLOCK_ROWS]
        # A model that is torn between the label given and another does not contradict.
        best = np.where(sure[rows, own] == sure[rows, best], own, best)
        counted[start : start + BLOCK_ROWS] = np.where(sure[rows, best] >= 0, best, -1)
    return counted


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
    return share * label_mass


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


def confident_transition(proba, labels, uniform_share=0.0):
    """Return the transition matrix by the confident joint.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Out-of-sample probabilities.

    labels : NoisyLabels
        The labels, with weights.

    uniform_share : float, default=0.0
        Share of the uniform matrix that is mixed in, in [0, 1].

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.
    """
    codes, weights, n_classes = labels.codes, labels.sample_weight, labels.n_classes
    joint = count_confident_joint(codes, proba, weights)
    label_weight = np.bincount(codes, weights, n_classes)
    T = joint_to_transition(calibrate_joint(joint, label_weight))
    return (1 - uniform_share) * T + uniform_share / n_classes
