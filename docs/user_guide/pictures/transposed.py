"""One kind of noise as a matrix with rows, and with columns, that sum to 1."""

import matplotlib.pyplot as plt

from sknoisy.transition import make_transition_matrix

T = make_transition_matrix(3, rate=[0.1, 0.3, 0.4], kind="pair")
tables = {
    "sknoisy: T, row = true class": (T, "given label", "true class"),
    "cleanlab: noise matrix = T.T": (T.T, "true class", "given label"),
}
fig, axes = plt.subplots(1, 2, figsize=(6.4, 3), layout="constrained")
for ax, (title, (table, x, y)) in zip(axes, tables.items(), strict=True):
    ax.imshow(table, cmap="Blues", vmin=0, vmax=1)
    for i, j in [(i, j) for i in range(3) for j in range(3)]:
        color = "white" if table[i, j] > 0.5 else "black"
        ax.text(j, i, f"{table[i, j]:.1f}", ha="center", va="center", color=color)
    ax.set(title=title, xlabel=x, ylabel=y, xticks=range(3), yticks=range(3))
