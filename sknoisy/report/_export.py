"""The facts of an audit as plain values, JSON, and a frame of rows."""

import json
import math
from dataclasses import asdict

import numpy as np

from sknoisy.report._errors import need

GENERATOR = "sknoisy audit"
# In a page these would end or begin a tag.
_IN_A_PAGE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
# Texts say most about a row.
_TELLING = {"image": 0, "text": 0, "category": 1, "date": 2, "number": 3}


def row_values(report, position, n_values):
    """Return names, values and whether they speak against the label."""
    row, data = int(report.rows[position]), report.data
    if not hasattr(data, "iloc"):
        return _sparse_values(data, row, n_values)
    against = [name for name in report.against[position] if name]
    used = [column for column in report.columns if column.kind in _TELLING]
    used.sort(key=lambda column: _TELLING[column.kind])
    others = [column.name for column in used if column.name not in against]
    place = {name: number for number, name in enumerate(data.columns)}
    return [
        (name, _as_text(data.iat[row, place[name]]), name in against)
        for name in [*against, *others][:n_values]
    ]


def _sparse_values(data, row, n_values):
    """Return the largest values of a sparse row."""
    if data is None:
        return []
    start, end = data.indptr[row], data.indptr[row + 1]
    indices, values = data.indices[start:end], data.data[start:end]
    largest = np.argsort(-np.abs(values), kind="stable")[:n_values]
    return [(f"x{indices[k]}", _as_text(values[k]), False) for k in largest]


def _as_text(value):
    """Return a cell as text, numbers with six digits."""
    if isinstance(value, float | np.floating):
        return "" if math.isnan(value) else f"{value:.6g}"
    text = "" if value is None or type(value).__name__ in _GAPS else str(value)
    return text.removesuffix(" 00:00:00")


_GAPS = {"NAType", "NaTType"}


def to_dict(report):
    """Return the facts as plain values."""
    rows = {
        "row": report.rows,
        "given_label": report.given,
        "suggested_label": report.suggested,
        "label_quality": report.quality,
        "flagged": report.flagged,
        "trusted": report.trusted,
        "expected_wrong": report.expected_wrong,
        "against": [[name for name in names if name] for names in report.against],
        "words": report.words,
    }
    if report.table.thumbnails is not None:
        rows["image"] = image_names(report)
    return {
        "generator": GENERATOR,
        "name": report.name,
        "label_name": report.label_name,
        "n_rows": report.n_rows,
        "n_labelled": report.n_labelled,
        "n_flagged": report.n_flagged,
        "n_to_check": report.n_to_check,
        "noise": _plain(asdict(report.noise)),
        "classes": _plain(report.classes),
        "class_counts": _plain(report.class_counts),
        "transition_matrix": _plain(report.transition_matrix),
        "confusions": [_plain(asdict(confusion)) for confusion in report.confusions],
        "findings": [_plain(asdict(finding)) for finding in report.findings],
        "columns": [_plain(asdict(column)) for column in report.columns],
        "measures": _plain(report.measures),
        "how": dict(report.how),
        "rows": {name: _plain(values) for name, values in rows.items()},
    }


def image_names(report):
    """Return the names of the images in the order of suspicion."""
    return report.data["image"].to_numpy()[report.rows]


def _plain(value):
    """Return arrays as lists, numbers of numpy as numbers, NaN as None."""
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuU":
        return value.tolist()
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(part) for part in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, bool | int | str | None) else str(value)


def to_json(report):
    """Return the facts as JSON in ASCII that can stand in a page."""
    text = json.dumps(to_dict(report), allow_nan=False, indent=1)
    for character, code in _IN_A_PAGE.items():
        text = text.replace(character, code)
    return text


def to_frame(report):
    """Return a row per row of the table."""
    pandas = need("pandas")
    against = [", ".join(filter(None, names)) for names in report.against]
    columns = {
        "given_label": report.given,
        "suggested_label": report.suggested,
        "label_quality": report.quality,
        "flagged": report.flagged,
        "rank": np.arange(report.n_labelled),
        "trusted": report.trusted,
        "against": against,
    }
    if report.table.thumbnails is not None:
        columns["image"] = image_names(report)
    index = pandas.Index(report.rows, name="row")
    frame = pandas.DataFrame(columns, index=index)
    every = pandas.RangeIndex(report.n_rows, name="row")
    if report.n_labelled < report.n_rows:
        frame = frame.astype({"rank": "Int64"}).reindex(every)
        for name in ("flagged", "trusted"):
            frame[name] = frame[name].eq(True)
    else:
        frame = frame.sort_index()
    for finding in report.findings:
        if len(finding.rows):
            concerned = np.isin(np.arange(report.n_rows), finding.rows)
            known = frame.get(finding.kind, False)
            frame[finding.kind] = concerned | known
    return frame
