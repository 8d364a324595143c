"""Where the rules of thumb for breast tumours are wrong."""

import matplotlib.pyplot as plt

from sknoisy.datasets import load_breast_cancer_rules

bunch = load_breast_cancer_rules()
wrong = bunch.target_noisy != bunch.target
columns = [list(bunch.feature_names).index(n) for n in ("mean radius", "mean texture")]
x, y = bunch.data[:, columns].T
fig, ax = plt.subplots(figsize=(5, 3.4), layout="constrained")
ax.scatter(x[~wrong], y[~wrong], s=8, c="lightgray", label="label right")
ax.scatter(x[wrong], y[wrong], s=24, c="tab:red", marker="x", label="label wrong")
ax.axvline(15, ls=":", c="tab:blue")
ax.axhline(20, ls=":", c="tab:blue", label="thresholds of two rules")
ax.set(xlabel="mean radius", ylabel="mean texture")
ax.legend(fontsize=8)
