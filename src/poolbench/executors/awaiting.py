"""What runs inside a coroutine that is a worker of a pool: as in `worker`, awaited."""

from __future__ import annotations

import asyncio
import os
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from poolbench.executors.coroutines import timed
from poolbench.executors.worker import GO, READY

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from poolbench.executors.records import Raw
    from poolbench.executors.worker import Parcel

_serial = count()


@dataclass(frozen=True)
class _State:
    """What one worker holds for one job."""

    parcel: Parcel
    context: Any
    identity: Hashable


_worker: ContextVar[_State | None] = ContextVar("worker", default=None)
"""A task has a context of its own for as long as it runs."""
_set_up: list[_State] = []
"""All of this process."""


async def _state(parcel: Parcel) -> _State:
    state = _worker.get()
    if state is None or state.parcel is not parcel:
        job: Any = parcel.job
        state = _State(parcel, await job.setup(), (os.getpid(), next(_serial)))
        _worker.set(state)
        _set_up.append(state)
    return state


async def give_back() -> None:
    """What the workers of this process were set up with; one that raises does not keep the others open."""
    closing = [_closing(_set_up.pop()) for _ in range(len(_set_up))]
    await asyncio.gather(*closing, return_exceptions=True)


async def _closing(state: _State) -> None:
    job: Any = state.parcel.job
    await job.close(state.context)


async def work(parcel: Parcel, item: Any) -> Raw:
    """One task, with its times."""
    state = await _state(parcel)
    job: Any = parcel.job
    return await timed(job.run, state.context, item, state.identity)


async def attend(parcel: Parcel, address: tuple[str, int], items: Sequence[Any]) -> Hashable:
    """Sets this worker up, runs `items`, and holds it until all its siblings are there; says which worker it is."""
    worker = (await _state(parcel)).identity
    for item in items:
        await work(parcel, item)
    reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(READY)
        if await reader.read(1) != GO:
            raise ConnectionAbortedError("the pool was closed while its workers gathered")
    finally:
        writer.close()
    return worker
