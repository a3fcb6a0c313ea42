"""What a sweep says of conditions that it did not measure: another wait, another CPU cost, more workers.

The machine-repairman model (see `limits`) with the wait changed and with the CPU per task that the sweep measured at
each worker count. How far to trust it is told by the sweep itself: the model against what was measured there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from poolbench.analysis.curves import TOLERANCE
from poolbench.analysis.explain import demand
from poolbench.analysis.limits import Demand, limits
from poolbench.levels import levels
from poolbench.units import seconds, split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolbench.analysis.model import Curve, Summary


@dataclass(frozen=True)
class Point:
    """A worker count under other conditions."""

    workers: int
    per_s: float
    """Expected."""
    limit_per_s: float
    bound_by: str
    measured_here: bool
    """The sweep has this worker count; others take their CPU per task from their neighbours."""


@dataclass(frozen=True)
class Prediction:
    """One curve under other conditions."""

    curve: Curve
    points: tuple[Point, ...]
    knee: Point
    """The fewest workers within 5 % of the best."""
    error: float
    """Median distance of model and measurement in the sweep itself, as a share."""
    worst: float
    """The largest such distance."""

    @property
    def reaches(self) -> bool:
        """Whether the knee lies among worker counts that were measured."""
        return self.knee.workers <= max(cell.workers for cell in self.curve.cells)


def predict(
    summary: Summary, workers: Sequence[int], *, wait_s: float | None = None, cpu_s: float | None = None
) -> list[Prediction]:
    """A prediction for each curve of `summary` that has costs.

    `wait_s`: latency in place of the sweep's parameter `latency`, or of the whole wait where there is none.
    `cpu_s`: CPU per task, in place of what was measured.
    """
    found = [_predicted(summary, curve, workers, wait_s, cpu_s) for curve in summary.curves]
    return [each for each in found if each is not None]


def _predicted(
    summary: Summary, curve: Curve, workers: Sequence[int], wait_s: float | None, cpu_s: float | None
) -> Prediction | None:
    asked = {cell.workers: each for cell in curve.cells if cell.per_s and (each := demand(cell, summary)) is not None}
    if not asked:
        return None
    counts = [count for count in workers if _whole(curve, count)] or sorted(asked)
    points = tuple(_point(count, asked, _extra_s(summary, wait_s), cpu_s) for count in counts)
    best = max(point.per_s for point in points)
    knee = next(point for point in points if point.per_s >= (1 - TOLERANCE) * best)
    misses = [abs(cell.limits.model / cell.per_s - 1) for cell in curve.cells if cell.per_s and cell.limits]
    return Prediction(curve, points, knee, median(misses or [1.0]), max(misses, default=1.0))


def _whole(curve: Curve, workers: int) -> bool:
    """Whether a curve of two levels can have so many: as many in each outer worker."""
    found = levels(curve.executor, curve.options)
    return found is None or found.each(workers) is not None


def _extra_s(summary: Summary, wait_s: float | None) -> float:
    """What the other latency adds to a task's wait; may be negative."""
    if wait_s is None:
        return 0.0
    base = summary.baseline
    wait_now = 1 / (base.per_s or 1.0) - (base.costs.cpu_per_task_s if base.costs else 0.0)
    latency = split(summary.params).get("latency")
    return wait_s - (seconds(latency) if latency else wait_now)


def _point(workers: int, asked: dict[int, Demand], extra_s: float, cpu_s: float | None) -> Point:
    here = _between(asked, workers)
    wait_s = max(here.service_s - here.idle_cpu_s + extra_s, 0.0)
    if cpu_s is not None:
        server_s = here.machine_cpu_s - here.cpu_s
        here = replace(here, cpu_s=cpu_s, idle_cpu_s=cpu_s, machine_cpu_s=cpu_s + server_s)
    service_s = max(wait_s + here.idle_cpu_s, 1e-9)
    found = limits(replace(here, service_s=service_s), workers, workers)
    return Point(workers, found.model, found.lowest, found.name, workers in asked)


def _between(asked: dict[int, Demand], workers: int) -> Demand:
    """CPU per task between measured worker counts by log-log interpolation; beyond them, that of the last."""
    known = sorted(asked)
    here = asked[min(known, key=lambda count: abs(np.log(count / workers)))]
    places = np.log(known)

    def between(values: Sequence[float]) -> float:
        return float(np.exp(np.interp(np.log(workers), places, np.log(np.maximum(values, 1e-9)))))

    return replace(
        here,
        cpu_s=between([asked[count].cpu_s for count in known]),
        machine_cpu_s=between([asked[count].machine_cpu_s for count in known]),
    )
