"""How many workers of each executor this machine allows."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from poolbench.measure.machine import free_bytes, room_for
from poolbench.tuning.evidence import Choice

if TYPE_CHECKING:
    from poolbench.executors.base import Kind, Strategy
    from poolbench.measure.machine import Machine
    from poolbench.tuning.bench import Bench

Weighed = tuple[Choice, "float | None", float]
"""A run as the search is told of it."""
MOST_WORKERS = 64
PROCESSES_PER_CORE = 8
"""Beyond that, more of them have never been seen to help, and each costs tens of megabytes."""
_MEMORY_SHARE = 0.5
"""Of what is free, for all workers together."""
_WEIGHED = 1, 2
"""Workers with which a pool of processes is weighed."""


@dataclass(frozen=True)
class Room:
    """How many workers fit, and what set that number."""

    most: int
    why: str = ""
    """Empty where it is what was asked for."""


def room(kind: Kind, asked: int | None, tasks: int | None, machine: Machine) -> Room:
    """For `kind`: at most what was `asked`, `tasks` of a given batch, and what open files allow."""
    most = asked or MOST_WORKERS
    if kind.elsewhere and asked is None:
        most = min(most, PROCESSES_PER_CORE * machine.cores)
    found = Room(min(most, kind.most_workers or most, tasks or most))
    allowed, why = room_for(processes=kind.elsewhere)
    return Room(allowed, f"{why} {allowed} workers") if allowed < found.most else found


def fits(room_: Room, one_bytes: int | None, two_bytes: int | None) -> Room:
    """Of worker processes, weighed by the first two: the peak memory with one of them and with two."""
    if not one_bytes or not two_bytes or two_bytes <= one_bytes:
        return room_
    each = two_bytes - one_bytes
    most = max(int(_MEMORY_SHARE * free_bytes() / each), 2)
    return Room(most, f"memory allows {most} of {each / 2**20:.0f} MB each") if most < room_.most else room_


def weigh(name: str, strategy: Strategy, bench: Bench, asked: int | None, until: float) -> tuple[Room, list[Weighed]]:
    """Worker processes are weighed by the first two, whose runs count like any other; none is begun after `until`."""
    found, runs = room(strategy.kind, asked, bench.tasks, bench.machine), list[Weighed]()
    peaks: list[int | None] = []
    for n in _WEIGHED if strategy.kind.elsewhere and found.most > max(_WEIGHED) else ():
        if perf_counter() < until:
            trial, per_s, spent_s = bench.measure(Choice(name, n))
            runs.append((Choice(name, n), per_s, spent_s))
            peaks.append(trial.peak_rss_bytes)
    return fits(found, *peaks) if len(peaks) == len(_WEIGHED) else found, runs
