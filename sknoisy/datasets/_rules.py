"""Breast-cancer measurements labelled by three rules of thumb."""

import numpy as np
from sklearn.datasets import load_breast_cancer

from sknoisy._compat import validate_params
from sknoisy.datasets._bunch import finish, weak_bunch

# Each cut is the mean of its column rounded up to the next multiple of 5, 5 and 0.05:
# the means are 14.13, 19.29 and 0.089. No label was looked at.
RULES = (("mean radius", 15.0), ("mean texture", 20.0), ("mean concavity", 0.1))

_DESCR = """\
Breast cancer labelled by three rules of thumb
----------------------------------------------

A tumour is called malignant by a rule when its measurement is above a round number:
mean radius above 15, mean texture above 20, mean concavity above 0.1. The weak label
is the majority of the three. Each number is the mean of its column, rounded up; no
label was used to choose it. 8.4% of the weak labels are wrong: 17.5% of the malignant
tumours are called benign, 3.1% of the benign ones malignant. The description of the
data themselves follows."""


@validate_params(
    {"return_X_y": ["boolean"], "as_frame": ["boolean"]},
    prefer_skip_nested_validation=True,
)
def load_breast_cancer_rules(*, return_X_y=False, as_frame=False):
    """Load the breast-cancer data with labels from three rules of thumb.

    Each rule looks at one measurement of the nuclei in a tumour, their size, the
    unevenness of their grey levels and the dents in their outline, and calls the
    tumour malignant above a round number. The weak label is the majority of the
    three. The errors are therefore no coin flips: they gather where small tumours
    are malignant and large ones benign.

    ==========================  ===================
    Samples                     569
    Features                    30
    Classes                     2
    Annotators (rules)          3
    Wrong weak labels           48 (8.4%)
    malignant, called benign    37 of 212 (17.5%)
    benign, called malignant    11 of 357 (3.1%)
    ==========================  ===================

    Parameters
    ----------
    return_X_y : bool, default=False
        If True, return ``(data, target_noisy)`` instead of a Bunch. Mind that the
        second is the **weak** label: it is what a model is to be trained on here.

    as_frame : bool, default=False
        If True, the arrays are pandas tables, and ``frame`` is set. Needs pandas.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        data : {ndarray, DataFrame} of shape (569, 30)
            The measurements, rules' columns included.
        target : {ndarray, Series} of shape (569,)
            The true labels: 0 malignant, 1 benign.
        target_noisy : {ndarray, Series} of shape (569,)
            The weak labels, in the same coding.
        annotations : {ndarray, DataFrame} of shape (569, 3)
            The vote of each rule.
        annotator_names : list of str of length 3
            The rules in words.
        feature_names : list of str of length 30
            The names of the measurements.
        target_names : ndarray of shape (2,)
            The names of the classes.
        frame : DataFrame of shape (569, 32) or None
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
    load_digits_prototypes : Images named after the example they resemble most.
    load_wine_annotators : Several annotators of different skill.
    sklearn.datasets.load_breast_cancer : The data with their true labels alone.

    Notes
    -----
    The rules, ``mean radius > 15``, ``mean texture > 20`` and ``mean concavity >
    0.1``, were fixed before any label was looked at: each cut is the mean of its
    column (14.13, 19.29, 0.089) rounded up to the next multiple of 5, 5 and 0.05.
    That size, texture and outline of the nuclei matter is what the data were
    collected for [1]_. Combining several rough rules by their majority is the
    simplest form of weak supervision [2]_.

    References
    ----------
    .. [1] W. N. Street, W. H. Wolberg and O. L. Mangasarian, "Nuclear feature
       extraction for breast tumor diagnosis", Proc. SPIE 1905, 1993.

    .. [2] A. Ratner, C. De Sa, S. Wu, D. Selsam and C. Ré, "Data programming:
       creating large training sets, quickly", NeurIPS 2016.

    Examples
    --------
    >>> from sknoisy.datasets import load_breast_cancer_rules
    >>> bunch = load_breast_cancer_rules()
    >>> bunch.annotator_names
    ['mean radius > 15', 'mean texture > 20', 'mean concavity > 0.1']
    >>> int((bunch.target_noisy != bunch.target).sum())
    48
    """
    source = load_breast_cancer()
    annotations = _votes(source.data, list(source.feature_names))
    bunch = weak_bunch(
        source,
        (annotations.sum(axis=1) >= 2).astype(source.target.dtype),
        annotations,
        [f"{name} > {cut:g}" for name, cut in RULES],
        _DESCR,
    )
    return finish(
        bunch,
        owner="load_breast_cancer_rules",
        return_X_y=return_X_y,
        as_frame=as_frame,
    )


def _votes(X, feature_names):
    """Return the vote of each rule: 0 malignant, 1 benign."""
    columns = [feature_names.index(name) for name, _ in RULES]
    return (X[:, columns] <= [cut for _, cut in RULES]).astype(np.intp)
