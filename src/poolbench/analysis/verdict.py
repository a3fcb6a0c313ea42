"""What a summary comes to, in sentences: who wins, by how much, how sure; or that it cannot be said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolbench.analysis.checks import arithmetic
from poolbench.words import figures, noun, times, workers

if TYPE_CHECKING:
    from poolbench.analysis.model import CellSummary, Curve, Interval, Summary


def span_of(interval: Interval | None) -> str:
    """` (95 % CI 11.5–12.0)`, or nothing."""
    return f" (95 % CI {interval.low:.1f}–{interval.high:.1f})" if interval else ""


def verdict(summary: Summary) -> tuple[str, ...]:
    """The sentence, and what explains it; never a winner where intervals overlap."""
    if summary.best is None:
        return _no_winner(summary)
    if not summary.certain:
        why = "One run of each" if summary.blocks < 2 else "Too few runs that count"
        return (f"{why}, so no verdict. Fastest: {_gain(summary.best)}.",)
    if summary.rivals:
        curves = (summary.best, *summary.rivals)
        return (_tie(curves), *(f"{_gain(curve)}." for curve in curves))
    return tuple(_win(summary, summary.best))


def _no_winner(summary: Summary) -> tuple[str, ...]:
    if summary.baseline.per_s is None:
        return ("The baseline failed, so there is nothing to compare with.",)
    if not any(curve.peak for curve in summary.curves):
        return ("No trial succeeded but those one at a time.",) if summary.curves else _only_baseline(summary)
    peaks = [curve.peak for curve in summary.curves if curve.peak]
    best = max(peaks, key=lambda peak: peak.speedup or 0.0)
    gain = times(best.speedup) if best.speedup else "unknown"
    most = f"{gain}{span_of(best.speedup_ci)}, {workers(best.executor, best.workers, best.options)}"
    return (f"Nothing surely beats one at a time; the most is {most}.",)


def _only_baseline(summary: Summary) -> tuple[str, ...]:
    per_s = figures(summary.baseline.per_s or 0.0)
    return (f"One at a time: {per_s} {noun(summary.workload)}/s.",)


def _tie(curves: tuple[Curve, ...]) -> str:
    *first, last = [curve.name for curve in curves]
    names = f"{', '.join(first)} and {last}"
    return f"{names[0].upper()}{names[1:]} are too close to call."


def _win(summary: Summary, best: Curve) -> list[str]:
    knee, peak = best.knee, best.peak
    if knee is None or peak is None:
        return []
    verb = "wins" if knee.workers == 1 else "win"
    gain = f"{times(knee.speedup or 1.0)} sequential{span_of(knee.speedup_ci)}"
    lines = [f"{workers(best.executor, knee.workers, best.options)} {verb}: {gain}."]
    if knee.workers != peak.workers:
        more = (peak.per_s or 0.0) / (knee.per_s or 1.0) - 1
        who = workers(best.executor, peak.workers, best.options)
        lines.append(f"{who}: {more * 100:.0f} % faster, inside the 5 % margin, so fewer win.")
    if arithmetic(summary):
        lines.append("Waiting costs nothing: this is the arithmetic of waves, not advice for work.")
    return lines


def _gain(curve: Curve) -> str:
    cell: CellSummary | None = curve.knee
    if cell is None or cell.speedup is None:
        return f"{curve.name}: no speed-up known"
    who = f"{workers(curve.executor, cell.workers, curve.options)} {curve.telling}".rstrip()
    return f"{who}: {times(cell.speedup)} sequential{span_of(cell.speedup_ci)}"
