"""
Segments from scores per step
=============================

A classifier gives every step of a sequence a score, but what is wanted are segments:
from here to there, this happens. How are they found without a threshold that nobody
knows, and what happens when the levels are chosen wrongly?
"""

# %%
# Streams of digits
# -----------------
#
# A stream is a row of images. In most of them any digit is to be seen; now and then a
# 3 or a 7 fades in and out for 12 to 29 steps. The middle of such an event is easy and
# its ends are hard, as they are for the scores of models that were trained on labels
# of whole sequences. The scores come from a classifier of single digits, smoothed over
# 5 steps.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from sknoisy.inspection import (
    DetectionPrecisionRecallDisplay,
    SegmentActivationDisplay,
)
from sknoisy.sequence import (
    detection_map_score,
    gaussian_weighted_fusion,
    generate_proposals,
    linpro_pseudo_labels,
    segment_table,
    temporal_nms,
    temporal_soft_nms,
)

WANTED = [3, 7]
X, y = load_digits(return_X_y=True)
X = X / X.max()
classifier = LogisticRegression(max_iter=1000).fit(X[:900], y[:900])
images, digits = X[900:], y[900:]


def make_stream(rng, n_steps=150):
    """Return images with shape (n_steps, 64), and (start, end, digit) of each event."""
    others = images[~np.isin(digits, WANTED)]
    stream = others[rng.randint(len(others), size=n_steps)]
    events, start = [], rng.randint(5, 20)
    while start + (length := rng.randint(12, 30)) < n_steps - 5:
        digit = WANTED[rng.randint(2)]
        candidates = images[digits == digit]
        chosen = candidates[rng.randint(len(candidates), size=length)]
        place = (np.arange(length) + 0.5) / length - 0.5
        share = (0.35 + 0.65 * np.exp(-((place / 0.2) ** 2)))[:, None]
        steps = slice(start, start + length)
        stream[steps] = share * chosen + (1 - share) * stream[steps]
        events.append((start, start + length, digit))
        start += length + rng.randint(8, 25)
    return stream, events


def scores_of(stream):
    """Return the smoothed probability of each digit that is wanted."""
    proba = classifier.predict_proba(stream)[:, WANTED]
    return np.column_stack([np.convolve(p, np.ones(5) / 5, "same") for p in proba.T])


rng = np.random.RandomState(0)
streams, events = zip(*[make_stream(rng) for _ in range(40)], strict=True)
activations = [scores_of(stream) for stream in streams]
rows = [(*event, bag) for bag, listed in enumerate(events) for event in listed]
start, end, label, bag = np.array(rows).T
truth = segment_table(start, end, label=label, bag=bag)
print(f"{len(truth)} events in {len(streams)} streams")

# %%
# From scores to segments
# -----------------------
#
# Every run of steps above one of 20 low levels is a *proposal*; how far it stands out
# from the steps beside it is its score. Of proposals that overlap, non-maximum
# suppression keeps the best one, which is the short core. The fusion takes their
# weighted mean instead.


def decode(pick, thresholds="auto"):
    """Return the table of the segments that are found in all streams."""
    tables = []
    for bag, activation in enumerate(activations):
        for digit, scores in zip(WANTED, activation.T, strict=True):
            proposals = generate_proposals(scores, thresholds=thresholds)
            segments, values = pick(proposals[:, :2], proposals[:, 2])
            tables.append(
                segment_table(*segments.T, label=digit, bag=bag, score=values)
            )
    return np.concatenate(tables)


LEVELS = {
    "20 low levels": "auto",
    "0.02 to 0.3": np.linspace(0.02, 0.3, 15),
    "0.1 to 0.85": np.linspace(0.1, 0.85, 15),
    "0.1 alone": [0.1],
    "0.3 alone": [0.3],
}
PICKS = [temporal_nms, temporal_soft_nms, gaussian_weighted_fusion]
print(f"{'mAP at 0.1 to 0.7':20}", *(f"{pick.__name__:>26}" for pick in PICKS))
for name, thresholds in LEVELS.items():
    values = [detection_map_score(truth, decode(pick, thresholds)) for pick in PICKS]
    print(f"{name:20}", *(f"{value:26.3f}" for value in values))

# %%
# With low levels the fusion finds the ends of the events best. With high ones it is
# the worst of the three: fragments inside the core then pull the boundaries inwards. A
# single level needs neither, and does well or badly as luck has it: which one is right
# is only known to somebody with the truth.
#
# One stream in detail
# --------------------
#
# The lane of proposals is darkest where many levels agree, and segments fade with their
# score. The fusion makes one segment of each event. Below, the suppression keeps
# shorter ones, and beside them long ones that overlap too little to be left out.

fig, axes = plt.subplots(2, 1, figsize=(10, 6.5), layout="constrained")
one = activations[0][:, 0]
true = np.array([event[:2] for event in events[0] if event[2] == WANTED[0]])
SegmentActivationDisplay.from_predictions(one, truth=true, name="3", ax=axes[0])
axes[0].set_title("fusion")
proposals = generate_proposals(one, thresholds="auto")
SegmentActivationDisplay.from_predictions(
    one,
    *temporal_nms(proposals[:, :2], proposals[:, 2]),
    truth=true,
    name="3",
    ax=axes[1],
)
axes[1].set_title("non-maximum suppression")

# %%
# Precision and recall
# --------------------
#
# A detection is right when it overlaps a true segment by enough. The stricter that is,
# the more the ends matter.

fig, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for ax, pick in zip(axes, (temporal_nms, gaussian_weighted_fusion), strict=True):
    DetectionPrecisionRecallDisplay.from_predictions(
        truth, decode(pick), name=pick.__name__, ax=ax
    )

# %%
# Back to labels per step
# -----------------------
#
# The next round of training needs labels per step again. The linear program spreads
# the score of each segment over its steps. With ``normalization="mean"`` the level
# inside a segment is its score; with "sum", the default, long events get no more
# weight than short ones.

segments, values = gaussian_weighted_fusion(proposals[:, :2], proposals[:, 2])
fig, ax = plt.subplots(figsize=(10, 3), layout="constrained")
ax.plot(one, color="0.7", label="activation")
for normalization in ("mean", "sum"):
    labels = linpro_pseudo_labels(
        segments, values, len(one), normalization=normalization
    )
    ax.step(np.arange(len(one)), labels, where="post", label=normalization)
ax.set(xlabel="step", ylabel="label")
ax.legend()

plt.show()
