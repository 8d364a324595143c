"""Where labels contradict the prediction: overlap alone, and with wrong labels."""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from sknoisy.noise import UniformNoise

X, y = make_blobs(400, centers=[(-1.2, 0), (1.2, 0)], cluster_std=1.1, random_state=0)
noisy = UniformNoise(0.15, random_state=0).corrupt(y)
fig, axes = plt.subplots(1, 2, figsize=(6.4, 3), sharey=True, layout="constrained")
titles = ["all labels right", "15 % wrong"]
for ax, labels, title in zip(axes, [y, noisy], titles, strict=True):
    model = LogisticRegression()
    proba = cross_val_predict(model, X, labels, method="predict_proba")
    predicted, sureness = proba.argmax(axis=1), proba.max(axis=1)
    levels = [np.quantile(sureness[predicted == k], 0.8) for k in range(2)]
    core = sureness >= np.take(levels, predicted)
    against = labels != predicted
    ax.scatter(*X[~core].T, c="lightgray", s=8)
    ax.scatter(*X[core].T, c="tab:blue", s=8, label="core")
    ax.scatter(*X[against].T, c="tab:red", marker="x", s=22, label="label contradicts")
    ax.set(
        title=f"{title}: {against[core].mean():.0%} of the core", xticks=[], yticks=[]
    )
axes[1].legend(loc="upper right", fontsize=8)
