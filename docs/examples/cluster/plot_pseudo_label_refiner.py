"""
Pseudo-labels from several clusterings
======================================

Digits without labels are clustered ten times, and each run cuts them differently. What
do the runs know together that none of them knows alone, and is there a cheaper way to
know it?
"""

# %%
# One clustering after the other
# ------------------------------
#
# Each run makes 30 clusters, many more than there are digits: a clustering that cuts
# too finely can be mended by joining clusters, one that cuts too coarsely cannot. The
# refiner gets the labels alone, one run at a time, as a training loop would hand them
# over. The true digits are only used to keep the score.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.datasets import load_digits
from sklearn.metrics import adjusted_rand_score

from sknoisy import PseudoLabelRefiner

X, y = load_digits(return_X_y=True)
refiner = PseudoLabelRefiner()
given, refined = [], []
for seed in range(10):
    labels = KMeans(30, n_init=1, random_state=seed).fit_predict(X)
    refiner.partial_fit(labels)
    given.append(adjusted_rand_score(y, labels))
    refined.append(adjusted_rand_score(y, refiner.labels_))

print(f"adjusted Rand index, last run alone {given[-1]:.2f}, refined {refined[-1]:.2f}")

# %%
# ``history_`` says, without any truth, how many clusters came and how many were left,
# and whether the labels settle.

for entry in refiner.history_[::3]:
    print(entry)

# %%
# What happens in between
# -----------------------
#
# The projection says what became of each cluster of the run before. A row with one dark
# cell is a cluster that was found again; a pale row has been cut up. The table of soft
# labels has the clusters of all ten runs side by side, and samples that have many of
# them in common go together.

projection = refiner.projection_.toarray()
order = projection.argmax(axis=1).argsort()
soft = refiner.soft_labels_.toarray()
rows = np.lexsort([labels, refiner.labels_])

fig, axes = plt.subplots(1, 3, figsize=(12, 4), layout="constrained")
axes[0].plot(range(1, 11), given, "o-", label="as they come")
axes[0].plot(range(1, 11), refined, "o-", label="refined")
axes[0].set(xlabel="run", ylabel="adjusted Rand index")
axes[0].legend()
axes[1].imshow(projection[order], cmap="Blues", aspect="auto")
axes[1].set(title="projection", xlabel="cluster of run 10", ylabel="cluster of run 9")
axes[2].imshow(soft[rows] ** 0.5, cmap="Blues", aspect="auto", interpolation="none")
axes[2].set(title="soft labels, by refined cluster", xlabel="clusters of all runs")
for border in np.flatnonzero(np.diff(refiner.labels_[rows])):
    axes[2].axhline(border + 0.5, color="tab:red", linewidth=0.5)

# %%
# As one clusterer
# ----------------
#
# ``fit_predict`` does the same on the data themselves. Beside it stand what it has to
# be compared with, k-means with the true number of clusters and Ward's method, and the
# projected past of ``carry="soft"``, which keeps no runs.

found = {
    "k-means": KMeans(10, n_init=10, random_state=0).fit_predict(X),
    "Ward": AgglomerativeClustering(10).fit_predict(X),
    "projected past, by distance": PseudoLabelRefiner(
        carry="soft", random_state=0
    ).fit_predict(X),
    "refined, 10 clusters": PseudoLabelRefiner(
        n_clusters=10, random_state=0
    ).fit_predict(X),
    "refined, by distance": PseudoLabelRefiner(random_state=0).fit_predict(X),
}
for name, clusters in found.items():
    ari = adjusted_rand_score(y, clusters)
    print(f"{name:27} {len(set(clusters)):3} clusters, adjusted Rand index {ari:.2f}")

# %%
# The refined clusters are better than those of k-means, but here no better than Ward's
# method, which sees the data themselves. The refiner is meant for runs that come one by
# one and each go wrong in their own way, where samples come and go or are left out.

plt.show()
