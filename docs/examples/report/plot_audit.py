"""
=============
Audit a table
=============

A table of penguins that never were: numbers, a date, a word and a remark on each, and
the species that somebody has written down. One label in ten is wrong, some rows were
copied and given another label, and some labels end in a blank. What does
:func:`~sknoisy.report.audit` make of it?
"""

# %%
# The table
# ---------

import numpy as np
import pandas as pd

from sknoisy.noise import UniformNoise

rng = np.random.default_rng(0)
n = 900
species = rng.integers(0, 3, n)
remarks = np.array(["shy, at the shore", "calls a lot", "black band at the chin"])
seen = np.where(rng.random(n) < 0.8, species, rng.integers(0, 3, n))
table = pd.DataFrame(
    {
        "bill": rng.normal([39, 48, 49], 3, (n, 3))[np.arange(n), species].round(1),
        "mass": rng.normal([3700, 5100, 3750], 350, (n, 3))[np.arange(n), species],
        "date": pd.Timestamp("2024-01-01")
        + pd.to_timedelta(rng.integers(0, 99, n), "D"),
        "island": np.array(["Biscoe", "Dream", "Torgersen"])[seen],
        "remark": [f"{remarks[k]}, nest {nest}" for nest, k in enumerate(seen)],
    }
)
row = np.arange(n)
row[:20] = row[20:40]
table, species = table.iloc[row].reset_index(drop=True), species[row]
names = np.array(["Adelie", "Gentoo", "Chinstrap"])
given = names[UniformNoise(0.1, random_state=0).corrupt(species)].astype(object)
given[:20] = names[(species[:20] + 1) % 3]
given[100:130] = [f"{name} " for name in given[100:130]]
table["species"] = given

# %%
# What is wrong with it?
# ----------------------
#
# Printed, the report says how many labels look wrong and how many rows are worth a
# look; then whatever else its owner should know: copies under another label, and three
# labels that exist twice, with and without a blank.

from sknoisy.report import audit

report = audit(table, label="species", random_state=0)
print(report)

# %%
# Was it right?
# -------------
#
# The true species is known here. The number of wrong labels that is expected among the
# first rows can be held against the number there was.

import matplotlib.pyplot as plt

wrong = pd.Series(given).str.strip().to_numpy() != names[species]
found = wrong[report.rows].cumsum()
fig, ax = plt.subplots(layout="constrained")
ax.plot(found, label="wrong labels found")
ax.plot(report.expected_wrong, "--", label="expected by the audit")
ax.axvline(report.n_to_check, color="0.6", lw=1, label="rows worth a look")
ax.set(xlabel="rows looked at, most suspicious first", ylabel="wrong labels")
ax.set_xlim(0, 300)
_ = ax.legend()

# %%
# The rows as a frame
# -------------------
#
# ``to_frame`` has a row for each row of the table, so that both stand side by side. The
# labels with a blank are written alike first; then the audit is made again.

table["species"] = table["species"].str.strip()
report = audit(table, label="species", random_state=0)
rows = report.to_frame().sort_values("rank").head(8)
print(rows[["given_label", "suggested_label", "label_quality", "against"]].to_string())

# %%
# The copies under two labels are a column of the frame, too.

copies = report.to_frame().query("contradicting_duplicates").index
print(
    f"{wrong[copies].sum()} of {len(copies)} labels of contradicting copies are wrong"
)
