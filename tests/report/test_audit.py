"""audit() takes whatever people have, and finds the labels that were swapped."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_iris, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.report import TableEncoder, audit

pd = pytest.importorskip("pandas")
X, TRUE = load_wine(return_X_y=True)
WRONG = np.zeros(len(TRUE), dtype=bool)
WRONG[np.random.default_rng(0).choice(len(TRUE), 20, replace=False)] = True
CODES = np.where(WRONG, (TRUE + 1) % 3, TRUE)
NAMES = np.array(["red", "rosé", "white"])
Y = NAMES[CODES]
FRAME = pd.DataFrame(X).add_prefix("column ")


def found(report, wrong=WRONG):
    """Return how many wrong labels are among the first rows."""
    return int(wrong[report.rows[: wrong.sum()]].sum())


@pytest.mark.parametrize(
    "data",
    [
        X,
        X.tolist(),
        X.astype(np.float32),
        X.astype(object),
        X.reshape(len(X), 13, 1),
        FRAME,
        FRAME.set_axis(range(100, 278)),
        sparse.csr_array(X),
        sparse.coo_matrix(X),
    ],
    ids=["array", "list", "single", "object", "3d", "frame", "index", "csr", "coo"],
)
def test_rows_of_every_kind(data):
    report = audit(data, Y, random_state=0)
    assert found(report) >= 13 if sparse.issparse(data) else found(report) >= 17
    assert sorted(report.rows) == list(range(len(Y)))
    assert set(report.suggested) <= set(NAMES)


@pytest.mark.parametrize("kind", [list, pd.Series, pd.Categorical, np.asarray])
def test_labels_of_every_kind(kind):
    report = audit(X, kind(Y), random_state=0)
    assert found(report) >= 17
    assert report.classes.tolist() == NAMES.tolist()


@pytest.mark.parametrize("labels", [CODES, CODES.astype(float), CODES > 0])
def test_labels_keep_their_type(labels):
    report = audit(X, labels, random_state=0)
    assert {type(label) for label in report.given} == {type(labels[0].item())}
    assert report.given.tolist() == labels[report.rows].tolist()


def test_label_column_of_pandas_and_polars():
    pl = pytest.importorskip("polars")
    pytest.importorskip("pyarrow")
    table = FRAME.assign(kind=Y)
    reports = [
        audit(X, Y, random_state=0),
        audit(table, label="kind", random_state=0),
        audit(pl.from_pandas(table), label="kind", random_state=0),
        audit(pl.from_pandas(table).lazy(), label="kind", random_state=0),
    ]
    for report in reports[1:]:
        assert (report.rows == reports[0].rows).all()
        assert report.label_name == "kind"
        np.testing.assert_allclose(report.quality, reports[0].quality)


def test_texts():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2, 200)
    words = np.array([["sun", "warm", "beach"], ["snow", "cold", "ski"]])
    texts = [
        f"{rng.choice(words[k])} {n % 67} the {rng.choice(words[k])} day {n % 41}"
        for n, k in enumerate(codes)
    ]
    wrong = np.arange(200) % 20 == 0
    report = audit(texts, np.where(wrong, 1 - codes, codes), random_state=0)
    assert found(report, wrong) >= 9
    assert report.against[0, 0] == "text"
    first = report.words[0].split(", ")[0]
    assert first in words[1 - report.given[0]]
    assert report.row_values(0) == [("text", texts[report.rows[0]], True)]


def test_given_probabilities():
    model = make_pipeline(StandardScaler(), LogisticRegression())
    proba = cross_val_predict(model, X, Y, method="predict_proba")
    report = audit(X, Y, estimator=proba)
    assert found(report) >= 17
    named = pd.DataFrame(proba, columns=NAMES)[NAMES[::-1]]
    again = audit(X, Y, estimator=named)
    np.testing.assert_allclose(again.quality, report.quality)
    # Rows without a label are left out of the probabilities, too.
    some = Y.astype(object)
    some[5] = None
    assert audit(X, some, estimator=proba).n_labelled == len(Y) - 1


def test_classifiers():
    scaled = make_pipeline(StandardScaler(), LogisticRegression())
    for estimator in (LogisticRegression(), scaled, SVC()):
        assert found(audit(FRAME, Y, estimator=estimator, random_state=0)) >= 16
    mixed = FRAME.assign(color=np.where(TRUE == 0, "a", "b"))
    pipe = make_pipeline(TableEncoder(), LogisticRegression())
    assert found(audit(mixed, Y, estimator=pipe, random_state=0)) >= 17


def test_classifier_without_evidence():
    table = [[word] for word in np.where(TRUE == 0, "a", "b")]
    with pytest.raises(UnsuitableEstimatorError, match=r"embedding|predict_proba"):
        audit(table, Y, estimator=make_pipeline(SVC()))


def test_trusted_labels_are_never_flagged():
    trusted = np.arange(len(Y)) % 4 == 0
    labels = np.where(trusted, NAMES[TRUE], Y)
    report = audit(X, labels, trusted=trusted, random_state=0)
    assert (report.rows[report.trusted] % 4 == 0).all()
    assert report.trusted.sum() == trusted.sum()
    assert not report.flagged[report.trusted].any()
    assert found(report, WRONG & ~trusted) >= (WRONG & ~trusted).sum() - 4
    none = audit(X, Y, trusted=np.zeros(len(Y), dtype=bool), random_state=0)
    assert [f.title for f in none.findings] == [
        "No row with a label is marked as trusted"
    ]


def test_groups():
    twins = np.repeat(np.arange(len(Y)), 2)
    rng = np.random.default_rng(0)
    doubled = X[twins] + rng.normal(scale=1e-4, size=(2 * len(X), 13))
    by_array = audit(doubled, Y[twins], groups=twins, random_state=0)
    assert found(by_array, WRONG[twins]) >= 32
    table = pd.DataFrame(doubled).assign(kind=Y[twins], who=twins)
    by_name = audit(table, label="kind", groups="who", random_state=0)
    assert (by_name.rows == by_array.rows).all()
    assert "who" not in [column.name for column in by_name.columns]


def test_rows_without_a_label_are_left_out_and_counted():
    labels = Y.astype(object)
    labels[[3, 7, 11, 20]] = [None, np.nan, "NA", " "]
    report = audit(X, labels, random_state=0)
    assert (report.n_rows, report.n_labelled) == (len(Y), len(Y) - 4)
    assert not {3, 7, 11, 20} & set(report.rows.tolist())
    (finding,) = [f for f in report.findings if f.kind == "missing_label"]
    assert finding.rows.tolist() == [3, 7, 11, 20]


def test_same_seed_same_report():
    reports = [audit(FRAME, Y, random_state=s) for s in (0, 0, 1)]
    assert (reports[0].quality == reports[1].quality).all()
    assert (reports[0].quality != reports[2].quality).any()
    state = np.random.RandomState(3)
    assert audit(FRAME, Y, random_state=state).n_rows == len(Y)


def test_how_to_make_it_again():
    report = audit(FRAME.assign(kind=Y), label="kind", random_state=4)
    code = report.how["code"].splitlines()
    assert code[2] == "report = audit(table, label='kind', random_state=4)"
    assert report.how["estimator"] == "default"


@pytest.mark.parametrize(
    ("data", "y", "options", "said"),
    [
        (FRAME.assign(kind=Y), None, {"label": "kid"}, "Did you mean 'kind'"),
        (FRAME.assign(kind=Y), None, {}, "expected label=, the name of the column"),
        (X, None, {}, r"expected y, one label per row"),
        (FRAME, Y, {"label": "kind"}, "expected labels once"),
        (FRAME.assign(kind=Y), None, {"label": ["kind", "x"]}, "but got 2 names"),
        (FRAME.assign(kind=Y)[["kind"]], None, {"label": "kind"}, "'kind' alone"),
        (X, Y[:-1], {}, "178 rows and 177 labels"),
        (X, np.column_stack([Y, Y]), {}, "sknoisy.multilabel.MultilabelAudit"),
        (X, [["red"]] * 177 + [["red", "rosé"]], {}, "sknoisy.multilabel"),
        (X, [None] * 178, {}, "holds no label in any row"),
        (X, ["red"] * 178, {}, "one label only, 'red', in all 178 rows"),
        (X, np.arange(178), {}, "another value in each of its 178 rows"),
        (X, X[:, 0], {}, "numbers on a continuous scale"),
        (X[:, 0], Y, {}, "Reshape one column"),
        ("wine", Y, {}, "'wine' is no folder"),
        (np.ones((178, 3)), Y, {}, "no column is left to compare"),
        (X, Y, {"groups": "who"}, "no column 'who' for groups|no frame"),
        (X, Y, {"groups": np.zeros(178)}, "groups expected at least two"),
        (X, Y, {"groups": np.zeros(17)}, "178 rows and 17 values"),
        (X, Y, {"trusted": [0, 1]}, "trusted must be a boolean mask"),
        (X, Y, {"estimator": np.ones((178, 3))}, "sum to 1"),
        (X, Y, {"estimator": np.full((178, 2), 0.5)}, r"\(178, 3\)|3 classes|column"),
    ],
)
def test_bad_input(data, y, options, said):
    with pytest.raises(ValueError, match=said):
        audit(data, y, **options)


def test_probabilities_of_other_length():
    labels = Y.astype(object)
    labels[0] = None
    with pytest.raises(ValueError, match="a row for each of 178 rows, but got 9"):
        audit(X, labels, estimator=np.ones((9, 3)) / 3)


def test_labels_that_look_like_tags_are_told_of_in_the_error():
    rng = np.random.default_rng(0)
    tags = [", ".join(rng.choice(list("abcdefgh"), 4)) for _ in range(178)]
    with pytest.raises(ValueError, match="If they are lists of tags"):
        audit(X, tags)


def test_two_columns_of_the_same_name():
    table = pd.DataFrame(np.column_stack([X, X[:, 0]])).set_axis(
        [*FRAME.columns, FRAME.columns[0]], axis=1
    )
    report = audit(table, Y, random_state=0)
    assert report.columns[-1].name == "column 0.1"
    twice = FRAME.assign(kind=Y).rename(columns={"column 0": "kind"})
    with pytest.raises(ValueError, match="2 columns are called 'kind'"):
        audit(twice, label="kind")


def test_clean_labels_may_all_be_right():
    iris, y = load_iris(return_X_y=True)
    for rows, labels in ((iris, y), (X, TRUE)):
        noise = audit(rows, labels, random_state=0).noise
        assert noise.lower == 0
        assert noise.sentence.startswith("No clear sign of wrong labels: the share may")


def test_labels_that_the_columns_do_not_tell():
    rng = np.random.default_rng(0)
    report = audit(rng.normal(size=(300, 4)), rng.integers(0, 2, 300), random_state=0)
    assert not report.noise.identifiable
    assert "cannot be told apart: no rate" in report.noise.sentence
    assert report.n_to_check == 0


def test_expected_number_of_wrong_labels():
    report = audit(X, Y, random_state=0)
    all_wrong = report.noise.rate * len(Y)
    assert report.expected_wrong[-1] == pytest.approx(all_wrong, rel=0.3)
    assert (np.diff(report.expected_wrong) >= 0).all()
    n = report.n_to_check
    assert 0 < n <= report.n_flagged
    assert WRONG[report.rows[:n]].mean() > 0.8
