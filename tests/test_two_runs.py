"""Two runs that write one file, or one cache: the outcome is one of the two, whole."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.datasets import make_blobs
from sklearn.naive_bayes import GaussianNB

from sknoisy.cli import main
from sknoisy.cli._output import Output, write_output
from sknoisy.model_selection import robustness_curve
from sknoisy.quality import ModelConfidence
from sknoisy.review import ReviewSession

N_ROWS, N_TIMES = 400, 15


class Told(BaseEstimator):
    """Scores labels without any fit worth the name."""

    def fit(self, X, y, trusted=None):
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.label_quality_ = (1 + codes) / 3
        return self


def write_audit(label, path):
    labels = np.full(N_ROWS, label, dtype=object)
    quality, flagged = np.linspace(0, 1, N_ROWS), np.zeros(N_ROWS, bool)
    facts = {"rows": np.arange(N_ROWS), "given": labels, "suggested": labels}
    table = SimpleNamespace(thumbnails=None)
    report = SimpleNamespace(
        **facts, quality=quality, flagged=flagged, n_labelled=N_ROWS, table=table
    )
    return lambda: write_output(Output("csv", path), report)


def write_sheet(label, path):
    y = np.full(N_ROWS, "other", dtype=object)
    y[::2] = label
    review = ReviewSession(Told(), np.zeros((N_ROWS, 1)), y, random_state=0)
    review.suggest(N_ROWS // 4)
    return lambda: review.to_sheet(path)


def write_corrected(label, path):
    table, sheet = (path.with_name(f"{name} {label}.csv") for name in "ab")
    lines = [f"{number},{label}" for number in range(N_ROWS)]
    table.write_text("\n".join(["number,kind", *lines, "0,other"]) + "\n")
    sheet.write_text(f"row,given_label,verdict\n0,{label},other\n")
    command = ["apply", str(table), "--verdicts", str(sheet), "--output", str(path)]
    return lambda: main(command)


WRITERS = {
    "audit.csv": write_audit,
    "sheet.csv": write_sheet,
    "sheet.json": write_sheet,
    "corrected.csv": write_corrected,
}


@pytest.mark.parametrize("name", WRITERS)
def test_whoever_reads_a_file_of_two_runs_gets_that_of_one(tmp_path, name):
    path = tmp_path / name
    writers = [WRITERS[name](label, path) for label in ("first", "the second")]
    wholes = []
    for write in writers:
        write()
        wholes.append(path.read_bytes())
    assert wholes[0] != wholes[1]
    start, errors = threading.Barrier(len(writers)), []

    def run(write):
        try:
            start.wait(timeout=60)
            for _ in range(N_TIMES):
                write()
        except BaseException as error:
            errors.append(error)

    runs = [threading.Thread(target=run, args=[write]) for write in writers]
    for one in runs:
        one.start()
    while any(one.is_alive() for one in runs):
        assert path.read_bytes() in wholes
    assert errors == []
    assert path.read_bytes() in wholes
    assert not [left for left in os.listdir(tmp_path) if left.endswith(".tmp")]


def test_a_file_that_goes_away_meanwhile_is_written_all_the_same(tmp_path, monkeypatch):
    path = tmp_path / "audit.csv"
    write = write_audit("first", path)
    write()
    whole = path.read_bytes()
    monkeypatch.setattr(os, "fsync", lambda _: path.unlink())
    write()
    assert path.read_bytes() == whole


X, y = make_blobs(60, n_features=3, centers=3, cluster_std=1.5, random_state=0)


def run_with_cache(memory):
    curve = robustness_curve(
        GaussianNB(), X, y, rates=(0, 0.2), cv=3, memory=memory, random_state=0
    )
    source = ModelConfidence(GaussianNB(), cv=3, memory=memory).fit(X, y)
    return curve.scores, source.label_quality_


# One run may read what the other has half written of its function's source; joblib then
# warns of two functions of one name, and computes anew.
@pytest.mark.filterwarnings("ignore::joblib.memory.JobLibCollisionWarning")
def test_two_runs_on_one_cache_agree_with_one_without(tmp_path):
    expected = run_with_cache(None)
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(run_with_cache, [str(tmp_path)] * 4))
    for found in (*runs, run_with_cache(str(tmp_path))):
        for own, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(own, other)
