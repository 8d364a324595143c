"""What every loader returns: one Bunch, as arrays or as pandas tables."""

import numpy as np
from sklearn.utils import Bunch


def weak_bunch(source, target_noisy, annotations, annotator_names, descr):
    """Return the Bunch of a set of scikit-learn with weak labels beside the true ones.

    Parameters
    ----------
    source : Bunch
        What the loader of scikit-learn returned, as arrays.

    target_noisy : ndarray of shape (n_samples,)
        The weak labels, in the coding of ``source.target``.

    annotations : ndarray of shape (n_samples, n_annotators)
        One column per annotator, -1 where an annotator gave no label.

    annotator_names : list of str
        Names of the columns of ``annotations``.

    descr : str
        How the weak labels were made; the description of the source follows it.

    Returns
    -------
    Bunch
        Arrays and names; ``frame`` is None.
    """
    return Bunch(
        data=source.data,
        target=source.target,
        target_noisy=target_noisy,
        annotations=annotations,
        annotator_names=annotator_names,
        feature_names=[str(name) for name in source.feature_names],
        target_names=np.asarray(source.target_names),
        frame=None,
        DESCR=f"{descr}\n\n{source.DESCR}",
    )


def finish(bunch, *, owner, return_X_y, as_frame):
    """Hand a Bunch out in the form that was asked for.

    Parameters
    ----------
    bunch : Bunch
        The arrays; it is changed in place where ``as_frame`` is true.

    owner : str
        Name of the loader, for the message where pandas is missing.

    return_X_y : bool
        Whether to return a pair instead of the Bunch.

    as_frame : bool
        Whether to turn the arrays into pandas tables.

    Returns
    -------
    Bunch or tuple
        The Bunch, or ``(data, target_noisy)``; where there are no noisy labels, the
        labels that are there.
    """
    if as_frame:
        _to_tables(bunch, owner)
    if not return_X_y:
        return bunch
    noisy = bunch.target_noisy
    return bunch.data, bunch.target if noisy is None else noisy


def import_pandas(owner):
    """Return pandas, or say how to get it."""
    try:
        import pandas
    except ImportError as error:
        raise ImportError(
            f"{owner} needs pandas for as_frame=True, but pandas is not installed. "
            'Install it with pip install ".[report]" in the folder of sknoisy, or pass '
            "as_frame=False."
        ) from error
    return pandas


def _to_tables(bunch, owner):
    """Replace data, targets and annotations by tables, and join them in ``frame``."""
    pd = import_pandas(owner)
    bunch.data = pd.DataFrame(bunch.data, columns=bunch.feature_names)
    parts = [bunch.data]
    for key in ("target", "target_noisy"):
        if bunch[key] is not None:
            bunch[key] = _label_table(pd, bunch[key], key, bunch.target_names)
            parts.append(bunch[key])
    bunch.frame = pd.concat(parts, axis=1)
    if bunch.get("annotations") is not None:
        names = bunch.get("annotator_names")
        bunch.annotations = pd.DataFrame(bunch.annotations, columns=names)


def _label_table(pd, labels, key, target_names):
    """Return a Series of labels, or a DataFrame with one column per tag."""
    if labels.ndim == 1:
        return pd.Series(labels, name=key)
    # The key goes in front, since true and noisy tags share their names in `frame`.
    columns = [f"{key}__{name}" for name in target_names]
    return pd.DataFrame(labels, columns=columns)
