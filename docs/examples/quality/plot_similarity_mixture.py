"""
==================================================
Mixtures of similarities of right and wrong labels
==================================================

Ask a model which class each row has, and compare its answer with the label. Right
labels mostly agree with the answer, wrong labels do not; fit a distribution to either
population, and the probability that a label belongs to the right ones is a weight for
training. That is what :class:`~sknoisy.quality.SimilarityMixture` does, and what
:class:`~sknoisy.SimilarityReweightingClassifier` trains with.

It stands and falls with the answers: they must come from a model that has not seen the
label. The first part shows the populations, and how they become one for a model that
has. The second part trains with the weights, in the default way and in the published
one.
"""

# %%
# Digits with wrong names
# -----------------------
#
# Three in ten digits get a wrong name, once any other, once the name of the next digit.
# The right names of the training rows are used for nothing but colours.

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sknoisy.noise import PairNoise, UniformNoise

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(
    X / 16, y, test_size=0.3, stratify=y, random_state=0
)
any_other = UniformNoise(0.3, random_state=0).corrupt(y)
the_next = PairNoise(0.3, random_state=0).corrupt(y)
for noisy in (any_other, the_next):
    print(f"{len(y)} labels, {(noisy != y).mean():.1%} of them wrong")

# %%
# The same model, held out and not
# --------------------------------
#
# Fully grown trees know their training labels by heart. Held out, by cross-validation,
# they have to go by what the images have in common.

from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import roc_auc_score

from sknoisy.quality import SimilarityMixture

trees = ExtraTreesClassifier(30, random_state=0)
by_heart = trees.fit(X, any_other).predict_proba(X)
found = {
    "held out, any other name": (SimilarityMixture(trees, evidence="model"), X),
    "held out, next name": (SimilarityMixture(trees, evidence="model"), X),
    "asked about their training labels": (SimilarityMixture("precomputed"), by_heart),
}
for name, (quality, rows) in found.items():
    noisy = the_next if "next" in name else any_other
    quality.fit(rows, noisy)
    auc = roc_auc_score(noisy == y, quality.similarity_)
    n_populations = len(quality.mixtures_[0].weights_)
    print(f"{name}: area under the ROC curve {auc:.2f}, populations: {n_populations}")

# %%
# The bars are what nobody sees in practice, the similarities of right and of wrong
# labels. The curves are the two parts of the mixture, which is fitted to all of them
# together without knowing which is which. Where the curves cross, a label counts one
# half.

import matplotlib.pyplot as plt
import numpy as np

grid = np.linspace(0.005, 0.995, 199)
bins = np.linspace(0, 1, 41)
_, axes = plt.subplots(3, 1, figsize=(7, 8), sharex=True, layout="constrained")
for ax, (name, (quality, _)) in zip(axes, found.items(), strict=True):
    wrong = (the_next if "next" in name else any_other) != y
    mixture = quality.mixtures_[0]
    density = np.exp(mixture.score_samples(grid[:, None]))
    parts = density[:, None] * mixture.predict_proba(grid[:, None])
    for part, color in enumerate(("tab:orange", "tab:blue")):
        rows, kind = (~wrong, "right") if part else (wrong, "wrong")
        label = f"{kind} labels"
        ax.hist(quality.similarity_[rows], bins, color=color, alpha=0.5, label=label)
        if len(mixture.weights_) == 2:
            height = parts[:, part] * len(y) * bins[1]
            label = f"{'high' if part else 'low'} population"
            ax.plot(grid, height, color=color, label=label)
    ax.set(title=f"Trees, {name}", ylabel="labels")
    ax.legend(loc="upper left")
axes[-1].set_xlabel("similarity of prediction and label (margin)")

# %%
# Where the wrong names are spread over all digits, there are two populations to see.
# Where all of them fall on the next digit, they overlap: the trees have often seen an
# eight called "nine" and half expect it. The low curve then reaches far below the right
# labels, and the mixture by itself doubts too many of them. The default therefore asks
# the transition matrix as well, which knows that it is eights that are called "nine".
#
# In the last picture each label agrees with an answer that only repeats it. Right and
# wrong labels have the same similarity, 1, and no mixture can tell them apart.

# %%
# Training with the weights
# -------------------------
#
# A logistic regression is trained on the noisy labels as they are, by the default, and
# by what the published method [1]_ comes to without a network: a second model with
# which it swaps weights, the cosine as similarity, two populations in any case with ten
# steps of fitting, no transition matrix, and a second round that is trained with the
# weights of the first. "Right labels" is trained on what nobody has in practice, the
# rows whose label is right.

from sklearn.linear_model import LogisticRegression

from sknoisy import SimilarityReweightingClassifier
from sknoisy.quality import ScoreMixture

plain = LogisticRegression(max_iter=300)
default = SimilarityReweightingClassifier(plain, random_state=0)
published = SimilarityReweightingClassifier(
    plain,
    ExtraTreesClassifier(20, random_state=0),
    similarity="cosine",
    mixture=ScoreMixture(n_components=2, max_iter=10, tol=0),
    exchange=True,
    transition=None,
    action="weight",
    n_rounds=2,
    combine="first",
    random_state=0,
)

labelled = {
    "none": y,
    "any other name": any_other,
    "next name": the_next,
}
accuracy = {}
for kind, labels in labelled.items():
    right = labels == y
    accuracy[kind] = {
        "plain": plain.fit(X, labels).score(X_test, y_test),
        "default": default.fit(X, labels).score(X_test, y_test),
        "published": published.fit(X, labels).score(X_test, y_test),
        "right labels": plain.fit(X[right], labels[right]).score(X_test, y_test),
    }
    print(f"{kind}: {default.selection_['reason']}")
    print("  " + ", ".join(f"{k} {value:.3f}" for k, value in accuracy[kind].items()))

# %%
# The same as a picture. With 540 test labels, differences of less than two points are
# within the luck of the split.

_, ax = plt.subplots(figsize=(7, 4), layout="constrained")
names = list(accuracy["none"])
colors = ("tab:gray", "tab:blue", "tab:orange", "lightgray")
for shift, (name, color) in enumerate(zip(names, colors, strict=True)):
    heights = [accuracy[kind][name] for kind in labelled]
    places = np.arange(len(labelled)) + (shift - 1.5) * 0.2
    ax.bar(places, heights, width=0.2, color=color, label=name)
ax.set_xticks(range(len(labelled)), labelled)
ax.set(
    ylim=(0.5, 1),
    xlabel="wrong labels",
    ylabel="accuracy on right labels",
    title="Logistic regression, with and without weights",
)
ax.legend(loc="lower left", ncols=4, fontsize=9)

# %%
# Without noise the default trains on the labels as they are, so that it is the plain
# fit. With wrong names spread over all digits, both ways gain most of what there is to
# gain. With the next name, the published way, which has no transition matrix, gains
# less than the default. It also costs 22 fits in place of 6. This is one draw of labels
# for one split of one set; see the :ref:`user guide <similarity>` for more.
#
# .. rubric:: References
#
# .. [1] X. Zhang, Y. Lu, H. Yan, J. Huang, Y. Ji and Y. Gu, "ReSup: Reliable Label
#    Noise Suppression for Facial Expression Recognition", arXiv:2305.17895, 2023.

plt.show()
