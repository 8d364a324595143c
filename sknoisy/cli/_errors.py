"""What the user of the command has to put right, and how optional libraries are met."""

import difflib
import importlib

_MAX_LISTED = 12


class AuditError(Exception):
    """Bad usage or bad input; the message is shown as one line, without traceback."""


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
    AuditError
        If it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        name = module.split(".")[0]
        raise AuditError(
            f"this needs {name}, which is not installed. Install it with "
            'pip install "sknoisy[audit]".'
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
    folded = {column.casefold().strip(): column for column in header}
    close = difflib.get_close_matches(name.casefold().strip(), folded, n=1, cutoff=0.6)
    hint = f" Did you mean {folded[close[0]]!r}?" if close else ""
    raise AuditError(f"no column {name!r} for {option}.{hint} {list_columns(header)}")


def list_columns(header):
    """Return the names of the columns as a sentence."""
    listed = ", ".join(repr(column) for column in header[:_MAX_LISTED])
    more = len(header) - _MAX_LISTED
    return f"The columns are {listed}{f' and {more} more' if more > 0 else ''}."
