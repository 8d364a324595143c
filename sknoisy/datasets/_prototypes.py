"""Handwritten digits named after the example they resemble most."""

from numbers import Integral

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.datasets import load_digits
from sklearn.utils import check_random_state

from sknoisy._compat import Interval, validate_params
from sknoisy.datasets._bunch import finish, weak_bunch

_DESCR = """\
Handwritten digits named by a short-sighted annotator
-----------------------------------------------------

The annotator sees each 8 x 8 image blurred to 4 x 4 pixels, holds a sheet with a few
images of each digit, drawn at random and blurred alike, and names the digit of the
image on the sheet that is nearest in Euclidean distance. With the default sheet, 31.3%
of the names are wrong. The description of the data themselves follows."""


@validate_params(
    {
        "n_examples": [Interval(Integral, 1, 100, closed="both")],
        "random_state": ["random_state"],
        "return_X_y": ["boolean"],
        "as_frame": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def load_digits_prototypes(
    *, n_examples=3, random_state=0, return_X_y=False, as_frame=False
):
    """Load the digits with labels from a short-sighted annotator.

    The annotator sees each 8 x 8 image blurred to 4 x 4 pixels, compares it with a
    sheet of a few images of each digit, blurred alike, and names the digit of the
    nearest one. It errs where the blurred shapes are alike, and always in the same
    way, as people do.

    ========================  ====================
    Samples                   1797
    Features                  64
    Classes                   10
    Annotators                1
    Wrong weak labels         563 (31.3%)
    least often wrong         6 (6.6%), 7 (10.1%)
    most often wrong          8 (67.8%), 9 (42.8%)
    ========================  ====================

    Parameters
    ----------
    n_examples : int, default=3
        Number of images of each digit on the sheet, from 1 to 100. The more there
        are, the better the annotator.

    random_state : int, RandomState instance or None, default=0
        Draws the sheet. Each seed is another annotator; the figures above hold for
        the default.

    return_X_y : bool, default=False
        If True, return ``(data, target_noisy)`` instead of a Bunch. Mind that the
        second is the **weak** label: it is what a model is to be trained on here.

    as_frame : bool, default=False
        If True, the arrays are pandas tables, and ``frame`` is set. Needs pandas.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        data : {ndarray, DataFrame} of shape (1797, 64)
            The sharp images, flat, with grey levels from 0 to 16.
        images : ndarray of shape (1797, 8, 8)
            The sharp images.
        target : {ndarray, Series} of shape (1797,)
            The true digits.
        target_noisy : {ndarray, Series} of shape (1797,)
            The digits that the annotator named.
        annotations : {ndarray, DataFrame} of shape (1797, 1)
            The same as the only column of a table of annotators.
        annotator_names : list of str of length 1
            The name of the annotator.
        prototypes : ndarray of shape (10, n_examples)
            Row numbers of the images on the sheet. They get their true label.
        feature_names : list of str of length 64
            The names of the pixels.
        target_names : ndarray of shape (10,)
            The digits.
        frame : DataFrame of shape (1797, 66) or None
            ``data``, ``target`` and ``target_noisy`` side by side, with
            ``as_frame=True`` only.
        DESCR : str
            How the labels were made, and the description of the data.

    (data, target_noisy) : tuple if ``return_X_y`` is True
        The images and the weak labels.

    Raises
    ------
    ImportError
        If ``as_frame`` is true and pandas is not installed.

    See Also
    --------
    load_breast_cancer_rules : Labels from rules of thumb.
    load_wine_annotators : Several annotators of different skill.
    sklearn.datasets.load_digits : The images with their true labels alone.

    Notes
    -----
    A blurred pixel is the sum of 2 x 2 sharp ones, so that all distances are whole
    numbers; where two digits are equally near, the smaller is named. More eights are
    called one (92 of 174) than eight (56): where a wrong name is the more common one,
    nothing in the labels tells which is right, and no method should be expected to
    set all of these right.

    Examples
    --------
    >>> from sknoisy.datasets import load_digits_prototypes
    >>> bunch = load_digits_prototypes()
    >>> round(float((bunch.target_noisy != bunch.target).mean()), 3)
    0.313
    """
    source = load_digits()
    blurred = source.images.reshape(-1, 4, 2, 4, 2).sum(axis=(2, 4)).reshape(-1, 16)
    prototypes = draw_per_class(
        source.target, n_examples, check_random_state(random_state)
    )
    named = nearest_class(blurred, prototypes)[0].astype(source.target.dtype)
    bunch = weak_bunch(source, named, named[:, None], ["short-sighted"], _DESCR)
    bunch.update(images=source.images, prototypes=prototypes)
    return finish(
        bunch, owner="load_digits_prototypes", return_X_y=return_X_y, as_frame=as_frame
    )


def draw_per_class(target, n_examples, random_state):
    """Return rows of shape (n_classes, n_examples), drawn without repetition."""
    return np.stack(
        [
            random_state.permutation(np.flatnonzero(target == label))[:n_examples]
            for label in np.unique(target)
        ]
    )


def nearest_class(X, prototypes):
    """Return the class of the nearest prototype, and the distances to all classes.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        What the annotator sees.

    prototypes : ndarray of shape (n_classes, n_examples)
        Row numbers of the examples of each class.

    Returns
    -------
    nearest : ndarray of shape (n_samples,)
        The nearest class, the first of several that are equally near.

    distances : ndarray of shape (n_samples, n_classes)
        Squared Euclidean distance to the nearest example of each class.
    """
    distances = cdist(X, X[prototypes.ravel()], "sqeuclidean")
    distances = distances.reshape(len(X), *prototypes.shape).min(axis=2)
    return distances.argmin(axis=1), distances
