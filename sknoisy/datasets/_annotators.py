"""Wines labelled by five annotators of different skill."""

import numpy as np
from sklearn.datasets import load_wine
from sklearn.utils import check_random_state

from sknoisy._compat import validate_params
from sknoisy.datasets._bunch import finish, weak_bunch
from sknoisy.datasets._prototypes import draw_per_class, nearest_class

# Name, number of measurements seen, number of bottles of each cultivar remembered.
ANNOTATORS = (
    ("master", 3, 3),
    ("taster", 3, 2),
    ("merchant", 2, 2),
    ("guest", 2, 1),
    ("novice", 1, 1),
)
# A class counts as clearly nearer where its distance is at most this share of the
# distance to the next class.
CLEARLY_NEARER = 0.8

_DESCR = """\
Wines labelled by five annotators of different skill
----------------------------------------------------

Each annotator sees one to three measurements, drawn at random, remembers one to three
bottles of each cultivar, drawn at random, and names the cultivar of the most similar
bottle. All but the first decline, shown as -1, where the nearest cultivar is not
clearly nearer than the next: where its distance is more than 0.8 of the next one's.
The weak label is the cultivar with the most votes; a tie goes to the cultivar that is
named by the earliest annotator among those tied. With the default draw, 14.0% of the
weak labels are wrong. The description of the data themselves follows."""


@validate_params(
    {
        "random_state": ["random_state"],
        "return_X_y": ["boolean"],
        "as_frame": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def load_wine_annotators(*, random_state=0, return_X_y=False, as_frame=False):
    """Load the wines with labels from five annotators of different skill.

    Each annotator sees one to three measurements of a wine, remembers one to three
    bottles of each cultivar, and names the cultivar of the most similar bottle. All
    but the first decline where they cannot decide. The weak label is the cultivar
    with the most votes.

    ==================  ====  ============  =========  =============
    Annotator           sees  remembers     declines   answers wrong
    ==================  ====  ============  =========  =============
    master              3     3 per class   0.0%       22.5%
    taster              3     2 per class   29.8%      28.8%
    merchant            2     2 per class   18.5%      33.1%
    guest               2     1 per class   12.9%      26.5%
    novice              1     1 per class   8.4%       33.7%
    all, by most votes                      0.0%       14.0%
    ==================  ====  ============  =========  =============

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=0
        Draws the measurements and the bottles. Each seed is another panel; the
        figures above hold for the default.

    return_X_y : bool, default=False
        If True, return ``(data, target_noisy)`` instead of a Bunch. Mind that the
        second is the **weak** label: it is what a model is to be trained on here.

    as_frame : bool, default=False
        If True, the arrays are pandas tables, and ``frame`` is set. Needs pandas.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        data : {ndarray, DataFrame} of shape (178, 13)
            The measurements.
        target : {ndarray, Series} of shape (178,)
            The true cultivars, 0 to 2.
        target_noisy : {ndarray, Series} of shape (178,)
            The cultivars with the most votes.
        annotations : {ndarray, DataFrame} of shape (178, 5)
            The answer of each annotator, -1 where there is none.
        annotator_names : list of str of length 5
            The names of the annotators.
        annotator_features : list of list of str
            The measurements that each annotator sees.
        feature_names : list of str of length 13
            The names of the measurements.
        target_names : ndarray of shape (3,)
            The names of the cultivars.
        frame : DataFrame of shape (178, 15) or None
            ``data``, ``target`` and ``target_noisy`` side by side, with
            ``as_frame=True`` only.
        DESCR : str
            How the labels were made, and the description of the data.

    (data, target_noisy) : tuple if ``return_X_y`` is True
        The measurements and the weak labels.

    Raises
    ------
    ImportError
        If ``as_frame`` is true and pandas is not installed.

    See Also
    --------
    load_breast_cancer_rules : Labels from rules of thumb.
    load_digits_prototypes : Images named after the example they resemble most.
    sklearn.datasets.load_wine : The wines with their true labels alone.

    Notes
    -----
    Measurements are compared by Euclidean distance after each column has been
    centred and divided by its standard deviation. An annotator other than the first
    declines where the distance to the nearest cultivar is more than 0.8 of that to
    the next one. The first always answers, so that each wine has at least one vote. A
    tie, which 10.1% of the wines have, goes to the tied cultivar that the earliest
    annotator in the table names.

    Examples
    --------
    >>> from sknoisy.datasets import load_wine_annotators
    >>> bunch = load_wine_annotators()
    >>> bunch.annotator_names
    ['master', 'taster', 'merchant', 'guest', 'novice']
    >>> print(bunch.annotations[:3])
    [[ 0 -1  0  0  0]
     [ 0 -1  0  1  2]
     [ 0  0 -1  0  2]]
    >>> print(bunch.target_noisy[:3])
    [0 0 0]
    """
    source = load_wine()
    annotations, seen = _ask(source, check_random_state(random_state))
    names = [name for name, _, _ in ANNOTATORS]
    bunch = weak_bunch(source, majority_vote(annotations), annotations, names, _DESCR)
    bunch.annotator_features = [
        [source.feature_names[j] for j in cols] for cols in seen
    ]
    return finish(
        bunch, owner="load_wine_annotators", return_X_y=return_X_y, as_frame=as_frame
    )


def _ask(source, random_state):
    """Return the answers of all annotators and the columns that each of them sees."""
    X = (source.data - source.data.mean(axis=0)) / source.data.std(axis=0)
    answers, seen = [], []
    for _, n_seen, n_remembered in ANNOTATORS:
        seen.append(random_state.permutation(X.shape[1])[:n_seen])
        bottles = draw_per_class(source.target, n_remembered, random_state)
        named, distances = nearest_class(X[:, seen[-1]], bottles)
        unsure = _unsure(distances) & (len(answers) > 0)
        answers.append(np.where(unsure, -1, named))
    return np.column_stack(answers), seen


def _unsure(squared_distances):
    """Return the rows whose nearest class is not clearly nearer than the next."""
    nearest, second = np.sort(np.sqrt(squared_distances), axis=1)[:, :2].T
    return nearest > CLEARLY_NEARER * second


def majority_vote(annotations):
    """Return the answer given most often in each row.

    Parameters
    ----------
    annotations : ndarray of int of shape (n_samples, n_annotators)
        Answers from 0 on, -1 for none. Each row needs at least one answer.

    Returns
    -------
    ndarray of shape (n_samples,)
        The majority; a tie goes to the answer that is given first in the row.
    """
    answered = annotations >= 0
    same = annotations[:, :, None] == annotations[:, None, :]
    votes = np.where(answered, same.sum(axis=2), 0)
    winner = votes.argmax(axis=1)
    return np.take_along_axis(annotations, winner[:, None], axis=1)[:, 0]
