"""Two sweeps cell by cell: what both measured, with which parameters, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from poolbench.analysis.comparison import MARGIN, verdicts
from poolbench.analysis.curves import lane_rank
from poolbench.analysis.grid import cells, grid, rate_kind
from poolbench.analysis.origins import by_origin
from poolbench.analysis.statistics import fit_matrix
from poolbench.errors import UsageError
from poolbench.levels import telling
from poolbench.units import split
from poolbench.words import lane, parameters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poolbench.analysis.estimate import Estimate
    from poolbench.analysis.model import Interval
    from poolbench.analysis.origins import Origin
    from poolbench.analysis.statistics import Cell, Fit
    from poolbench.results.columns import Trial
    from poolbench.results.table import Table

WORST = 0.2
"""A comparison that cannot rule out a slowdown by so much is inconclusive."""
Group = tuple[str, str]
"""Workload and parameters."""


@dataclass(frozen=True)
class Side:
    """One of two sweeps."""

    source: str
    origin: Origin
    started_at: str
    rows: Table

    @property
    def blocks(self) -> int:
        """Over all workloads."""
        return self.rows.blocks


@dataclass(frozen=True)
class Change:
    """One cell in both."""

    workload: str
    params: str
    """Of the new sweep."""
    old_params: str
    executor: str
    options: str
    telling: str
    """Of `options` those that tell it from another lane of its executor."""
    workers: int
    old_per_s: float
    new_per_s: float | None
    """None where every run failed."""
    ratio: float | None
    """New over old."""
    ratio_ci: Interval | None
    """95 %; None with a single block."""
    verdict: str
    """`faster`, `slower`, `no change`, `unclear`, or `failed` where no run of the new sweep succeeded."""

    @property
    def name(self) -> str:
        """`processes start=spawn`."""
        return f"{lane(self.executor, self.options)} {self.telling}".strip()


@dataclass(frozen=True)
class Comparison:
    """All cells that both sweeps have."""

    old: Side
    new: Side
    rows: tuple[Change, ...]
    missing: int
    """Cells that only one of them has."""
    margin: float

    def counted(self, verdict: str) -> int:
        """How many cells came out so."""
        return sum(row.verdict == verdict for row in self.rows)


def side(source: str, trials: Table | Sequence[Trial]) -> Side:
    """A sweep to compare. UsageError if its rows come from several machines or interpreters, or are none."""
    origins = by_origin(trials)
    if not origins:
        raise UsageError(f"{source} has no rows", "name a sweep that measured something")
    if len(origins) > 1:
        raise UsageError(
            f"{source} holds rows of {len(origins)} machines or interpreters",
            "compare files that were measured on one each",
        )
    [(origin, rows)] = origins.items()
    return Side(source, origin, rows.words["started_at"].least(), rows)


def compare(old: Side, new: Side, *, margin: float = MARGIN, across: bool = False) -> Comparison:
    """Every cell that both measured. UsageError where a workload's parameters differ, unless `across` them."""
    groups = tuple(each.rows.split("workload", "params") for each in (old, new))
    pairs = _pairs(groups[0], groups[1], new.source, across=across)
    rows: list[Change] = []
    ratios: list[Estimate | None] = []
    for before, after in pairs:
        found = _cells(groups[0][before], groups[1][after], before, after)
        rows += [row for row, _ in found]
        ratios += [ratio for _, ratio in found]
    known = [ratio for ratio in ratios if ratio is not None]
    called = iter(verdicts(known, margin))
    judged = [replace(row, verdict=next(called)) if r is not None else row for row, r in zip(rows, ratios, strict=True)]
    seen = sum(len(cells(rows)) for group in groups for rows in group.values())
    return Comparison(old, new, tuple(judged), seen - 2 * len(rows), margin)


def status(found: Comparison, fail_on: str = "") -> int:
    """0 as asked; 1 where `fail_on` holds; 4 where it cannot be told.

    It cannot be told if no cell is in both; or, with `fail_on`, if a cell has a single block or its interval allows a
    slowdown by more than WORST.
    """
    if not found.rows:
        return 4
    if not fail_on:
        return 0
    if found.counted("slower") or found.counted("failed"):
        return 1
    blind = [row for row in found.rows if row.ratio_ci is None or row.ratio_ci.low < 1 - WORST]
    return 4 if blind else 0


def _pairs(
    old: Mapping[Group, object], new: Mapping[Group, object], source: str, *, across: bool
) -> list[tuple[Group, Group]]:
    """The same workload with the same parameters; with `across`, also the only ones that are left of it."""
    pairs = [(group, group) for group in old if group in new]
    for workload in dict.fromkeys(workload for workload, _ in old):
        before = [group for group in old if group[0] == workload and group not in new]
        after = [group for group in new if group[0] == workload and group not in old]
        if not before or not after:
            continue
        if not across:
            raise UsageError(
                f"{workload} has other parameters in {source}: {_difference(before[0][1], after[0][1])}",
                "sweep again with the same --set, or compare all the same with --across",
            )
        if len(before) > 1 or len(after) > 1:
            raise UsageError(
                f"{workload} has several sets of parameters that are not in both, of them {len(after)} in {source}",
                "sweep the same --set again",
            )
        pairs.append((before[0], after[0]))
    return sorted(pairs)


def _difference(old: str, new: str) -> str:
    """`latency 50ms, then 20ms`."""
    before, after = split(old), split(new)
    keys = [key for key in sorted(before | after) if before.get(key) != after.get(key)]
    return "; ".join(f"{key} {before.get(key) or 'none'}, then {after.get(key) or 'none'}" for key in keys)


def changed_parameters(row: Change) -> str:
    """What differs between the two, for a note; nothing where they are the same."""
    return "" if row.params == row.old_params else _difference(row.old_params, row.params)


def described(row: Change) -> str:
    """The new sweep's parameters, for people."""
    return ", ".join(parameters(row.params))


def _cells(old: Table, new: Table, before: Group, after: Group) -> list[tuple[Change, Estimate | None]]:
    """A change for each cell that both have, by executor and workers; without ratio where the new one failed."""
    rate = rate_kind(old, new)
    fits = _fit(old, rate), _fit(new, rate)
    common = sorted(set(cells(old)) & set(cells(new)), key=lambda cell: (lane_rank(cell[0]), *cell))
    found = []
    for cell in common:
        was, now = (each.throughput(cell, elsewhere=True) for each in fits)
        if was is None:
            continue  # it failed then: whatever it does now is no change of speed
        ratio = now.over(was) if now else None
        found.append((_change(before, after, cell, common, was, now, ratio), ratio))
    return found


def _fit(rows: Table, rate: str) -> Fit:
    found = grid(rows, rate)
    return fit_matrix(found.cells, found.rates)


def _change(
    before: Group,
    after: Group,
    cell: Cell,
    common: Sequence[Cell],
    was: Estimate,
    now: Estimate | None,
    ratio: Estimate | None,
) -> Change:
    executor, options, workers = cell
    return Change(
        workload=after[0],
        params=after[1],
        old_params=before[1],
        executor=executor,
        options=options,
        telling=telling(executor, options, [other for name, other, _ in common if name == executor]),
        workers=workers,
        old_per_s=was.value,
        new_per_s=now.value if now else None,
        ratio=ratio.value if ratio else None,
        ratio_ci=ratio.interval if ratio else None,
        verdict="failed" if ratio is None else "unclear",
    )
