"""
========================================
Audit of a table of tags: eight analyses
========================================

A tag that is there is mostly right. One that is not there says little: the property is
absent, or nobody mentioned it. Choi, Fazekas, Cho and Sandler asked in 2018 what this
does to the tags of a music collection, to taggers trained on them and to their scores.
This example makes such tags for digits, so that the truth is known, and runs the eight
analyses of their study, each of which is a single call.
"""

# %%
# Twelve properties of digits
# ---------------------------
#
# Each property has a *tagability* of its own, the probability that somebody mentions it
# where it holds: one minus the missing rate. One blank in a hundred gets a wrong tag.

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
# 1. Occurrence
# -------------
#
# How often is each tag given? That takes no function of ours.

print(dict(zip(names, tags.sum(axis=0).tolist(), strict=True)))

# %%
# 2. Co-occurrence
# ----------------
#
# Every zero has a loop, and so has every eight: P(loop | eight) should be 1. Where it
# is far below, tags are missing, and nobody had to look at a single digit to see it.

from sknoisy.multilabel import label_cooccurrence

together = label_cooccurrence(tags, label_names=names).to_frame()
print(together.loc[["zero", "eight"], ["loop", "even", "curvy"]].round(2))

# %%
# 3. Re-annotation
# ----------------
#
# For each tag, 100 rows that have it and 100 that lack it are drawn and annotated
# again; here the truth answers.

from sknoisy.multilabel import reannotation_sample

sample = reannotation_sample(tags, n_per_stratum=100, random_state=0)
answers = truth[sample.row, sample.label_code]

# %%
# 4. Precision and recall of the tags
# -----------------------------------
#
# Scaled to all rows, the answers give precision and tagability, the recall, of each
# tag. Unscaled they would not: among the annotated rows those without the tag are far
# fewer than among all.

import matplotlib.pyplot as plt

from sknoisy.multilabel import estimate_label_quality

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
# 5. Occurrence against error
# ---------------------------
#
# Are rare tags the wrong ones? Rank correlations over the tags:

columns = ["occurrence", "prevalence", "precision", "false_omission_rate", "tagability"]
correlation = quality.to_frame()[columns].corr("spearman")
print(correlation[["occurrence", "tagability"]].round(2))

# %%
# 6. Is training sound?
# ---------------------
#
# A tagger learns from the tags of one half, as the share of the 20 nearest digits that
# have a tag. Its area under the ROC curve, tag by tag, on the *truth* of the other
# half:

from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier

half = np.random.RandomState(0).permutation(len(y))
train, test = half[: len(y) // 2], half[len(y) // 2 :]
tagger = KNeighborsClassifier(20).fit(X[train], tags[train])
proba = np.column_stack([one[:, 1] for one in tagger.predict_proba(X[test])])
on_truth = roc_auc_score(truth[test], proba, average=None)
print(f"mean AUC on the truth: {on_truth.mean():.3f}")

# %%
# 7. Is evaluation sound?
# -----------------------
#
# On the tags of the other half, every missing one counts against a tagger that finds
# it. From precision and false-omission rate the AUC on the truth follows, if chance
# decides which tags are missing.

from sknoisy.multilabel import evaluation_noise_report

report = evaluation_noise_report(tags[test], proba, quality)
print(f"mean AUC on the tags: {report.auc.mean():.3f}")
print(f"mean AUC on the tags, corrected: {report.auc_corrected.mean():.3f}")

_, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
ax.plot(report.auc[order], places, ".", color="0.6", label="on tags")
low, high = np.abs(report.auc_corrected_interval.T - report.auc_corrected)[:, order]
corrected = report.auc_corrected[order]
ax.errorbar(corrected, places, xerr=[low, high], fmt="o", label="on tags, corrected")
ax.plot(on_truth[order], places, "kx", label="on the truth")
ax.set_yticks(places, np.array(names)[order])
ax.set(xlabel="area under the ROC curve", title="How good is the tagger?")
ax.legend(loc="upper left")

# %%
# The tags are in the order of their tagability, and so, nearly, are the scores on tags:
# what is seldom mentioned seems hard to learn. On the truth that is mostly gone. The
# intervals are wide where a tag is on few of the test rows.
#
# 8. Label vectors
# ----------------
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
pairs = compare_label_similarity(vectors, two_words, label_names=[*names, "hole"])
columns = ["first", "second", "similarity", "cooccurrence"]
print(pairs.to_frame()[columns].head().round(2).to_string(index=False))

# %%
# The synonyms come first. Further down are labels that only share some digits: a hint
# is no proof, and the next step is to look at rows that have one tag and not the other.

_, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
ax.plot(pairs.cooccurrence, pairs.similarity, ".")
ax.annotate(
    "loop, hole",
    (pairs.cooccurrence[0], pairs.similarity[0]),
    xytext=(8, -3),
    textcoords="offset points",
)
ax.set(
    xlabel="co-occurrence of the tags (cosine)",
    ylabel="similarity of the vectors",
    title="Pairs of labels",
)

plt.show()
