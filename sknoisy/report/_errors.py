"""What the user has to put right, and how optional libraries are met."""

import difflib
import importlib

# Names that a message lists, and characters of each, before it is cut off.
_MAX_LISTED, _MAX_CHARACTERS = 12, 60
# How alike, from 0 to 1, a name must be to be suggested for one that is unknown.
_ALIKE = 0.6


# Under which name pip knows what is imported under another.
_PACKAGES = {"PIL": "pillow"}


class AuditError(ValueError):
    """Bad usage or bad input; the command shows the message as one line."""


class MissingLibraryError(AuditError, ImportError):
    """A library that is not installed is needed."""


def need(module):
    """Import an optional library, or say how to get it.

    Parameters
    ----------
    module : str
        Name of the module.

    Returns
    -------
    module
        The imported module.

    Raises
    ------
    MissingLibraryError
        If it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        name = module.split(".")[0]
        name = _PACKAGES.get(name, name)
        raise MissingLibraryError(
            f"this needs {name}, which is not installed. Install it with "
            f"pip install {name}, or all that an audit uses with pip install "
            '".[report]" in the folder of sknoisy.'
        ) from error


def find_column(name, header, option):
    """Return the position of a column, or say which columns there are.

    Parameters
    ----------
    name : str
        Name asked for.

    header : list of str
        Names of the columns.

    option : str
        The option that names it, for the message.

    Returns
    -------
    int
        Position in ``header``.

    Raises
    ------
    AuditError
        If there is no such column, or more than one.
    """
    times = header.count(name)
    if times == 1:
        return header.index(name)
    if times > 1:
        raise AuditError(
            f"{option} expected the name of one column, but {times} columns are called "
            f"{name!r}. Rename them."
        )
    folded = {cut(column).casefold().strip(): column for column in header}
    asked = cut(name).casefold().strip()
    close = difflib.get_close_matches(asked, folded, n=1, cutoff=_ALIKE)
    hint = f" Did you mean {cut(folded[close[0]])!r}?" if close else ""
    raise AuditError(
        f"no column {cut(name)!r} for {option}.{hint} {list_columns(header)}"
    )


def list_columns(header):
    """Return the names of the columns as a sentence."""
    return f"The columns are {listed(header, _MAX_LISTED)}."


def listed(names, n_shown=8):
    """Return the first few names as a list in words.

    Parameters
    ----------
    names : iterable of str
        The names.

    n_shown : int, default=8
        How many of them are told.

    Returns
    -------
    str
        The names in quotation marks, and the number of the others.
    """
    names = list(names)
    first = ", ".join(repr(cut(str(name))) for name in names[:n_shown])
    more = len(names) - n_shown
    return f"{first} and {more} more" if more > 0 else first


def cut(text):
    """Return the beginning of a text, all of it unless it is long.

    Parameters
    ----------
    text : str
        A name or a label.

    Returns
    -------
    str
        At most 63 characters.
    """
    more = len(text) > _MAX_CHARACTERS
    return f"{text[:_MAX_CHARACTERS]}..." if more else text
