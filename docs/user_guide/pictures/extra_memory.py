"""Memory that find_label_errors takes beside a table of probabilities."""

import tracemalloc

import matplotlib.pyplot as plt
import numpy as np

from sknoisy import find_label_errors

N_ROWS = 20_000
rng = np.random.default_rng(0)
counts = [10, 30, 100, 300]
tables, extra = [], []
for n_classes in counts:
    table = rng.dirichlet(np.full(n_classes, 0.1), size=N_ROWS)
    y = table.argmax(axis=1)
    tracemalloc.start()
    find_label_errors(y, table, classes=range(n_classes))
    tables.append(table.nbytes / 2**20)
    extra.append(tracemalloc.get_traced_memory()[1] / 2**20)
    tracemalloc.stop()
fig, ax = plt.subplots(figsize=(5, 3), layout="constrained")
ax.plot(counts, tables, "o--", color="0.5", label="the table")
ax.plot(counts, extra, "o-", label="beside it")
ax.set(xlabel="classes", ylabel="MiB", title=f"{N_ROWS:,} rows, find_label_errors")
ax.legend()
