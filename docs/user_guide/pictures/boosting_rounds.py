"""Boosting on noisy labels, round by round, with and without the wrapper."""

import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

from sknoisy import NoisyLabelClassifier
from sknoisy.noise import UniformNoise

X, y = load_breast_cancer(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, random_state=0)
y_noisy = UniformNoise(0.25, random_state=0).corrupt(y)
boosting = GradientBoostingClassifier(
    n_estimators=150, max_features=5, subsample=0.5, random_state=0
)
wrapped = NoisyLabelClassifier(boosting, evidence="forest", action="filter")
curves = {
    "labels as they are": boosting.fit(X, y_noisy),
    "wrapped, filter": wrapped.fit(X, y_noisy).estimator_,
}
fig, ax = plt.subplots(figsize=(5, 3.2), layout="constrained")
for name, model in curves.items():
    stages = model.staged_predict(X_test)
    ax.plot([accuracy_score(y_test, stage) for stage in stages], label=name)
ax.set(xlabel="boosting rounds", ylabel="accuracy, clean test labels")
ax.grid(alpha=0.3)
ax.legend()
