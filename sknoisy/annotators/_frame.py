"""Answers as the table that crowd-kit takes."""

from sknoisy.annotators._annotations import annotations_to_long


def annotations_to_frame(
    annotations, *, missing=None, columns=("task", "worker", "label")
):
    """Return answers as a frame of three columns, as crowd-kit takes them.

    Crowd-kit (the extra ``crowd``) has aggregators of its own, such as ``MACE`` or
    ``GLAD``; their ``fit_predict`` takes this frame and returns labels by item.

    Parameters
    ----------
    annotations : array-like of shape (n_items, n_annotators) or Annotations
        The answers; None and NaN stand for none.

    missing : object, default=None
        What else stands for a missing answer.

    columns : sequence of 3 str, default=("task", "worker", "label")
        Names of the columns: item, annotator, label.

    Returns
    -------
    DataFrame of shape (n_answers, 3)
        A row for each answer.

    Raises
    ------
    ImportError
        If pandas is not installed.
    ValueError
        If there is no answer.

    See Also
    --------
    annotations_to_long : The same as three arrays.

    Examples
    --------
    >>> from sknoisy.annotators import annotations_to_frame
    >>> print(annotations_to_frame([["a", None], ["b", "a"]]))
       task  worker label
    0     0       0     a
    1     1       0     b
    2     1       1     a
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            "annotations_to_frame needs pandas. Install it with pip install "
            '".[crowd]" in the folder of sknoisy, or use annotations_to_long, which '
            "returns arrays."
        ) from error
    long = annotations_to_long(annotations, missing=missing)
    return pd.DataFrame(dict(zip(columns, long, strict=True)))
