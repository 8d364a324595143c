"""What an audit shows: a table and a drawing, which import what they need late."""

import numpy as np

from sknoisy.multilabel._result import import_pandas


def audit_frame(audit):
    """Return a table with a row per tag.

    Parameters
    ----------
    audit : MultilabelAudit
        A fitted audit.

    Returns
    -------
    DataFrame
        Rates and expected numbers of wrong entries.
    """
    n_tagged = audit.tags_.sum(axis=0)
    low, high = audit.tagability_bounds_.T
    columns = {
        "n_tagged": n_tagged,
        "tagability": audit.tagability_,
        "tagability_low": low,
        "tagability_high": high,
        "false_omission_rate": audit.false_omission_rate_,
        "precision": audit.precision_,
        "missing": audit.false_omission_rate_ * (len(audit.proba_) - n_tagged),
        "spurious": (1 - audit.precision_) * n_tagged,
    }
    pandas = import_pandas()
    index = pandas.Index(audit.label_names_, name="label")
    return pandas.DataFrame(columns, index=index)


def draw_audit(audit, ax=None):
    """Draw the tagability of each tag with its bounds, the lowest first.

    Parameters
    ----------
    audit : MultilabelAudit
        A fitted audit.

    ax : matplotlib Axes, default=None
        Where to draw. None makes a new figure.

    Returns
    -------
    Axes
        The drawing.
    """
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(
            'plot needs matplotlib. Install it with pip install ".[plot]" in the '
            "folder of sknoisy, or use to_frame and draw it yourself."
        ) from error
    known = np.flatnonzero(~np.isnan(audit.tagability_))
    order = known[np.argsort(-audit.tagability_[known], kind="stable")]
    if ax is None:
        height = 1.2 + 0.25 * len(order)
        _, ax = pyplot.subplots(figsize=(6, height), layout="constrained")
    places = np.arange(len(order))
    ax.hlines(places, *audit.tagability_bounds_[order].T, color="0.7", lw=3)
    ax.plot(audit.tagability_[order], places, "o", color="C0")
    ax.set_yticks(places, [str(name) for name in audit.label_names_[order]])
    ax.set(xlim=(0, 1.02), xlabel="tagability: how likely a true tag was given")
    return ax
