"""The ten digits whose labels have the lowest quality."""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknoisy import NoisyLabelClassifier
from sknoisy.noise import UniformNoise

X, y = load_digits(return_X_y=True)
X, _, y, _ = train_test_split(X, y, random_state=0)
y_noisy = UniformNoise(rate=0.3, random_state=0).corrupt(y)
base = make_pipeline(StandardScaler(), LogisticRegression())
clf = NoisyLabelClassifier(base, random_state=0).fit(X, y_noisy)
suggested = clf.clean_proba_.argmax(axis=1)
fig, axes = plt.subplots(2, 5, figsize=(6.4, 3.1), layout="constrained")
for ax, row in zip(axes.flat, clf.label_quality_.argsort()[:10], strict=True):
    ax.imshow(X[row].reshape(8, 8), cmap="gray_r")
    ax.set_title(f"given {y_noisy[row]}, suggested {suggested[row]}", fontsize=8)
    ax.set_axis_off()
