"""
======================================
ReSup: two networks that weight labels
======================================

A network that is trained for long enough gets every label right that it was given, the
wrong ones included. :class:`~sknoisy.deep.ReSupNetClassifier` trains two, and has each
weigh the labels for the other one. This example watches both ways of
training, epoch by epoch, on handwritten digits with labels that are partly wrong.
"""

# %%
# Digits with wrong labels
# ------------------------
#
# About 30 % of the training labels are replaced by another digit. The test labels are
# right; nobody has such labels in practice, and here they only serve to watch the
# networks.

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sknoisy.noise import UniformNoise

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.3, stratify=y, random_state=0
)
y_noisy = UniformNoise(0.3, random_state=0).corrupt(y_train)
wrong = y_noisy != y_train
print(f"{wrong.mean():.1%} of the labels are wrong")

# %%
# Two trainings
# -------------
#
# A warm-up that never ends is plain training of the same two networks. A callback of
# skorch notes the accuracy after each epoch.

from skorch.callbacks import Callback

from sknoisy.deep import ReSupNetClassifier


class TestAccuracy(Callback):
    """Write the accuracy on the test rows into the history."""

    def on_epoch_end(self, net, **kwargs):
        net.history.record(
            "test_accuracy", float(np.mean(net.predict(X_test) == y_test))
        )


watched = {"max_epochs": 40, "callbacks": [TestAccuracy()], "random_state": 0}
plain = ReSupNetClassifier(warmup_epochs=1000, consistency_weight=0, **watched)
resup = ReSupNetClassifier(**watched)
for name, net in {"plain": plain, "ReSup": resup}.items():
    net.fit(X_train, y_noisy)
    accuracy = net.history[:, "test_accuracy"]
    print(f"{name}: best epoch {max(accuracy):.3f}, last epoch {accuracy[-1]:.3f}")

# %%
# Plain training goes through a good epoch, too. But to stop there one would have to
# know which one it is, and the labels that could tell are as noisy as the others.
#
# What the networks make of the labels
# ------------------------------------
#
# After each epoch, the similarity of prediction and label is computed for every row.
# Two Beta distributions are fitted to them; nobody tells which labels are wrong. The
# colours below do.

from sklearn.metrics import roc_auc_score

print(f"estimated noise rate: {resup.noise_rate_:.2f}")
print(f"AUROC of the label quality: {roc_auc_score(~wrong, resup.label_quality_):.3f}")

# %%
import matplotlib.pyplot as plt

_, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for name, net in {"plain": plain, "ReSup": resup}.items():
    axes[0].plot(net.history[:, "epoch"], net.history[:, "test_accuracy"], label=name)
axes[0].axvline(resup.warmup_epochs_ + 0.5, color="gray", linestyle=":")
axes[0].set_xlabel("epoch (dotted: end of the warm-up)")
axes[0].set_ylabel("accuracy on right labels")
axes[0].legend()

bins = np.linspace(0, 1, 31)
similarity = [resup.similarity_[0][~wrong], resup.similarity_[0][wrong]]
axes[1].hist(similarity, bins, stacked=True, label=["right label", "wrong label"])
axes[1].set_yscale("log")
axes[1].set_xlabel("similarity of the first network's prediction and the label")
axes[1].set_ylabel("rows")
weight = axes[1].twinx()
grid = np.linspace(0, 1, 200)
probability = resup.mixtures_[0][0].predict_proba(grid[:, None])[:, 1]
weight.plot(grid, probability, color="black")
weight.set_ylabel("weight for the second network (line)")
axes[1].legend(loc="center")

# %%
# What it costs
# -------------
#
# Training takes two networks and a look at all rows after each epoch. And a label is
# not lost for good reasons only: rows that are hard look like wrong labels, and so do
# whole classes if they are rare. In turn, the wrong labels at the right end of the
# histogram have been learnt by heart after all, and nothing tells them from the others
# any more.

plt.show()
