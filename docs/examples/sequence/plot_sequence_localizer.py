"""
==============================================
Events located from labels of whole recordings
==============================================

For each of forty recordings, somebody wrote down *what* happened in it, but not when.
A model that scores single steps can learn from that, and the segments it finds can
teach it again. The recordings are made here, so that what is found can be compared with
the truth.
"""

# %%
# Recordings with weak flanks
# ---------------------------
#
# Each recording has a background that changes now and then, and events of one or two of
# three kinds. Events have a strong core and weak flanks, half hidden by the background:
# a model that looks for what tells the kinds apart will find the cores first.

import matplotlib.pyplot as plt
import numpy as np

from sknoisy.sequence import WeakSequenceLocalizer, segment_table

DIRECTIONS = np.linalg.qr(np.random.RandomState(0).normal(size=(12, 12)))[0]
KINDS = np.array(["jump", "run", "wave"])


def record(rng):
    """Return a recording and its segments."""
    n_steps = rng.randint(80, 160)
    which = rng.randint(3, 6, size=16).repeat(rng.randint(10, 40, size=16))
    signal = 1.5 * DIRECTIONS[which[:n_steps]]
    present, found = rng.permutation(3)[: rng.randint(1, 3)], []
    for start in range(rng.randint(3, 10), n_steps - 32, 33):
        if rng.uniform() < 0.7:
            kind, length = rng.choice(present), rng.randint(8, 30)
            place = (np.arange(length) / length - rng.uniform(0.3, 0.7)) / 0.2
            signal[start : start + length] *= 0.5
            profile = 0.6 + 2.5 * np.exp(-(place**2))
            signal[start : start + length] += profile[:, None] * DIRECTIONS[kind]
            found.append((start, start + length, kind))
    signal += 0.5 * rng.normal(size=signal.shape)
    start, end, kind = np.array(found, dtype=int).reshape(-1, 3).T
    return signal, segment_table(start, end, label=KINDS[kind])


def recordings(n_bags, seed):
    """Return recordings and their segments."""
    rng = np.random.RandomState(seed)
    return zip(*(record(rng) for _ in range(n_bags)), strict=True)


X, segments = map(list, recordings(40, seed=1))
X_test, truth = map(list, recordings(40, seed=2))
y = [set(table["label"].tolist()) for table in segments]
print(y[:3])

# %%
# From labels to segments
# -----------------------
#
# ``y`` is all that the localizer is given. ``n_rounds=0`` stops before the segments
# found teach the model, and ``fusion="nms"`` keeps the best proposal of each event
# instead of fusing all of them. ``score`` is the mean average precision over several
# overlaps of the segments found with the true ones.

for n_rounds in (0, 3):
    localizer = WeakSequenceLocalizer(n_rounds=n_rounds, random_state=0).fit(X, y)
    for fusion in ("nms", "gaussian"):
        score = localizer.set_params(fusion=fusion).score(X_test, truth)
        print(f"{n_rounds} rounds, decoded by {fusion:8} {score:.3f}")

# %%
# ``history_`` tells how the rounds went without any truth: the share of steps that lie
# in segments, and the share that changed sides since the round before.

for entry in localizer.history_:
    print(entry)

# %%
# One recording
# -------------
#
# The probability of each kind at each step, the segments found (thick), the surer the
# darker, and the true ones (thin).

number = max(range(40), key=lambda i: len(truth[i]))
proba = localizer.predict_proba([X_test[number]])[0]
found = localizer.predict([X_test[number]])

fig, axes = plt.subplots(3, 1, figsize=(9, 5), sharex=True, layout="constrained")
for column, (ax, kind) in enumerate(zip(axes, KINDS, strict=True)):
    ax.plot(proba[:, column], color="tab:blue")
    for row in found[found["label"] == kind]:
        shade = min(1.0, 0.1 + row["score"])
        ax.hlines(-0.1, row["start"], row["end"], "tab:blue", linewidth=6, alpha=shade)
    for row in truth[number][truth[number]["label"] == kind]:
        ax.hlines(-0.25, row["start"], row["end"], "black", linewidth=2)
    ax.set(ylabel=kind, ylim=(-0.35, 1))
axes[-1].set_xlabel("step")

# %%
# With a classifier of one's own
# ------------------------------
#
# Any classifier with probabilities can take the place of the network. It is fitted in
# turns: to what each step may be, then to what it predicts itself, within the labels
# of the bag.

from sklearn.linear_model import LogisticRegression

localizer = WeakSequenceLocalizer(LogisticRegression(), n_rounds=1).fit(X, y)
print(f"logistic regression: {localizer.score(X_test, truth):.3f}")

# %%
# A few points
# ------------
#
# One labelled step for each event is little more work than the label of the recording,
# and usually worth more than any other setting.

points = []
for table in segments:
    middle = np.floor((table["start"] + table["end"]) / 2)
    points.append(segment_table(middle, middle + 1, label=table["label"]))
localizer = WeakSequenceLocalizer(random_state=0).fit(X, y, points=points)
print(f"with points: {localizer.score(X_test, truth):.3f}")

plt.show()
