"""Where pictures are drawn; matplotlib is imported here, and only when needed."""


def axes_for(caller, ax):
    """Return the axes to draw on.

    Parameters
    ----------
    caller : str
        Name of the method that draws, for the message.

    ax : matplotlib Axes or None
        Axes of one's own, None for a new figure.

    Returns
    -------
    matplotlib Axes
        The axes.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(
            f'{caller} needs matplotlib. Install it with pip install ".[plot]" in the '
            "folder of sknoisy."
        ) from error
    return pyplot.subplots()[1] if ax is None else ax
