"""The command as a whole: what it prints, what it writes, how it ends."""

import csv
import gzip
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import sknoisy
from sknoisy.cli import main


def python_m(*arguments, **options):
    """Run ``python -m sknoisy`` in a process of its own."""
    command = [sys.executable, "-m", "sknoisy", *map(str, arguments)]
    options = {"capture_output": True, "text": True, "timeout": 120, **options}
    return subprocess.run(command, check=False, **options)


def test_planted_errors_come_first(run, data, planted, read_rows):
    code, output, _ = run("audit", data, "--label", "label")
    assert code == 0
    rows, header = read_rows(data.with_name("data.audit.csv"))
    assert header == [
        "row",
        "given_label",
        "suggested_label",
        "label_quality",
        "flagged",
    ]
    flags = {(given != suggested): flag for _, given, suggested, _, flag in rows}
    assert flags == {True: "True", False: "False"}
    assert len(rows) == 150
    first = {int(row[0]) for row in rows[: len(planted)]}
    assert len(first & planted) >= len(planted) - 1
    assert "150 labelled rows; columns used: 1 number, 1 category" in output
    assert "of the labels look wrong" in output
    assert str(data.with_name("data.audit.csv")) in output


def test_rows_are_written_by_quality_and_labels_as_in_the_file(
    run, data, table, read_rows
):
    run("audit", data, "-l", "label", "-q", "--model", "linear")
    rows, _ = read_rows(data.with_name("data.audit.csv"))
    qualities = [float(row[3]) for row in rows]
    assert qualities == sorted(qualities)
    assert 0 <= qualities[0] < 0.3
    assert 0.9 < qualities[-1] <= 1
    assert sorted(int(row[0]) for row in rows) == list(range(150))
    assert all(row[1] == table[int(row[0])][2] for row in rows)
    assert {row[2] for row in rows} == {"01", "02"}


@pytest.mark.parametrize("model", ["both", "linear", "forest", "boosting"])
def test_every_model_beats_chance(run, data, planted, read_rows, model):
    assert run("audit", data, "-l", "label", "-q", "--model", model)[0] == 0
    rows, _ = read_rows(data.with_name("data.audit.csv"))
    found = {int(row[0]) for row in rows[:10]} & planted
    assert len(found) >= 4


def test_report_shows_top_rows_and_matrix(run, data):
    _, output, _ = run("audit", data, "-l", "label", "--top", 3, "--model", "linear")
    assert "of each true label (line) that is given as (column)" in output
    assert "The 3 most suspicious of 150 rows" in output
    table = output.split("speak against the label\n")[1].split("\n\n")[0]
    assert len(table.splitlines()) == 3
    (header,) = [line for line in output.splitlines() if line.startswith("true label")]
    assert header.split() == ["true", "label", "01", "02"]


def test_top_zero_shows_no_rows(run, data):
    _, output, _ = run("audit", data, "-l", "label", "--top", 0, "--model", "linear")
    assert "most suspicious of" not in output


def test_quiet_writes_without_a_word(run, data):
    code, output, errors = run(
        "audit", data, "-l", "label", "--quiet", "--model", "linear"
    )
    assert (code, output, errors) == (0, "", "")
    assert data.with_name("data.audit.csv").exists()


def test_progress_names_every_fold(run, data):
    _, _, errors = run("audit", data, "-l", "label", "--model", "linear")
    assert "preparing 150 rows and 2 columns" in errors
    assert [f"fold {fold} of 5 done" in errors for fold in range(1, 6)] == [True] * 5


def test_same_result_for_every_number_of_jobs(run, data, tmp_path):
    written = []
    for jobs in (1, 2):
        path = tmp_path / f"{jobs}.csv"
        run("audit", data, "-l", "label", "-q", "--jobs", jobs, "-o", path)
        written.append(path.read_text())
    assert written[0] == written[1]


def test_seed_changes_the_forest(run, data, tmp_path):
    written = []
    for seed in (0, 1):
        path = tmp_path / f"{seed}.csv"
        options = ("--seed", seed, "--model", "forest")
        run("audit", data, "-l", "label", "-q", "-o", path, *options)
        written.append(path.read_text())
    assert written[0] != written[1]


def test_all_formats_give_the_same_rows(run, data, tmp_path):
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    zipped = tmp_path / "zipped.csv.gz"
    zipped.write_bytes(gzip.compress(data.read_bytes()))
    tabbed = tmp_path / "tabbed.tsv"
    tabbed.write_text(data.read_text().replace(",", "\t"))
    columns = tmp_path / "columns.parquet"
    pd.read_csv(data, dtype={"label": str}).to_parquet(columns)
    folder = tmp_path / "folder"
    folder.mkdir()
    frame = pd.read_parquet(columns)
    for number, part in enumerate((frame[:60], frame[60:70], frame[70:])):
        part.to_parquet(folder / f"part-{number}.parquet")
    written = set()
    for path in (data, zipped, tabbed, columns, folder):
        assert run("audit", path, "-l", "label", "-q", "--model", "linear")[0] == 0
        name = path.name.split(".")[0]
        written.add(path.with_name(f"{name}.audit.csv").read_text())
    assert len(written) == 1


def test_rows_without_label_are_left_out_and_counted(run, write, table, read_rows):
    table[0][2], table[5][2], table[6][2] = "", "NA", " "
    path = write(table)
    _, output, _ = run("audit", path, "-l", "label", "--model", "linear")
    assert "3 of 150 rows have no label (NA, empty)" in output
    rows, _ = read_rows(path.with_name("data.audit.csv"))
    numbers = {int(row[0]) for row in rows}
    assert numbers == set(range(150)) - {0, 5, 6}
    assert all(row[1] == table[int(row[0])][2] for row in rows)


def test_label_that_occurs_once_is_kept(run, write, table, read_rows):
    table[7][2] = "rare"
    path = write(table)
    _, output, _ = run("audit", path, "-l", "label", "--model", "linear")
    assert "Nothing can be known about labels that occur once" in " ".join(
        output.split()
    )
    rows, _ = read_rows(path.with_name("data.audit.csv"))
    (rare,) = [row for row in rows if row[1] == "rare"]
    assert rare[0] == "7"
    assert float(rare[3]) == 1


def test_few_rows_of_a_label_reduce_the_folds(run, write, table):
    for row in table[:3]:
        row[2] = "rare"
    _, output, _ = run("audit", write(table), "-l", "label", "--model", "linear")
    assert "3 folds instead of 5" in output


def test_a_copy_of_the_label_is_not_used(run, write, table, planted, read_rows):
    rows = [[*row[:2], {"01": "no", "02": "yes"}[row[2]], row[2]] for row in table]
    path = write(rows, header=("x", "color", "name", "label"))
    _, output, _ = run("audit", path, "-l", "label")
    assert "Column 'name' gives the label away" in output
    found, _ = read_rows(path.with_name("data.audit.csv"))
    assert len({int(row[0]) for row in found[:7]} & planted) >= 6


def test_ignored_columns_are_not_used(run, data):
    _, output, _ = run(
        "audit", data, "-l", "label", "--ignore", "color", "--model", "linear"
    )
    assert "columns used: 1 number\n" in output


def test_group_column_keeps_rows_together(run, write, table, read_rows):
    # Twins agree on the wrong label: only as a group do they not vouch for each other.
    rng = [float(row[0]) for row in table]
    twins = [
        [f"{x + 0.001 * copy:.4f}", f"{x:.3f}", row[2], number // 1]
        for number, (x, row) in enumerate(zip(rng, table, strict=True))
        for copy in (0, 1)
    ]
    path = write(twins, header=("x", "x_rounded", "label", "patient"))
    options = ("-l", "label", "-q", "--model", "forest")
    assert run("audit", path, *options, "--group", "patient")[0] == 0
    rows, _ = read_rows(path.with_name("data.audit.csv"))
    wrong = {2 * row for row in (3, 20, 41, 77, 90, 118, 139)}
    wrong |= {row + 1 for row in wrong}
    assert len({int(row[0]) for row in rows[:14]} & wrong) >= 10


def test_many_labels_are_listed_by_confusion(run, tmp_path):
    from sklearn.datasets import load_digits

    digits = load_digits()
    path = tmp_path / "digits.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["label", *digits.feature_names])
        for label, pixels in zip(digits.target[:500], digits.data[:500], strict=True):
            writer.writerow([f"the digit {label}", *pixels])
    code, output, _ = run("audit", path, "-l", "label", "--model", "linear")
    assert code == 0
    assert "each true label that is given as another:" in output
    lines = [line for line in output.splitlines() if str(tmp_path) not in line]
    assert max(map(len, lines)) <= 120


def test_example_tells_how_right_it_was(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, output, _ = run("audit")
    assert code == 0
    assert "Wrong labels: 66 of 569, 11.6%; estimated were 1" in output
    found = int(output.split("Among the first 50 suspicious rows: ")[1].split()[0])
    assert found >= 45
    assert list(tmp_path.iterdir()) == []


def test_example_is_written_where_asked(run, tmp_path, read_rows):
    path = tmp_path / "example.csv"
    assert run("audit", "-q", "-o", path, "--model", "linear")[0] == 0
    rows, _ = read_rows(path)
    assert len(rows) == 569
    assert {row[1] for row in rows} == {"benign", "malignant"}


def test_audit_may_be_repeated(run, data):
    for _ in range(2):
        assert run("audit", data, "-l", "label", "-q", "--model", "linear")[0] == 0


def test_version_and_help(capsys):
    for arguments in (["--version"], ["audit", "--version"]):
        with pytest.raises(SystemExit, match="0"):
            main(arguments)
        assert sknoisy.__version__ in capsys.readouterr().out
    with pytest.raises(SystemExit, match="0"):
        main(["audit", "--help"])
    assert "--label" in capsys.readouterr().out


def test_module_runs_as_a_process(data):
    done = python_m("audit", data, "--label", "label", "--model", "linear")
    assert done.returncode == 0, done.stderr
    assert "Wrong labels" in done.stdout
    assert "fold 5 of 5 done" in done.stderr


def test_bad_input_ends_a_process_with_one_line(data):
    done = python_m("audit", data, "--label", "lable")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "Did you mean 'label'?" in done.stderr


def test_terminal_without_the_characters_of_the_table(write, table):
    for row in table:
        row[1] += "é"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    path = write(table)
    done = python_m("audit", path, "-l", "label", "--model", "linear", env=environment)
    assert done.returncode == 0, done.stderr
    assert "\\xe9" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="signals are sent in another way there")
@pytest.mark.parametrize("moment", ["preparing", "training the models"])
def test_interrupt_is_quiet(tmp_path, moment):
    # So many rows that the models are still at work when the signal comes.
    path = tmp_path / "long.csv"
    rows = np.random.default_rng(0).normal(size=(20_000, 10)).round(3).tolist()
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*"abcdefghij", "label"])
        writer.writerows([*row, int(row[0] > 0)] for row in rows)
    command = [sys.executable, "-m", "sknoisy", "audit", str(path), "-l", "label"]
    process = subprocess.Popen(
        [*command, "--model", "boosting"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while moment not in process.stderr.readline():
        assert process.poll() is None
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert output == ""


def test_importing_the_package_leaves_the_command_alone():
    code = (
        "import sys, sknoisy; "
        "assert not [name for name in sys.modules if name.startswith('sknoisy.cli')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
