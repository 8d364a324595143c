"""Are the figures of the tagging study right? Measured on tags with a known truth.

    python benchmarks/bench_tagging_audit.py [--seeds 5] [--output tagging.jsonl]

Two settings, fixed before the first run:

- *digits*: 20 properties of the digits as tags; the recall of each tag is drawn from
  U(0.1, 0.95), 1 in 100 blanks gets a wrong tag; 60 rows in 100 train a network, the
  others test it. Four networks: 8, 32 and 128 hidden units, and 32 units after only 5
  epochs; the one with 32 is the tagger of all rows but the one on the order of the
  systems. Once more with "striking" noise, where the weakest examples lose their tags.
- *factors*: 6,000 rows, 6 hidden factors seen through 30 noisy features, 20 tags that
  stand for directions, recall as above. The first two tags mean nearly the same, and
  taggers never use both. A network of 16 hidden units.

The means over 5 seeds count. In the second setting the AUC is also corrected on 2,400
test rows, to see what the size of the test set does. Printed are the means over the
seeds and the smallest and largest value, then what must be seen, seed by seed. Each
seed is written to ``--output`` at once and not run again.
"""

import argparse
import json
import os
import warnings

import numpy as np
from _table import markdown
from _tagging import halves, tagged_digits, tagged_factors
from scipy.stats import spearmanr
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from sknoisy.multilabel import (
    compare_label_similarity,
    estimate_label_quality,
    evaluation_noise_report,
    label_cooccurrence,
    label_vectors,
    reannotation_sample,
)

SYSTEMS = {"small": (8, 60), "middle": (32, 60), "big": (128, 60), "hasty": (32, 5)}
TAGGER = "middle"


def network(n_hidden, n_epochs, seed):
    """Return a network that is not fitted."""
    return MLPClassifier(n_hidden, max_iter=n_epochs, random_state=seed)


def aucs(y_true, y_score):
    """Return the AUC of each tag."""
    return roc_auc_score(y_true, y_score, average=None)


def digits_figures(seed):
    """Return the figures of one seed on the tags of digits."""
    data = tagged_digits(seed)
    train, test = halves(data, seed)
    fits = {
        name: network(*size, seed).fit(data.X[train], data.tags[train])
        for name, size in SYSTEMS.items()
    }
    scores = {name: fit.predict_proba(data.X[test]) for name, fit in fits.items()}
    ideal = network(*SYSTEMS[TAGGER], seed).fit(data.X[train], data.truth[train])
    on_truth = {name: aucs(data.truth[test], one) for name, one in scores.items()}
    on_tags = {name: aucs(data.tags[test], one) for name, one in scores.items()}
    clean = aucs(data.truth[test], ideal.predict_proba(data.X[test]))
    found = {
        "AUC, trained on the truth, tested on the truth": clean.mean(),
        "AUC, trained on tags, tested on the truth": on_truth[TAGGER].mean(),
        "AUC, trained on tags, tested on tags": on_tags[TAGGER].mean(),
        "order of the systems, tags against truth": rank_agreement(
            [on_tags[name].mean() for name in SYSTEMS],
            [on_truth[name].mean() for name in SYSTEMS],
        ),
        "order of the tags, tags against truth": rank_agreement(
            on_tags[TAGGER], on_truth[TAGGER]
        ),
    }
    quality = estimate_label_quality(data.tags, data.truth)
    tagability, loss = quality.tagability, clean - on_truth[TAGGER]
    found |= {
        "tagability and AUC on tags": rank_agreement(tagability, on_tags[TAGGER]),
        "occurrence and AUC on tags": rank_agreement(
            quality.occurrence, on_tags[TAGGER]
        ),
        "tagability and loss of AUC": rank_agreement(tagability, loss),
    }
    found |= correction_figures(data, test, scores[TAGGER], seed)
    return found | annotation_figures(data, seed) | striking_figures(seed)


def rank_agreement(a, b):
    """Return Spearman's rank correlation."""
    return float(spearmanr(a, b).statistic)


def correction_figures(data, test, score, seed):
    """Return how far the equation for the AUC is off, in both directions."""
    truth, tags = data.truth[test], data.tags[test]
    clean, noisy = aucs(truth, score), aucs(tags, score)
    known = estimate_label_quality(tags, truth)
    shrunk = 0.5 + known.auc_shrinkage * (clean - 0.5)
    corrected = evaluation_noise_report(tags, score, known).auc_corrected
    sample = reannotation_sample(tags, n_per_stratum=100, random_state=seed)
    answers = truth[sample.row, sample.label_code]
    checked = estimate_label_quality(tags, answers, sample=sample)
    report = evaluation_noise_report(tags, score, checked)
    low, high = report.auc_corrected_interval.T
    return {
        "AUC on tags from that on the truth, mean error": off(shrunk, noisy),
        "AUC on tags from that on the truth, largest error": worst(shrunk, noisy),
        "AUC on the truth from that on tags, mean error": off(corrected, clean),
        "AUC on the truth from that on tags, largest error": worst(corrected, clean),
        "the same, rates from checked entries, mean error": off(
            report.auc_corrected, clean
        ),
        "intervals of the corrected AUC that hold that on the truth": np.mean(
            (low <= clean) & (clean <= high)
        ),
        "mean over tags of the AUC, corrected, error": abs(
            np.mean(corrected) - np.mean(clean)
        ),
        "without correction, mean error": off(noisy, clean),
    }


def off(a, b):
    """Return the mean absolute difference."""
    return float(np.abs(a - b).mean())


def worst(a, b):
    """Return the largest absolute difference."""
    return float(np.abs(a - b).max())


def annotation_figures(data, seed):
    """Return how well 100 + 100 checked entries per tag give precision and recall."""
    sample = reannotation_sample(data.tags, n_per_stratum=100, random_state=seed)
    answers = data.truth[sample.row, sample.label_code]
    estimate = estimate_label_quality(data.tags, answers, sample=sample)
    true = estimate_label_quality(data.tags, data.truth)
    low, high = estimate.tagability_interval.T
    inside = (low <= true.tagability) & (true.tagability <= high)
    return {
        "tagability from 100 + 100 entries, mean error": off(
            estimate.tagability, true.tagability
        ),
        "precision from 100 + 100 entries, mean error": off(
            estimate.precision, true.precision
        ),
        "tagability without scaling, mean error": off(
            estimate.sample_recall, true.tagability
        ),
        "intervals of tagability that hold it": float(inside.mean()),
    }


def striking_figures(seed):
    """Return how far the correction goes if taggers mention striking rows only."""
    data = tagged_digits(seed, striking=1.0)
    train, test = halves(data, seed)
    fit = network(*SYSTEMS[TAGGER], seed).fit(data.X[train], data.tags[train])
    score = fit.predict_proba(data.X[test])
    truth, tags = data.truth[test], data.tags[test]
    known = estimate_label_quality(tags, truth)
    corrected = evaluation_noise_report(tags, score, known).auc_corrected
    return {
        "striking noise: AUC on the truth": aucs(truth, score).mean(),
        "striking noise: AUC on tags": aucs(tags, score).mean(),
        "striking noise: corrected AUC": corrected.mean(),
    }


def factors_figures(seed):
    """Return the figures of one seed on the tags of hidden factors."""
    data = tagged_factors(seed)
    net = network(16, 60, seed).fit(data.X, data.tags)
    report = compare_label_similarity(label_vectors(net), data.tags)
    true = label_cooccurrence(data.truth, normalize="cosine").matrix
    true_pairs = true[report.first, report.second]
    synonyms = np.flatnonzero((report.first == 0) & (report.second == 1))[0]
    train, test = halves(data, seed)
    score = network(16, 60, seed).fit(data.X[train], data.tags[train])
    score = score.predict_proba(data.X[test])
    correction = correction_figures(data, test, score, seed)
    return correction | {
        "vectors and true co-occurrence": np.corrcoef(report.similarity, true_pairs)[
            0, 1
        ],
        "vectors and co-occurrence of the tags": report.pearson,
        "synonyms: true co-occurrence": true[0, 1],
        "synonyms: co-occurrence of the tags": report.cooccurrence[synonyms],
        "synonyms: similarity of the vectors": report.similarity[synonyms],
        "synonyms: place among all pairs": report.similarity_percentile[synonyms] / 100,
        "synonyms: first of the surprising pairs": float(synonyms == 0),
    }


PARTS = {"digits": digits_figures, "factors": factors_figures}
# What must be seen: a text, the part, and a condition on the figures of a seed.
CLAIMS = [
    (
        "training stays useful: AUC on the truth above 0.85",
        "digits",
        lambda f: f["AUC, trained on tags, tested on the truth"] > 0.85,
    ),
    (
        "tests on tags underestimate",
        "digits",
        lambda f: (
            f["AUC, trained on tags, tested on tags"]
            < f["AUC, trained on tags, tested on the truth"]
        ),
    ),
    (
        "systems keep their order",
        "digits",
        lambda f: f["order of the systems, tags against truth"] == 1,
    ),
    (
        "AUC on tags follows tagability more than occurrence",
        "digits",
        lambda f: f["tagability and AUC on tags"] > f["occurrence and AUC on tags"],
    ),
    (
        "the higher the tagability, the smaller the loss by noisy training",
        "digits",
        lambda f: f["tagability and loss of AUC"] < 0,
    ),
    (
        "mean error of AUC on tags, from that on the truth, at most 0.02",
        "digits",
        lambda f: f["AUC on tags from that on the truth, mean error"] <= 0.02,
    ),
    (
        "mean error of AUC on the truth, from that on tags, at most 0.02",
        "digits",
        lambda f: f["AUC on the truth from that on tags, mean error"] <= 0.02,
    ),
    (
        "tagability from 100 + 100 entries within 0.06",
        "digits",
        lambda f: f["tagability from 100 + 100 entries, mean error"] <= 0.06,
    ),
    (
        "precision from 100 + 100 entries within 0.02",
        "digits",
        lambda f: f["precision from 100 + 100 entries, mean error"] <= 0.02,
    ),
    (
        "vectors are closer to the truth than to the tags",
        "factors",
        lambda f: (
            f["vectors and true co-occurrence"]
            > f["vectors and co-occurrence of the tags"]
        ),
    ),
    (
        "the synonyms are among the 10 % most similar pairs",
        "factors",
        lambda f: f["synonyms: place among all pairs"] > 0.9,
    ),
]


def run(options):
    """Return the figures by part and seed, from the file or computed now."""
    found = {}
    if options.output and os.path.exists(options.output):
        with open(options.output, encoding="utf-8") as file:
            for record in map(json.loads, file):
                found[record["part"], record["seed"]] = record["figures"]
    for part, figures in PARTS.items():
        for seed in range(options.seeds):
            if (part, seed) in found:
                continue
            values = {name: float(value) for name, value in figures(seed).items()}
            found[part, seed] = values
            if options.output:
                with open(options.output, "a", encoding="utf-8") as file:
                    record = {"part": part, "seed": seed, "figures": values}
                    file.write(json.dumps(record) + "\n")
    return found


def print_tables(found, seeds):
    """Print the figures and which claims hold as Markdown."""
    for part in PARTS:
        by_seed = [found[part, seed] for seed in range(seeds)]
        rows = []
        for name in by_seed[0]:
            values = [figures[name] for figures in by_seed]
            texts = [f"{v:.3f}" for v in (np.mean(values), min(values), max(values))]
            rows.append([name, *texts])
        print(f"\n## {part}, {seeds} seeds\n")
        print(markdown(["figure", "mean", "smallest", "largest"], rows))
    rows = []
    for text, part, holds in CLAIMS:
        by_seed = [found[part, seed] for seed in range(seeds)]
        held = sum(bool(holds(figures)) for figures in by_seed)
        means = {name: np.mean([f[name] for f in by_seed]) for name in by_seed[0]}
        rows.append([text, f"{held} of {seeds}", "yes" if holds(means) else "no"])
    print("\n## Must be seen\n")
    print(markdown(["claim", "seeds where it holds", "in the mean"], rows))


def main():
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds")
    parser.add_argument("--output", help="file of JSON lines to write and resume")
    options = parser.parse_args()
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = run(options)
    print_tables(found, options.seeds)


if __name__ == "__main__":
    main()
