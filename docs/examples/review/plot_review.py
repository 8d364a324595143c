"""
==============================
A review of two hundred labels
==============================

Somebody has time to check some labels. Which ones? And what do the verdicts tell about
those that nobody has time for? This example goes through a review of handwritten digits
in rounds, with the truth as the one who is asked.
"""

# %%
# Digits whose labels go wrong where it is easy to err
# ----------------------------------------------------
#
# The noise depends on the image: a four that looks like a nine is called one more
# readily than other fours. 35 % of the labels are wrong.

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from sknoisy import NoisyLabelClassifier
from sknoisy.noise import InstanceNoise
from sknoisy.review import ReviewSession

X, y = load_digits(return_X_y=True)
order = np.random.RandomState(0).permutation(len(y))
X, y = X[order] / 16, y[order]
X, X_test, truth, y_test = X[:1200], X[1200:], y[:1200], y[1200:]
given = InstanceNoise(0.35, random_state=0).corrupt(truth, X)
print(f"{(given != truth).mean():.1%} of the labels are wrong")

# %%
# Four rounds of fifty
# --------------------
#
# A session suggests rows, takes verdicts, and fits again with the verdicts as trusted
# labels. A fifth of the rows of each round is drawn at random: these stand for all the
# others. After each round the noise rate is estimated, with an interval.

clf = NoisyLabelClassifier(LogisticRegression(), evidence="neighbors")


def review(strategy):
    """Return checks, accuracy and estimate after each round, and the session."""
    session = ReviewSession(clf, X, given, strategy=strategy, random_state=0)
    checks, accuracy = [0], [session.refit().score(X_test, y_test)]
    estimates = []
    for _ in range(4):
        rows = session.suggest(50).rows
        session.record(rows, truth[rows])
        checks.append(session.trusted_.sum())
        accuracy.append(session.refit().score(X_test, y_test))
        estimates.append(session.noise_rate())
    return checks, accuracy, estimates, session


checks, accuracy, estimates, session = review("auto")
for n, estimate in zip(checks[1:], estimates, strict=True):
    print(f"after {n} checks: noise rate {estimate}")

# %%
# To make the most of forty random rows, the session uses what the classifier predicted
# for each label *before* the round, where the random rows show that this narrows the
# interval. The share of wrong labels among all verdicts would mislead, since most of
# the rows were picked.

estimate = session.noise_rate().value
among = (given != truth)[session.trusted_].mean()
print(f"estimate {estimate:.1%}, share among the verdicts {among:.1%}")

# %%
# Is it worth going on?
# ---------------------
#
# What is left to find is the estimated number of wrong labels less those found; and the
# interval narrows by the root of the number of random rows.

found = (given != truth)[session.trusted_].sum()
left = session.noise_rate().value * len(given) - found
print(f"{found} wrong labels found, about {left:.0f} left")

# %%
# Beside random checking
# ----------------------

import matplotlib.pyplot as plt

_, by_chance, _, _ = review("random")
_, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
left.plot(checks, accuracy, "o-", label="default")
left.plot(checks, by_chance, "s--", color="0.5", label="at random")
left.set(xlabel="labels checked", ylabel="accuracy", title="The classifier")
left.legend()

values = np.array([estimate.value for estimate in estimates])
ends = np.array([estimate.interval for estimate in estimates])
right.errorbar(checks[1:], values, yerr=np.abs(ends.T - values), fmt="o", capsize=3)
right.axhline((given != truth).mean(), color="k", lw=1, label="truth")
right.set(xlabel="labels checked", ylabel="share of wrong labels", title="The estimate")
right.legend()

plt.show()
