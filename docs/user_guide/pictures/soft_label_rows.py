"""How a row of soft labels becomes rows with weights."""

import matplotlib.pyplot as plt

votes = [[4, 1, 0], [0, 5, 0], [2, 2, 1]]
fig, axes = plt.subplots(1, 2, figsize=(6.4, 2.8), layout="constrained")
table = axes[0]
table.imshow(votes, cmap="Blues", vmin=0, vmax=8)
for row, line in enumerate(votes):
    for column, count in enumerate(line):
        table.text(column, row, count, ha="center", va="center")
table.set(title="table of weights", xlabel="class", ylabel="sample")
table.set(xticks=range(3), yticks=range(3))
copies = [(i, k, w) for i, line in enumerate(votes) for k, w in enumerate(line) if w]
names = [f"sample {i}, class {k}" for i, k, _ in copies]
axes[1].barh(names, [w for *_, w in copies], color="#3d638c")
axes[1].invert_yaxis()
axes[1].set(title="rows trained on", xlabel="sample_weight")
