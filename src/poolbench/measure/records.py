"""What the records of a batch say: spans, workers, processes, CPU."""

from __future__ import annotations

import os
from array import array
from collections.abc import Sequence
from operator import sub
from typing import TYPE_CHECKING, Any, overload

from poolbench.executors.base import describe, is_far, one_line
from poolbench.executors.records import Columns
from poolbench.results.columns import Span

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from poolbench.executors.base import Batch
    from poolbench.workloads.base import Workload


_TIMEOUTS = ("Timeout", "TimeoutError")
"""How clients name the errors of theirs that say so."""


class Spans(Sequence[Span]):
    """One for each record, in the order of tasks; those of `wrong` are not ok. Made as they are asked for."""

    def __init__(self, batch: Batch | None = None, wrong: Container[int] = ()) -> None:
        self._of = batch.columns if batch else Columns()
        self._began = batch.began if batch else 0.0
        self._order = self._of.order()
        self._numbers = _numbered(self._of)
        self._wrong = wrong

    @property
    def finished_s(self) -> Sequence[float]:
        """Of all, in the order of records, as are the next two."""
        began = self._began
        return array("d", (each - began for each in self._of.finished))

    @property
    def latency_s(self) -> Sequence[float]:
        """Started to finished."""
        return array("d", map(sub, self._of.finished, self._of.started))

    @property
    def queue_s(self) -> Sequence[float]:
        """Submitted to started."""
        return array("d", map(sub, self._of.started, self._of.submitted))

    @property
    def good(self) -> int:
        """How many are ok."""
        return sum(task not in self._wrong for task in self._of.tasks)

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, at: int) -> Span: ...
    @overload
    def __getitem__(self, at: slice) -> list[Span]: ...
    def __getitem__(self, at: int | slice) -> Span | list[Span]:
        places = self._order[at]
        return self._span(places) if isinstance(places, int) else [self._span(each) for each in places]

    def __iter__(self) -> Iterator[Span]:
        return map(self._span, self._order)

    def _span(self, at: int) -> Span:
        of, began, task = self._of, self._began, self._of.tasks[at]
        submitted_s, started_s, finished_s = (each[at] - began for each in (of.submitted, of.started, of.finished))
        cpu_s = of.cpu_finished[at] - of.cpu_started[at]
        return Span(task, self._numbers[of.who[at]], submitted_s, started_s, finished_s, cpu_s, task not in self._wrong)


def _numbered(of: Columns) -> list[int]:
    """Of each worker its number, in the order in which they started their first task; -1 for none."""
    first = dict.fromkeys(range(len(of.workers)), float("inf"))
    for who, started in zip(of.who, of.started, strict=True):
        if started < first[who]:
            first[who] = started
    known = [who for who in sorted(first, key=first.__getitem__) if of.workers[who] is not None]
    return [known.index(who) if who in known else -1 for who in first]


def failures(batch: Batch, items: Sequence[Any], workload: Workload) -> dict[int, str]:
    """Why tasks failed, in their order: their own errors, or what the workload says of their values."""
    of, found = batch.columns, {}
    for at in of.order():
        task = of.tasks[at]
        if reason := of.errors.get(at) or _judged(workload, items, task, of.values[at]):
            found[task] = reason
    return found


def _judged(workload: Workload, items: Sequence[Any], task: int, value: Any) -> str:
    try:
        reason = workload.check(items[task], value)
        return one_line(reason) if reason else ""
    except KeyboardInterrupt:
        raise
    except BaseException as problem:  # noqa: BLE001  a value that cannot even be looked at is a wrong one
        return describe(problem)


def processes(batch: Batch | None) -> set[int]:
    """Those of this machine in which tasks ran."""
    workers: list[Any] = batch.columns.workers if batch else []
    return {worker[0] for worker in workers if isinstance(worker, tuple) and not is_far(worker)}


def cpu_elsewhere(batch: Batch) -> float:
    """CPU seconds of workers in other processes, from their first task's start to their last one's end.

    Hand-over between tasks is inside. Threads that a task starts in such a worker are not.
    """
    of = batch.columns
    first: dict[int, float] = {}
    last: dict[int, float] = {}
    others = {who for who, worker in enumerate(of.workers) if _elsewhere(worker)}
    for who, before, after in zip(of.who, of.cpu_started, of.cpu_finished, strict=True):
        if who in others:
            first[who] = min(first.get(who, before), before)
            last[who] = max(last.get(who, after), after)
    return sum(last[who] - first[who] for who in first)


def _elsewhere(worker: Any) -> bool:
    return isinstance(worker, tuple) and worker[0] != os.getpid()


def outcome(tasks: int, good: int, wrong: Mapping[int, str]) -> tuple[str, str]:
    """Of a batch of so many tasks that nothing else went wrong with, and the reason: that of its first failure."""
    if good == tasks:
        return "ok", ""
    reason = next(iter(wrong.values()), "no answer")
    kind = "timeout" if reason.partition(":")[0].endswith(_TIMEOUTS) else "failed"
    return kind, f"{tasks - good} of {tasks} tasks: {reason}"
