"""Columns of frames of probabilities, found by the names of the classes."""

import numpy as np


def column_order(table, classes, owner):
    """Return the column of each class where the columns are named like the classes.

    Parameters
    ----------
    table : array-like or frame of shape (n_samples, n_classes)
        Only the names of its columns are looked at.

    classes : array-like of shape (n_classes,)
        The classes.

    owner : str
        Name of the caller, for the message.

    Returns
    -------
    ndarray of int of shape (n_classes,) or None
        None where the columns have no names, are in order, or where no name is that of
        a class, such as "column_0": they are read by position.

    Raises
    ------
    ValueError
        If some columns are named like classes but others are not, or one is missing.
    """
    names = getattr(table, "column_names", getattr(table, "columns", None))
    # The default of pandas, a range from 0, numbers the columns.
    if names is None or (getattr(names, "start", None) == 0 and names.step == 1):
        return None
    names, keys = list(names), np.asarray(classes).tolist()
    # Frames that allow text as names only hold the class 1 in a column "1".
    if all(isinstance(name, str) for name in names):
        keys = [str(key) for key in keys]
    place = {name: position for position, name in enumerate(names)}
    if place.keys().isdisjoint(keys):
        return None
    if len(names) != len(keys) or any(key not in place for key in keys):
        raise ValueError(
            f"{owner} expected a column for each of the classes {keys}, but got the "
            f"columns {names}. Rename them, leave out the others, pass an array whose "
            "columns are in order, or, where y lacks a class, classes=."
        )
    order = np.array([place[key] for key in keys])
    return None if (order == np.arange(len(order))).all() else order
