"""
============================================
Noise layers and early learning in a network
============================================

In these digits, two labels in five are wrong: each class is often written down as the
next one, and now and then as any other. A plain network learns the wrong labels too, if
it is trained for long. We compare it with two networks that do not: one with a noise
adaptation layer, which learns the transition matrix along with the classes, and one
that is held close to its own early predictions.
"""

# %%
# Digits with wrong labels
# ------------------------
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from skorch.callbacks import Callback

from sknoisy.deep import EarlyLearningClassifier, NoiseAdaptationClassifier
from sknoisy.inspection import TransitionMatrixDisplay
from sknoisy.noise import TransitionNoise
from sknoisy.transition import make_transition_matrix

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

pair = make_transition_matrix(10, 0.4, kind="pair")
uniform = make_transition_matrix(10, 0.4, kind="uniform")
T = 0.5 * pair + 0.5 * uniform
y_noisy = TransitionNoise(T, random_state=0).corrupt(y_train)
print(f"{np.mean(y_noisy != y_train):.0%} of the training labels are wrong")

# %%
# Accuracy from epoch to epoch
# ----------------------------
#
# A callback of skorch notes the accuracy on the clean test labels after each epoch. We
# look at it only afterwards. With the identity as its matrix, and without averaged
# weights, the classifier with the layer is the plain network.


class TestAccuracy(Callback):
    """Note the accuracy after each epoch."""

    def on_epoch_end(self, net, **kwargs):
        net.history.record("test_accuracy", net.score(X_test, y_test))


def train(cls, **params):
    """Train for 40 epochs."""
    callbacks = [("test", TestAccuracy())]
    net = cls(max_epochs=40, callbacks=callbacks, random_state=0, **params)
    return net.fit(X_train, y_noisy)


plain = train(NoiseAdaptationClassifier, transition=np.eye(10), average_weights=False)
adapted = train(NoiseAdaptationClassifier)
early = train(EarlyLearningClassifier)

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for name, net in {
    "plain": plain,
    "noise adaptation": adapted,
    "early learning": early,
}.items():
    ax.plot(net.history_[:, "test_accuracy"], label=name)
ax.set(xlabel="epoch", ylabel="accuracy on clean test labels")
ax.legend()
plt.show()

# %%
# What the layer has learnt
# -------------------------
#
# The matrix that the layer trains with is pessimistic on purpose: its diagonal is lower
# than the true one, so that a wrong label surprises the network less. Taking the effect
# of the trace penalty out gives an estimate of the true matrix.
matrices = {
    "true": T,
    "as trained with": adapted.noise_layer_.transition_matrix().numpy(),
    "calibrated": adapted.transition_matrix_,
}
_, axes = plt.subplots(1, 3, figsize=(9, 3.2), layout="constrained")
for ax, (name, matrix) in zip(axes, matrices.items(), strict=True):
    TransitionMatrixDisplay(matrix).plot(ax, colorbar=False)
    ax.set_title(f"{name}, mean diagonal {np.diag(matrix).mean():.2f}")
plt.show()

# %%
# Which labels are suspect
# ------------------------
#
# Every one of these nets ends with the quality of each label. The share of wrong labels
# among the hundred of the lowest quality:
wrong = y_noisy != y_train
for name, net in {"noise adaptation": adapted, "early learning": early}.items():
    suspects = np.argsort(net.label_quality_)[:100]
    print(f"{name}: {wrong[suspects].mean():.0%}")
