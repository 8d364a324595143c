"""Label quality of right and wrong labels, on training rows and on held-out rows."""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import cross_val_predict

from sknoisy import label_quality
from sknoisy.noise import UniformNoise

X, y = load_digits(return_X_y=True)
y_noisy = UniformNoise(1 / 3, random_state=0).corrupt(y)
trees = ExtraTreesClassifier(50, random_state=0)
tables = {
    "the model's own training rows": trees.fit(X, y_noisy).predict_proba(X),
    "held-out rows": cross_val_predict(trees, X, y_noisy, method="predict_proba"),
}
fig, axes = plt.subplots(1, 2, figsize=(6.4, 2.8), sharey=True, layout="constrained")
for ax, (title, proba) in zip(axes, tables.items(), strict=True):
    quality = label_quality(y_noisy, proba)
    parts = [quality[y_noisy == y], quality[y_noisy != y]]
    ax.hist(parts, bins=np.linspace(0, 1, 21), stacked=True, label=["right", "wrong"])
    ax.set(title=title, xlabel="label quality")
axes[0].set_ylabel("labels")
axes[1].legend()
