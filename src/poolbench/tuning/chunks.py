"""Small tasks are handed to worker processes many at a time, or handing them over would cost as much as they do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from poolbench.units import split

if TYPE_CHECKING:
    from poolbench.executors.base import Strategy
    from poolbench.measure.machine import Machine
    from poolbench.measure.pilot import Pilot

_SMALL_S = 1e-3
"""Longer tasks lose at most a tenth: handing one over takes some 0.1 ms."""
_CHUNK_S = 5e-3
"""So long a chunk loses 2 %."""
_CHUNKS_A_CORE = 4
"""At least so many of a given job, or some cores would be done long before others."""
_SIZES = (1000, 500, 200, 100, 50, 20, 10, 5, 2)


def chunked(strategy: Strategy, look: Pilot, tasks: int | None, machine: Machine) -> Strategy:
    """The same with a chunksize that fits the tasks, where it has such an option that nobody set.

    `tasks`: of a given job; None where batches are as long as they need to be.
    """
    if strategy.options.get("chunksize") != "1" or look.task_s >= _SMALL_S:
        return strategy
    most = _CHUNK_S / look.task_s
    if tasks is not None:
        most = min(most, tasks / (_CHUNKS_A_CORE * machine.cores))
    size = next((each for each in _SIZES if each <= most), 1)
    return replace(strategy, options={**strategy.options, "chunksize": str(size)})


def plain(strategy: Strategy) -> Strategy:
    """The same with one task at a time, as the library has it when nothing is said."""
    if "chunksize" not in strategy.options:
        return strategy
    return replace(strategy, options={**strategy.options, "chunksize": "1"})


def size_of(options: str) -> int:
    """Tasks that are handed over at a time, by an executor's options as in the CSV."""
    found = split(options).get("chunksize", "")
    return int(found) if found.isdecimal() else 1
