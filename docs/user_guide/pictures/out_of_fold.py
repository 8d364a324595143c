"""Which rows each model is trained on, and which it predicts."""

import matplotlib.pyplot as plt
import numpy as np

fig, ax = plt.subplots(figsize=(5.6, 2.6), layout="constrained")
for fold in range(5):
    for part in range(5):
        color = "#f0a04b" if part == fold else "#cfe0f2"
        ax.barh(fold, 0.96, left=part, color=color, height=0.75)
for part in range(5):
    ax.barh(5.3, 0.96, left=part, color="#f0a04b", height=0.75)
ax.text(2.5, 5.3, "out-of-fold probabilities of all rows", ha="center", va="center")
ax.text(0.5, 0, "predict", ha="center", va="center")
ax.text(3, 0, "train", ha="center", va="center")
ax.set_yticks(np.arange(5), [f"model {k + 1}" for k in range(5)])
ax.set(ylim=(5.8, -0.6), xticks=np.arange(5) + 0.5, xlabel="rows, in five folds")
ax.set_xticklabels([f"fold {k + 1}" for k in range(5)])
