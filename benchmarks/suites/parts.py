"""What each part and constant of NoisyLabelClassifier is worth; comments cite its rows.

- ``default`` and itself with one part exchanged: another action, which is then not
  checked; other evidence; no check of the action; more or less of the uniform matrix,
  of the error rate of the core, of the exponent of the matrix ("matrix alone" leaves
  the evidence out; "Bayes' rule" takes the probabilities by the features as they are);
  four folds; for the weights alone, the odds that a label is right squared. Accuracy
  and the AUROC of the wrong labels.
- ``pool: …``, ``trees: …``, ``kinds of trees: …``, ``most in bag: …``: the AUROC with
  which a table of probabilities ranks the wrong labels. The last one, on 20,000
  generated rows, since no set has enough of them.
- ``core of …``: whether noise is found, the bounds of its rate, the agreement of
  evidence and labels (Cohen's kappa); ``notable above …``: whether noise is found.

Constants are tried on the sets of ``use`` "choose", held against those of "check".
"""

import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
from scipy.special import expit
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from benchmarks.bases import make_base
from benchmarks.cells import CLEAN, PLAIN, Cell, Problem, row_cells, row_problem
from benchmarks.noise import Labels
from benchmarks.suites.classification import detection
from sknoisy import NoisyLabelClassifier, _clean_posterior, evidence
from sknoisy._context import FitContext
from sknoisy._distinct_rows import distinct_rows
from sknoisy._folds import make_folds
from sknoisy._label_margins import block_margins
from sknoisy._labels import read_labels
from sknoisy._numeric import SMALLEST_PROBABILITY
from sknoisy._soft_labels import soft_labels_for
from sknoisy.classification import _action_choice, _noisy_label
from sknoisy.evidence import EvidenceInputs, _forest, _pool
from sknoisy.noise import UniformNoise
from sknoisy.quality import _noise_rate

FIGURES = (
    *("accuracy", "auroc", "rate_error", "found", "suspected", "lower", "upper"),
    *("kappa", "seconds"),
)
OURS = ("default",)
REFERENCES = (CLEAN,)
GENERATED = Cell("generated", "tables", "uniform30", "lr", 0)
N_FOLDS = 3
ALWAYS = {True: -np.inf, False: -np.inf}


def matrix_alone(proba, labels, transition_matrix, core_rate):
    """Return the posterior by the matrix alone, scaled like that of the default."""
    codes, weights = labels.codes, labels.sample_weight
    posterior = _clean_posterior.clean_posterior(
        proba, transition_matrix, codes, weights=weights
    )
    quality = _clean_posterior.calibrate_error_rate(
        labels.proba_of_label(posterior), core_rate, weights
    )
    return _clean_posterior.spread_quality(posterior, codes, quality)


def bayes_rule(proba, labels, transition_matrix, core_rate):
    """Return the posterior in which the evidence is the probability of the classes.

    The default reads it as labels that have gone through the noise, at the temperature
    and with the prior under which the labels are most likely.
    """
    joint = proba * transition_matrix[:, labels.codes].T
    total = np.maximum(joint.sum(axis=1), SMALLEST_PROBABILITY)
    by_matrix = labels.proba_of_label(joint) / total
    odds = _clean_posterior.MATRIX_EXPONENT * _clean_posterior.log_odds(by_matrix)
    quality = _clean_posterior.calibrate_error_rate(
        expit(odds + lead_of_label(proba, labels)), core_rate, labels.sample_weight
    )
    return _clean_posterior.spread_quality(proba, labels.codes, quality)


def lead_of_label(proba, labels):
    """Return the log ratio of the label given and the likeliest other class."""
    margins = block_margins(proba.copy(), labels.codes)
    given, other = np.log(np.maximum(margins, _pool.FAINTEST))
    return given - other


def squared_odds(action, posterior, labels, **options):
    """Return soft labels by a posterior whose odds of the label given are squared."""
    quality = expit(2 * _clean_posterior.log_odds(labels.proba_of_label(posterior)))
    posterior = _clean_posterior.spread_quality(posterior, labels.codes, quality)
    return soft_labels_for(action, posterior, labels, **options)


def _constant(owner, name, value):
    return {}, [(owner, name, value)]


def _core_share(value):
    owner = _clean_posterior.calibrate_error_rate
    return _constant(owner, "__defaults__", (float(value),))


# Row -> parameters of the classifier, and constants that are replaced.
EXCHANGED = {
    "default": ({}, []),
    **{
        f"action: {action}": ({"action": action}, [])
        for action in ("weight", "filter", "soft", "relabel")
    },
    "evidence: model": ({"evidence": "model"}, []),
    "evidence: forest": ({"evidence": "forest"}, []),
    "evidence: all three": ({"evidence": ["model", "forest", "neighbors"]}, []),
    "check of the action: none": _constant(_action_choice, "NEEDED_LEAD", ALWAYS),
    "check of the action: ahead by .5": _constant(
        _action_choice, "NEEDED_LEAD", {True: -1.5, False: 0.5}
    ),
    "uniform share: 0": _constant(_action_choice, "UNIFORM_SHARE", 0.0),
    "uniform share: 0.1": _constant(_action_choice, "UNIFORM_SHARE", 0.1),
    "uniform share: 0.5": _constant(_action_choice, "UNIFORM_SHARE", 0.5),
    "error rate of the core: 0": _core_share(0),
    "error rate of the core: 1": _core_share(1),
    "exponent of the matrix: 0": _constant(_clean_posterior, "MATRIX_EXPONENT", 0.0),
    "exponent of the matrix: 1": _constant(_clean_posterior, "MATRIX_EXPONENT", 1.0),
    "matrix alone": _constant(_action_choice, "label_posterior", matrix_alone),
    "Bayes' rule": _constant(_action_choice, "label_posterior", bayes_rule),
    "folds: 4": ({"cv": 4}, []),
    "weights: odds squared": (
        {},
        [
            (owner, "soft_labels_for", squared_odds)
            for owner in (_action_choice, _noisy_label)
        ],
    ),
}
SOURCES = ("model", "forest", "neighbors")
POOLS = {f"pool: {source}": (None, [source]) for source in SOURCES}
for _short, _pooled in (
    ("stacked", evidence.pool_evidence),
    (
        "geometric mean",
        lambda tables, _: evidence.geometric_mean(list(tables.values())),
    ),
):
    POOLS[f"pool: {_short}, model + forest"] = (_pooled, SOURCES[:2])
    POOLS[f"pool: {_short}, all three"] = (_pooled, SOURCES)
FORESTS = {
    **{f"trees: {n}": ("N_TREES", n) for n in (50, 100, 200)},
    "kinds of trees: leaves of 5, few features": ("KINDS", ((5, "sqrt"),)),
    "kinds of trees: leaves of 3, half of the features": ("KINDS", ((3, 0.5),)),
    "kinds of trees: mixture": ("KINDS", ((5, "sqrt"), (3, 0.5))),
}
IN_BAG = {f"most in bag: {n}": ("MOST_IN_BAG", n) for n in (2000, 4000, 8000)}
CORES = {
    "core of the default": _noise_rate.CORE_SHARES,
    **{f"core of {s:.0%}": (s,) for s in (0.2, 0.1, 0.05, 0.02)},
}
NOTABLE = {f"notable above {rate:.0%}": rate for rate in (0.0, 0.01, 0.02, 0.05)}
METHODS = (
    *(PLAIN, CLEAN, *EXCHANGED, *CORES, *NOTABLE),
    *(*POOLS, *FORESTS, *IN_BAG),
)


class Parts(Problem):
    """A cell with the evidence that several rows share."""

    def open(self):
        """Make the folder of what the rows have in common, and the evidence."""
        self.folder = TemporaryDirectory()
        self.inputs = self.inputs_of(self.labels.X, self.labels.noisy)
        self.close = self.folder.cleanup
        self.tables = cache(lambda: evidence.gather_evidence(SOURCES, self.inputs))
        return self

    def inputs_of(self, X, noisy):
        """Return what evidence about such rows needs."""
        labels = read_labels(X, noisy, owner="benchmark").relative_to(distinct_rows(X))
        context = FitContext(random_state=self.cell.seed)
        folds = make_folds(X, labels, N_FOLDS)
        return EvidenceInputs(self.base, X, labels, folds, context)


def cells(options):
    """Yield the cells; the last one holds generated rows."""
    bases = ("lr",) if options.quick else ("lr", "rf")
    yield from row_cells(options, bases=bases, usual_seeds=1)
    if not options.quick and not options.sets and not options.folder:
        yield GENERATED


def prepare(cell, options):
    if cell != GENERATED:
        problem = row_problem(cell, options)
        return Parts(**vars(problem)).open()
    drawn = {"n_samples": 20000, "n_informative": 10, "n_classes": 5}
    X, y = make_classification(**drawn, random_state=0)
    labels = Labels(X, y, UniformNoise(0.3, random_state=0).corrupt(y))
    return Parts(cell, labels, X[:0], y[:0], make_base("lr", 0)).open()


def measure(problem, row):
    """Return the figures of one row, None where it has no meaning."""
    exchanges = row in (PLAIN, CLEAN) or row in EXCHANGED
    if (problem.cell == GENERATED) != (row in IN_BAG):
        return None
    if problem.cell.base == "rf" and not exchanges:
        # What the evidence alone tells has been seen with the other base.
        return None
    start = time.process_time()
    if row in POOLS or row in FORESTS or row in IN_BAG:
        return ranking(problem, row, start) if problem.labels.wrong.any() else None
    if row in CORES or row in NOTABLE:
        return amount(problem, row)
    labels = problem.labels
    if row in (PLAIN, CLEAN):
        model, y = clone(problem.base), labels.clean if row == CLEAN else labels.noisy
        return {"accuracy": problem.accuracy(model.fit(labels.X, y))}
    params, patches = EXCHANGED[row]
    with exchanged(patches):
        model = NoisyLabelClassifier(
            problem.base,
            memory=problem.folder.name,
            random_state=problem.cell.seed,
            **params,
        ).fit(labels.X, labels.noisy)
    return {"accuracy": problem.accuracy(model)} | detection(model, labels)


@contextmanager
def exchanged(patches):
    """Replace attributes, given as (owner, name, value)."""
    with ExitStack() as stack:
        for owner, name, value in patches:
            stack.enter_context(patch.object(owner, name, value))
        yield


def ranking(problem, row, start):
    """Return how well a table of probabilities ranks the wrong labels."""
    inputs, labels = problem.inputs, problem.inputs.labels
    if row in POOLS:
        pool, sources = POOLS[row]
        tables = {source: problem.tables()[source] for source in sources}
        proba = pool(tables, labels) if pool else tables[sources[0]]
    else:
        name, value = (FORESTS | IN_BAG)[row]
        with exchanged([(_forest, name, value)]):
            # Votes that are there already are of the forest of the default.
            proba = evidence.forest_evidence(replace(inputs))
    seconds = time.process_time() - start
    lead = lead_of_label(proba, labels)
    return {"auroc": roc_auc_score(problem.labels.wrong, -lead), "seconds": seconds}


def amount(problem, row):
    """Return what is found of the amount of noise, by one size of the core."""
    labels = problem.inputs.labels
    two = {source: problem.tables()[source] for source in SOURCES[:2]}
    proba = evidence.pool_evidence(two, labels)
    name = "CORE_SHARES" if row in CORES else "NOTABLE_RATE"
    with exchanged([(_noise_rate, name, (CORES | NOTABLE)[row])]):
        noise = _noise_rate.estimate_noise(proba, labels)
    found = {"found": float(noise.found)}
    if row in CORES:
        names = ("suspected", "lower", "upper")
        found |= {name: float(getattr(noise, name)) for name in names}
        found["kappa"] = cohen_kappa_score(labels.codes, proba.argmax(axis=1))
    return found
