"""Transition matrices of the four kinds of class-conditional noise."""

import matplotlib.pyplot as plt

from sknoisy.transition import make_transition_matrix

fig, axes = plt.subplots(1, 4, figsize=(8, 2.3), layout="constrained")
for ax, kind in zip(axes, ["uniform", "pair", "block", "random"], strict=True):
    T = make_transition_matrix(6, 0.4, kind=kind, random_state=0)
    image = ax.imshow(T, cmap="Blues", vmin=0, vmax=0.6)
    ax.set(title=kind, xticks=[], yticks=[], xlabel="given label")
axes[0].set_ylabel("true class")
fig.colorbar(image, ax=axes, shrink=0.9)
