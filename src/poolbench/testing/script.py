"""An executor that runs nothing: it invents exact times, so that what reads them can be tested on known answers."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from poolbench.executors.base import Batch, Kind, Strategy
from poolbench.workloads.base import Stateless, Workload

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poolbench.executors.records import Record
    from poolbench.testing.clock import FakeClock

Service = Callable[[int, int, float], float]
"""Seconds of a task, from its number, the worker count and the time at which it starts."""


@dataclass
class Script:
    """What the executor does."""

    clock: FakeClock
    service: Service = lambda _task, _workers, _now: 1.0
    """Noise, drift and curves of any kind are a function of these."""
    startup_s: float = 0.0
    cpu_share: float = 0.0
    """Of a task's seconds, spent on the CPU."""
    failures: Mapping[int, str] = field(default_factory=dict)
    """Task number to its error."""
    breaks: BaseException | None = None
    """Raised in place of running the batch."""


class ScriptedPool:
    """Tasks go, in order, to the worker that is free first: a greedy schedule, as every real pool has."""

    def __init__(self, script: Script, workers: int) -> None:
        self._script = script
        self._workers = workers
        self.patience_s: float | None = None

    def open(self) -> None:
        """Takes `startup_s`."""
        self._script.clock.sleep(self._script.startup_s)

    def warm(self, items: Sequence[Any]) -> None:
        """Takes no time."""

    def run(self, items: Sequence[Any]) -> Batch:
        """The schedule."""
        script, began = self._script, self._script.clock()
        if script.breaks is not None:
            raise script.breaks
        free = [(began, worker) for worker in range(self._workers)]
        records: list[Record] = []
        for task in range(len(items)):
            start, worker = heapq.heappop(free)
            end = start + script.service(task, self._workers, start)
            error = script.failures.get(task, "")
            cpu_s = (end - start) * script.cpu_share
            records.append((task, began, (worker, start, 0.0, end, cpu_s, items[task], error)))
            heapq.heappush(free, (end, worker))
        script.clock.now = max((record[2][3] for record in records), default=began)
        return Batch(began, script.clock(), records)

    def close(self) -> None:
        """Nothing runs."""


@dataclass(frozen=True)
class _Nothing(Stateless):
    def run(self, context: None, item: Any) -> Any:
        del context
        return item


class _Numbers(Workload):
    """Its items are numbers, its values the same numbers."""

    def items(self, count: int) -> Sequence[int]:
        return range(count)

    def job(self, workers: int) -> _Nothing:
        del workers
        return _Nothing()

    def check(self, item: Any, value: Any) -> str:
        return "" if item == value else f"{value!r} is not {item!r}"


def scripted_workload(name: str = "scripted") -> Workload:
    """A workload for `scripted` strategies: task i is the number i."""
    return _Numbers(name, {})


def scripted(script: Script, name: str = "threads") -> Strategy:
    """A strategy that does as `script` says, and calls itself `name`."""
    return Strategy(Kind(name, lambda _workload, workers, _options: ScriptedPool(script, workers)), {})
