import pickle

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.datasets import load_digits, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from sknoisy import NoisyLabelClassifier, RefinedLabelClassifier
from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.noise import PairNoise, UniformNoise
from sknoisy.quality import NeighborAgreement
from sknoisy.refinement import QualityWeighting
from sknoisy.review import (
    ReviewSession,
    estimate_noise_rate,
    estimate_transition_matrix,
    suggest_review,
)


class Told(BaseEstimator):
    """Scores labels without any fit worth the name, and remembers them."""

    def __init__(self, classes=None):
        self.classes = classes

    def fit(self, X, y, sample_weight=None, trusted=None):
        self.classes_, codes = np.unique(y, return_inverse=True)
        K = len(self.classes_)
        pull = np.random.RandomState(0).dirichlet(np.ones(K), len(y))
        proba = (np.eye(K)[codes] + pull) / 2
        if trusted is not None:
            proba[trusted] = np.eye(K)[codes[trusted]]
        self.clean_proba_ = proba
        self.label_quality_ = proba[np.arange(len(y)), codes]
        self.trusted_, self.weight_ = trusted, sample_weight
        return self


def problem(n_samples=200, seed=0):
    rng = np.random.RandomState(seed)
    truth = rng.randint(3, size=n_samples)
    y = UniformNoise(0.3, random_state=seed).corrupt(truth)
    return rng.normal(size=(n_samples, 2)), y, truth


def session(**options):
    X, y, truth = problem()
    return ReviewSession(Told(), X, y, random_state=0, **options), y, truth


def after_rounds(n_rounds=2, n=40, **options):
    review, y, truth = session(**options)
    for _ in range(n_rounds):
        rows = review.suggest(n).rows
        review.record(rows, truth[rows])
    return review, y, truth


def test_first_round_is_a_suggestion():
    review, y, _ = session()
    X = problem()[0]
    rows = review.suggest(30).rows
    expected = suggest_review(Told().fit(X, y), 30, X=X, random_state=0).rows
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_array_equal(review.open_rows_, rows)
    assert review.n_rounds_ == 1
    assert not review.trusted_.any()


def test_verdicts_take_the_place_of_labels():
    review, y, truth = after_rounds(1)
    assert review.trusted_.sum() == 40
    np.testing.assert_array_equal(review.y_[review.trusted_], truth[review.trusted_])
    np.testing.assert_array_equal(review.y_[~review.trusted_], y[~review.trusted_])
    fitted = review.refit()
    np.testing.assert_array_equal(fitted.trusted_, review.trusted_)
    assert len(review.open_rows_) == 0


def test_rounds_never_ask_twice():
    review, _, _ = session()
    rounds = [review.suggest(50).rows for _ in range(4)]
    np.testing.assert_array_equal(np.sort(np.concatenate(rounds)), np.arange(200))
    with pytest.raises(ValueError, match="n expected at most 0"):
        review.suggest(1)


def test_fits_only_where_verdicts_came_in():
    review, _, truth = session()
    rows = review.suggest(10).rows
    first = review.estimator_
    assert review.refit() is first
    review.record(rows[:1], [None])
    assert review.refit() is first
    review.record(rows[:1], truth[rows[:1]])
    second = review.refit()
    assert second is not first
    review.record(rows[:1], truth[rows[:1]])
    assert review.refit() is second


def test_estimates_are_those_of_the_functions():
    review, y, truth = after_rounds(2)
    asked = review.trusted_
    options = {"review_round": review.review_round_}
    proba = review.sampling_probability_
    wrong = np.where(asked, y != truth, np.nan)
    found = review.noise_rate(power=0.0)
    assert found.value == estimate_noise_rate(wrong, proba, **options).value
    assert found.interval[0] < (y != truth).mean() < found.interval[1]
    T = review.transition_matrix(power=0.0)
    expected = estimate_transition_matrix(y, truth, proba, **options)
    np.testing.assert_allclose(T.value, expected.value)
    y_pred = np.random.RandomState(0).randint(3, size=200)
    right = np.where(asked, y_pred == truth, np.nan)
    found = review.accuracy(y_pred, power=0.0)
    assert found.value == estimate_noise_rate(right, proba, **options).value


def test_predictions_are_those_from_before_the_round():
    """What the estimator says after the verdicts would make them seem no surprise."""
    review, y, truth = after_rounds(1)
    X = problem()[0]
    error_rate = 1 - Told().fit(X, y).label_quality_
    review.refit()
    wrong = np.where(review.trusted_, y != truth, np.nan)
    expected = estimate_noise_rate(wrong, review.sampling_probability_, error_rate)
    assert review.noise_rate().value == pytest.approx(expected.value)


def test_estimates_are_right_on_average():
    X, y, truth = problem()
    errors, covered = [], []
    for seed in range(60):
        review = ReviewSession(Told(), X, y, random_state=seed, random_share=0.5)
        for n in (20, 30):
            rows = review.suggest(n).rows
            review.record(rows, truth[rows])
        found = review.noise_rate(power=1.0)
        errors.append(found.value - (y != truth).mean())
        covered.append(found.interval[0] <= (y != truth).mean() <= found.interval[1])
    assert abs(np.mean(errors)) < 4 * np.std(errors) / np.sqrt(60)
    assert np.mean(covered) > 0.88


class KnowsByHeart(Told):
    """Knows the label of each row that it was fitted on, and says 0 to others."""

    def fit(self, X, y, sample_weight=None, trusted=None):
        super().fit(X, y, sample_weight, trusted)
        self.seen_ = dict(zip(map(tuple, X), y, strict=True))
        return self

    def predict(self, X):
        return np.array([self.seen_.get(tuple(row), 0) for row in X])


def test_accuracy_is_of_rows_that_were_held_out():
    X, y, truth = problem()
    weight = np.ones(200)
    review = ReviewSession(
        KnowsByHeart(), X, y, random_state=0, fit_params={"sample_weight": weight}
    )
    rows = review.suggest(60).rows
    review.record(rows, truth[rows])
    by_heart = review.refit().predict(X)
    assert review.accuracy(by_heart, power=0.0).value > 0.7
    expected = review.accuracy(np.zeros(200, dtype=int)).value
    assert review.accuracy().value == expected < 0.5


def test_accuracy_of_a_classifier():
    X, truth = load_iris(return_X_y=True)
    X, y = scale(X), UniformNoise(0.2, random_state=0).corrupt(truth)
    clf = RefinedLabelClassifier(GaussianNB(), QualityWeighting(NeighborAgreement()))
    review = ReviewSession(clf, X, y, random_state=0, random_share=0.5)
    rows = review.suggest(60).rows
    review.record(rows, truth[rows])
    found = review.accuracy()
    assert 0.85 < found.value <= found.interval[1]
    assert found.interval[0] < 0.95


def test_frames_searches_and_texts_pass_through():
    pandas = pytest.importorskip("pandas")
    X, truth = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])
    y = names[UniformNoise(0.2, random_state=0).corrupt(truth)]
    base = make_pipeline(StandardScaler(), GaussianNB())
    clf = NoisyLabelClassifier(base, evidence="neighbors")
    search = GridSearchCV(clf, {"action": ["weight", "filter"]}, cv=2)
    review = ReviewSession(search, pandas.DataFrame(X), y, random_state=0)
    rows = review.suggest(30).rows
    review.record(rows, pandas.Series(names[truth[rows]]))
    assert review.refit().score(pandas.DataFrame(X), names[truth]) > 0.85
    assert set(review.suggest(5).strategy) == {"covering", "random"}


def test_checking_improves_a_classifier():
    X, truth = load_digits(return_X_y=True)
    X, truth, X_test, y_test = X[:600] / 16, truth[:600], X[900:] / 16, truth[900:]
    y = PairNoise(0.45, random_state=0).corrupt(truth)
    clf = NoisyLabelClassifier(LogisticRegression(), evidence="neighbors")
    review = ReviewSession(clf, X, y, random_state=0)
    before = review.refit().score(X_test, y_test)
    for _ in range(2):
        rows = review.suggest(75).rows
        review.record(rows, truth[rows])
    assert review.refit().score(X_test, y_test) > before + 0.02


def test_trusted_rows_are_never_asked_about():
    X, y, truth = problem()
    trusted = np.arange(200) < 50
    given = np.where(trusted, truth, y)
    review = ReviewSession(Told(), X, given, trusted=trusted, random_state=0)
    rows = review.suggest(60).rows
    assert rows.min() >= 50
    np.testing.assert_array_equal(review.estimator_.trusted_, trusted)
    review.record(rows, truth[rows])
    assert review.noise_rate().n_checked == 110


def test_verdicts_of_ones_own_choice_count_for_themselves():
    review, y, truth = after_rounds(1)
    before = review.noise_rate(power=0.0).value
    own = np.flatnonzero(~review.trusted_ & (y != truth))[:5]
    review.record(own, truth[own])
    assert review.noise_rate(power=0.0).value == pytest.approx(before)
    rows = review.suggest(30).rows
    assert not np.isin(own, rows).any()
    review.record(rows, truth[rows])
    assert (review.review_round_[own] == 2).all()
    assert (review.sampling_probability_[own] == 1).all()


def test_everything_checked_is_known():
    review, y, truth = after_rounds(2, n=100)
    rate = (y != truth).mean()
    assert review.noise_rate().value == pytest.approx(rate)
    assert np.ptp(review.noise_rate().interval) == 0
    joint = np.eye(3)[truth].T @ np.eye(3)[y]
    T = review.transition_matrix().value
    np.testing.assert_allclose(T, joint / joint.sum(axis=1, keepdims=True))


def test_class_that_verdicts_wipe_out_keeps_its_column():
    X, y, _ = problem()
    y = np.where(y == 2, 0, y)
    y[:3] = 2
    review = ReviewSession(Told(), X, y, random_state=0)
    review.record([0, 1, 2], [0, 0, 0])
    rows = review.suggest(20).rows
    review.record(rows, y[rows])
    assert review.transition_matrix().value.shape == (3, 3)


def test_classes_may_be_words():
    X, y, truth = problem()
    names = np.array(["ant", "bee", "cat"])
    review = ReviewSession(Told(), X, names[y], random_state=0)
    rows = review.suggest(20).rows
    review.record(rows, names[truth[rows]])
    assert set(review.y_) == set(names)
    assert review.accuracy(names[y]).n_checked == 20


def test_same_seed_same_review():
    one, _, _ = after_rounds(3, n=20)
    other, _, _ = after_rounds(3, n=20)
    np.testing.assert_array_equal(one.review_round_, other.review_round_)
    np.testing.assert_array_equal(one.suggest(9).rows, other.suggest(9).rows)


def test_pickle_goes_on_where_it_stopped():
    review, _, truth = after_rounds(1)
    copy = pickle.loads(pickle.dumps(review))
    rows = review.suggest(30).rows
    np.testing.assert_array_equal(copy.suggest(30).rows, rows)
    for one in (review, copy):
        one.record(rows, truth[rows])
    assert review.noise_rate().value == copy.noise_rate().value
    assert repr(review) == repr(copy)


def test_fit_params_reach_every_fit():
    weight = np.arange(200.0)
    review, _, _ = session(fit_params={"sample_weight": weight})
    review.suggest(3)
    np.testing.assert_array_equal(review.estimator_.weight_, weight)


def test_works_without_a_posterior():
    X, y, truth = problem()
    review = ReviewSession(NeighborAgreement(), X, y, random_state=0)
    rows = review.suggest(40).rows
    review.record(rows, truth[rows])
    assert review.noise_rate().n_checked == 40
    assert review.transition_matrix().value.shape == (3, 3)
    assert review.accuracy(y).n_checked == 40


def filled(path, verdict_of):
    """Fill in a list: the verdict of each row, or nothing."""
    header, *lines = path.read_text().splitlines()
    lines = [line + str(verdict_of(int(line.split(",")[0]))) for line in lines]
    path.write_text("\n".join([header, *lines]) + "\n")


def test_csv_goes_round(tmp_path):
    review, y, truth = session()
    rows = review.suggest(30).rows
    path = tmp_path / "list.csv"
    review.to_sheet(path)
    header, *lines = path.read_text().splitlines()
    assert header == (
        "row,given_label,suggested_label,label_quality,sampling_probability,"
        "column 0,column 1,verdict"
    )
    assert [int(line.split(",")[0]) for line in lines] == rows.tolist()
    assert [int(line.split(",")[1]) for line in lines] == y[rows].tolist()
    filled(path, lambda row: truth[row] if row % 2 else "")
    review.read_verdicts(path)
    odd = rows % 2 == 1
    assert sorted(review.open_rows_) == sorted(rows[~odd])
    np.testing.assert_array_equal(review.y_[rows[odd]], truth[rows[odd]])
    other = tmp_path / "rest.csv"
    review.to_sheet(other)
    filled(other, lambda row: truth[row])
    assert len(review.read_verdicts(other).open_rows_) == 0
    assert review.noise_rate().n_checked == 30


def test_csv_with_labels_like_formulas(tmp_path):
    X, y, truth = problem()
    names = np.array(["=1+1", "-x", "'t"])
    review = ReviewSession(Told(), X, names[y], random_state=0)
    rows = review.suggest(30).rows
    path = tmp_path / "list.csv"
    review.to_sheet(path)
    cells = [line.split(",") for line in path.read_text().splitlines()[1:]]
    assert all(cell[1][0] == cell[2][0] == "'" for cell in cells)
    filled(path, lambda row: names[truth[row]])
    review.read_verdicts(path)
    np.testing.assert_array_equal(review.y_[rows], names[truth[rows]])


def test_csv_is_not_written_over_verdicts(tmp_path):
    review, _, truth = session()
    review.suggest(5)
    path = tmp_path / "list.csv"
    review.to_sheet(path)
    review.to_sheet(path)
    filled(path, lambda row: truth[row])
    with pytest.raises(ValueError, match="exists and holds verdicts"):
        review.to_sheet(path)
    path.write_text("something else")
    with pytest.raises(ValueError, match="is no list of a review"):
        review.to_sheet(path)


def test_csv_without_open_rows_is_empty(tmp_path):
    review, _, _ = session()
    review.to_sheet(tmp_path / "list.csv")
    assert review.read_verdicts(tmp_path / "list.csv").n_rounds_ == 0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("999,0,0,0.5,1,0", "row 999 was not asked about"),
        ("{unasked},0,0,0.5,1,0", "was not asked about, .* Remove the line"),
        ("{row},{other},0,0.5,1,0", "expected the label .* but the file says"),
        ("{row},{given},0,0.5,1,bird", "line 2: expected a verdict .* got 'bird'"),
    ],
)
def test_csv_of_other_data(tmp_path, line, message):
    review, y, _ = session()
    row = review.suggest(5).rows[0]
    unasked = np.flatnonzero(np.isnan(review.sampling_probability_))[0]
    values = {"row": row, "given": y[row], "other": (y[row] + 1) % 3}
    path = tmp_path / "list.csv"
    review.to_sheet(path, columns=[])
    header = path.read_text().splitlines()[0]
    path.write_text(f"{header}\n{line.format(unasked=unasked, **values)}\n")
    with pytest.raises(ValueError, match=message):
        review.read_verdicts(path)
    assert not review.trusted_.any()


def test_csv_that_contradicts_itself(tmp_path):
    review, y, _ = session()
    row = review.suggest(5).rows[0]
    path = tmp_path / "list.csv"
    lines = [f"{row},{y[row]},{k}" for k in (0, 1)]
    path.write_text("\n".join(["row,given_label,verdict", *lines]))
    with pytest.raises(ValueError, match=f"two that differ about rows {row}"):
        review.read_verdicts(path)


@pytest.mark.parametrize(
    ("rows", "labels", "message"),
    [
        ([3, 4, 3], [0, 1, 2], "two that differ about rows 3"),
        ([3, 200], [0, 1], "rows as integers from 0 to 199"),
        ([-1], [0], "rows as integers from 0 to 199"),
        ([0.5], [0], "rows as integers"),
        (np.ones(200, bool), np.zeros(200), "numpy.flatnonzero"),
        ([3, 4], [0], "one label for each of the 2 rows, but got 1"),
        ([3], [7], "one of the classes .* got 7 in row 3"),
        ([3], ["0"], "one of the classes .* got '0' in row 3"),
    ],
)
def test_bad_verdicts(rows, labels, message):
    review, _, _ = session()
    with pytest.raises(ValueError, match=message):
        review.record(rows, labels)
    assert not review.trusted_.any()


def test_same_verdict_twice_is_fine():
    review, _, _ = session()
    review.record([3, 3], [1, 1]).record([3], [1])
    assert review.trusted_.sum() == 1


def test_change_of_mind_must_be_meant():
    review, _, _ = session()
    review.record([3, 5], [1, 1])
    with pytest.raises(ValueError, match="other verdict than before about rows 3"):
        review.record([3, 5], [2, 1])
    review.record([3], [2], overwrite=True)
    assert review.y_[3] == 2


@pytest.mark.parametrize("nothing", [None, np.nan])
def test_no_verdict_leaves_the_row_open(nothing):
    review, _, truth = session()
    rows = review.suggest(4).rows
    labels = np.array([truth[rows[0]], nothing, nothing, truth[rows[3]]], dtype=object)
    review.record(rows, labels)
    np.testing.assert_array_equal(review.open_rows_, rows[1:3])


def test_estimate_before_any_random_verdict():
    review, _, truth = session(random_share=0.0)
    rows = review.suggest(20).rows
    review.record(rows, truth[rows])
    with pytest.raises(ValueError, match="ask for a random share"):
        review.noise_rate()


def test_predictions_of_other_rows():
    review, y, _ = after_rounds(1)
    with pytest.raises(ValueError, match="prediction for each of the 200 rows"):
        review.accuracy(y[:10])
    with pytest.raises(ValueError, match="one of the classes"):
        review.accuracy(y + 7)


def test_estimator_that_cannot_be_told():
    X, y, _ = problem()
    with pytest.raises(UnsuitableEstimatorError, match="whose fit takes trusted"):
        ReviewSession(LogisticRegression(), X, y)


def test_labels_of_other_rows():
    X, y, _ = problem()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        ReviewSession(Told(), X, y[:10])
    with pytest.raises(ValueError, match="boolean mask"):
        ReviewSession(Told(), X, y, trusted=np.ones(200))


@pytest.mark.parametrize("form", ["csv", "json"])
def test_sheet_can_hide_what_the_estimator_says(tmp_path, form):
    review, _, _ = session()
    rows = review.suggest(10).rows
    path = tmp_path / f"list.{form}"
    review.to_sheet(path, columns=[1], hide_suggestion=True)
    text = path.read_text()
    assert "column 1" in text
    assert "column 0" not in text
    assert "suggest" not in text
    assert "predictions" not in text
    assert "probability" not in text
    assert text.count("\n") >= len(rows)
