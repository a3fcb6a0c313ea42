"""What runs inside a worker that is watched: a job that says when each task starts and ends.

A worker holds a connection to the parent, as it does where pools gather: that works alike for threads, coroutines,
processes however started, and the workers of executors that are not ours. A worker on another machine has no such
connection, and tells nothing.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from poolbench.executors import awaiting
from poolbench.executors.base import describe, untravelled
from poolbench.executors.coroutines import cancelled
from poolbench.executors.worker import work

if TYPE_CHECKING:
    from poolbench.executors.records import Raw
    from poolbench.executors.worker import Parcel
    from poolbench.workloads.base import AsyncJob, Job, Tell

STARTED, ENDED, FAILED = "started", "ended", "failed"


@dataclass(frozen=True)
class Desk:
    """Where to report."""

    port: int
    """Of the parent, on 127.0.0.1."""
    token: str
    """Stands in every line, so that nobody else's is believed."""


class Line:
    """A worker's connection to the parent; silent where there is none."""

    def __init__(self, desk: Desk) -> None:
        self._token = desk.token
        try:
            self._socket: socket.socket | None = socket.create_connection(("127.0.0.1", desk.port))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            self._socket = None

    def say(self, what: str, task: int) -> None:
        """`token what task time`."""
        if self._socket is None:
            return
        try:
            self._socket.sendall(f"{self._token} {what} {task} {perf_counter()!r}\n".encode())
        except OSError:  # the parent has ended; the task goes on
            self.close()

    def close(self) -> None:
        """Hangs up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


@dataclass(frozen=True)
class Answer:
    """What a task came to: a value, or the exception itself, which `timed` would make text of."""

    value: Any = None
    problem: BaseException | None = None

    def give(self) -> Any:
        """As the task itself did."""
        if self.problem is not None:
            raise self.problem
        return self.value


@dataclass(frozen=True)
class ReportingJob:
    """A job whose items are numbered."""

    job: Job
    desk: Desk
    tell: Tell | None = None
    """Makes a result what somebody who watches is shown, or raises what is wrong with it."""

    def setup(self) -> tuple[Any, Line]:
        """The job's own, and a line."""
        return self.job.setup(), Line(self.desk)

    def run(self, context: tuple[Any, Line], item: tuple[int, Any]) -> Answer:
        """One task, between two reports."""
        (inner, line), (task, its) = context, item
        line.say(STARTED, task)
        try:
            value = self.job.run(inner, its)
            found = Answer(self.tell(its, value) if self.tell else value)
        except BaseException as problem:  # noqa: BLE001  a task that calls sys.exit has failed, no more
            found = Answer(problem=problem)
        line.say(ENDED if found.problem is None else FAILED, task)
        return found

    def close(self, context: tuple[Any, Line]) -> None:
        """Both."""
        context[1].close()
        self.job.close(context[0])


@dataclass(frozen=True)
class AsyncReportingJob:
    """The same as coroutines; its lines are too short to block the loop."""

    job: AsyncJob
    desk: Desk
    tell: Tell | None = None

    async def setup(self) -> tuple[Any, Line]:
        """The job's own, and a line."""
        return await self.job.setup(), Line(self.desk)

    async def run(self, context: tuple[Any, Line], item: tuple[int, Any]) -> Answer:
        """One task, between two reports."""
        (inner, line), (task, its) = context, item
        line.say(STARTED, task)
        try:
            value = await self.job.run(inner, its)
            found = Answer(self.tell(its, value) if self.tell else value)
        except BaseException as problem:
            found = Answer(problem=problem)
            if cancelled():
                line.say(FAILED, task)
                raise
        line.say(ENDED if found.problem is None else FAILED, task)
        return found

    async def close(self, context: tuple[Any, Line]) -> None:
        """Both."""
        context[1].close()
        await self.job.close(context[0])


def answer(parcel: Parcel, item: tuple[int, Any], *, elsewhere: bool) -> Any:
    """What is submitted: the task's value or exception becomes that of its future."""
    return _given(work(parcel, item), elsewhere=elsewhere)


async def answer_awaited(parcel: Parcel, item: tuple[int, Any], *, elsewhere: bool) -> Any:
    """The same where workers are coroutines of other processes."""
    return _given(await awaiting.work(parcel, item), elsewhere=elsewhere)


def _given(raw: Raw, *, elsewhere: bool) -> Any:
    *_, found, error = raw
    if error:  # not even the report could be made
        raise RuntimeError(error)
    # One that cannot be put together again would break a process pool.
    if elsewhere and found.problem is not None and untravelled(found.problem):
        raise RuntimeError(describe(found.problem))
    return found.give()
