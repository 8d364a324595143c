"""Decision chart: from the kind of labels to an estimator."""

import matplotlib.pyplot as plt

QUESTIONS = [
    ("several annotators\nanswered each row?", "CrowdLabelClassifier"),
    ("several tags\nfor each row?", "MultilabelNoisyClassifier"),
    ("labels of whole\nrecordings?", "WeakSequenceLocalizer"),
    ("votes or class\nprobabilities?", "SoftLabelClassifier"),
    ("most rows\nwithout a label?", "SelfTrainingRefiner"),
    ("only want the\nsuspicious labels?", "sknoisy audit,\nfind_label_errors"),
    ("a large\nneural network?", "sknoisy.deep"),
    ("some labels known\nto be right?", "NoisyLabelClassifier\nfit(..., trusted=mask)"),
]
BLUE, GREEN = "#dbe9f6", "#d9f0e3"

fig, ax = plt.subplots(figsize=(5, 7.6), layout="constrained")


def box(x, y, text, color):
    """Write a text into a rounded box."""
    style = {"boxstyle": "round,pad=0.5", "facecolor": color, "edgecolor": "#57606a"}
    ax.text(x, y, text, ha="center", va="center", fontsize=10, bbox=style)


def arrow(start, end, word, shift):
    """Draw an arrow with a word beside it."""
    style = {"arrowstyle": "-|>", "color": "#57606a", "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", end, start, arrowprops=style)
    middle = [(a + b) / 2 + s for a, b, s in zip(start, end, shift, strict=True)]
    ax.text(*middle, word, ha="center", va="center", fontsize=9)


for level, (question, estimator) in enumerate(QUESTIONS):
    y = -level
    arrow((0.62, y), (1.12, y), "yes", (0, 0.13))
    arrow((0, y - 0.3), (0, y - 0.7), "no", (0.12, 0.02))
    box(0, y, question, BLUE)
    box(1.8, y, estimator, GREEN)
box(0, -len(QUESTIONS), "NoisyLabelClassifier", GREEN)
ax.set(xlim=(-0.75, 2.6), ylim=(-len(QUESTIONS) - 0.5, 0.5))
ax.set_axis_off()
