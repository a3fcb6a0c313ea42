"""How long tasks take from start to finish as workers rise: three percentiles a worker count, and the shape between."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from poolbench.analysis.model import CellSummary, Curve, Summary
    from poolbench.results.columns import Span
    from poolbench.results.spans import TrialKey

_GRID = 120
_BINS = 400
_TAIL = 0.005
"""Share of the tasks at either end that the shape leaves out."""
_LEAST_WIDTH = 0.015
"""Of the smoothing kernel, in logs: equal times are a peak, not a line."""
_FEWEST = 5
"""Tasks that make a shape."""


@dataclass(frozen=True)
class Latency:
    """One worker count."""

    workers: int
    tasks: int
    """Behind the shape; 0 without spans."""
    p50_s: float
    p95_s: float
    p99_s: float
    shape: tuple[tuple[float, float], ...] = ()
    """Seconds, and how many tasks take about so long: a density over the logarithm of time."""


@dataclass(frozen=True)
class Latencies:
    """One curve."""

    curve: Curve
    rows: tuple[Latency, ...]
    """Ascending by workers."""

    @property
    def knee(self) -> int | None:
        """The recommended count."""
        return self.curve.knee.workers if self.curve.knee else None


def latencies(summary: Summary, spans: Mapping[TrialKey, Sequence[Span]]) -> Latencies | None:
    """Of the best curve, or the one with the highest peak; None where no time of a task is known.

    Percentiles are those of the CSV, medians over trials; where it has none, those of all spans together.
    """
    able = [curve for curve in summary.curves if curve.peak]
    for curve in sorted(able, key=lambda curve: (curve != summary.best, -((curve.peak and curve.peak.per_s) or 0.0))):
        times = _times(summary, curve, spans)
        rows = [row for cell in curve.cells if (row := _row(cell, times.get(cell.workers)))]
        if rows:
            return Latencies(curve, tuple(rows))
    return None


def _times(summary: Summary, curve: Curve, spans: Mapping[TrialKey, Sequence[Span]]) -> dict[int, NDArray[np.float64]]:
    """Seconds of every task of `curve` that succeeded, by worker count."""
    found: dict[int, list[float]] = defaultdict(list)
    mine = (summary.workload, summary.params, curve.executor, curve.options)
    for key, trial in spans.items():
        if (key.workload, key.params, key.executor, key.options) == mine:
            found[key.workers] += [span.finished_s - span.started_s for span in trial if span.ok]
    return {
        workers: np.array([each for each in times if isfinite(each) and each > 0]) for workers, times in found.items()
    }


def _row(cell: CellSummary, times: NDArray[np.float64] | None) -> Latency | None:
    costs = cell.costs
    known = (costs.latency_p50_s, cell.p95_s, costs.latency_p99_s) if costs else (None, cell.p95_s, None)
    if times is None or not times.size:
        p50, p95, p99 = known
        return Latency(cell.workers, 0, p50, p95, p99) if p50 and p95 and p99 else None
    pooled = np.quantile(times, (0.5, 0.95, 0.99))
    p50, p95, p99 = (float(from_csv or own) for from_csv, own in zip(known, pooled, strict=True))
    return Latency(cell.workers, int(times.size), p50, p95, p99, _shape(times))


def _shape(times: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    """Kernel density of log times (Silverman 1986, Density Estimation, section 3.4.2: his rule for the width)."""
    if times.size < _FEWEST:
        return ()
    logs = np.log(times)
    quarter, three = np.quantile(logs, (0.25, 0.75))
    spread = min(float(logs.std()), float(three - quarter) / 1.34) or float(logs.std())
    width = max(_LEAST_WIDTH, 0.9 * spread * logs.size**-0.2)
    low, high = np.quantile(logs, (_TAIL, 1 - _TAIL))
    # No task was faster than the fastest, whatever the kernel's tail says.
    fastest, slowest = logs.min() - _LEAST_WIDTH, logs.max() + _LEAST_WIDTH
    grid = np.linspace(max(low - 3 * width, fastest), min(high + 3 * width, slowest), _GRID)
    # Wider than the data by a kernel: times may be equal but for rounding.
    counts, edges = np.histogram(logs, bins=_BINS, range=(logs.min() - width, logs.max() + width))
    middles = (edges[1:] + edges[:-1]) / 2
    weights = np.exp(-0.5 * ((grid[:, None] - middles[None, :]) / width) ** 2) @ counts
    heights = weights / (logs.size * width * np.sqrt(2 * np.pi))
    return tuple((float(x), float(y)) for x, y in zip(np.exp(grid), heights, strict=True))
