"""All tables and pictures of the results, as pages of the documentation.

``write_pages`` is called when the documentation is built. A text marks a table that
stands in it with ``.. benchmark: SUITE/TABLE`` and ``.. end of benchmark``;
``python -m benchmarks tables`` writes these anew, and a test fails where they differ
from the results.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import earlier, records, suites
from benchmarks.cells import PLAIN
from benchmarks.data import SETS
from benchmarks.figures import SMALL_GAP, Results
from benchmarks.methods import CLEAN_LEARNING
from benchmarks.noise import NONE, kind_of
from benchmarks.noise import REAL as REAL_NOISES

ROOT = Path(__file__).parent.parent
ABSENT = "."
# Gaps to the best rival below one point of accuracy are no losses worth a line.
NOTABLE_LOSS, MOST_LOSSES = 0.01, 15
MOST_COLUMNS = 10
# A gap up to this counts as level with a rival.
LEVEL_GAP = 0.003
MARKED = ("docs/user_guide/*.rst", "docs/development/*.rst")
DIGITS = re.compile(r"(\d+)")
BLOCK = re.compile(
    r"(?P<open>\.\. benchmark: (?P<name>[\w/-]+)\n).*?(?P<end>\.\. end of benchmark)",
    re.DOTALL,
)


@dataclass
class Table:
    """A table of texts, with what has to be said of it."""

    title: str
    header: list
    rows: list
    note: str = ""

    def rst(self):
        """Return the table as reStructuredText, nothing where it has no rows."""
        if not self.rows:
            return ""
        rows = [[text or ".." for text in row] for row in (self.header, *self.rows)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        rule = "  ".join("=" * width for width in widths)
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        return "\n".join([rule, lines[0], rule, *lines[1:], rule]) + "\n"


def shown(value, digits=1, scale=100, sign=False):
    """Return a number as text: by default a share in per cent."""
    if value is None:
        return ABSENT
    return f"{scale * value:{'+' if sign else ''}.{digits}f}"


def bold(row, results):
    """Return the name of a row: bold if it counts, with a star if it lacks cells."""
    star = " (\\*)" if results.lacks(row) else ""
    return (f"**{row}**" if row in results.ours else row) + star


def losses(results):
    """Return the cells in which ours is behind the best rival, widest gap first."""
    found = results.part(noisy=True).losses()
    # Figures have four digits, so that a tie can differ in the last one of a double.
    behind = [loss for loss in found if loss[3] < -NOTABLE_LOSS]
    ahead = sum(loss[3] > -1e-9 for loss in found)
    note = (
        f"In {ahead} of {len(found)} noisy cells ours is level with the best rival of "
        f"the cell, which only somebody with clean labels could pick, or ahead; in "
        f"{len(behind)} it is more than one point behind"
        + (". The widest gaps, in points:" if behind else ".")
    )
    rows = [
        [key[0], key[2], key[3], row, rival, shown(gap, sign=True)]
        for key, row, rival, gap in behind[:MOST_LOSSES]
    ]
    header = ["set", "noise", "base", "ours", "best rival", "gap"]
    return Table("Where ours loses", header, rows, note)


def with_interval(found):
    """Return (mean, lower end, upper end) as text."""
    return "{:.1f} [{:.1f}, {:.1f}]".format(*found) if found else ABSENT


def ranks(results):
    """Return the mean ranks by family and base, with intervals."""
    noisy = results.part(noisy=True)
    parts = {"all": noisy}
    for family in noisy.values_of("family"):
        for base in noisy.values_of("base"):
            parts[f"{family}, {base}"] = noisy.part(family=family, base=base)
    found = {name: part.mean_ranks() for name, part in parts.items()}
    order = sorted(found["all"], key=lambda row: found["all"][row][0])
    rows = [
        [bold(row, results), *(with_interval(m.get(row)) for m in found.values())]
        for row in order
    ]
    note = (
        f"Mean rank among {len(noisy.ranked)} rows, over the {len(noisy.ranks())} "
        "noisy cells that all of them were run in; in brackets the 95 % interval of a "
        "bootstrap over the sets. A failed fit ranks last."
    )
    return Table("Mean ranks", ["row", *parts], rows, note)


def overview(results, family):
    """Return what is recovered, lost and found, for one family of sets."""
    mine = results.part(family=family)
    noisy, clean = mine.part(noisy=True), mine.part(noisy=False)
    rows = []
    for row in mine.rows:
        recovery, n_cells = noisy.recovery(row)
        changes, calm = noisy.changes(row), clean.changes(row)
        rows.append(
            [
                bold(row, results),
                shown(noisy.mean(row, "accuracy")),
                shown(recovery, 0),
                shown(min(changes, default=None), sign=True),
                shown(float(np.mean(calm)) if calm else None, sign=True),
                shown(min(calm, default=None), sign=True),
                shown(noisy.times(row), 1, 1),
            ]
        )
    note = (
        "Accuracy over the noisy cells; recovery, the share of what wrong labels cost "
        f"that is got back, over the {n_cells} cells in which they cost "
        f"{100 * SMALL_GAP:.0f} points or more; the worst change with noise, and mean "
        "and worst change without, in points; time in multiples of one plain fit."
    )
    header = ["row", "accuracy, %", "recovery, %", "worst, noise", "no noise"]
    header += ["worst", "time"]
    return Table(f"Learning despite wrong labels: {family}", header, rows, note)


def grouped(results, group):
    """Return {column: results} by what a function says of a record."""
    columns = defaultdict(list)
    for record in results.records:
        columns[group(record)].append(record)
    return {name: results.of(records) for name, records in columns.items()}


def of_set(record):
    """Return the set, the noise and the base as one column."""
    return ", ".join(filter(None, (record[n] for n in ("data", "noise", "base"))))


def of_kind(record):
    """Return the family and the kind of noise as one column."""
    return f"{record['family']}, {kind_of(record['noise'])}"


def use_of(record):
    """Return whether the set of a record serves to choose; nothing of other sets."""
    return SETS[record["data"]].use if record["data"] in SETS else ""


def of_half(record):
    """Return the family, whether the set serves to choose, and the kind of noise."""
    return f"{record['family']} {use_of(record)}, {kind_of(record['noise'])}"


def of_base_and_half(record):
    """Return the family, the base, and whether the set serves to choose."""
    return f"{record['family']}, {record['base']}, {use_of(record)}"


def of_base_and_share(record):
    """Return the base and the share of the labels that are verified."""
    return f"{record['base']}, {record['noise'].partition(', ')[2]}"


def of_set_and_base(record):
    """Return the set and the base as one column."""
    return f"{record['data']}, {record['base']}"


def recovery(title, results, group, note=""):
    """Return the recovery of each row by what a function says of a record."""
    # Numbers in the names, such as shares, in the order of their size.
    parts = sorted(
        grouped(results, group).items(),
        key=lambda part: [int(t) if t.isdigit() else t for t in DIGITS.split(part[0])],
    )
    columns = dict(parts)
    return columns_of(
        title, results, columns, lambda part, row: part.recovery(row)[0], note
    )


def halves(results):
    """Return the recovery by base and half of the sets."""
    noisy = results.part(noisy=True)
    compared = [row for row in noisy.ranked if row != PLAIN]
    [ours], rows = noisy.ours, []
    for name, part in sorted(grouped(noisy, of_base_and_half).items()):
        gaps = np.array(part.changes(ours, CLEAN_LEARNING))
        level = float(np.mean(gaps > -LEVEL_GAP)) if len(gaps) else None
        cells = [shown(part.recovery(row)[0], 2, 1) for row in compared]
        rows.append([name, *cells, shown(level, 0)])
    note = (
        "Recovery by base and half of the sets: the half that served to choose the "
        "defaults and the one that checked them. Level: the share of cells in which "
        f"ours is at most {100 * LEVEL_GAP:.1f} points behind {CLEAN_LEARNING}."
    )
    return Table("By half", ["sets", *compared, "level, %"], rows, note)


def choice(results, plain):
    """Return what the choice by each score costs, and how far the score is off."""
    groups = {
        "pair and block": lambda kind: kind in {"pair", "block"},
        "others": lambda kind: kind not in {"pair", "block"},
        "injected": lambda kind: kind not in {NONE, "real"},
        "real": lambda kind: kind == "real",
    }
    parts = {
        name: results.of([r for r in results.records if has(kind_of(r["noise"]))])
        for name, has in groups.items()
    }
    rows = []
    for row in results.rows:
        regrets = [parts[n].mean(row, "regret") for n in ("pair and block", "others")]
        errors = [parts[n].mean(row, "score_error") for n in ("injected", "real")]
        changes = results.changes(row, plain)
        worse = sum(change < -NOTABLE_LOSS for change in changes)
        cells = [*(shown(value, 2) for value in regrets), f"{worse}"]
        cells.append(shown(min(changes, default=None), sign=True))
        rows.append([bold(row, results), *cells, *(shown(e) for e in errors)])
    note = (
        "Points of accuracy that the chosen candidate lacks against the best; the "
        f"number of {len(results.cells)} cells in which the choice is more than one "
        "point worse than by the labels as they are, and the worst; and by how many "
        "points the score is off."
    )
    header = ["row", "pair and block", "others", "worse", "worst"]
    header += ["off, injected", "off, real"]
    return Table("What the choice costs", header, rows, note)


def columns_of(title, results, columns, value, note=""):
    """Return a table with a column of each part of the results; empty rows are left."""
    rows = []
    for row in results.rows:
        values = [value(part, row) for part in columns.values()]
        if any(found is not None for found in values):
            rows.append([bold(row, results), *(shown(v, 3, 1) for v in values)])
    return Table(title, ["row", *columns], rows, note)


def detection(results):
    """Return how the wrong labels are ranked, by family and kind of noise."""
    noisy = results.part(noisy=True)
    few = [r for r in noisy.records if r["noise"] == "uniform5"]
    columns = {"AP, 5 %": results.of(few)} | grouped(noisy, of_kind)
    note = (
        "Average precision of the wrong labels where 5 % are wrong at random, and the "
        "area under their ROC curve by family and kind of noise."
    )

    def value(part, row):
        first = part is columns["AP, 5 %"]
        return part.mean(row, "average_precision" if first else "auroc")

    return columns_of("Finding wrong labels", noisy, columns, value, note)


def few_wrong(results):
    """Return in how many cells ours ranks few wrong labels no worse than each rival."""
    found = results.of([r for r in results.records if r["noise"] == "uniform5"])
    [ours] = found.ours
    mine, rows = found.over_seeds(ours, "average_precision"), []
    for row in found.ranked:
        other = found.over_seeds(row, "average_precision")
        leads = np.array([mine[key] - other[key] for key in mine.keys() & other.keys()])
        if row != ours and len(leads):
            shares = [np.mean(leads >= 0), np.mean(leads >= -NOTABLE_LOSS)]
            cells = [shown(np.mean(list(other.values())), 3, 1), f"{len(leads)}"]
            rows.append([row, *cells, *(shown(share, 0) for share in shares)])
    note = (
        "Average precision where 5 % are wrong at random, in the mean of the seeds; "
        f"the number of sets and bases, and in how many of them {ours} is not below "
        f"the row, or less than {NOTABLE_LOSS} below."
    )
    header = ["row", "AP", "cells", "not below, %", "or hardly, %"]
    return Table("Few wrong labels", header, rows, note)


def worst_means(results):
    """Return the worst change of each row by family, in the mean of the seeds."""
    plain, rows = results.over_seeds(PLAIN, results.figure), []
    for row in results.rows:
        changes = defaultdict(list)
        for key, value in results.over_seeds(row, results.figure).items():
            if key in plain:
                changes[key[1], key[2] == NONE].append(value - plain[key])
        cells = [
            shown(min(changes[family, clean], default=None), sign=True)
            for family in ("tables", "others")
            for clean in (False, True)
        ]
        rows.append([bold(row, results), *cells])
    note = "The worst change of accuracy in points, in the mean of the seeds."
    header = ["row", "tables, noise", "none", "others, noise", "none"]
    return Table("Worst cells over seeds", header, rows, note)


def means(results, figure, group=None):
    """Return the mean of a figure: by set and noise, of many by family and kind."""
    columns = grouped(results, group or of_set)
    if not group and len(columns) > MOST_COLUMNS:
        columns = grouped(results, of_kind)
    title = f"Mean {figure}"
    return columns_of(title, results, columns, lambda part, row: part.mean(row, figure))


def results_of(name, found):
    """Return the records of a suite with what it says of its rows."""
    suite = suites.load(name)
    lower = getattr(suite, "LOWER_IS_BETTER", False)
    given = (suite.FIGURES, suite.OURS, suite.REFERENCES, lower)
    return Results(list(found.values()), *given)


def tables_of(name, found):
    results = results_of(name, found)
    noisy, figures = results.part(noisy=True), results.figures
    if name == "classification":
        families = sorted(results.values_of("family"), reverse=True)
        real = results.of([r for r in results.records if r["noise"] in REAL_NOISES])
        note = "Recovery where the wrong labels are those that a set comes with."
        return {
            "losses": losses(results),
            "ranks": ranks(results),
            **{family: overview(results, family) for family in families},
            "halves": halves(results),
            "worst": worst_means(results),
            "real": recovery("Real noise", real, of_set_and_base, note),
            "detection": detection(results),
            "few": few_wrong(results),
            "real_auroc": means(real, "auroc", of_set_and_base),
        }
    if name == "parts":
        # Some rows rank the wrong labels and fit nothing.
        fitted = noisy.of([r for r in noisy.records if r[noisy.figure]])
        first = recovery("Recovery", fitted, of_half)
        note = "Recovery, with the kinds of noise together."
        second = recovery("By base and half", fitted, of_base_and_half, note)
        pools = noisy.of([r for r in noisy.records if r["method"].startswith("pool")])
        third = columns_of(
            *("Sources and pools", pools, grouped(pools, of_base_and_half)),
            lambda part, row: part.mean(row, "auroc"),
            "Area under the ROC curve of the wrong labels.",
        )
        others = {one: means(results, one, of_half) for one in figures}
        return {"recovery": first, "halves": second, "pools": third, **others}
    first = {"losses": losses(results)} if noisy.losses() else {}
    if name == "trusted":
        note = "The share of the loss by the labels as they came that is got back."
        by_share = recovery("By share", results, of_base_and_share, note)
        few = [r for r in results.records if ", 5 %" in r["noise"]]
        note = "The same with 5 % verified labels."
        by_set = recovery("By set", results.of(few), of_set_and_base, note)
        first |= {"share": by_share, "set": by_set}
    if name == "search":
        first["choice"] = choice(results, suites.load(name).AS_THEY_ARE)
    return first | {one: means(results, one) for one in figures if one != "seconds"}


def all_tables():
    """Return {"SUITE/TABLE": Table} of all results that are kept."""
    found = {}
    for path in sorted(records.FOLDER.glob("*.csv")):
        if path.stem in suites.names():
            for name, table in tables_of(path.stem, records.read(path)[0]).items():
                found[f"{path.stem}/{name}"] = table
    for name, parts in earlier.read().items():
        found[f"earlier/{name}"] = Table(*parts)
    return found


def refreshed(text, tables):
    """Return a text with its marked tables written anew."""

    def write(match):
        if match["name"] not in tables:
            raise KeyError(
                f"A text marks the benchmark table {match['name']!r}, but the results "
                f"have only: {', '.join(tables)}."
            )
        return f"{match['open']}\n{tables[match['name']].rst()}\n{match['end']}"

    return BLOCK.sub(write, text)


def marked_files():
    return [path for pattern in MARKED for path in sorted(ROOT.glob(pattern))]


def write_all():
    tables = all_tables()
    for path in marked_files():
        text = path.read_text(encoding="utf-8")
        if (new := refreshed(text, tables)) != text:
            path.write_text(new, encoding="utf-8")
            print(f"written: {path.relative_to(ROOT)}")


def write_pages(folder):
    """Write a page of the documentation for each suite that has results."""
    folder.mkdir(exist_ok=True)
    for path in sorted(records.FOLDER.glob("*.csv")):
        if path.stem in suites.names():
            text = page_of(path, folder=folder)
            (folder / f"{path.stem}.rst").write_text(text, encoding="utf-8")
    # Cells are plain text: stars and bars of others' names are no markup here.
    parts = [_section(Table(*parts)) for parts in earlier.read().values()]
    parts.insert(0, earlier.INTRODUCTION)
    (folder / "earlier.rst").write_text("\n".join(parts), encoding="utf-8")


def page_of(path, suite=None, folder=None):
    """Return the tables of a file of results, losses first, and its runs.

    With a folder, the mean ranks are drawn there.
    """
    found, runs = records.read(path)
    # A file of sets of one's own is called SUITE-FOLDER.csv.
    name = suite or Path(path).stem.partition("-")[0]
    title = name.replace("_", " ").capitalize()
    parts = [_title(title, "="), suites.load(name).__doc__]
    for key, table in tables_of(name, found).items():
        # A figure that no record has makes no table.
        parts += [_section(table)] if table.rows or table.note else []
        drawn = folder and key == "ranks"
        if drawn and draw_ranks(name, found, folder / f"{name}.svg"):
            alt = "Mean ranks of the rows with their 95 % intervals; lower is better"
            parts.append(f".. image:: {name}.svg\n   :alt: {alt}\n")
    parts.append(f"{_title('Runs', '-')}")
    parts += [f"- Run {number}: ``{about}``" for number, about in runs.items()]
    return "\n".join(parts) + "\n"


def _section(table):
    return f"{_title(table.title, '-')}\n{table.note}\n\n{table.rst()}"


def _title(text, line):
    return f"\n{text}\n{line * len(text)}\n"


def draw_ranks(name, found, path):
    """Draw the mean ranks with their intervals; return whether matplotlib is here."""
    try:
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
    except ImportError:
        return False
    noisy = results_of(name, found).part(noisy=True)
    families = noisy.values_of("family")
    figure = Figure(figsize=(8, 0.3 * len(noisy.ranked) + 1), layout="constrained")
    axes = figure.subplots(1, len(families), sharex=True, squeeze=False)[0]
    for ax, family in zip(axes, families, strict=True):
        ranked = noisy.part(family=family).mean_ranks()
        order = sorted(ranked, key=lambda row: -ranked[row][0])
        for height, row in enumerate(order):
            mean, low, high = ranked[row]
            color = "C1" if row in noisy.ours else "C0"
            ax.plot([low, high], [height, height], color=color, linewidth=2)
            ax.plot([mean], [height], "o", color=color)
        ax.set_yticks(range(len(order)), order)
        ax.set(title=family, xlabel="mean rank (lower is better)")
    FigureCanvasSVG(figure).print_svg(path)
    return True
