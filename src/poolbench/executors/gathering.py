"""Waits until a pool really has all its workers: each holds one task that does not end before all have one.

Pools start lazily, and a pool whose workers are still being born makes the first tasks of a batch look slow. One
connection per worker works alike for threads, processes, interpreters and whatever else runs `attend` here.
"""

from __future__ import annotations

import selectors
import socket
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from contextlib import nullcontext
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any

from poolbench.executors.patience import START_S, TaskTimeoutError
from poolbench.executors.worker import GO, READY, Parcel, attend
from poolbench.interrupts import held, shielded

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence
    from concurrent.futures import Executor

_LOOK_EVERY_S = 0.05
"""How often the workers that have not answered are asked whether they failed."""
_BACKLOG = 4096
_STARTS = 10
"""Workers that are missing after `START_S`, and after so many times what the first of them took, never come."""


def gather(
    executor: Executor,
    parcel: Parcel,
    errands: Iterable[Sequence[Any]],
    role: Callable[..., Any] = attend,
    patience_s: float | None = None,
) -> list[Hashable]:
    """One worker for each of `errands`, the items that it runs once it is set up; says who they are.

    `role` is what each of them does: another `attend` where workers are coroutines. Raises what the first failing
    worker raised, and TaskTimeoutError once none answers for `patience_s`. Errors of the items themselves are dropped.
    """
    with (
        socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG) as listener,
        selectors.DefaultSelector() as selector,
    ):
        address = listener.getsockname()
        # A worker that was half born would die with a traceback, or be known to nobody.
        with shielded(), held() if hasattr(executor, "_processes") else nullcontext():
            futures = [executor.submit(role, parcel, address, items) for items in errands]
        lines: list[socket.socket] = []
        try:
            selector.register(listener, selectors.EVENT_READ)
            _hear(listener, selector, futures, lines, patience_s)
            for line in lines:
                line.sendall(GO)
        except BaseException:
            for future in futures:
                future.cancel()
            raise
        finally:
            # Hanging up ends the wait of those that are left when one has failed.
            for line in lines:
                line.close()
        return [future.result() for future in futures]


def _hear(
    listener: socket.socket,
    selector: selectors.BaseSelector,
    futures: list[Future[Hashable]],
    lines: list[socket.socket],
    patience_s: float | None = None,
) -> None:
    missing, first_s = len(futures), inf
    began = heard = monotonic()
    while missing:
        ready = selector.select(_LOOK_EVERY_S)
        for key, _ in ready:
            if key.fileobj is listener:
                line, _address = listener.accept()
                lines.append(line)
                selector.register(line, selectors.EVENT_READ)
            elif _answers(key.fileobj):
                missing -= 1
                first_s = min(first_s, monotonic() - began)
            else:
                # A worker that died; its future tells why a little later than its line.
                selector.unregister(key.fileobj)
                _raise_failures(futures, _LOOK_EVERY_S)
        if ready:
            heard = monotonic()
        else:
            _raise_failures(futures, 0)
            if monotonic() - began > max(START_S, _STARTS * first_s if first_s < inf else 0):
                raise TimeoutError(f"{len(futures) - missing} of {len(futures)} workers came")
            if patience_s is not None and monotonic() - heard > patience_s:
                raise TaskTimeoutError(patience_s)


def _answers(line: Any) -> bool:
    try:
        return bool(line.recv(1) == READY)
    except ConnectionError:
        return False


def _raise_failures(futures: list[Future[Hashable]], timeout_s: float) -> None:
    for future in wait(futures, timeout=timeout_s, return_when=FIRST_EXCEPTION).done:
        future.result()
