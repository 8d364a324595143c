"""Random calls of every public estimator and function, and what becomes of them.

A case is made from its seed alone. Its outcome is one of

- "right": a result that keeps what is promised of it,
- "refused": an error that sknoisy or scikit-learn has raised on purpose,
- "unclear": an error from elsewhere, such as numpy, or a numeric warning from our code,
- "bad": a result that breaks a promise, or right input that was refused.

``benchmarks/bench_random_cases.py`` runs many of them, the tests a few hundred.
"""

import importlib
import linecache
import pkgutil
import time
import traceback
import warnings
from dataclasses import dataclass
from inspect import signature

import numpy as np
import random_input as draw
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

import sknoisy
from sknoisy import annotators, metrics, multilabel, noise, review, sequence, transition
from sknoisy.cluster import project_labels
from sknoisy.model_selection import LabelQualityFold, robustness_curve
from sknoisy.noise import UniformNoise

# What is called in other tests alone, and why.
OUTSIDE = {
    "cli": "reads files, not arrays",
    "deep": "needs torch, and seconds a fit",
    "evidence": "takes the records of a fit",
    "inspection": "draws, from what other functions return",
    "datasets": "takes no data",
    "exceptions": "holds errors and warnings",
}
MEMBERS_OUTSIDE = {
    "ReviewSession": "asks a person",
    "ReviewEstimate": "a result",
    "ReviewSuggestion": "a result",
    "CorrectedScore": "a result",
    "AuditReport": "a result",
    "TableFacts": "a result",
    "RankedLabels": "a result",
    "ClassFacts": "a result",
    "ColumnFacts": "a result",
    "Confusion": "a result",
    "Finding": "a result",
    "NoiseFacts": "a result",
    "audit": "seconds a call; tests/report holds its bad input",
    "TableEncoder": "a transformer of tables, checked by check_estimator",
    "read_verdicts": "reads a file",
    "RobustnessCurve": "a result",
    "MultilabelAudit": "called as MultilabelNoisyClassifier, whose parts it shares",
    "WeakSequenceLocalizer": "seconds a fit",
    "SegmentFusion": "a part of WeakSequenceLocalizer",
    "PseudoLabelRule": "a part of WeakSequenceLocalizer",
    "label_vectors": "takes a fitted model, not data",
    "items_needing_votes": "takes a fitted model, not data",
    "suggest_review": "takes a fitted model, not data",
    "show_versions": "takes nothing",
    "BaseLabelQuality": "a base class",
    "BaseNoise": "a base class",
    "BaseRefiner": "a base class",
    "BaseTransitionEstimator": "a base class",
}


def public_members():
    """Return the public classes and functions to call, by name."""
    packages = [info.name for info in pkgutil.iter_modules(sknoisy.__path__)]
    packages = [p for p in packages if not p.startswith("_") and p not in OUTSIDE]
    modules = [sknoisy, *(importlib.import_module(f"sknoisy.{p}") for p in packages)]
    return {
        name: getattr(module, name)
        for module in modules
        for name in module.__all__
        if name not in MEMBERS_OUTSIDE
    }


MEMBERS = public_members()
BY_ROWS = {
    name: cls
    for name, cls in MEMBERS.items()
    if hasattr(cls, "fit") and "y" in list(signature(cls.fit).parameters)[:3]
}


@dataclass
class Outcome:
    """What became of a case."""

    seed: int
    member: str
    kinds: str
    verdict: str
    detail: str = ""
    seconds: float = 0.0

    def __str__(self):
        return f"{self.verdict}: seed {self.seed}, {self.member}({self.kinds}): " + (
            f"{self.detail} [{self.seconds:.1f} s]"
        )


@dataclass
class Call:
    """A call to make: what it is made of, and what must hold for its result."""

    run: object
    kinds: list
    fault: bool
    check: object = None


def run_case(seed, members=None):
    """Make a case from its seed, run it, and return the outcome."""
    rng = np.random.default_rng(seed)
    name = str(rng.choice(members or list(WEIGHTS), p=None if members else SHARES))
    call = CALLS[name](rng, faults=bool(rng.random() < 0.6))
    start = time.perf_counter()
    verdict, detail = _verdict(call)
    seconds = time.perf_counter() - start
    return Outcome(seed, name, "; ".join(call.kinds), verdict, detail, seconds)


def _verdict(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = call.run()
        except Exception as error:
            clear, place = _is_clear(error)
            message = " ".join(str(error).split())[:300]
            what = f"{type(error).__name__}: {message}{place}"
            if not clear:
                return "unclear", what
            return ("refused", what) if call.fault else ("bad", f"was refused: {what}")
    if call.check is not None:
        try:
            call.check(result)
        except AssertionError as error:
            return "bad", " ".join(str(error).split())[:300]
        except Exception as error:
            clear, place = _is_clear(error)
            if clear and call.fault:
                return "refused", f"{type(error).__name__}: {error}"[:300]
            return "bad", f"no answer: {type(error).__name__}: {error}{place}"[:300]
    for warning in caught:
        numeric = issubclass(warning.category, RuntimeWarning)
        if numeric and "/sknoisy/" in warning.filename and not call.fault:
            return "unclear", f"{warning.message} at {_short(warning)}"
    return "right", ""


def _short(warning):
    return f"{warning.filename.split('/sknoisy/')[-1]}:{warning.lineno}"


def _is_clear(error):
    """Whether an error was raised on purpose, by us or by scikit-learn."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f" at {'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno}"
    if not isinstance(error, ValueError | TypeError):
        return False, place
    raised = linecache.getline(frame.filename, frame.lineno).strip().startswith("raise")
    # What scikit-learn computes on rows that it has taken is its own affair.
    ours = raised and "/sknoisy/" in frame.filename
    return ours or "/sklearn/" in frame.filename, place


# What must hold for results


def _within(values, low, high, what):
    values = np.asarray(values, dtype=float)
    inside = (values >= low - 1e-9) & (values <= high + 1e-9)
    assert inside.all(), f"{what} is {values[~inside][:1]}, not in [{low}, {high}]"


def _stochastic(table, what):
    _within(table, 0, 1, what)
    sums = np.asarray(table.sum(axis=-1), dtype=float)
    assert np.allclose(sums, 1, atol=1e-5), f"{what} has rows that sum to {sums.min()}"


def check_fitted(estimator, X, n):
    """Check the fitted attributes and the predictions of an estimator."""
    found = vars(estimator)
    for name in ("clean_proba_", "transition_matrix_"):
        if isinstance(found.get(name), np.ndarray):
            _stochastic(found[name], name)
    for name in ("label_quality_", "noise_rate_", "noise_rate_interval_"):
        if name in found and not sparse.issparse(found[name]):
            _within(found[name], 0, 1, name)
    for name in ("soft_labels_", "sample_weight_"):
        if isinstance(found.get(name), np.ndarray):
            assert np.isfinite(found[name]).all(), f"{name} is not finite"
            assert found[name].min() >= 0, f"{name} is negative"
            assert len(found[name]) == n, f"{name} has {len(found[name])} rows"
    if hasattr(estimator, "predict") and hasattr(estimator, "classes_"):
        labels = np.asarray(estimator.predict(X))
        assert labels.shape == (n,), f"predict returns shape {labels.shape}"
        known = set(estimator.classes_.tolist())
        assert set(labels.tolist()) <= known, "predict returns other labels"
    if hasattr(estimator, "predict_proba") and hasattr(estimator, "classes_"):
        proba = estimator.predict_proba(X)
        assert proba.shape == (n, len(estimator.classes_)), "columns of predict_proba"
        _stochastic(proba, "predict_proba")


def same_as_plain(function, y, proba, **options):
    """Return a check that containers and kinds of labels make no difference."""

    def check(result):
        codes = np.unique(np.asarray(y).tolist(), return_inverse=True)[1]
        expected = function(codes, np.array(proba, dtype=float), **options)
        single = np.asarray(proba).dtype.itemsize < 8
        if single and result.dtype.kind in "bi":
            return
        close = np.allclose(result, expected, atol=1e-5 if single else 1e-12)
        assert close, "another result than for codes and a plain array"

    return check


# Calls


def _options(rng, cls):
    """Return parameters that keep an estimator fast, some at random."""
    known = signature(cls).parameters
    base = DecisionTreeClassifier(max_depth=3, random_state=0)
    base = LogisticRegression() if rng.random() < 0.2 else base
    wanted = {"estimator": base, "cv": 2, "random_state": 0, "max_iter": 10}
    wanted |= {"n_rounds": 2} if "n_rounds" in known else {}
    if cls.__name__ == "NoisyLabelClassifier":
        actions = ["auto", "weight", "filter", "relabel", "soft"]
        wanted |= {"action": str(rng.choice(actions))}
        wanted |= {"evidence": str(rng.choice(["model", "neighbors"]))}
    return {name: value for name, value in wanted.items() if name in known}


def fit_rows(cls):
    def make(rng, *, faults):
        codes = draw.draw_codes(rng, most_rows=40)
        X, of_rows, bad_rows = draw.draw_features(rng, codes, faults=faults)
        y, of_labels, bad_labels = draw.draw_labels(rng, codes, faults=faults)
        beside, more, bad = draw.draw_beside(rng, len(codes), faults=faults)
        takes = signature(cls.fit).parameters
        beside = {name: value for name, value in beside.items() if name in takes}
        fault = bad_rows or bad_labels or bad
        # Folds need two distinct rows or groups, and rows of two classes in each.
        fault |= len(codes) < 12 or "constant" in of_rows or "one column" in of_rows
        # Without a base, X is a table of numbers.
        fault |= "estimator" not in signature(cls).parameters and sparse.issparse(X)
        fault |= "groups" in beside or len(np.unique(codes)) > 6
        estimator = cls(**_options(rng, cls))
        return Call(
            lambda: estimator.fit(X, y, **beside),
            [of_rows, of_labels, *more],
            bool(fault),
            lambda result: check_fitted(result, X, len(codes) - ("less" in of_rows)),
        )

    return make


def of_probabilities(name, options):
    function = MEMBERS[name]

    def make(rng, *, faults):
        codes = draw.draw_codes(rng, most_classes=10)
        y, of_labels, bad_labels = draw.draw_labels(rng, codes, faults=faults)
        proba, of_proba, bad = draw.draw_probabilities(rng, codes, faults=faults)
        chosen = {key: rng.choice(values).item() for key, values in options.items()}
        fault = bad or bad_labels
        return Call(
            lambda: function(y, proba, **chosen),
            [of_labels, of_proba, *map(str, chosen.values())],
            bool(fault),
            None if fault else same_as_plain(function, y, proba, **chosen),
        )

    return make


def corrupt(cls):
    def make(rng, *, faults):
        codes = draw.draw_codes(rng)
        y, of_labels, bad = draw.draw_labels(rng, codes, faults=faults)
        X, of_rows, bad_rows = draw.draw_features(rng, codes, faults=faults)
        arguments = (0.3,)
        if cls is noise.TransitionNoise:
            size = codes.max() + 1 if codes.max() else 2
            arguments = (transition.make_transition_matrix(int(size), 0.3),)
        kind = cls(*arguments, random_state=0)

        def check(result):
            assert len(result) == len(y), "shape of the labels"
            known = set(np.ravel(y).tolist())
            assert set(np.ravel(result).tolist()) <= known, "other labels"

        bad_rows &= cls is noise.InstanceNoise
        fault = bool(bad or bad_rows)
        return Call(lambda: kind.corrupt(y, X), [of_labels, of_rows], fault, check)

    return make


def make_matrix(rng, *, faults):
    n_classes = int(rng.integers(2, 200))
    rates = {"one": float(rng.uniform(0, 0.9)), "many": rng.uniform(0, 1, n_classes)}
    bad = {
        "1": 1.0,
        "-1": -1.0,
        "nan": np.nan,
        "word": "much",
        "few": [0.1],
        "none": None,
    }
    bad |= {"table": np.ones((2, 2)), "1e300": 1e300}
    kind, rate = draw.pick(rng, bad if faults else rates)
    shape = str(rng.choice(["uniform", "pair", "block" if faults else "random"]))
    sizes = [1, 0, -3, 2.5, "three", None, True]
    n_classes = sizes[rng.integers(7)] if faults and rng.random() < 0.3 else n_classes

    def check(T):
        assert T.shape == (n_classes, n_classes), "shape"
        _stochastic(T, "T")

    def run():
        return transition.make_transition_matrix(
            n_classes, rate, kind=shape, random_state=0
        )

    return Call(run, [str(n_classes), kind, shape], faults, check)


# Tags

TAGS = {
    **draw.TABLES,
    "csr": sparse.csr_array,
    "csc": sparse.csc_matrix,
    "bool": lambda Y: Y.astype(bool),
    "floats": lambda Y: Y.astype(float),
    "bytes": lambda Y: Y.astype(np.uint8),
}
FAULTY_TAGS = {
    "twos": lambda Y: 2 * Y,
    "negative": lambda Y: -Y,
    "NaN": lambda Y: np.where(Y, np.nan, 0),
    "None": lambda Y: np.where(Y, None, 0),
    "text": lambda Y: Y.astype(str),
    "one dimension": lambda Y: Y[:, 0],
    "three dimensions": lambda Y: Y[None],
    "no columns": lambda Y: Y[:, :0],
    "no rows": lambda Y: Y[:0],
    "zeros": lambda Y: 0 * Y,
    "ones": lambda Y: 0 * Y + 1,
    "halves": lambda Y: Y / 2,
    "sets": lambda Y: [set(np.flatnonzero(row).tolist()) for row in Y],
    "nothing": lambda Y: None,
    "a number": lambda Y: 1,
    "1e300": lambda Y: 1e300 * Y,
}


def draw_tags(rng, *, faults, n=None):
    n = int(rng.integers(20, 60)) if n is None else n
    Y = (rng.random((n, int(rng.integers(2, 6)))) < 0.4).astype(int)
    Y[:3], Y[3:6] = 1, 0
    if faults and rng.random() < 0.6:
        kind, change = draw.pick(rng, FAULTY_TAGS)
        return Y, change(Y), kind, True
    kind, contain = draw.pick(rng, TAGS)
    return Y, contain(Y), kind, False


def fit_tags(rng, *, faults):
    Y, given, kind, bad = draw_tags(rng, faults=faults, n=30)
    X, of_rows, bad_rows = draw.draw_features(rng, Y[:, 0], faults=faults)
    clf = multilabel.MultilabelNoisyClassifier(
        DecisionTreeClassifier(max_depth=3), evidence="model", cv=2
    )

    def check(result):
        found = result.predict(X)
        expected = np.shape(given) if "dimension" in kind else Y.shape
        assert found.shape == expected, f"predict returns shape {found.shape}"
        _within(result.predict_proba(X), 0, 1, "predict_proba")

    fault = bad or bad_rows or "constant" in of_rows or "one column" in of_rows
    return Call(lambda: clf.fit(X, given), [kind, of_rows], bool(fault), check)


def of_tags(function):
    def make(rng, *, faults):
        _, given, kind, bad = draw_tags(rng, faults=faults)
        return Call(lambda: function(rng, given), [kind], bad)

    return make


def _vectors(rng, Y):
    return rng.random((np.shape(Y)[1] if len(np.shape(Y)) == 2 else 4, 3))


def _evaluated(rng, Y):
    scores = rng.random(np.shape(Y) if not sparse.issparse(Y) else Y.shape)
    quality = multilabel.estimate_label_quality(Y, Y)
    return multilabel.evaluation_noise_report(Y, scores, quality)


# Answers of annotators


def draw_votes(rng, *, faults):
    codes = draw.draw_codes(rng, most_classes=4, most_rows=30)
    votes = draw.WORDS[codes[:, None] + 0 * rng.integers(0, 2, (1, 4))].astype(object)
    votes[rng.random(votes.shape) < 0.3] = None
    kinds = {
        "objects": votes,
        "list": votes.tolist(),
        "pandas": draw.pd.DataFrame(votes),
        "numbers": np.where(rng.random(votes.shape) < 0.3, np.nan, codes[:, None]),
        "one annotator": votes[:, :1],
        "polars": draw.pl.DataFrame(votes.tolist(), orient="row", strict=False),
    }
    bad = {
        "no answers": np.full(votes.shape, None),
        "mixed": np.where(rng.random(votes.shape) < 0.5, 1, votes),
        "one dimension": votes[:, 0],
        "three dimensions": votes[None],
        "infinity": np.full((3, 2), np.inf),
        "fractions": rng.random((5, 3)),
        "nothing": None,
        "empty": votes[:0],
        "no annotators": votes[:, :0],
        "sparse": sparse.csr_array(np.eye(3)),
        "a word": "votes",
    }
    faulty = faults and rng.random() < 0.6
    kind, value = draw.pick(rng, bad if faulty else kinds)
    return value, kind, faulty or len(np.unique(codes)) < 2 or kind == "one annotator"


def dawid_skene(rng, *, faults):
    votes, kind, fault = draw_votes(rng, faults=faults)
    model = str(rng.choice(["confusion", "one_coin"]))
    aggregator = annotators.DawidSkene(model=model, max_iter=5)

    def check(result):
        _stochastic(result.clean_proba_, "clean_proba_")

    return Call(lambda: aggregator.fit(votes), [kind, model], bool(fault), check)


def fit_votes(cls):
    def make(rng, *, faults):
        votes, kind, _ = draw_votes(rng, faults=faults)
        n = np.shape(votes)[0] if np.ndim(votes) else 20
        X, of_rows, _ = draw.draw_features(rng, np.arange(n) % 2, faults=faults)
        clf = cls(DecisionTreeClassifier(max_depth=3))
        return Call(lambda: clf.fit(X, votes), [kind, of_rows], True)

    return make


def to_long(function):
    def make(rng, *, faults):
        votes, kind, fault = draw_votes(rng, faults=faults)
        return Call(lambda: function(votes), [kind], bool(fault))

    return make


def from_long(rng, *, faults):
    n = int(rng.integers(1, 30))
    columns = [rng.integers(0, 5, n), rng.permutation(n), rng.integers(0, 3, n)]
    kinds = []
    for place in range(3):
        kind, contain = draw.pick(rng, draw.CONTAINERS)
        columns[place] = contain(columns[place])
        kinds.append(kind)
    if faults:
        bad = {"None": [None] * n, "short": [1], "nothing": None, "NaN": [np.nan] * n}
        bad |= {"table": np.ones((n, 2)), "word": "a", "mixed": [1, "a"] * n}
        place = int(rng.integers(3))
        kinds[place], columns[place] = draw.pick(rng, bad)
    return Call(lambda: annotators.annotations_from_long(*columns), kinds, faults)


# Segments of sequences

NUMBERS = {
    "NaN": np.nan,
    "infinity": np.inf,
    "1e300": 1e300,
    "negative": -1.0,
    "zero": 0.0,
}


def draw_numbers(rng, array, *, faults):
    """Return an array of numbers in some container, maybe spoiled."""
    wrong = {
        "flat": lambda a: a.ravel(),
        "nothing": lambda a: None,
        "word": lambda a: "numbers",
        "text": lambda a: a.astype(str),
        "empty": lambda a: a[:0],
        "deeper": lambda a: a[None],
        "a row less": lambda a: a[1:],
        "a number": lambda a: 1.0,
        "complex": lambda a: a + 1j,
        "None": lambda a: np.where(a > a.mean(), None, a),
    }
    if faults and rng.random() < 0.5:
        kind, value = draw.pick(rng, NUMBERS)
        array = array.astype(float)
        array[tuple(rng.integers(0, size) for size in array.shape)] = value
        return array, kind
    if faults and rng.random() < 0.5:
        kind, change = draw.pick(rng, wrong)
        return change(array), kind
    kind, contain = draw.pick(rng, draw.CONTAINERS)
    return contain(array), kind


def of_segments(function):
    def make(rng, *, faults):
        n = int(rng.integers(1, 20))
        start = rng.integers(0, 50, n)
        segments = np.column_stack([start, start + rng.integers(1, 9, n)]) / 1.0
        segments, of_segments = draw_numbers(rng, segments, faults=faults)
        scores, of_scores = draw_numbers(rng, rng.random(n), faults=faults)

        def check(result):
            parts = result if isinstance(result, tuple) else (result,)
            for part in parts:
                part = np.asarray(part)
                if part.dtype.kind == "f":
                    assert not np.isnan(part).any(), "the result holds NaN"

        def run():
            return function(segments, scores)

        return Call(run, [of_segments, of_scores], faults, check)

    return make


def _proposed(segments, scores):
    return sequence.generate_proposals(scores, thresholds="auto")


def _linpro(segments, scores):
    return sequence.linpro_pseudo_labels(segments, scores, 60)


def _table(segments, scores):
    fits = len(np.shape(segments)) == 2 and np.shape(segments)[1] == 2
    start, end = np.transpose(segments) if fits else (segments, segments)
    return sequence.segment_table(start, end, score=scores)


def _with_scores(segments, scores):
    """Return segments with scores where they fit, and else the segments."""
    shapes = np.shape(segments), np.shape(scores)
    fits = shapes[0][:1] == shapes[1] and len(shapes[0]) == 2
    return np.column_stack([segments, scores]) if fits else segments


# Scores and reviews


def score_noisy(rng, *, faults):
    codes = draw.draw_codes(rng, most_classes=4)
    n_classes = max(int(codes.max()) + 1, 2)
    T = transition.make_transition_matrix(n_classes, 0.2)
    y, of_labels, bad = draw.draw_labels(rng, codes, faults=faults)
    metric = str(rng.choice(["accuracy", "balanced_accuracy", "f1_macro", "roc_auc"]))
    predicted, of_predicted = y, "the labels"
    if metric == "roc_auc":
        drawn = draw.draw_probabilities(rng, codes, faults=faults)
        predicted, of_predicted, bad_proba = drawn
        bad |= bad_proba

    def run():
        return metrics.noise_corrected_score(
            y, predicted, metric=metric, transition=T
        ).value

    def check(value):
        _within(value, 0, 1, "the score")

    fault = bool(bad or metric == "roc_auc" or n_classes < 3 or len(T) > 4)
    return Call(run, [of_labels, of_predicted, metric], fault, check)


def trusted_rows(rng, *, faults):
    codes = draw.draw_codes(rng, most_classes=4)
    y, of_labels, bad = draw.draw_labels(rng, codes, faults=faults)
    table = draw.FAULTY_TRUSTED if faults and rng.random() < 0.4 else draw.TRUSTED
    of_mask, make = draw.pick(rng, table)
    mask = make(rng, len(codes))

    def run():
        checked = y if faults else np.asarray(y)[np.asarray(mask, dtype=bool)]
        return metrics.trusted_score(checked, y, y, trusted=mask).value

    few = sum(one is True or one is np.True_ for one in np.ravel(mask)) < 2
    fault = bool(bad or faults or few or of_mask == "all")
    return Call(run, [of_labels, of_mask], fault, lambda v: _within(v, 0, 1, "score"))


def noise_rate(rng, *, faults):
    n = int(rng.integers(5, 40))
    wrong, of_wrong = draw_numbers(rng, (rng.random(n) < 0.3) * 1.0, faults=faults)
    proba, of_proba = draw_numbers(rng, np.full(n, 0.5), faults=faults)

    def run():
        return review.estimate_noise_rate(wrong, proba).value

    return Call(run, [of_wrong, of_proba], faults, lambda v: _within(v, 0, 1, "rate"))


def reviewed_matrix(rng, *, faults):
    codes = draw.draw_codes(rng, most_classes=4)
    y, of_labels, bad = draw.draw_labels(rng, codes, faults=faults)
    checked, of_checked, bad_too = draw.draw_labels(rng, codes, faults=faults)
    proba, of_proba = draw_numbers(rng, np.full(len(codes), 0.5), faults=faults)

    def run():
        return review.estimate_transition_matrix(y, checked, proba)

    # Two kinds of labels are one column and its verdicts only by chance.
    fault = bool(bad or bad_too or faults or of_labels != of_checked)
    return Call(run, [of_labels, of_checked, of_proba], fault)


def project(rng, *, faults):
    n = int(rng.integers(2, 30))
    labels = [rng.integers(-1, 4, n), rng.integers(-1, 4, n)]
    kinds = []
    for place in range(2):
        labels[place], kind = draw_numbers(rng, labels[place], faults=faults)
        kinds.append(kind)
    similarity = str(rng.choice(["iou", "overlap"])) if faults else "iou"
    return Call(lambda: project_labels(*labels, similarity=similarity), kinds, faults)


def refine_clusters(rng, *, faults):
    codes = draw.draw_codes(rng, most_rows=30)
    X, kind, bad = draw.draw_features(rng, codes, faults=faults, sparse_too=False)
    refiner = MEMBERS["PseudoLabelRefiner"](n_rounds=2, random_state=0)
    return Call(lambda: refiner.fit(X), [kind], bool(bad) or len(codes) < 8)


def split(rng, *, faults):
    codes = draw.draw_codes(rng, most_classes=3)
    X, of_rows, bad = draw.draw_features(rng, codes, faults=faults)
    y, of_labels, bad_labels = draw.draw_labels(rng, codes, faults=faults)
    fold = LabelQualityFold(2, quality=np.ones(len(codes)))
    fault = bool(bad or bad_labels or len(codes) < 12)
    return Call(lambda: list(fold.split(X, y)), [of_rows, of_labels], fault)


def curve(rng, *, faults):
    codes = draw.draw_codes(rng, most_classes=3)
    X, of_rows, _ = draw.draw_features(rng, codes, faults=faults)
    y, of_labels, _ = draw.draw_labels(rng, codes, faults=faults)

    def run():
        tree = DecisionTreeClassifier(max_depth=2)
        return robustness_curve({"tree": tree}, X, y, UniformNoise(), (0, 0.2), cv=2)

    return Call(run, [of_rows, of_labels], True)


def scorer(make_scorer):
    def make(rng, *, faults):
        codes = draw.draw_codes(rng, most_classes=3)
        y, of_labels, _ = draw.draw_labels(rng, codes, faults=faults)
        plain = np.zeros((len(codes), 1))
        model = DecisionTreeClassifier(max_depth=2).fit(plain, np.asarray(codes))
        return Call(lambda: make_scorer(model, plain, y), [of_labels], True)

    return make


METHODS = ["normalized_margin", "self_confidence", "confidence_weighted_entropy"]
CALLS = {
    **{name: fit_rows(cls) for name, cls in BY_ROWS.items()},
    "find_label_errors": of_probabilities(
        "find_label_errors", {"rule": ["both", "class", "noise_rate"]}
    ),
    "label_quality": of_probabilities("label_quality", {"method": METHODS}),
    "confident_joint": of_probabilities("confident_joint", {}),
    **{
        name: corrupt(MEMBERS[name])
        for name in ("UniformNoise", "PairNoise", "TransitionNoise", "InstanceNoise")
    },
    "make_transition_matrix": make_matrix,
    "MultilabelNoise": of_tags(
        lambda rng, Y: noise.MultilabelNoise(0.2, random_state=0).corrupt(Y)
    ),
    "MultilabelNoisyClassifier": fit_tags,
    "label_cooccurrence": of_tags(lambda rng, Y: multilabel.label_cooccurrence(Y)),
    "compare_label_similarity": of_tags(
        lambda rng, Y: multilabel.compare_label_similarity(_vectors(rng, Y), Y)
    ),
    "estimate_label_quality": of_tags(
        lambda rng, Y: multilabel.estimate_label_quality(Y, Y)
    ),
    "reannotation_sample": of_tags(
        lambda rng, Y: multilabel.reannotation_sample(Y, random_state=0)
    ),
    "evaluation_noise_report": of_tags(_evaluated),
    "DawidSkene": dawid_skene,
    "Annotations": to_long(annotators.annotations_to_frame),
    "annotations_to_frame": to_long(annotators.annotations_to_frame),
    "annotations_to_long": to_long(annotators.annotations_to_long),
    "annotations_from_long": from_long,
    "CrowdLabelClassifier": fit_votes(annotators.CrowdLabelClassifier),
    "PartialLabelClassifier": fit_votes(annotators.PartialLabelClassifier),
    "temporal_nms": of_segments(sequence.temporal_nms),
    "temporal_soft_nms": of_segments(sequence.temporal_soft_nms),
    "gaussian_weighted_fusion": of_segments(sequence.gaussian_weighted_fusion),
    "temporal_iou": of_segments(lambda a, _: sequence.temporal_iou(a, a)),
    "generate_proposals": of_segments(_proposed),
    "linpro_pseudo_labels": of_segments(_linpro),
    "delta_pseudo_labels": of_segments(
        lambda _, scores: sequence.delta_pseudo_labels(scores, scores)
    ),
    "segment_table": of_segments(_table),
    "detection_average_precision": of_segments(
        lambda a, s: sequence.detection_average_precision(a, _with_scores(a, s), 0.5)
    ),
    "detection_map_score": of_segments(
        lambda a, s: sequence.detection_map_score(a, _with_scores(a, s))
    ),
    "noise_corrected_score": score_noisy,
    "trusted_score": trusted_rows,
    "noise_corrected_scorer": scorer(
        metrics.noise_corrected_scorer("accuracy", transition=np.eye(2))
    ),
    "quality_weighted_scorer": scorer(
        metrics.quality_weighted_scorer("accuracy", quality=lambda X: np.ones(len(X)))
    ),
    "estimate_noise_rate": noise_rate,
    "estimate_transition_matrix": reviewed_matrix,
    "project_labels": project,
    "PseudoLabelRefiner": refine_clusters,
    "LabelQualityFold": split,
    "robustness_curve": curve,
}
# A fit takes a hundred times as long as a function.
SLOW = {"NoisyLabelClassifier": 0.3, "LabelNoiseInjector": 0.5, "robustness_curve": 0.2}
WEIGHTS = {
    name: SLOW.get(name, 1.0 if name in BY_ROWS else 2.0) for name in sorted(CALLS)
}
SHARES = np.array(list(WEIGHTS.values())) / sum(WEIGHTS.values())
