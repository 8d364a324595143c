"""Files of other kinds: what they are, and a command that makes a table of them."""

import re
import shlex

# How pandas reads a file of each kind so that labels stay as they are written, and
# what that needs beside pandas.
_SHEET = ("a spreadsheet", "read_excel({}, dtype=str)")
_LINES = ("JSON lines", "read_json({}, lines=True, dtype=False, convert_dates=False)")
_PACKED = ("compressed", "read_csv({}, dtype=str, keep_default_na=False)")
_FOREIGN = {
    ".xlsx": (*_SHEET, "openpyxl"),
    ".xlsm": (*_SHEET, "openpyxl"),
    ".xls": (*_SHEET, "xlrd"),
    ".ods": (*_SHEET, "odfpy"),
    ".jsonl": (*_LINES, ""),
    ".ndjson": (*_LINES, ""),
    ".json": ("JSON", "read_json({}, dtype=False, convert_dates=False)", ""),
    ".feather": ("a feather file", "read_feather({})", "pyarrow"),
    ".arrow": ("an Arrow file", "read_feather({})", "pyarrow"),
    ".dta": ("a Stata file", "read_stata({})", ""),
    ".zip": (*_PACKED, ""),
    ".bz2": (*_PACKED, ""),
    ".xz": (*_PACKED, ""),
}
# Paths of such characters stand between quotation marks that every shell understands.
_PLAIN_PATH = re.compile(r"[\w./ -]+", re.ASCII)


def how_to_convert(path, suffixes):
    """Say how a file that the audit does not read becomes one that it reads.

    Parameters
    ----------
    path : Path
        Path of the file.

    suffixes : sequence of str
        Endings of the files that the audit reads.

    Returns
    -------
    str
        Sentences with a command to copy.
    """
    readable = ", ".join(suffixes)
    if path.suffix.lower() not in _FOREIGN:
        return (
            f"{path} has no ending that says how to read it. Expected one of "
            f"{readable}: convert or rename it."
        )
    what, call, needed = _FOREIGN[path.suffix.lower()]
    source, target = repr(str(path)), repr(str(path.with_suffix(".csv")))
    code = f"import pandas; pandas.{call.format(source)}.to_csv({target}, index=False)"
    plain = _PLAIN_PATH.fullmatch(str(path))
    command = f'python -c "{code}"' if plain else f"python -c {shlex.quote(code)}"
    also = f", which needs: pip install {needed}" if needed else ""
    by_hand = "Save it as CSV UTF-8, or convert" if what == _SHEET[0] else "Convert"
    return (
        f"{path} is {what}, but expected was a file that ends in {readable}. {by_hand} "
        f"it by: {command}{also}"
    )
