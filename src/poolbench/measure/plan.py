"""What a sweep will run: its cells, how often, in which order."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from poolbench import executors
from poolbench.errors import UsageError
from poolbench.executors.base import settle
from poolbench.measure.cells import Cell
from poolbench.measure.crossing import able
from poolbench.measure.pilot import pilot
from poolbench.units import shown, some_seconds, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from poolbench.executors.base import Strategy
    from poolbench.measure.machine import Machine
    from poolbench.measure.pilot import Pilot
    from poolbench.workloads.base import Workload

FEWEST_BLOCKS = 3
"""Fewer give no interval worth the name."""
_DEFAULT_BUDGET_S = 60.0
_DEFAULT_MOST_BLOCKS = 10
_PRECISION_MOST_BLOCKS = 100
_FEWEST_COUNTS = 3
"""A worker list is not thinned below first, middle and last."""


@dataclass(frozen=True)
class Rule:
    """When a sweep ends: after so many blocks, at a precision, or when its time is up."""

    repeats: int | None = None
    precision: float | None = None
    """Half of the widest speed-up's interval over the speed-up itself."""
    budget_s: float | None = _DEFAULT_BUDGET_S
    most_blocks: int = _DEFAULT_MOST_BLOCKS

    @property
    def text(self) -> str:
        """For the JSON and the heading."""
        if self.repeats is not None:
            return "1 block" if self.repeats == 1 else f"{self.repeats} blocks"
        if self.precision is not None:
            return f"until ±{self.precision:.1%}"
        return f"for {self.budget_s:g} s"

    def over(self, blocks: int, passed_s: float, precision: Callable[[], float]) -> bool:
        """Whether to stop after so many `blocks` that took `passed_s`; `precision` is asked only if it matters."""
        if self.repeats is not None:
            return blocks >= self.repeats
        if blocks < FEWEST_BLOCKS:
            return False
        if blocks >= self.most_blocks:
            return True
        if self.precision is not None:
            return precision() <= self.precision
        # One more block would overrun the budget.
        return passed_s * (blocks + 1) / blocks > (self.budget_s or 0)


def seed_of(given: int | None) -> int:
    """What was `given`, or any other; UsageError unless it is a whole number, 0 or more."""
    if given is None:
        return random.SystemRandom().randrange(2**31)
    found = whole(given)
    if found is None or found < 0:
        raise UsageError(f"cannot use the seed {shown(given)}", "give a whole number, 0 or more")
    return found


def rule(repeats: int | None, precision: float | None, budget_s: float | None) -> Rule:
    """The rule for at most one of the three; without any, a minute or ten blocks, whichever is less.

    UsageError where one of them is no such number: a program may give anything.
    """
    if sum(each is not None for each in (repeats, precision, budget_s)) > 1:
        raise UsageError("repeats, precision and budget exclude each other", "give one of them")
    if repeats is not None:
        often = whole(repeats)
        if often is None or often < 1:
            raise UsageError(f"cannot repeat {shown(repeats)} times", "give --repeats 3 or more, a whole number")
        return Rule(repeats=often, budget_s=None, most_blocks=often)
    if precision is not None:
        if not isinstance(precision, int | float) or not 0 < precision < 1:
            raise UsageError(f"cannot use the precision {shown(precision)}", "give a share: 0.03 for 3 %")
        return Rule(precision=precision, budget_s=None, most_blocks=_PRECISION_MOST_BLOCKS)
    if budget_s is not None:
        if some_seconds(budget_s, "budget_s") == 0:
            raise UsageError("no sweep ends in no time", "give a budget of some seconds")
        return Rule(budget_s=budget_s, most_blocks=10**6)
    return Rule()


@dataclass(frozen=True)
class Wish:
    """One workload (entered) and what to run it with."""

    workload: Workload
    strategies: Sequence[Strategy]
    counts: Callable[[Strategy], tuple[int, ...]]
    """The worker counts for an executor that was named without its own."""
    fixed_counts: bool
    """The user named them; they are not thinned."""
    tasks: int | None
    """The user's number of tasks; None for a given batch or one that is sized here."""
    named: bool = False
    """The user named the executors; none is left out without an error."""


@dataclass(frozen=True)
class Plan:
    """All that a sweep needs beside its pools."""

    cells: tuple[Cell, ...]
    rule: Rule
    seed: int
    cold: bool = False
    block_s: float = 0.0
    """Seconds that a block should take."""
    thinned: bool = False
    """Worker counts were left out to fit three blocks into the budget."""
    task_timeout_s: float | None = None
    """Seconds that a task may take; None: as long as its workload says."""

    def order(self, block: int) -> list[Cell]:
        """All cells once, shuffled by seed and block, so that drift of the machine favours none."""
        cells = list(self.cells)
        random.Random(f"{self.seed}:{block}").shuffle(cells)  # noqa: S311  nothing secret
        return cells

    def expected_trials(self) -> int:
        """How many rows there will be, as far as is known now."""
        most = self.rule.most_blocks
        if self.rule.budget_s is not None and self.block_s > 0:
            most = min(most, max(FEWEST_BLOCKS, int(self.rule.budget_s / self.block_s)))
        return most * len(self.cells)

    def as_dict(self) -> dict[str, Any]:
        """For the JSON."""
        cells = [(*cell.key, cell.tasks) for cell in self.cells]
        names = ("workload", "params", "executor", "options", "workers", "tasks")
        return {
            "seed": self.seed,
            "rule": self.rule.text,
            "limits": asdict(self.rule),
            "cold": self.cold,
            "task_timeout_s": self.task_timeout_s,
            "block_s": self.block_s,
            "thinned": self.thinned,
            "cells": [dict(zip(names, cell, strict=True)) for cell in cells],
        }


@dataclass
class _Lane:
    """One executor over its worker counts, on the way to cells."""

    wish: Wish
    pilot: Pilot
    strategy: Strategy
    counts: tuple[int, ...]
    machine: Machine

    def tasks(self, workers: int) -> int:
        """In a batch."""
        if self.wish.workload.given is not None:
            return len(self.wish.workload.given)
        return self.wish.tasks or self.pilot.tasks(self.strategy.kind, workers, self.machine)

    @property
    def fixed(self) -> bool:
        """The user named its counts."""
        return self.wish.fixed_counts or bool(self.strategy.counts)

    @property
    def seconds(self) -> float:
        """That a block should spend here."""
        kind = self.strategy.kind
        return sum(self.pilot.trial_s(kind, each, self.tasks(each), self.machine) for each in self.counts)

    def cells(self) -> list[Cell]:
        """What to run."""
        return [Cell(self.wish.workload, self.strategy, each, self.tasks(each)) for each in self.counts]


def make_plan(
    wishes: Iterable[Wish],
    rule: Rule,
    seed: int,
    machine: Machine,
    *,
    cold: bool = False,
    task_timeout_s: float | None = None,
) -> Plan:
    """Sizes the batches by a pilot of each workload and fits worker lists that nobody fixed to the budget."""
    lanes = [lane for wish in wishes for lane in _lanes(wish, machine, task_timeout_s)]
    thinned = _fit(lanes, rule.budget_s / FEWEST_BLOCKS) if rule.budget_s is not None else False
    cells = tuple(cell for lane in lanes for cell in lane.cells())
    return Plan(cells, rule, seed, cold, sum(lane.seconds for lane in lanes), thinned, task_timeout_s)


def _lanes(wish: Wish, machine: Machine, task_timeout_s: float | None) -> Iterator[_Lane]:
    found = pilot(wish.workload, task_timeout_s)
    baseline = settle(executors.kind(executors.BASELINE), {})
    yield _Lane(wish, found, baseline, (1,), machine)
    for strategy in able(wish.workload, wish.strategies, found, named=wish.named):
        yield _Lane(wish, found, strategy, strategy.counts or wish.counts(strategy), machine)


def _fit(lanes: Sequence[_Lane], block_s: float) -> bool:
    """Thins the costliest worker lists until a block fits; whether it had to."""
    thinned = False
    while sum(lane.seconds for lane in lanes) > block_s:
        free = [lane for lane in lanes if not lane.fixed and thin(lane.counts) != lane.counts]
        if not free:
            break
        costliest = max(free, key=lambda lane: lane.seconds)
        costliest.counts, thinned = thin(costliest.counts), True
    return thinned


def thin(counts: tuple[int, ...]) -> tuple[int, ...]:
    """Every other count with the first and the last; never fewer than first, middle and last."""
    if len(counts) <= _FEWEST_COUNTS:
        return counts
    return tuple(sorted({*counts[::2], counts[-1]}))
