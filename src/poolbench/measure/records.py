"""What the records of a batch say: spans, workers, processes, CPU."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from poolbench.executors.base import is_far
from poolbench.results.columns import Span

if TYPE_CHECKING:
    from collections.abc import Container

    from poolbench.executors.base import Batch


def spans(batch: Batch, wrong: Container[int]) -> list[Span]:
    """One for each record, in the order of tasks; those of `wrong` are not ok."""
    began, workers = batch.began, _numbered(batch)
    return [
        Span(
            task,
            workers.get(raw[0], -1),
            submitted - began,
            raw[1] - began,
            raw[3] - began,
            raw[4] - raw[2],
            task not in wrong,
        )
        for task, submitted, raw in sorted(batch.records, key=lambda record: record[0])
    ]


def _numbered(batch: Batch) -> dict[Any, int]:
    """Workers in the order in which they started their first task."""
    numbers: dict[Any, int] = {}
    for _, _, raw in sorted(batch.records, key=lambda record: record[2][1]):
        if raw[0] is not None:
            numbers.setdefault(raw[0], len(numbers))
    return numbers


def processes(batch: Batch | None) -> set[int]:
    """Those of this machine in which tasks ran."""
    workers = {raw[0] for _, _, raw in batch.records} if batch else set()
    return {worker[0] for worker in workers if isinstance(worker, tuple) and not is_far(worker)}


def cpu_elsewhere(batch: Batch) -> float:
    """CPU seconds of workers in other processes, from their first task's start to their last one's end.

    Hand-over between tasks is inside. Threads that a task starts in such a worker are not.
    """
    first: dict[Any, float] = {}
    last: dict[Any, float] = {}
    for _, _, raw in batch.records:
        worker = raw[0]
        if isinstance(worker, tuple) and worker[0] != os.getpid():
            first[worker] = min(first.get(worker, raw[2]), raw[2])
            last[worker] = max(last.get(worker, raw[4]), raw[4])
    return sum(last[worker] - first[worker] for worker in first)
