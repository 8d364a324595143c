"""
==================================
Tags that nobody thought of giving
==================================

A tag that is there is mostly right. One that is not there says little: the property is
absent, or nobody mentioned it. This example makes such tags for digits, so that the
truth is known, and looks at what a tagger learns from them, what a test on such tags
says about it, and what 200 checked entries per tag can put right.
"""

# %%
# Twelve properties of digits
# ---------------------------
#
# Each property has a *tagability* of its own, the chance that somebody mentions it
# where it holds. One blank in a hundred gets a tag that is wrong.

import numpy as np
from sklearn.datasets import load_digits

from sknoisy.noise import MultilabelNoise

X, y = load_digits(return_X_y=True)
X = X / 16
properties = {
    "zero": (0,),
    "four": (4,),
    "seven": (7,),
    "eight": (8,),
    "even": (0, 2, 4, 6, 8),
    "prime": (2, 3, 5, 7),
    "loop": (0, 6, 8, 9),
    "above four": (5, 6, 7, 8, 9),
    "power of two": (1, 2, 4, 8),
    "below three": (0, 1, 2),
    "curvy": (0, 3, 6, 8, 9),
    "straight": (1, 4, 7),
}
names = list(properties)
truth = np.column_stack([np.isin(y, which) for which in properties.values()])
tagability = np.random.RandomState(3).uniform(0.15, 0.95, size=len(names))
tags = MultilabelNoise(1 - tagability, 0.01, random_state=0).corrupt(truth)
print(f"{truth.sum()} tags should be there, {(tags & truth).sum()} of them are")

# %%
# A second look
# -------------
#
# For each tag, 100 rows that have it and 100 that lack it are drawn and looked at; here
# the truth answers. Scaled to all rows, the answers give the precision and the
# tagability of every tag. Unscaled they would not: among the checked rows those
# without the tag are far fewer than among all.

import matplotlib.pyplot as plt

from sknoisy.multilabel import estimate_label_quality, reannotation_sample

sample = reannotation_sample(tags, n_per_stratum=100, random_state=0)
answers = truth[sample.row, sample.label_code]
quality = estimate_label_quality(tags, answers, sample=sample, label_names=names)
print(quality.to_frame()[["precision", "tagability", "occurrence", "prevalence"]])

order = np.argsort(quality.tagability)
places = np.arange(len(names))
real = np.array([tags[truth[:, k], k].mean() for k in range(len(names))])
low, high = (np.abs(quality.tagability_interval.T - quality.tagability))[:, order]
_, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
estimate = quality.tagability[order]
ax.errorbar(
    estimate, places, xerr=[low, high], fmt="o", label="estimate, 95 % interval"
)
ax.plot(real[order], places, "kx", label="truth")
ax.plot(quality.sample_recall[order], places, ".", color="0.6", label="not scaled")
ax.set_yticks(places, np.array(names)[order])
ax.set(xlabel="tagability", xlim=(0, 1.02), title="How readily is each tag given?")
ax.legend(loc="lower right")

# %%
# A tagger, and how good it seems
# -------------------------------
#
# A classifier learns from the tags of one half, as the share of the 20 nearest digits
# that have a tag, and is tested on the other half, on its tags and on the truth. On the
# tags every missing one counts against a tagger that finds it.
#
# From the precision and the false-omission rate of the test tags the area under the ROC
# curve on the truth follows, if chance decides which tags are missing.

from sklearn.neighbors import KNeighborsClassifier

from sknoisy.multilabel import evaluation_noise_report, tagwise_score_report

half = np.random.RandomState(0).permutation(len(y))
train, test = half[: len(y) // 2], half[len(y) // 2 :]
tagger = KNeighborsClassifier(20).fit(X[train], tags[train])
proba = tagger.predict_proba(X[test])
on_tags = tagwise_score_report(tags[test], proba, threshold=None, label_names=names)
on_truth = tagwise_score_report(truth[test], proba, threshold=None)
report = evaluation_noise_report(on_tags, quality)
for name, auc in (
    ("on tags", report.auc),
    ("on tags, corrected", report.auc_corrected),
    ("on the truth", on_truth.roc_auc),
):
    print(f"mean area under the ROC curve {name}: {auc.mean():.3f}")

_, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
ax.plot(report.auc[order], places, ".", color="0.6", label="on tags")
low, high = np.abs(report.auc_corrected_interval.T - report.auc_corrected)[:, order]
corrected = report.auc_corrected[order]
ax.errorbar(corrected, places, xerr=[low, high], fmt="o", label="on tags, corrected")
ax.plot(on_truth.roc_auc[order], places, "kx", label="on the truth")
ax.set_yticks(places, np.array(names)[order])
ax.set(xlabel="area under the ROC curve", title="How good is the tagger?")
ax.legend(loc="upper left")

# %%
# The tags are in the order of their tagability, and so, nearly, are the scores on tags:
# what is seldom mentioned seems hard to learn. On the truth that is mostly gone. The
# intervals are wide where a tag is on few of the test rows.

from sknoisy.multilabel import occurrence_against_error

table = occurrence_against_error(quality, scores=on_tags)
for quantity in ("tagability", "occurrence"):
    correlation = table.between(quantity, "score")
    print(f"rank correlation of the score on tags with {quantity}: {correlation:.2f}")

# %%
# Two words for one thing
# -----------------------
#
# Whoever tags a digit says "loop" or "hole", never both. In the table the two have
# nothing to do with each other. The vectors by which a linear tagger scores them point
# the same way.

from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from sknoisy.multilabel import compare_label_similarity, label_vectors

loop = names.index("loop")
says_hole = np.random.RandomState(0).uniform(size=len(y)) < 0.5
two_words = np.column_stack([tags, tags[:, loop] & says_hole])
two_words[:, loop] &= ~says_hole
linear = OneVsRestClassifier(LogisticRegression(C=0.01, max_iter=500))
vectors = label_vectors(linear.fit(X, two_words))
comparison = compare_label_similarity(vectors, two_words, label_names=[*names, "hole"])
columns = ["first", "second", "similarity", "cooccurrence"]
print(comparison.pairs(5).to_frame()[columns].round(2).to_string(index=False))

# %%
# The synonyms come first. Further down are labels that only share some digits: a hint
# is no proof, and the next step is to look at rows that have one tag and not the other.

first, second = np.triu_indices(len(names) + 1, 1)
_, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
ax.plot(
    comparison.cooccurrence[first, second], comparison.similarity[first, second], "."
)
ax.annotate(
    "loop, hole",
    (0, comparison.similarity[loop, -1]),
    xytext=(8, -3),
    textcoords="offset points",
)
ax.set(
    xlabel="co-occurrence of the tags (cosine)",
    ylabel="similarity of the vectors",
    title="Pairs of labels",
)

plt.show()
