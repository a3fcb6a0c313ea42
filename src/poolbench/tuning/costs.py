"""What a worker costs beside others: of what is within tolerance, the cheapest is recommended."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poolbench.executors.base import Kind

_COSTS = {"sequential": 0.1, "interpreters": 4.0}
"""Beside a thread. A coroutine has its connections and buffers like one, and takes as much CPU and memory: downloads by
20 of either took 0.8 to 1.1 ms of CPU each, in 70 MB."""
DEAR = 8.0
"""A worker process."""


def cost(kind: Kind) -> float:
    """Of one worker."""
    return _COSTS.get(kind.name, DEAR if kind.elsewhere else 1.0)
