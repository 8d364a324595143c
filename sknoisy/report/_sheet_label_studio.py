"""A sheet as tasks of Label Studio, and its annotations as verdicts.

The labelling interface of the project names the text of a task ``text`` and the labels
to choose from ``verdict``; ``docs/user_guide/review.rst`` shows it.
"""

import json

from sknoisy.report._files import replacing

CHOICE, TEXT = "verdict", "text"
HEADER = ["row", "given_label", "verdict"]


def fits(data):
    """Whether a file is JSON of the kind that Label Studio writes."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"[", b"{")


def write(path, sheet):
    """Write a task for each line; what is suggested becomes a prediction."""
    tasks = [_task(sheet, place) for place in range(len(sheet.rows))]
    with replacing(path) as file:
        json.dump(tasks, file, indent=1)


def _task(sheet, place):
    values = {name: cells[place] for name, cells in sheet.values.items()}
    text = "\n".join(f"{name}: {value}" for name, value in values.items())
    if [*values] == [TEXT]:
        text = values[TEXT]
    given = str(sheet.given[place])
    data = {"row": int(sheet.rows[place]), "given_label": given, TEXT: text or given}
    suggested = sheet.said.get("suggested_label", [None] * len(sheet.rows))[place]
    if suggested is None:
        return {"data": data}
    choice = {
        "from_name": CHOICE,
        "to_name": TEXT,
        "type": "choices",
        "value": {"choices": [str(suggested)]},
    }
    return {"data": data, "predictions": [{"result": [choice]}]}


def read(data, path):
    """Return header and numbered tasks, each with row, label given and verdict.

    Both formats of export are read: JSON, with ``annotations``, and JSON-MIN.
    """
    try:
        tasks = json.loads(data.decode("utf-8-sig"))
    except ValueError as error:
        raise ValueError(
            f"{path} expected tasks of Label Studio as JSON, but got {error}. Export "
            "them as JSON or JSON-MIN."
        ) from error
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise ValueError(
            f"{path} expected a list of tasks of Label Studio, but got something else. "
            "Export all tasks of the project as JSON or JSON-MIN."
        )
    return HEADER, [(at, _line(t, at, path)) for at, t in enumerate(tasks, start=1)]


def _line(task, at, path):
    """Return row, label given and verdict of a task as texts."""
    data = task["data"] if isinstance(task.get("data"), dict) else task
    if "row" not in data or "given_label" not in data:
        raise ValueError(
            f"{path}, task {at}: expected row and given_label among its data, but got "
            f"{', '.join(map(str, list(data)[:10]))}. Export the tasks that were "
            "written for this review."
        )
    choices = sorted(_choices(task))
    if len(choices) > 1:
        raise ValueError(
            f"{path}, task {at}: expected one verdict about row {data['row']}, but got "
            f"{choices}. Decide which one is right."
        )
    return [str(data["row"]), str(data["given_label"]), *(choices or [""])]


def _choices(task):
    """Return the distinct labels that people have chosen in a task."""
    if "annotations" not in task:
        chosen = task.get(CHOICE)
        chosen = chosen.get("choices", []) if isinstance(chosen, dict) else chosen
        return {chosen} if isinstance(chosen, str) else set(chosen or [])
    return {
        str(label)
        for annotation in task["annotations"]
        if not annotation.get("was_cancelled")
        for result in annotation.get("result", [])
        if result.get("type") == "choices" and result.get("from_name") == CHOICE
        for label in result["value"]["choices"]
    }
