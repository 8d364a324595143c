"""Time and memory of a classifier of tags on large sparse tables.

Run ``python benchmarks/bench_multilabel_cost.py ROWS TAGS``. The base is a linear model
trained by stochastic gradients; features and tags are sparse, one row in a hundred has
a tag, and 40 % of the tags are removed. Seconds are those of the processor; beside them
stands what plain fits of the base to the same tags would take, by a sample of 16 tags,
since that part of the cost is the base's own. ``--base constant`` takes a base that
costs nothing, which leaves the rest.
"""

import argparse
import resource
import time
import warnings

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import SGDClassifier
from threadpoolctl import threadpool_limits

from sknoisy.exceptions import LabelNoiseWarning
from sknoisy.multilabel import MultilabelNoisyClassifier

BASES = {
    "linear": SGDClassifier(loss="log_loss", max_iter=5, tol=None, random_state=0),
    "constant": DummyClassifier(strategy="prior"),
}


def cost(n_samples, n_tags, kinds, base):
    """Print time and peak memory of a fit to sparse rows and sparse tags."""
    rng = np.random.RandomState(0)
    n_factors = 20
    X, y = sparse_tagging(rng, n_samples, n_tags, n_factors)
    before = peak()
    plain = plain_seconds(base, X, y)
    for evidence in kinds:
        start = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LabelNoiseWarning)
            clf = MultilabelNoisyClassifier(base, evidence=evidence).fit(X, y)
        seconds = time.process_time() - start
        dense = n_samples * n_tags * 8 / 2**20
        print(
            f"evidence={evidence!r}: {n_samples:,} rows, {n_tags:,} tags "
            f"({y.nnz:,} ones), {X.shape[1]} sparse features: {seconds:.0f} s, plain "
            f"fits of the base {plain:.0f} s, peak memory {peak():.0f} MiB "
            f"({before:.0f} MiB before the first fit; a dense "
            f"table of float64 has {dense:.0f} MiB), {clf.clean_proba_.nnz:,} "
            "probabilities kept",
            flush=True,
        )


def plain_seconds(base, X, y, n_sampled=16):
    """Return the seconds of plain fits to all tags, from those of some."""
    sampled = np.linspace(0, y.shape[1] - 1, n_sampled).astype(int)
    columns = y.tocsc()[:, sampled].toarray().T
    start = time.process_time()
    for column in columns:
        clone(base).fit(X, column)
    return (time.process_time() - start) * y.shape[1] / n_sampled


def sparse_tagging(rng, n_samples, n_tags, n_factors, density=0.01):
    """Return sparse features and sparse tags that depend on them."""
    X = sparse.random_array(
        (n_samples, 10 * n_factors), density=0.05, format="csr", rng=rng
    )
    groups = np.arange(10 * n_factors) % n_factors
    factors = X @ np.eye(n_factors)[groups]
    columns = []
    for _ in range(n_tags):
        score = factors @ rng.normal(size=n_factors)
        tagged = score > np.quantile(score, 1 - density)
        tagged &= rng.uniform(size=n_samples) < 0.6
        columns.append(sparse.csc_array(tagged[:, None]))
    return X, sparse.hstack(columns, format="csr").astype(int)


def peak():
    """Return the largest memory so far in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def main():
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("n_samples", type=int, metavar="ROWS")
    parser.add_argument("n_tags", type=int, metavar="TAGS")
    parser.add_argument("--evidence", nargs="*", default=["auto"])
    parser.add_argument("--base", choices=BASES, default="linear")
    args = parser.parse_args()
    with threadpool_limits(1):
        cost(args.n_samples, args.n_tags, args.evidence, BASES[args.base])


if __name__ == "__main__":
    main()
