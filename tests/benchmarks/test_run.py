"""A suite runs on sets of one's own, with a method of one's own, and is resumed."""

import json

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from benchmarks import __main__ as command
from benchmarks import data, methods, noise, records
from benchmarks.cells import CLEAN, PLAIN


class Refusing(DummyClassifier):
    """A method that fails."""

    def fit(self, X, y):
        raise ValueError("not today")


@pytest.fixture
def folder(tmp_path):
    """A folder with one small set of rows."""
    X, y = make_blobs(120, centers=3, random_state=0)
    about = {"kind": "multiclass", "classes": ["a", "b", "c"], "family": "others"}
    (tmp_path / "sets/blobs").mkdir(parents=True)
    np.savez(tmp_path / "sets/blobs/data.npz", X=X, y_clean=y, info=json.dumps(about))
    return tmp_path / "sets"


def run(folder, *arguments):
    output = folder.parent / "found.csv"
    asked = ["run", "classification", "--data", str(folder), "--output", str(output)]
    asked += ["--noises", "uniform40", "--bases", "lr", "--seeds", "1", *arguments]
    return command.main(asked), records.read(output)


def test_a_method_of_ones_own_is_measured_beside_the_others(folder, capsys):
    path = "sklearn.dummy:DummyClassifier"
    failed, (found, runs) = run(folder, "--only", PLAIN, CLEAN, "--method", path)
    assert not failed
    rows = {key[4]: record for key, record in found.items()}
    assert set(rows) == {PLAIN, CLEAN, path}
    assert {key[:4] for key in found} == {("blobs", "others", "uniform40", "lr")}
    assert float(rows[CLEAN]["accuracy"]) > float(rows[path]["accuracy"])
    # The command is told without paths of the machine.
    assert "--data sets" in runs["1"]
    assert str(folder.parent) not in runs["1"]
    assert "1/1 blobs" in capsys.readouterr().out
    # What is there is not computed again, unless it is asked for.
    _, (_, runs) = run(folder, "--only", PLAIN)
    assert list(runs) == ["1"]
    _, (again, runs) = run(folder, "--only", PLAIN, "--again", "plain")
    assert list(runs) == ["1", "2"]
    assert len(again) == len(found)
    command.main(
        ["tables", str(folder.parent / "found.csv"), "--suite", "classification"]
    )
    assert "Mean ranks\n----" in capsys.readouterr().out


def test_a_set_that_cannot_be_read_is_left_out_and_named(folder, capsys):
    (folder / "strange").mkdir()
    about = json.dumps({"kind": "audit"})
    np.savez(folder / "strange/data.npz", X=np.zeros((3, 1)), info=about)
    assert data.available(folder=str(folder)) == ["blobs"]
    assert "strange is left out: load_from_folder supports" in capsys.readouterr().out
    assert data.available(["blobs"], str(folder)) == ["blobs"]
    assert not capsys.readouterr().out


def test_a_fit_that_fails_is_recorded_and_tried_again(folder, monkeypatch, capsys):
    refusing = methods.Method(lambda base, seed: Refusing())
    monkeypatch.setitem(methods.METHODS, "refusing", refusing)
    failed, (found, _) = run(folder, "--only", "refusing")
    (record,) = found.values()
    assert failed == 1
    assert record["error"] == "ValueError: not today"
    assert "not today" in capsys.readouterr().err
    assert run(folder, "--only", "refusing")[1][1].keys() == {"1", "2"}


def test_same_results_in_two_processes(folder):
    arguments = ("--noises", "none", "uniform40", "--only", PLAIN)
    one = run(folder, *arguments)[1][0]
    (folder.parent / "found.csv").unlink()
    two = run(folder, *arguments, "--n-jobs", "2")[1][0]
    assert {key: record["accuracy"] for key, record in one.items()} == {
        key: record["accuracy"] for key, record in two.items()
    }


def test_import_paths_get_the_base_and_the_seed():
    base = LogisticRegression(C=3)
    made = methods.load("sknoisy:NoisyLabelClassifier", base, 7)
    assert made.estimator is base
    assert made.random_state == 7
    assert methods.load("sklearn.svm.LinearSVC", base, 3).random_state == 3
    with pytest.raises(ValueError, match=r"expected an import path .* got 'nothing'"):
        methods.load("nothing", base, 0)


def test_forest_filter_leaves_out_what_the_forest_contradicts():
    X, y = make_blobs(200, centers=[[0, 0], [9, 9]], random_state=0)
    noisy = np.where(np.arange(200) < 20, 1 - y, y)
    clf = methods.ForestFilter(LogisticRegression(), 0).fit(X, noisy)
    assert 0.1 <= clf.noise_rate_ <= 0.15
    assert (clf.label_quality_[:20] < 0.5).all()
    assert (clf.predict(X) == y).all()


def test_margins_are_low_where_labels_are_wrong():
    X, y = make_blobs(300, centers=3, random_state=0)
    wrong = np.random.RandomState(0).uniform(size=300) < 0.1
    noisy = np.where(wrong, (y + 1) % 3, y)
    clf = methods.AreaUnderMargin(LogisticRegression(), 0).fit(X, noisy)
    assert clf.label_quality_[wrong].max() < np.median(clf.label_quality_[~wrong])
    assert 0 < clf.noise_rate_ < 0.5
    assert np.mean(clf.predict(X) == y) > 0.85


@pytest.mark.parametrize("kind", [n for n in noise.SEVERAL if n != "imbalance40"])
def test_noise_has_the_rate_of_its_name_and_one_seed_one_result(kind):
    split = data.load_split("digits", 0)
    labels = noise.noisy_labels(split, kind, 0)
    rate = int(kind.removeprefix(noise.kind_of(kind))) / 100
    assert labels.wrong.mean() == pytest.approx(rate, abs=0.04)
    again = noise.noisy_labels(split, kind, 0)
    assert (again.noisy == labels.noisy).all()


def test_a_set_with_labels_of_its_own_gets_these_alone():
    assert noise.noises_of((("worse", None), ("aggre", "aggre")), 10, quick=True) == (
        "none",
        "worse",
    )
    assert noise.kind_of("worse") == "real"
    assert "block40" not in noise.noises_of((), 2)


def test_splits_are_scaled_by_their_training_rows():
    split = data.load_split("wine", 0)
    np.testing.assert_allclose(split.X.mean(axis=0), 0, atol=1e-12)
    assert len(split.X) + len(split.X_test) == 178
    assert abs(split.X_test.mean(axis=0)).max() > 0


def test_parts_exchange_what_they_name(tmp_path):
    """One row of each kind, so that a constant that moved is noticed."""
    output = tmp_path / "parts.csv"
    rows = ["default", "uniform share: 0", "error rate of the core: 1", "matrix alone"]
    rows += ["pool: stacked, model", "trees: 50", "core of 5%", "notable above 1%"]
    asked = ["run", "parts", "--sets", "breast_cancer", "--noises", "uniform40"]
    asked += ["--rows", "100", "--output", str(output), "--only", *rows]
    assert not command.main(asked)
    found, _ = records.read(output)
    assert {key[4] for key in found} >= {"default", "trees: 50", "matrix alone"}
    figures = {key[4]: record["auroc"] for key, record in found.items()}
    assert figures["default"] != figures["matrix alone"]
