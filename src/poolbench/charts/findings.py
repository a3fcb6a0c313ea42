"""What a chart of a sweep says in words: its title, what its marks mean, where its numbers come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolbench.charts.scene import MOST_DOTS
from poolbench.charts.text import plain, shorten, shorten_path
from poolbench.levels import levels
from poolbench.words import does, figures, lane, noun, parameters, times, workers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from poolbench.analysis.model import CellSummary, Curve, Summary

LONGEST_TITLE = 64
_LONGEST_FACT = 70
_NAME = 14
"""Letters of an executor's name in a title that says more beside it."""
SLOW = 0.05
"""Below this many tasks per second, people count by the hour."""
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def title(summary: Summary) -> str:
    """Say the finding in one sentence of at most 64 characters."""
    if summary.best is None:
        return _no_winner(summary)
    if summary.blocks == 1:
        return _once(summary, summary.best)
    if summary.rivals:
        return _tie([summary.best, *summary.rivals])
    return _win(summary, summary.best)


def _no_winner(summary: Summary) -> str:
    succeeded = any(curve.peak for curve in summary.curves)
    baseline = summary.baseline.per_s is not None
    if succeeded:
        return "Nothing here beats one at a time" if baseline else "The baseline failed: nothing to compare with"
    return "No trial but one at a time succeeded" if baseline else "No trial succeeded"


def _once(summary: Summary, best: Curve) -> str:
    if best.knee is None:  # a curve wins by its knee
        return _no_winner(summary)
    start = "One run of each, so no verdict; fastest: "
    return start + shorten(who(best.executor, best.knee.workers, best.options, _NAME), LONGEST_TITLE - len(start))


def _tie(curves: list[Curve]) -> str:
    """Names while they fit, then how many they are."""
    end = "are too close to call"
    for names in ([curve.name for curve in curves], [lane(curve.executor, curve.options) for curve in curves]):
        *first, last = [plain(name) for name in names]
        text = f"{', '.join(first)} and {last} {end}"
        if len(set(names)) == len(names) and len(text) <= LONGEST_TITLE:
            return text[0].upper() + text[1:]
    return f"{number(len(curves)).capitalize()} executors {end}"


def _win(summary: Summary, best: Curve) -> str:
    """With the workload while that fits, then without, then with the executor's name cut."""
    knee = best.knee
    if knee is None:  # a curve wins by its knee
        return _no_winner(summary)
    work = plain(does(summary.workload))
    gain = _gain(knee)
    who = workers(plain(best.executor), knee.workers, best.options)
    plural = knee.workers != 1
    texts = [f"{who} {work} {gain}"] if plural else []
    texts.append(f"{who} {'are' if plural else 'is'} {gain}" if knee.speedup else f"Fastest: {who}, {gain}")
    fitting = next((text for text in texts if len(text) <= LONGEST_TITLE), None)
    return fitting or f"{shorten(who, LONGEST_TITLE - len(gain) - 5)} are {gain}"


def _gain(knee: CellSummary) -> str:
    if knee.speedup is not None:
        return f"{times(knee.speedup)} as fast as one at a time"
    return f"at {rate(knee.per_s or 0.0)}"


def rate(per_s: float) -> str:
    """`145 per second`; by the hour where that is easier to read."""
    return f"{figures(per_s * 3600)} per hour" if per_s < SLOW else f"{figures(per_s)} per second"


def who(executor: str, count: int, options: str, most: int) -> str:
    """`24 threads`, the name of a stranger's executor cut to `most` characters."""
    name = plain(executor) if levels(executor, options) else shorten(plain(executor), most)
    return workers(name, count, options)


def plural(count: int) -> str:
    """`1 worker`, `8 workers`."""
    return "1 worker" if count == 1 else f"{count} workers"


def number(count: int) -> str:
    """In words below ten."""
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def reading(summary: Summary) -> tuple[list[str], list[str]]:
    """Explain the marks of the throughput chart: what was measured, and what is drawn over it."""
    cells = [cell for curve in summary.curves for cell in curve.cells]
    counted = [cell for cell in cells if cell.trials]
    if not counted:
        return (["No run of any executor succeeded", "red ×: failed runs"], [])
    theory = any(sum(bool(cell.limits) for cell in curve.cells) > 1 for curve in summary.curves)
    measured = [_runs(summary, counted), _RATES.get(summary.rate, plain(summary.rate))]
    measured += ["band: 95 % CI"] if any(cell.ci for cell in counted) else []
    most = max(len(cell.runs) for cell in counted)
    measured += ["dots: single runs" if most <= MOST_DOTS else f"dots: {MOST_DOTS} of the runs"] if most > 1 else []
    over: list[str] = []
    if summary.best:
        over.append("ring: fewest workers within 5 % of the peak")
        over += ["bar on the axis: its 95 % CI"] if summary.best.knee_ci else []
    over += ["dotted: lowest limit", "thin: model"] if theory else []
    over += ["red ×: failed runs"] if any(cell.failed for cell in cells) else []
    return (measured, over)


_RATES = {"steady": "steady rate", "makespan": "whole batch, start to end"}


def _runs(summary: Summary, counted: list[CellSummary]) -> str:
    what = noun(summary.workload)
    trials, tasks = _span(cell.trials for cell in counted), _span(cell.tasks for cell in counted)
    if trials == "1":
        return f"One run of {tasks} {what}"
    return f"Centre of {trials} runs of {tasks} {what}"


def _span(values: Iterable[int]) -> str:
    found = sorted(set(values))
    return f"{found[0]:,}" if len(found) == 1 else f"{found[0]:,} to {found[-1]:,}"


def provenance(summary: Summary) -> list[str]:
    """Machine, interpreter, workload, date and file, each cut to a length that leaves room for the others."""
    machine = summary.machine
    facts = [str(machine["text"])] if machine.get("text") else [_hardware(machine), str(machine.get("system") or "")]
    if not machine.get("text"):
        facts.append(_interpreter(machine))
    what = " ".join([summary.workload, *parameters(summary.params, "=")])
    facts = [shorten(plain(each), _LONGEST_FACT) for each in [*facts, what, summary.started_at[:10]]]
    return [each for each in [*facts, shorten_path(plain(summary.source), _LONGEST_FACT)] if each]


def _hardware(machine: dict[str, Any]) -> str:
    parts = []
    if machine.get("cores"):
        parts.append(cores(machine["cores"]))
    if machine.get("memory_bytes"):
        parts.append(f"{machine['memory_bytes'] / 2**30:.0f} GiB")
    processor = str(machine.get("processor") or "")
    return ", ".join(parts) + (f" ({processor})" if processor and parts else processor)


def _interpreter(machine: dict[str, Any]) -> str:
    python = str(machine.get("python") or "")
    name = f"Python {python}" if python[:1].isdigit() else python
    gil = {True: "GIL on", False: "GIL off"}.get(machine.get("gil"), "")  # type: ignore[arg-type]
    return ", ".join(each for each in (name, gil) if each)


def cores(count: int) -> str:
    """`1 core`, `2 cores`."""
    return "1 core" if count == 1 else f"{count} cores"
