"""Audit a labelled table."""


def audit(
    data,
    y=None,
    *,
    label=None,
    trusted=None,
    groups=None,
    estimator=None,
    random_state=None,
):
    """Find out which labels of a table are wrong, and what else is wrong with it."""
    raise NotImplementedError
