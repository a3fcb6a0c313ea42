"""What happened in one trial: how many tasks waited, ran and were done at each moment, and what each worker ran."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import accumulate
from math import isfinite
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from poolbench.analysis.model import CellSummary, Curve, Summary
    from poolbench.results.columns import Span
    from poolbench.results.spans import TrialKey


@dataclass(frozen=True)
class Lane:
    """One worker."""

    worker: int
    spans: tuple[Span, ...]
    """In the order of their start."""
    busy: float
    """Share of the trial's time in which it ran a task."""


@dataclass(frozen=True)
class Moment:
    """Tasks by state from `at_s` on; a pending task has not started, whether or not it was submitted yet."""

    at_s: float
    pending: int
    running: int
    finished: int


@dataclass(frozen=True)
class Timeline:
    """One trial."""

    executor: str
    workers: int
    block: int
    of_blocks: int
    wall_s: float
    """To the end of the last task."""
    lanes: tuple[Lane, ...]
    """By the number of the worker; none for a worker that never ran anything."""
    moments: tuple[Moment, ...]
    busy: float
    """Share of all workers' time in which they ran a task."""
    median_s: float
    """Of the tasks' times."""
    slowest: Span
    drain_s: float
    """From the start of the last task to the end: no work is left for workers that get free."""
    failed: int
    options: str = ""
    """Of the executor."""

    @property
    def tasks(self) -> int:
        """In the batch."""
        return sum(len(lane.spans) for lane in self.lanes)


def timeline(summary: Summary, spans: Mapping[TrialKey, Sequence[Span]]) -> Timeline | None:
    """The trial that tells most: the knee of the best curve, in the first block of which there are spans.

    Where there are none of it, the nearest worker count of that curve, and then of the others.
    """
    for curve in _by_height(summary):
        for cell in _by_distance(curve):
            blocks = sorted(key.block for key in spans if _belongs(key, summary, cell))
            for key in (key for key in spans if blocks and key.block == blocks[0] and _belongs(key, summary, cell)):
                found = of_trial(cell.executor, cell.workers, spans[key], key.block, summary.blocks, cell.options)
                if found is not None:
                    return found
    return None


def _by_height(summary: Summary) -> list[Curve]:
    """The best curve first, then by their peaks."""
    able = [curve for curve in summary.curves if curve.peak]
    return sorted(able, key=lambda curve: (curve != summary.best, -((curve.peak and curve.peak.per_s) or 0.0)))


def _by_distance(curve: Curve) -> list[CellSummary]:
    """Cells of a curve, those that are nearest to its knee first."""
    at = curve.knee.workers if curve.knee else 1
    return sorted(curve.cells, key=lambda cell: (max(cell.workers / at, at / cell.workers), cell.workers))


def _belongs(key: TrialKey, summary: Summary, cell: CellSummary) -> bool:
    mine = (summary.workload, summary.params, *cell.key)
    return (key.workload, key.params, key.executor, key.options, key.workers) == mine


def of_trial(
    executor: str, workers: int, spans: Iterable[Span], block: int = 0, blocks: int = 1, options: str = ""
) -> Timeline | None:
    """What `spans` say; None where none of them has times, as of workers that crashed."""
    timed = sorted((span for span in spans if _timed(span)), key=lambda span: (span.started_s, span.task))
    if not timed:
        return None
    wall_s = max(span.finished_s for span in timed)
    by_worker: dict[int, list[Span]] = defaultdict(list)
    for span in timed:
        by_worker[span.worker].append(span)
    lanes = tuple(Lane(worker, tuple(mine), _busy(mine, wall_s)) for worker, mine in sorted(by_worker.items()))
    return Timeline(
        executor=executor,
        workers=workers,
        block=block,
        of_blocks=blocks,
        wall_s=wall_s,
        lanes=lanes,
        moments=tuple(_moments(timed)),
        busy=sum(lane.busy for lane in lanes) / workers,
        median_s=median(map(_spent, timed)),
        slowest=max(timed, key=_spent),
        drain_s=wall_s - timed[-1].started_s,
        failed=sum(not span.ok for span in timed),
        options=options,
    )


def _timed(span: Span) -> bool:
    return isfinite(span.started_s) and isfinite(span.finished_s) and span.finished_s > 0


def _spent(span: Span) -> float:
    return span.finished_s - span.started_s


def _busy(spans: Sequence[Span], wall_s: float) -> float:
    return min(1.0, sum(map(_spent, spans)) / wall_s)


def _moments(spans: Sequence[Span]) -> list[Moment]:
    """From the start on, one for each task that starts or ends."""
    changes = sorted([(0.0, 0, 0), *((span.started_s, 1, 0) for span in spans), *((s.finished_s, 0, 1) for s in spans)])
    started = accumulate(start for _, start, _ in changes)
    finished = accumulate(end for _, _, end in changes)
    total = len(spans)
    return [
        Moment(at_s, total - begun, begun - done, done)
        for (at_s, _, _), begun, done in zip(changes, started, finished, strict=True)
    ]
