"""The words of the tuner's evidence: the advice, how sure it is, and what each line is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poolbench.charts import findings, labels, style
from poolbench.charts.ends import End, label
from poolbench.charts.labels import Box, Room, beside
from poolbench.charts.text import fit, plain, shorten, shorten_path
from poolbench.words import noun, parameters, share, times, workers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poolbench.analysis.evidence import Advice, Case
    from poolbench.charts.evidence import Frame

_SHORT = 18
_LONGEST_FACT = 70
_RING = 9.0
_STEPS = 24
_BASELINE, _ALONE = "sequential", "one at a time"


def title(case: Case) -> str:
    """What to use, and what else the data allow."""
    advice = case.advice
    if advice is None:
        return "Use one at a time: nothing is faster" if case.best_per_s else "Nothing to recommend: no run succeeded"
    if not advice.conclusive:
        return _unsettled(advice)
    low, high = advice.workers_range
    who = workers(shorten(plain(advice.executor), _SHORT), advice.workers)
    return f"Use {who}; the data allow {low} to {high}" if low != high else f"Use {who}; no other count is likely"


def _unsettled(advice: Advice) -> str:
    """What may be the answer, in any lane."""
    low, high = advice.workers_range
    many = _ALONE if advice.executor == _BASELINE else workers(shorten(plain(advice.executor), _SHORT), high)
    others = [_ALONE if each == _BASELINE else shorten(plain(each), _SHORT) for each in advice.others]
    span = f"{low} to {many}" if low != high else many
    if others:
        return f"{span[0].upper()}{span[1:]} may be best, or {' or '.join(others)}: run more"
    return f"{span} all fit the data: run more" if low != high else f"{span}, but not for sure: run more"


def reading(case: Case) -> list[str]:
    """What lines and bars mean, and what they cost."""
    runs = sum(len(row.runs) for row in case.rows)
    took = f" in {case.measured_s / 60:.1f} min" if case.measured_s and case.measured_s >= 60 else ""
    took = took or (f" in {case.measured_s:.0f} s" if case.measured_s else "")
    says = ["markers: centre of the runs at a count", "band: 95 % CI", "dots: single runs"]
    says += ["red ×: failed runs"] if any(row.failed for row in case.rows) else []
    return [*says, f"{runs:,} runs{took}"]


def write(frame: Frame) -> None:
    """Every word of the chart."""
    case, look, figure = frame.case, frame.look, frame.figure
    style.heading(figure, look, title(case), reading(case), _ring_says(frame))
    style.unit(figure, look, frame.unit.words)
    below = float(figure.get_figheight()) - labels.frame(frame.lower).y1 / style.INCH - 0.14
    style.unit(figure, look, "chance that this count is the answer", below)
    style.caption(figure, look, _provenance(case))
    room = _room(frame)
    _ring(frame, room)
    if len(frame.lanes) > 1:
        label(figure, look, room, list(_ends(frame)))
    _baseline(frame, room)
    _enough(frame, room)


def _ring_says(frame: Frame) -> list[str]:
    case = frame.case
    if case.advice is None:
        return []
    ring = [f"ring: few workers, within {share(case.tolerance)} of the peak"] if frame.chosen else []
    return [*ring, f"upright band: {case.range_name} of the answer"]


def _provenance(case: Case) -> list[str]:
    machine = str(case.machine.get("text") or case.machine.get("python") or "")
    what = " ".join([case.workload, *parameters(case.params, "=")])
    facts = [shorten(plain(each), _LONGEST_FACT) for each in (machine, what, case.started_at[:10])]
    return [each for each in [*facts, shorten_path(plain(case.source), _LONGEST_FACT)] if each]


def _room(frame: Frame) -> Room:
    """Take the upper axes with lanes, runs and levels in it."""
    axes, factor = frame.upper, frame.unit.factor
    room = Room(labels.frame(axes))
    for rows in frame.lanes.values():
        centres = [(row.workers, row.per_s * factor) for row in rows if row.per_s]
        if centres:
            room.lines.append(labels.along(labels.points(axes, *zip(*centres, strict=True))))
        runs = [(row.workers, run * factor) for row in rows for run in row.runs]
        if runs:
            room.lines.append(labels.points(axes, *zip(*runs, strict=True)))
    for level in (frame.case.baseline_per_s, _level(frame.case)):
        if level:
            y = labels.points(axes, [1], [level * factor])[0, 1]
            room.lines.append(labels.along(np.array([[room.bounds.x0, y], [room.bounds.x1, y]])))
    return room


def _level(case: Case) -> float | None:
    return (1 - case.tolerance) * case.best_per_s if case.best_per_s else None


def _ring(frame: Frame, room: Room) -> None:
    """`24 workers, 11.9×` above the ring, and the range beside it."""
    if frame.chosen is None:
        return
    advice, row = frame.chosen
    x, y = (float(e) for e in labels.points(frame.upper, [row.workers], [(row.per_s or 0.0) * frame.unit.factor])[0])
    room.words.append(Box(x - _RING, y - _RING, x + _RING, y + _RING))
    count = findings.plural(advice.workers)
    gain = times(advice.speedup) if advice.speedup is not None else frame.unit.short(advice.per_s)
    words = f"{count}, {gain}"
    if len(frame.lanes) > 1:
        words = f"{shorten(plain(advice.lane), 2 * _SHORT)}: {words}"
    colour = frame.look.of(advice.executor)
    text = style.write(frame.figure, 0, 0, words, style.RING, colour, frame.look.bg, weight=style.SEMIBOLD)
    size = labels.box(fit(text, 0.7 * room.bounds.width))
    seat = room.seat(text, _around(size, x, y))
    if seat is None:
        return
    low, high = advice.workers_range
    note = f"{frame.case.range_name} {low}–{high}" if low != high else f"{frame.case.range_name} {low}"
    text = style.write(frame.figure, 0, 0, note, style.NOTE, frame.look.text2, frame.look.bg)
    size, base = labels.box(text), seat.y0 + 1.5
    sides = ((seat.x1 + 8, 0.0, base), (seat.x0 - 8, 1.0, base))
    room.seat(text, [beside(size, at, up, left, 0) for at, left, up in sides] + [beside(size, x, seat.y1 + 3, 0.5, 0)])


def _around(size: Box, x: float, y: float) -> Iterator[Box]:
    for up in (13.0, 20.0, 30.0, -15.0, -26.0, -40.0, -60.0, -80.0):
        for left in (0.5, 0.8, 0.2, 0.95, 0.05):
            yield beside(size, x, y + up, left, 0.0 if up > 0 else 1.0)


def _ends(frame: Frame) -> Iterator[End]:
    """Each lane named where it ends, with its highest centre."""
    for rows in frame.lanes.values():
        known = [row for row in rows if row.per_s]
        executor, telling = rows[0].executor, rows[0].telling
        notes = [(plain(telling), frame.look.text2)] if telling else []
        if known:
            peak = max(known, key=lambda row: row.per_s or 0.0)
            notes.append((f"peak {frame.unit.short(peak.per_s or 0.0)} at {peak.workers}", frame.look.text2))
        else:
            notes.append(("no run succeeded", frame.look.bad))
        last = known[-1] if known else rows[-1]
        x, y = labels.points(frame.upper, [last.workers], [(last.per_s or 0.0) * frame.unit.factor])[0]
        yield End(float(x), float(y), frame.look.of(executor), plain(executor), tuple(notes))


def _baseline(frame: Frame, room: Room) -> None:
    per_s = frame.case.baseline_per_s
    if per_s is not None:
        words = f"sequential baseline: {frame.unit.short(per_s, noun(frame.case.workload))} = 1×"
        _on_level(frame, room, words, per_s, frame.look.ink, 0.95)


def _enough(frame: Frame, room: Room) -> None:
    level = _level(frame.case)
    if level is not None:
        _on_level(frame, room, f"{share(1 - frame.case.tolerance)} of the peak", level, frame.look.text2, 0.1)


def _on_level(frame: Frame, room: Room, words: str, per_s: float, colour: str, wanted: float) -> None:
    """Words just above or below a level line, as near as can be to the share `wanted` of its length."""
    text = style.write(frame.figure, 0, 0, words, style.NOTE, colour, frame.look.bg)
    y = float(labels.points(frame.upper, [1], [per_s * frame.unit.factor])[0, 1])
    size, bounds = labels.box(text), room.bounds
    shares = sorted((each / _STEPS for each in range(_STEPS + 1)), key=lambda each: abs(each - wanted))
    room.seat(
        text,
        [
            beside(size, bounds.x0 + 3 + each * (bounds.width - size.width - 6), y + up, 0, below)
            for up, below in ((2.5, 0.0), (-2.5, 1.0))
            for each in shares
        ],
    )
