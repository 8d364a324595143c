"""Accuracy on clean test labels over the rate of wrong training labels."""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknoisy import NoisyLabelClassifier
from sknoisy.noise import UniformNoise

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, train_size=900, random_state=0)
base = make_pipeline(StandardScaler(), LogisticRegression(max_iter=50, tol=0.01))
models = {"plain": base, "wrapped": NoisyLabelClassifier(base, random_state=0)}
rates = [0.0, 0.2, 0.4, 0.6]
fig, ax = plt.subplots(figsize=(5, 3.2), layout="constrained")
for (name, model), style in zip(models.items(), ["o--", "o-"], strict=True):
    noisy = [UniformNoise(rate, random_state=0).corrupt(y) for rate in rates]
    scores = [model.fit(X, labels).score(X_test, y_test) for labels in noisy]
    ax.plot(rates, scores, style, label=name)
ax.set(xlabel="share of wrong training labels", ylabel="accuracy, clean test labels")
ax.grid(alpha=0.3)
ax.legend()
