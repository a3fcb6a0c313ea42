"""Jobs that do as their items say and note what happened in a file, which every kind of worker can append to."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from poolbench.workloads.base import Workload

_serial = count()
_PATIENCE_S = 60.0
"""Longer than that a task waits for another only if that never comes."""
_AFTER_S = 0.1
"""It lets the one that came end first."""

Item = tuple[str, Any]
"""What to do, and with what: `give` a number times ten, `raise` a ValueError, `nap` for seconds, ..."""


class StubbornError(Exception):
    """Cannot be pickled, and its text cannot be read."""

    def __init__(self) -> None:
        super().__init__(threading.Lock())

    def __str__(self) -> str:
        raise RuntimeError("no text")


class Log:
    """Lines in a file; an append of one short line is never torn."""

    def __init__(self, path: str) -> None:
        self.path = path

    def add(self, *words: object) -> None:
        """Appends one line."""
        line = os.open(self.path, os.O_APPEND | os.O_CREAT | os.O_WRONLY)
        os.write(line, (" ".join(map(str, words)) + "\n").encode())
        os.close(line)

    def lines(self, first: str) -> list[str]:
        """Those that begin with `first`."""
        text = Path(self.path).read_text() if Path(self.path).exists() else ""
        return [line for line in text.splitlines() if line.startswith(first)]


_RAISED: dict[str, type[BaseException]] = {"stubborn": StubbornError, "interrupt": KeyboardInterrupt}


def act(item: Item) -> Any:
    """One item, but for those that wait."""
    verb, argument = item
    if verb == "raise":
        raise ValueError(argument)
    if verb == "exit":
        sys.exit("leaving")
    if verb == "die":
        os._exit(7)
    if verb in _RAISED:
        raise _RAISED[verb]
    if verb == "cancel":
        raise asyncio.CancelledError("mine")
    if verb == "lock":
        return threading.Lock()
    if verb == "await" and not Path(argument).exists():
        raise TimeoutError("nobody came")
    if verb == "touch":
        Path(argument).touch()
        return "touched"
    return argument * 10 if verb in ("give", "warm") else argument


def _wait_s(item: Item) -> float:
    """The longest that an item waits."""
    return float(item[1]) if item[0] == "nap" else _PATIENCE_S if item[0] == "await" else 0.0


def _there(item: Item) -> bool:
    """Whether a file that is waited for exists."""
    return item[0] == "await" and Path(item[1]).exists()


@dataclass(frozen=True)
class Acting:
    """What both jobs note."""

    log: str
    breaks: str = ""
    """`setup`: raises in every set-up; `second`: in all but the first; `die`: ends the process; `close`: on closing."""

    def begin(self) -> str:
        """Notes a set-up; its context names the worker and the set-up."""
        worker = f"{os.getpid()}-{threading.get_ident()}"
        context = f"{worker} {next(_serial)}"
        Log(self.log).add("setup", context)
        if self.breaks == "die":
            os._exit(7)
        if self.breaks == "setup":
            raise RuntimeError("no client here")
        if self.breaks == "second":
            # The first to make the file is the only one that is set up.
            os.close(os.open(f"{self.log}.first", os.O_CREAT | os.O_EXCL))
        return context

    def end(self, context: str) -> None:
        """Notes that a context was given back."""
        Log(self.log).add("close", context)
        if self.breaks == "close":
            raise OSError("cannot close")


class ActingJob(Acting):
    """For workers that call plain functions."""

    def setup(self) -> str:
        return self.begin()

    def run(self, context: str, item: Item) -> Any:
        Log(self.log).add("run", item[0], f"{os.getpid()}-{threading.get_ident()}", context)
        end = time.monotonic() + _wait_s(item)
        while time.monotonic() < end and not _there(item):
            time.sleep(0.001)
        time.sleep(_AFTER_S * _there(item))
        return act(item)

    def close(self, context: str) -> None:
        self.end(context)


class AsyncActingJob(Acting):
    """For coroutines."""

    async def setup(self) -> str:
        return self.begin()

    async def run(self, context: str, item: Item) -> Any:
        Log(self.log).add("run", item[0], "loop", context)
        if item[0] == "interrupt":
            signal.raise_signal(signal.SIGINT)  # a loop is told of Ctrl-C, its tasks do not raise it
        await asyncio.sleep(0)
        end = time.monotonic() + _wait_s(item)
        while time.monotonic() < end and not _there(item):
            await asyncio.sleep(0.001)
        await asyncio.sleep(_AFTER_S * _there(item))
        return act(item)

    async def close(self, context: str) -> None:
        self.end(context)


class ActingWorkload(Workload):
    """A given batch of such items."""

    def __init__(self, items: list[Item], log: Path, breaks: str = "") -> None:
        super().__init__("acting", {}, given=items)
        self.log = Log(str(log))
        self._breaks = breaks

    def items(self, count: int) -> list[Item]:
        return list(self.given or ())[:count]

    def warmup(self, workers: int) -> list[Item]:
        return [("warm", 0)] * workers

    def job(self, workers: int) -> ActingJob:
        return ActingJob(self.log.path, self._breaks)

    def async_job(self, workers: int) -> AsyncActingJob:
        return AsyncActingJob(self.log.path, self._breaks)
