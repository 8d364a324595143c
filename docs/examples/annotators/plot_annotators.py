"""
=======================================================
Labels by several annotators, with and without features
=======================================================

Five annotators have named the cultivar of the same wines. How good is each of them, and
what if all of them are wrong? :class:`~sknoisy.annotators.DawidSkene` estimates their
errors from the answers alone; :class:`~sknoisy.annotators.CrowdLabelClassifier` also
uses the measurements.
"""

# %%
# The answers
# -----------
#
# Each annotator sees a few measurements, compares with a few bottles that they
# remember, and may decline: -1 stands for no answer. Say so, since it may as well be a
# class.

import numpy as np

from sknoisy.datasets import load_wine_annotators

bunch = load_wine_annotators()
X, y, answers = bunch.data, bunch.target, bunch.annotations
print(answers[:4])

# %%
# Who agrees with whom, on the wines that both have named?

import matplotlib.pyplot as plt

pairs = answers[:, :, None], answers[:, None, :]
common = (pairs[0] >= 0) & (pairs[1] >= 0)
agreement = ((pairs[0] == pairs[1]) & common).sum(axis=0) / common.sum(axis=0)
_, ax = plt.subplots(figsize=(4.6, 3.6), layout="constrained")
np.fill_diagonal(agreement, np.nan)
image = ax.imshow(agreement, vmin=0.4, vmax=0.8, cmap="Blues")
ax.set_xticks(range(5), bunch.annotator_names, rotation=30)
ax.set_yticks(range(5), bunch.annotator_names)
for (i, j), share in np.ndenumerate(agreement):
    if i != j:
        ax.text(j, i, f"{share:.0%}", ha="center", va="center")
ax.set_title("common wines named alike")

# %%
# By answers alone, and with features
# -----------------------------------

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknoisy.annotators import CrowdLabelClassifier, DawidSkene

base = make_pipeline(StandardScaler(), LogisticRegression())
crowd = DawidSkene(missing=-1).fit(answers)
clf = CrowdLabelClassifier(base, missing=-1).fit(X, answers)
found = {
    "most votes": bunch.target_noisy,
    "DawidSkene": crowd.labels_,
    "CrowdLabelClassifier": clf.transduction_,
}
for name, labels in found.items():
    print(f"{name}: {(labels == y).mean():.1%} of the wines named rightly")

# %%
# With five annotators and 178 wines, matrices of confusions are too much to learn from
# the answers: mistakes that several make together look like skill. The measurements are
# evidence of another kind. How much they count was not set by hand: they get the
# strengths that make the answers, which they have not seen, most likely.

print({name: round(s, 2) for name, s in clf.evidence_strength_.items()})

# %%
# How good is each annotator?
# ---------------------------

right = [
    (answers[answers[:, a] >= 0, a] == y[answers[:, a] >= 0]).mean() for a in range(5)
]
_, ax = plt.subplots(figsize=(6, 3), layout="constrained")
places = np.arange(5)
bars = {
    "by answers alone": crowd.annotator_quality_,
    "with features": clf.annotator_quality_,
    "by the true labels": right,
}
colors = ("lightgray", "tab:blue", "black")
for shift, ((name, heights), color) in enumerate(
    zip(bars.items(), colors, strict=True)
):
    ax.bar(places + 0.27 * (shift - 1), heights, width=0.27, color=color, label=name)
ax.set_xticks(places, bunch.annotator_names)
ax.set(ylim=(0.4, 1), ylabel="share of right answers")
ax.legend(fontsize=9, ncols=3)

# %%
# Whom to ask about what
# ----------------------
#
# One more answer helps most where it can still change something. The wines at the top
# of the list are wrong more often than others.

from sknoisy.annotators import items_needing_votes

rows, gain = items_needing_votes(clf, 20, return_values=True)
wrong = clf.transduction_ != y
print(f"wrong among the 20 first: {wrong[rows].mean():.0%}, in all: {wrong.mean():.0%}")
print(f"expected fall of entropy: {gain[0]:.2f} to {gain[-1]:.2f}")

# %%
# See the :ref:`user guide <annotators>` for the method, for answers in long form, and
# for sets of candidate labels.

plt.show()
