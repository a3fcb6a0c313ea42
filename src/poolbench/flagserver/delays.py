"""How long each request takes and whether it fails: pure functions of the seed, the country and the task.

The same task is as slow, and fails in the same way, in every cell of a sweep: all cells do equal work.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poolbench.flagserver.options import ServerOptions

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15
_UNIT = 2.0**-53
_FAULT_STREAM = 0x5851F42D4C957F2D  # faults are drawn apart from delays: a slow item is no likelier to fail


def stream(seed: int, cc: str) -> int:
    """Return the start of the random sequence that belongs to one country, a 64-bit number."""
    digest = blake2b(f"{seed}:{cc.upper()}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def uniform(start: int, task: int) -> float:
    """Return the number in [0, 1) at place `task` of the sequence that begins at `start`.

    SplitMix64 (Steele, Lea and Flood 2014): any place is reached at once, for about a microsecond.
    """
    mixed = (start + (task + 1) * _STEP) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((mixed ^ (mixed >> 31)) >> 11) * _UNIT


def delay_s(options: ServerOptions, start: int, task: int) -> float:
    """Seconds that task `task` of the country whose `stream` is `start` is asked to take."""
    if not options.jitter_s:
        return options.latency_s
    return options.latency_s + options.jitter_s * uniform(start, task)


def fault(options: ServerOptions, start: int, task: int) -> str:
    """Return the kind of fault of that task, empty if it succeeds."""
    if not options.error_rate:
        return ""
    drawn = uniform(start ^ _FAULT_STREAM, task)
    if drawn >= options.error_rate:
        return ""
    # Below the rate the draw is again uniform: it picks the kind as well.
    return options.faults[int(drawn / options.error_rate * len(options.faults))]
