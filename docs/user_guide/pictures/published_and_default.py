"""The published form beside the default, where both were measured."""

import matplotlib.pyplot as plt
import numpy as np

from benchmarks import earlier

TABLES = {
    "noise layer, accuracy in %": (
        "noise_adaptation-3",
        "softmax layer, dropout 0.1",
        "``NoiseAdaptationClassifier()``",
    ),
    "SLR, adjusted Rand index": (
        "cluster-1",
        'refined, ``carry="soft"``',
        "**refined, all runs (default)**",
    ),
    "GauFuse, mAP": (
        "sequence_localizer-2",
        "settings of the published code",
        "**rounds, painted from fusion (default)**",
    ),
}
FORMS = ("published", "default")
tables = earlier.read()
fig, axes = plt.subplots(
    1, 3, figsize=(9, 3), layout="constrained", width_ratios=[3, 2, 1]
)
for ax, (title, (name, *rows)) in zip(axes, TABLES.items(), strict=True):
    _, header, table, _ = tables[name]
    values = {row[0]: [float(text.split()[0]) for text in row[1:]] for row in table}
    places = np.arange(len(header) - 1)
    for shift, (label, row) in enumerate(
        zip(("published", "default"), rows, strict=True)
    ):
        ax.bar(places + 0.4 * shift, values[row], 0.4, label=label)
    names = [text.replace(" 0", "\n0") for text in header[1:]]
    ax.set_xticks(places + 0.2, names, fontsize=7)
    ax.set_title(title, fontsize=9)
axes[0].legend(loc="lower left", fontsize=8)
