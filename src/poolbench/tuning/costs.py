"""What a worker costs beside others: of what is within tolerance, the cheapest is recommended."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poolbench.executors.base import Kind

_COSTS = {"sequential": 0.1, "asyncio": 0.8, "threads": 1.0, "interpreters": 4.0}
"""Beside a thread. A coroutine has its connections and buffers like one, and only its stack is smaller: where the two
do the same it is asyncio, where that cannot be told soon either will do."""
DEAR = 8.0
"""A worker process."""


def cost(kind: Kind) -> float:
    """Of one worker."""
    return _COSTS.get(kind.name, DEAR if kind.elsewhere else 1.0)
