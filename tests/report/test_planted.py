"""Everything that is planted in a table is named, and nothing else in a clean one."""

import numpy as np
import pytest

from sknoisy.report import audit

pd = pytest.importorskip("pandas")
N = 1200
KINDS = np.array(["boat", "car", "lorry"])
TAGS = np.array(["fast", "loud", "old", "blue", "sold"])


def mixed_table(seed=0):
    """Return a table with columns of every kind that tell the label mostly."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 3, N)
    other = np.where(rng.random(N) < 0.85, codes, rng.integers(0, 3, N))
    days = rng.integers(0, 300, N) + 200 * codes
    words = np.array(["harbour", "street", "motorway"])[other]
    return codes, pd.DataFrame(
        {
            "weight": rng.normal(3 * codes, 1.2).round(3),
            "length": rng.normal(-2 * codes, 1.2).round(3),
            "color": np.array(["red", "green", "white"])[other],
            "seen": pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D"),
            "note": [f"seen near the {word} at {n % 97} past" for n, word in
                     enumerate(words)],
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def planted():
    """Return the report on a table in which everything is wrong, and what is where."""
    rng = np.random.default_rng(1)
    codes, frame = mixed_table()
    labels = KINDS[codes].astype(object)
    frame["tags"] = [
        ", ".join(rng.choice(TAGS, 1 + n % 3, replace=False)) for n in range(N)
    ]
    frame["owner"] = np.where(rng.random(N) < 0.1, "Ann", None)
    # 40 copies under another label, 30 under the same one.
    row = np.arange(N)
    row[40:80], row[200:230] = row[:40], row[230:260]
    frame = frame.iloc[row].reset_index(drop=True)
    labels[40:80] = KINDS[(codes[:40] + 1) % 3]
    labels[200:230] = labels[230:260]
    frame["code"] = pd.factorize(labels)[0] + 7
    nearly = np.where(rng.random(N) < 0.955, pd.factorize(labels)[0], 3 * rng.random(N))
    frame["grade"] = nearly.round(2)
    lorries = np.flatnonzero(labels == "lorry")
    labels[lorries[5:45]], labels[lorries[60:95]] = "lorry ", "Lorry"
    frame["id"] = [f"v{n:05d}" for n in rng.permutation(N)]
    frame["number"] = np.arange(N)
    frame["country"] = "NL"
    labels[500:503], labels[600] = "tank", None
    return audit(frame.assign(kind=labels), label="kind", random_state=0)


def the(report, kind):
    """Return the findings of a kind."""
    return [finding for finding in report.findings if finding.kind == kind]


def test_contradicting_duplicates(planted):
    (finding,) = the(planted, "contradicting_duplicates")
    # All but a pair one of whose rows has lost its label or become another class.
    assert len(set(finding.rows.tolist()) & set(range(80))) >= 78
    assert set(finding.rows.tolist()) <= set(range(80))
    sizes = np.unique(finding.groups, return_counts=True)[1]
    assert (sizes == 2).all()
    assert finding.severity == "problem"


def test_copies(planted):
    (finding,) = the(planted, "duplicates")
    assert set(finding.rows.tolist()) == set(range(200, 260))


def test_leaks(planted):
    # The rows of "tank" keep the code of another label.
    assert [f.columns for f in the(planted, "near_leak")] == [("code",), ("grade",)]
    (column,) = [c for c in planted.columns if c.name == "grade"]
    assert 0.9 < column.agreement < 0.98


def test_spellings(planted):
    (finding,) = the(planted, "spelling")
    assert set(finding.classes) == {"lorry", "lorry ", "Lorry"}
    assert set(planted.to_frame().query("spelling")["given_label"]) == set(
        finding.classes
    )


def test_tags(planted):
    (finding,) = the(planted, "list_column")
    assert finding.columns == ("tags",)
    assert "sknoisy.multilabel" in finding.text


def test_columns_that_say_nothing(planted):
    assert {f.columns for f in the(planted, "identifier")} == {("id",), ("number",)}
    assert [f.columns for f in the(planted, "constant")] == [("country",)]
    assert [f.columns for f in the(planted, "missing_values")] == [("owner",)]


def test_labels_that_are_rare_or_missing(planted):
    (finding,) = the(planted, "rare_class")
    assert finding.classes == ("tank",)
    assert the(planted, "missing_label")[0].rows.tolist() == [600]


def test_everything_is_said_in_words(planted):
    text = " ".join(str(planted).split())
    for said in (
        "rows have a copy under another label",
        "Column 'grade' alone predicts",
        "3 spellings of one label",
        "Column 'tags' looks like lists of tags",
        "Column 'id' names each row: an identifier",
    ):
        assert said in text


def test_leak_is_left_out_and_named():
    codes, frame = mixed_table()
    frame["code"] = 7 - codes
    frame["part"] = [f"part {k}{n % 4}" for n, k in enumerate(codes)]
    report = audit(frame, KINDS[codes], random_state=0)
    assert [f.columns for f in the(report, "leak")] == [("code",), ("part",)]
    unused = {c.name for c in report.columns if c.kind == "unused"}
    assert unused == {"code", "part"}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_clean_table(seed):
    codes, frame = mixed_table(seed)
    report = audit(frame, KINDS[codes], random_state=0)
    assert report.findings == ()
    assert report.noise.lower == 0
    assert "the share may be 0" in report.noise.sentence
    assert report.n_to_check == 0


def test_labels_that_are_lists():
    frame = mixed_table()[1]
    rng = np.random.default_rng(0)
    labels = [", ".join(rng.choice(TAGS, 1 + n % 2, replace=False)) for n in range(N)]
    (finding,) = the(audit(frame, labels, random_state=0), "tags")
    assert "sknoisy.multilabel.MultilabelAudit" in finding.text


def test_labels_that_are_numbers():
    codes, frame = mixed_table()
    report = audit(frame, codes * 4 + np.arange(N) % 4, random_state=0)
    (finding,) = the(report, "numeric_label")
    assert "12 numbers from 0 to 11" in finding.title


def test_classes_that_no_column_tells_apart():
    codes, frame = mixed_table()
    labels = KINDS[codes].astype(object)
    boats = np.flatnonzero(codes == 0)
    labels[boats[::2]] = "ship"
    (finding,) = the(audit(frame, labels, random_state=0), "overlap")
    assert finding.classes == ("boat", "ship")


def test_near_copies():
    codes, frame = mixed_table()
    row = np.arange(N)
    row[:25] = row[25:50]
    codes, frame = codes[row], frame.iloc[row].reset_index(drop=True)
    frame.loc[:24, "note"] = frame.loc[:24, "note"].str.upper() + " !"
    report = audit(frame, KINDS[codes], random_state=0)
    (finding,) = the(report, "near_duplicates")
    assert set(finding.rows.tolist()) == set(range(50))
    assert the(report, "duplicates") == []
