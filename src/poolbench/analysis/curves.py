"""From cells to curves: peaks, knees, and who wins if anyone does."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from poolbench.analysis.model import CellSummary, Curve
from poolbench.analysis.planes import TOLERANCE as TOLERANCE
from poolbench.analysis.planes import holder, in_planes
from poolbench.analysis.planes import key_of as plane_of
from poolbench.levels import levels, telling
from poolbench.palette import LIGHT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from poolbench.analysis.statistics import Fit


def curves_of(cells: Iterable[CellSummary], fit: Fit) -> list[Curve]:
    """One for each executor with its options, in the order of the palette: a strategy has one place everywhere."""
    lanes: dict[tuple[int, str, int, str], list[CellSummary]] = defaultdict(list)
    for cell in cells:
        found = levels(cell.executor, cell.options)
        lanes[lane_rank(cell.executor), cell.executor, found.count if found else 0, cell.options].append(cell)
    curves = _named([_curve(sorted(lane, key=_workers), fit) for _, lane in sorted(lanes.items())])
    return in_planes(curves)


def lane_rank(executor: str) -> int:
    """The place of an executor wherever several are listed."""
    known = list(LIGHT)
    return known.index(executor) if executor in known else len(known)


def _workers(cell: CellSummary) -> int:
    return cell.workers


def _curve(cells: Sequence[CellSummary], fit: Fit) -> Curve:
    measured = [cell for cell in cells if cell.per_s is not None]
    peak = max(measured, key=lambda cell: cell.per_s or 0.0, default=None)
    enough = (1 - TOLERANCE) * (peak.per_s or 0.0) if peak else 0.0
    knee = next((cell for cell in measured if (cell.per_s or 0.0) >= enough), None)
    knee_ci = _knee_ci(measured, peak, fit) if peak else None
    return Curve(cells[0].executor, cells[0].options, tuple(cells), peak, knee, knee_ci)


def _knee_ci(measured: Sequence[CellSummary], peak: CellSummary, fit: Fit) -> tuple[int, int] | None:
    """From the first count that may be within tolerance of the peak to the first that surely is."""
    low = high = peak.workers
    for cell in reversed([each for each in measured if each.workers < peak.workers]):
        ratio = fit.ratio(cell.key, peak.key)
        interval = ratio.interval if ratio else None
        if interval is None:
            return None
        if interval.high >= 1 - TOLERANCE:
            low = cell.workers
        if interval.low >= 1 - TOLERANCE:
            high = cell.workers
    return (low, high) if peak.ci else None


def _named(curves: Sequence[Curve]) -> list[Curve]:
    """With the options that tell curves of one executor apart."""
    named = []
    for curve in curves:
        siblings = [other.options for other in curves if other.executor == curve.executor]
        named.append(replace(curve, telling=telling(curve.executor, curve.options, siblings)))
    return named


def winner(curves: Sequence[Curve]) -> tuple[Curve | None, tuple[Curve, ...]]:
    """The curve with the highest peak if that is above the baseline, and those that it cannot be told from."""
    best = max((each for each in curves if each.peak), key=_height, default=None)
    best = holder(best, curves) if best else None
    if best is None or not _beats_baseline(best):
        return None, ()
    others = [each for each in curves if each is not best and not (plane_of(each) and plane_of(each) == plane_of(best))]
    return best, tuple(each for each in others if each.peak and _close(best, each))


def _height(curve: Curve) -> float:
    return (curve.peak.per_s if curve.peak else None) or 0.0


def _beats_baseline(curve: Curve) -> bool:
    """Surely faster than one at a time; without an interval, faster at least."""
    if curve.knee is None or curve.knee.speedup is None:
        return False
    low = curve.knee.speedup_ci.low if curve.knee.speedup_ci else curve.knee.speedup
    return low > 1


def _close(best: Curve, other: Curve) -> bool:
    """Whether what `best` is recommended for may be no more than `other` can do: then neither wins."""
    ours = best.knee.ci if best.knee else None
    theirs = other.peak.ci if other.peak else None
    return ours is None or theirs is None or ours.low <= theirs.high
