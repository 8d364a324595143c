"""Accuracy under label noise: sknoisy's classifiers, their rivals and the oracles.

Run ``python benchmarks/bench_classification.py``; the README beside this file says
what the rows, cells and tables mean. Results are appended to a file of JSON lines,
and what stands there is not computed again, so that a run can be stopped and resumed.
"""

import argparse
import hashlib
import importlib
import json
import sys
import time
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _data import CONFIRMATION, DEVELOPMENT, QUICK, available, load_split
from _noise import Labels, noises_of, noisy_labels
from _rivals import (
    BASES,
    HASA,
    ON_TUNED,
    ORACLE,
    PLAIN,
    SCORES,
    TOO_SLOW,
    TUNED,
    Method,
    cleanlab_scores,
    has_cleanlab,
    has_hasa,
    hasa_score,
    make_base,
    rivals,
)
from _table import COUNTS, print_tables, read_records, record_key
from sklearn.metrics import average_precision_score, roc_auc_score
from threadpoolctl import threadpool_limits

import sknoisy
from sknoisy.classification import (
    NoisyLabelClassifier,
    RefinedLabelClassifier,
    SimilarityReweightingClassifier,
)
from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.quality import NeighborAgreement
from sknoisy.refinement import ConfidentPruning, QualityWeighting

CORRECTIONS = ("forward", "importance", "backward")
VARIANTS = (
    *({"evidence": evidence} for evidence in ("model", "forest", "neighbors")),
    *({"action": action} for action in ("weight", "filter", "relabel", "soft")),
)

REWEIGHTING_VARIANTS = (
    {"transition": None},
    {"transition": None, "similarity": "cosine"},
    {"transition": None, "mixture": "gaussian"},
    {"transition": None, "exchange": True},
    {"transition": None, "exchange": False},
    {"n_rounds": 2},
    {"action": "filter"},
)


def ours(with_variants):
    """Return the rows of sknoisy: all classifiers that can be imported."""
    methods = [
        Method(COUNTS, lambda base, seed: NoisyLabelClassifier(base)),
        Method(
            COUNTS + ON_TUNED,
            lambda base, seed: NoisyLabelClassifier(base),
            base="tuned",
        ),
    ]
    methods += [_refined(refiner) for refiner in _refiners(with_variants)]
    if chosen := _optional("classification", "NoiseTransitionClassifier"):
        methods += [_corrected(chosen, correction) for correction in CORRECTIONS]
    methods += [_reweighted({})]
    if with_variants:
        methods += [_variant(params) for params in VARIANTS]
        methods += [_reweighted(params) for params in REWEIGHTING_VARIANTS]
    return methods


def code_digest():
    """Return a short name of the state that the code of sknoisy is in."""
    digest = hashlib.sha1(usedforsecurity=False)
    for path in sorted(Path(sknoisy.__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def _optional(room, name):
    """Return a class of a room of sknoisy, or None where there is none so far."""
    return getattr(importlib.import_module(f"sknoisy.{room}"), name, None)


def _refiners(with_variants):
    refiners = [QualityWeighting(), ConfidentPruning()]
    if relabeling := _optional("refinement", "PosteriorRelabeling"):
        refiners.append(relabeling())
    if with_variants:
        refiners.append(QualityWeighting(NeighborAgreement()))
    return refiners


def _refined(refiner):
    name = f"RefinedLabelClassifier({refiner!r})".replace("()", "")
    return Method(name, lambda base, seed: RefinedLabelClassifier(base, refiner))


def _corrected(chosen, correction):
    return Method(
        f"NoiseTransitionClassifier({correction})",
        lambda base, seed: chosen(base, correction=correction),
    )


def _variant(params):
    ((parameter, value),) = params.items()
    return Method(
        f"NoisyLabelClassifier({parameter}={value})",
        lambda base, seed: NoisyLabelClassifier(base, **params),
    )


def _reweighted(params):
    given = ", ".join(f"{name}={value}" for name, value in params.items())
    return Method(
        f"SimilarityReweightingClassifier({given})",
        lambda base, seed: SimilarityReweightingClassifier(base, **params),
    )


@dataclass
class Cell:
    """One set under one noise with one seed and one base."""

    where: dict
    labels: Labels
    test: tuple

    def shown(self, labels):
        """Return the training rows and labels that a method is shown."""
        if labels == "correct":
            right = ~self.labels.wrong
            return self.labels.X[right], self.labels.noisy[right]
        return self.labels.X, getattr(self.labels, labels)


class Run:
    """The results so far, and how to add to them."""

    def __init__(self, methods, output, with_scores, with_hasa, redo):
        self.methods = methods
        self.output = output
        self.with_scores = with_scores
        self.with_hasa = with_hasa
        self.records = read_records([output], missing_ok=True)
        self.code = code_digest()
        self.failures = []
        self.records = {
            key: record
            for key, record in self.records.items()
            if not self._outdated(record, redo)
        }

    def _outdated(self, record, redo):
        """Whether to compute a row again: it failed, or was asked for anew.

        What the present code computed is kept, so that this can be resumed too.
        """
        if "error" in record:
            return True
        return bool(redo) and redo in record["method"] and record["code"] != self.code

    def cell(self, cell):
        """Run what is missing in a cell."""
        for method in self.methods:
            too_slow = (cell.where["dataset"], method.name) in TOO_SLOW
            if not too_slow and self._known(cell, method) is None:
                self._write(cell, method.name, method.base, self._attempt(cell, method))
        if not cell.labels.wrong.any():
            return
        first = {**cell.where, "method": f"cleanlab {SCORES[0]}"}
        if self.with_scores and record_key(first) not in self.records:
            self._write_scores(cell)
        where = _where(cell, "none")
        if self.with_hasa and record_key({**where, "method": HASA}) not in self.records:
            self._write_hasa(cell)

    def _known(self, cell, method):
        where = _where(cell, method.base)
        return self.records.get(record_key({**where, "method": method.name}))

    def _write(self, cell, name, base, record):
        record = {
            **_where(cell, base),
            "method": name,
            "code": self.code,
            "n_train": len(cell.labels.clean),
            "wrong": float(cell.labels.wrong.mean()),
            **record,
        }
        self.records[record_key(record)] = record
        with open(self.output, "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def _attempt(self, cell, method):
        """Return the results of a method, or why there are none."""
        try:
            return self._measure(cell, method)
        except UnsuitableEstimatorError as error:
            return {"unsuitable": str(error)}
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"[:300]
            print(f"FAILED: {method.name} in {cell.where}: {reason}", file=sys.stderr)
            # Once is enough to find the fault, and keeps the list of failures short.
            if (method.name, reason) not in self.failures:
                traceback.print_exc()
            self.failures.append((method.name, reason))
            return {"error": reason}

    def _measure(self, cell, method):
        seed = cell.where["seed"]
        base = make_base(cell.where["base"], seed)
        searching = {"seconds": 0.0, "cpu": 0.0}
        if method.base == "tuned":
            searching = self.records[record_key({**cell.where, "method": TUNED})]
            base.set_params(**searching["params"])
        X, y = cell.shown(method.labels)
        estimator = method.make(base, seed)
        # A plain fit is the unit of cost, so a short one is timed more than once.
        times = timed_fits(estimator, X, y, seed, until=0.3 * (method.name == PLAIN))
        record = {name: times[name] + searching[name] for name in ("seconds", "cpu")}
        X_test, y_test = cell.test
        record["accuracy"] = float(np.mean(estimator.predict(X_test) == y_test))
        if method.name == TUNED:
            record["params"] = estimator.best_params_
        if method.labels == "noisy":
            record |= _found(estimator, cell.labels.wrong)
        return record

    def _write_scores(self, cell):
        seed = cell.where["seed"]
        base = make_base(cell.where["base"], seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = cleanlab_scores(base, cell.labels.X, cell.labels.noisy, seed)
        for name, quality in reversed(found.items()):
            ranking = _ranking(quality, cell.labels.wrong)
            self._write(cell, f"cleanlab {name}", "plain", ranking)

    def _write_hasa(self, cell):
        start = time.perf_counter()
        score = hasa_score(cell.labels.X, cell.labels.noisy, cell.where["seed"])
        seconds = time.perf_counter() - start
        ranking = _ranking(score, cell.labels.wrong)
        self._write(cell, HASA, "none", {**ranking, "seconds": seconds})


def _where(cell, base):
    return {**cell.where, "base": ""} if base == "none" else cell.where


def timed_fits(estimator, X, y, seed, *, until=0.0):
    """Fit until so many seconds are over, and return the median times of a fit."""
    walls, cpus = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while not walls or (sum(walls) < until and len(walls) < 15):
            np.random.seed(seed)  # noqa: NPY002, for what has no random_state
            wall, cpu = time.perf_counter(), time.process_time()
            estimator.fit(X, y)
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
    return {"seconds": float(np.median(walls)), "cpu": float(np.median(cpus))}


def _found(estimator, wrong):
    """Return how well the wrong labels were found, where the method tells."""
    quality = getattr(estimator, "label_quality_", None)
    rate = getattr(estimator, "noise_rate_", None)
    found = {} if quality is None else _ranking(quality, wrong)
    return found if rate is None else {**found, "noise_rate": float(rate)}


def _ranking(quality, wrong):
    if not wrong.any():
        return {}
    doubt = -np.asarray(quality)
    return {
        "auroc": float(roc_auc_score(wrong, doubt)),
        "average_precision": float(average_precision_score(wrong, doubt)),
    }


def run_all(run, names, seeds, bases):
    """Go through all cells, seed by seed, so that a first picture comes early."""
    for seed in range(seeds):
        for base in bases:
            for name in names:
                if (name, base) in TOO_SLOW:
                    continue
                split = load_split(name, seed)
                start = time.perf_counter()
                for noise in noises_of(split):
                    where = {"dataset": name, "noise": noise}
                    where |= {"seed": seed, "base": base}
                    labels = noisy_labels(split, noise, seed)
                    run.cell(Cell(where, labels, (split.X_test, split.y_test)))
                seconds = time.perf_counter() - start
                print(f"seed {seed}, {base}, {name}: {seconds:.0f} s", file=sys.stderr)


def parse_arguments(argv=None):
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--quick", action="store_true", help="two bundled sets, LR, one seed")
    add("--datasets", nargs="+", metavar="NAME", help="only these sets")
    add("--seeds", type=int, help="number of seeds (default: 3)")
    add("--bases", nargs="+", choices=BASES, help="only these bases")
    add("--variants", action="store_true", help="further rows of ours")
    add("--output", help="file of results (default: bench_classification.jsonl)")
    add(
        "--redo",
        metavar="TEXT",
        help="rows with TEXT in the name again, if the code changed",
    )
    add(
        "--only",
        nargs="+",
        metavar="TEXT",
        help="of the rows, only those with one of these in the name, and the bounds",
    )
    add("--confirm", action="store_true", help="the sets kept for the very end")
    add("--table", nargs="+", metavar="FILE", help="print the tables and do nothing")
    return parser.parse_args(argv)


def _asked_for(name, texts):
    """Whether a row is wanted; the bounds of the recovery always are."""
    if name in (PLAIN, ORACLE):
        return True
    # A row on the tuned base leans on the search for it, so it is asked for by name.
    return any(
        text in name and name.endswith(ON_TUNED) <= (ON_TUNED in text) for text in texts
    )


def main():
    """Run what is asked for and print the tables."""
    options = parse_arguments()
    if options.table:
        print_tables(read_records(options.table))
        return
    names = options.datasets or (QUICK if options.quick else DEVELOPMENT)
    names = CONFIRMATION if options.confirm else names
    output = options.output or (
        "bench_quick.jsonl" if options.quick else "bench_classification.jsonl"
    )
    with_cleanlab = has_cleanlab()
    methods = rivals(with_cleanlab) + ours(options.variants)
    if options.only:
        methods = [m for m in methods if _asked_for(m.name, options.only)]
    scores = with_cleanlab and not options.only, has_hasa() and not options.only
    run = Run(methods, output, *scores, options.redo)
    seeds = options.seeds or (1 if options.quick else 3)
    bases = options.bases or (("lr",) if options.quick else BASES)
    # One thread, so that the wall time of one method can be set against another's.
    with threadpool_limits(1):
        run_all(run, available(names), seeds, bases)
    print_tables(run.records)
    if run.failures:
        sys.exit(f"{len(run.failures)} fits failed; see above.")


if __name__ == "__main__":
    main()
