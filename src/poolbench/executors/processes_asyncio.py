"""processes/asyncio: so many processes with an event loop in each, and so many coroutines on it."""

from __future__ import annotations

from poolbench.executors.processes_threads import two_levels

KIND = two_levels("asyncio", asynchronous=True)
