"""From the rows of a sweep to what it says: medians, speed-ups, knees, and who wins if anyone does."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Any

from poolbench.analysis.model import CellSummary, Curve, Summary
from poolbench.analysis.statistics import Block, Estimate, estimate, logs_of, paired, pooled
from poolbench.palette import LIGHT
from poolbench.units import split

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from poolbench.results.columns import Trial

BASELINE = "sequential"
TOLERANCE = 0.05
"""The knee is the fewest workers whose throughput is within this of the best."""


def summarise(trials: Iterable[Trial], *, machine: Mapping[str, Any] | None = None, source: str = "") -> list[Summary]:
    """One summary for each workload with each of its parameters, sorted: rows come shuffled."""
    groups: dict[tuple[str, str], list[Trial]] = defaultdict(list)
    for trial in trials:
        groups[trial.workload, trial.params].append(trial)
    return [_summary(group, dict(machine or {}), source) for _, group in sorted(groups.items())]


def _summary(trials: Sequence[Trial], machine: dict[str, Any], source: str) -> Summary:
    first = trials[0]
    rate = "makespan" if len({trial.tasks for trial in trials}) == 1 else "steady"
    lanes: dict[tuple[str, str], list[Trial]] = defaultdict(list)
    for trial in trials:
        lanes[trial.executor, trial.options].append(trial)
    base = _Lane(lanes.pop((BASELINE, ""), []), rate, {})
    found = [_Lane(lane, rate, base.logs.get(1, {})) for _, lane in sorted(lanes.items(), key=_rank)]
    curves = _named([lane.curve() for lane in found])
    best, rivals = _verdict(curves)
    return Summary(
        workload=first.workload,
        params=first.params,
        rate=rate,
        blocks=len({(trial.sweep, trial.block) for trial in trials}),
        baseline=base.cell(1),
        curves=tuple(curves),
        best=best,
        rivals=rivals,
        machine={"python": first.python, "gil": first.gil, "id": first.machine} | machine,
        started_at=min(trial.started_at for trial in trials),
        source=source,
    )


def _rank(item: tuple[tuple[str, str], list[Trial]]) -> tuple[int, str, str]:
    """The order of the palette, so that a strategy has the same place everywhere."""
    (executor, options), _ = item
    known = list(LIGHT)
    return known.index(executor) if executor in known else len(known), executor, options


def rate_of(trial: Trial, rate: str) -> float | None:
    """The throughput that counts: the steady one, or over the makespan where a batch is too short for it."""
    if trial.outcome != "ok":
        return None
    return (trial.steady_per_s if rate == "steady" else None) or trial.throughput_per_s


class _Lane:
    """The trials of one executor with its options, on the way to a curve."""

    def __init__(self, trials: Sequence[Trial], rate: str, base: Mapping[Block, float]) -> None:
        self.by_workers: dict[int, list[Trial]] = defaultdict(list)
        for trial in trials:
            self.by_workers[trial.workers].append(trial)
        self.rates = {
            workers: {(trial.sweep, trial.block): per_s for trial in cell if (per_s := rate_of(trial, rate))}
            for workers, cell in self.by_workers.items()
        }
        self.logs = {workers: logs_of(rates) for workers, rates in self.rates.items()}
        self.ratios = {workers: paired(logs, base) for workers, logs in self.logs.items()}
        self.spread = pooled(self.logs.values())
        self.ratio_spread = pooled(self.ratios.values())

    def estimate(self, workers: int) -> Estimate | None:
        """Of the throughput at `workers`."""
        logs = self.logs.get(workers)
        return estimate(logs, self.spread) if logs else None

    def cell(self, workers: int) -> CellSummary:
        """Everything about one worker count."""
        trials = sorted(self.by_workers.get(workers, ()), key=lambda trial: (trial.sweep, trial.block))
        good = [trial for trial in trials if trial.outcome == "ok"]
        bad = [trial for trial in trials if trial.outcome != "ok"]
        rates = self.rates.get(workers, {})
        per_s, ratio = self.estimate(workers), self._ratio(workers)
        return CellSummary(
            executor=trials[0].executor if trials else BASELINE,
            options=trials[0].options if trials else "",
            workers=workers,
            tasks=trials[0].tasks if trials else 0,
            trials=len(good),
            failed=len(bad),
            runs=tuple(rates[block] for block in sorted(rates)),
            per_s=per_s.value if per_s else None,
            ci=per_s.interval if per_s else None,
            speedup=ratio.value if ratio else None,
            speedup_ci=ratio.interval if ratio else None,
            p95_s=median([t.latency_p95_s for t in good if t.latency_p95_s is not None] or [0.0]) or None,
            reason=bad[0].reason if bad else "",
        )

    def _ratio(self, workers: int) -> Estimate | None:
        ratios = self.ratios.get(workers)
        if ratios:
            return estimate(ratios, self.ratio_spread)
        # The baseline over itself is 1, without any doubt.
        is_base = workers == 1 and BASELINE in {trial.executor for trial in self.by_workers.get(1, ())}
        return Estimate(0.0, 0.0, 1) if is_base and self.logs.get(1) else None

    def curve(self) -> Curve:
        """All worker counts, with peak and knee."""
        cells = tuple(self.cell(workers) for workers in sorted(self.by_workers))
        measured = [cell for cell in cells if cell.per_s is not None]
        peak = max(measured, key=lambda cell: cell.per_s or 0.0, default=None)
        enough = (1 - TOLERANCE) * (peak.per_s or 0.0) if peak else 0.0
        knee = next((cell for cell in measured if (cell.per_s or 0.0) >= enough), None)
        sample = next(iter(self.by_workers.values()))[0]
        return Curve(sample.executor, sample.options, cells, peak, knee, self._knee_ci(measured, peak))

    def _knee_ci(self, measured: Sequence[CellSummary], peak: CellSummary | None) -> tuple[int, int] | None:
        """From the first count that may be within tolerance of the peak to the first that surely is."""
        at_peak = self.estimate(peak.workers) if peak else None
        if peak is None or at_peak is None or at_peak.dof < 1:
            return None
        low = high = peak.workers
        for cell in reversed([each for each in measured if each.workers < peak.workers]):
            found = self.estimate(cell.workers)
            ratio = found.over(at_peak).interval if found else None
            if ratio is not None and ratio.high >= 1 - TOLERANCE:
                low = cell.workers
            if ratio is not None and ratio.low >= 1 - TOLERANCE:
                high = cell.workers
        return low, high


def _verdict(curves: Sequence[Curve]) -> tuple[Curve | None, tuple[Curve, ...]]:
    """The curve with the highest peak if that is above the baseline, and those that it cannot be told from."""
    best = max((each for each in curves if each.peak), key=_height, default=None)
    if best is None or not _beats_baseline(best):
        return None, ()
    return best, tuple(each for each in curves if each is not best and each.peak and _close(best, each))


def _height(curve: Curve) -> float:
    return (curve.peak.per_s if curve.peak else None) or 0.0


def _beats_baseline(curve: Curve) -> bool:
    """Surely faster than one at a time; without an interval, faster at least."""
    if curve.peak is None or curve.peak.speedup is None:
        return False
    low = curve.peak.speedup_ci.low if curve.peak.speedup_ci else curve.peak.speedup
    return low > 1


def _close(best: Curve, other: Curve) -> bool:
    """Whether what `best` is recommended for may be no more than `other` can do: then neither wins."""
    ours = best.knee.ci if best.knee else None
    theirs = other.peak.ci if other.peak else None
    return ours is None or theirs is None or ours.low <= theirs.high


def _named(curves: Sequence[Curve]) -> list[Curve]:
    """With the options that tell curves of one executor apart."""
    named = []
    for curve in curves:
        siblings = [split(other.options) for other in curves if other.executor == curve.executor]
        own = split(curve.options)
        telling = [f"{key}={value}" for key, value in own.items() if any(each.get(key) != value for each in siblings)]
        named.append(replace(curve, telling=" ".join(telling)))
    return named


def widest_half_width(trials: Sequence[Trial]) -> float:
    """Over all cells: half the speed-up's interval over the speed-up. Infinite while one has none."""
    widths = []
    for summary in summarise(trials):
        for cell in (cell for curve in summary.curves for cell in curve.cells):
            interval, centre = cell.speedup_ci, cell.speedup
            widths.append((interval.high - interval.low) / 2 / centre if interval and centre else float("inf"))
    return max(widths, default=float("inf"))
