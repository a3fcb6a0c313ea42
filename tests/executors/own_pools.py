"""Executors as a user would write them."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any


class Handed(Executor):
    """Hands on to threads, and like many takes only what it must: `shutdown` knows no `cancel_futures`."""

    def __init__(self, workers: int) -> None:
        self._threads = ThreadPoolExecutor(workers)

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        return self._threads.submit(function, *args, **kwargs)

    def shutdown(self, wait: bool = True) -> None:  # type: ignore[override]
        self._threads.shutdown(wait)


def handed(workers: int) -> Executor:
    return Handed(workers)


KEPT: list[Executor] = []


class Leaky(Handed):
    """Its workers outlive it."""

    def shutdown(self, wait: bool = True) -> None:  # type: ignore[override]
        KEPT.append(self._threads)


def leaky(workers: int) -> Executor:
    return Leaky(workers)


def lazy(workers: int) -> Executor:
    """Never more than one worker, whatever it is asked for."""
    return ThreadPoolExecutor(1)


def broken(workers: int) -> Executor:
    raise OSError("no queue")


def nothing(workers: int) -> list[int]:
    return [workers]


number = 3
