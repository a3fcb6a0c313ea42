"""Measures one choice of a search: a trial with a batch of whole rounds, its row kept like that of any sweep."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

from poolbench.analysis.summary import rate_of
from poolbench.measure.cells import Cell, Place
from poolbench.measure.sweep import verify_undisturbed
from poolbench.measure.trial import run_trial

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from poolbench.executors.base import Strategy
    from poolbench.measure.machine import Machine
    from poolbench.measure.pilot import Pilot
    from poolbench.measure.sweep import Sink
    from poolbench.results.columns import Trial
    from poolbench.tuning.evidence import Choice
    from poolbench.workloads.base import Workload


@dataclass
class Bench:
    """All that a trial needs but the choice."""

    workload: Workload
    strategies: Mapping[str, Strategy]
    """By the names of lanes."""
    pilot: Pilot
    machine: Machine
    tasks: int | None
    """Of a given job; None sizes batches so that all trials take about as long, whatever their workers."""
    sink: Sink
    name: str
    clock: Callable[[], float] = perf_counter
    patience_s: float | None = None
    """Seconds that a task may take; None: as long as the workload says."""
    trials: list[Trial] = field(default_factory=list)
    _visits: Counter[Choice] = field(default_factory=Counter)

    @property
    def rate(self) -> str:
        """Which throughput counts, as in `Summary.rate`."""
        return "steady" if self.tasks is None else "makespan"

    def cell(self, choice: Choice) -> Cell:
        """Of the sweep that this search is."""
        strategy = self.strategies[choice.lane]
        tasks = self.tasks or self.pilot.tasks(strategy.kind, choice.workers, self.machine)
        return Cell(self.workload, strategy, choice.workers, tasks)

    def measure(self, choice: Choice) -> tuple[Trial, float | None, float]:
        """The row, tasks per second (None if it does not count), and the seconds that it took in all.

        CutShortError where a task that cannot be ended goes on computing: it would slow every later trial.
        """
        began = self.clock()
        # The k-th run of a choice stands in block k, as if each pass over the choices were one.
        place = Place(self.name, self._visits[choice], len(self.trials))
        cell = self.cell(choice)
        trial, spans, _ = run_trial(cell, place, clock=self.clock, patience_s=self.patience_s)
        self._visits[choice] += 1
        self.sink.add(trial, spans)
        self.trials.append(trial)
        verify_undisturbed(cell)
        return trial, rate_of(trial, self.rate), self.clock() - began

    def runs(self, choice: Choice) -> int:
        """How many there were, whatever came of them."""
        return self._visits[choice]

    def of(self, choice: Choice) -> list[Trial]:
        """The rows of a choice that count."""
        key = self.cell(choice).key[2:]
        return [
            each for each in self.trials if each.outcome == "ok" and (each.executor, each.options, each.workers) == key
        ]


def snapped(workers: int, tasks: int) -> int:
    """The fewest workers that do `tasks` equal tasks in as many rounds as `workers` do."""
    rounds = -(-tasks // workers)
    return -(-tasks // rounds)
