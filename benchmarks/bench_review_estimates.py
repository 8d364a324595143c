"""Do the intervals of a review hold what they promise, and what are picks worth.

Run ``python benchmarks/bench_review_estimates.py``. A classifier is fitted once to the
noisy labels of at most 2,000 rows, then reviews are repeated that differ in their
random rows alone: one round of 100, or three of 50, a fifth of each at random, the rest
picked by suspicion. Each estimates the noise rate from its verdicts, with and without
what the classifier thinks. Bias, standard deviation, coverage of the 95 % interval and
its mean width, over the repeats; beside them the classifier's own estimate and the
share of wrong labels among the verdicts.
"""

import argparse

import numpy as np
from _data import available, load_split
from _noise import noisy_labels
from _table import markdown, shown
from bench_review import REAL
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from sknoisy import NoisyLabelClassifier
from sknoisy.review import estimate_noise_rate, suggest_review

SETS = ("digits", "penbased", *REAL)
ROUNDS = {"1 of 100": (100,), "3 of 50": (50, 50, 50)}


def review(clf, wrong, sizes, rng):
    """Return verdicts, sampling probabilities and rounds of one review."""
    verdict, proba = np.full((2, len(wrong)), np.nan)
    number = np.zeros(len(wrong), dtype=int)
    for t, n in enumerate(sizes):
        suggestion = suggest_review(
            clf,
            n,
            strategy="suspicion",
            random_share=0.2,
            trusted=~np.isnan(proba),
            random_state=rng,
        )
        rows = suggestion.rows
        verdict[rows], proba[rows] = wrong[rows], suggestion.sampling_probability
        number[rows] = t
    return verdict, proba, number


def repeat(clf, wrong, sizes, n_repeats):
    """Return values and intervals, plain and powered, and the naive share."""
    rng = np.random.RandomState(0)
    error_rate = 1 - clf.label_quality_
    found, naive = [], []
    for _ in range(n_repeats):
        verdict, proba, number = review(clf, wrong, sizes, rng)
        pair = [
            estimate_noise_rate(verdict, proba, prediction, review_round=number)
            for prediction in (None, error_rate)
        ]
        found.append([[one.value, *one.interval] for one in pair])
        naive.append(np.nanmean(verdict))
    return np.array(found), float(np.mean(naive))


def rows_of(name, n_repeats):
    """Return the lines of one set."""
    split = load_split(name, 0)
    labels = noisy_labels(split, REAL.get(name, "instance40"), 0)
    clf = NoisyLabelClassifier(LogisticRegression(max_iter=200), random_state=0)
    clf.fit(labels.X, labels.noisy)
    truth = labels.wrong.mean()
    lines = []
    for title, sizes in ROUNDS.items():
        found, naive = repeat(clf, labels.wrong, sizes, n_repeats)
        line = [name, title, shown(truth), shown(clf.noise_rate_), shown(naive)]
        for values, low, high in np.moveaxis(found, 0, -1):
            covered = np.mean((low <= truth) & (truth <= high))
            line += [shown(values.mean() - truth, sign=True), shown(values.std())]
            line += [shown(covered, 0), shown(np.mean(high - low))]
        lines.append(line)
    return lines


def main():
    """Read the options, run and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sets", nargs="+", default=SETS, choices=SETS)
    parser.add_argument("--repeats", type=int, default=500)
    options = parser.parse_args()
    with threadpool_limits(1):
        lines = [
            line
            for name in available(options.sets)
            for line in rows_of(name, options.repeats)
        ]
    each = ["bias", "sd", "coverage", "width"]
    header = ["set", "rounds", "wrong", "by the classifier", "among verdicts"]
    header += [f"{title}: {what}" for title in ("plain", "powered") for what in each]
    print(markdown(header, lines))


if __name__ == "__main__":
    main()
