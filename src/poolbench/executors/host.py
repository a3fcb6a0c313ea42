"""What runs in each process of a two-level pool: calls come through a pipe, its workers take them, answers go back."""

from __future__ import annotations

import asyncio
import inspect
import pickle
import threading
from collections import deque
from queue import SimpleQueue
from time import process_time
from typing import TYPE_CHECKING, Any

from poolbench.executors import awaiting, lifeline
from poolbench.executors.base import describe
from poolbench.executors.coroutines import cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

Call = tuple[int, Any, tuple[Any, ...]]
"""A number, a function or coroutine function, its arguments."""
INNER = ("threads", "asyncio")


class Outbox:
    """Answers on their way back. Those that come while one is being sent go together: a pipe has a price a message."""

    def __init__(self, line: Connection) -> None:
        self._line = line
        self._ready: deque[tuple[int, bytes]] = deque()
        self._sending = threading.Lock()

    def put(self, number: int, answer: bytes) -> bool:
        """Whether it is the first that waits."""
        self._ready.append((number, answer))
        return len(self._ready) == 1

    def send(self) -> None:
        """All that wait, with the CPU seconds of this process so far; nothing where another thread is at it."""
        while self._ready and self._sending.acquire(blocking=False):
            try:
                bundle = [self._ready.popleft() for _ in range(len(self._ready))]
                if bundle:
                    self._line.send_bytes(pickle.dumps((process_time(), bundle)))
            finally:
                self._sending.release()


def serve(line: Connection, inner: str, workers: int) -> None:
    """Until an empty message comes, or the parent is gone."""
    lifeline.begin()
    outbox = Outbox(line)
    if inner == "threads":
        _threads(line, workers, outbox)
    else:
        asyncio.run(_coroutines(line, workers, outbox))


def _calls(line: Connection, outbox: Outbox) -> Iterator[list[Call]]:
    """Unpickled by one thread, or two workers might hold two copies of a job. A call that cannot be is answered."""
    try:
        while message := line.recv_bytes():
            bundle: list[Call] = []
            for number, packed in pickle.loads(message):  # noqa: S301  written by our own parent
                try:
                    bundle.append((number, *pickle.loads(packed)))  # noqa: S301
                except Exception as problem:  # noqa: BLE001  a stranger's class may do anything here
                    outbox.put(number, pack(good=False, value=problem))
                    outbox.send()
            yield bundle
    except (EOFError, OSError):
        return


def _threads(line: Connection, workers: int, outbox: Outbox) -> None:
    inbox: SimpleQueue[Call] = SimpleQueue()
    for _ in range(workers):
        threading.Thread(target=_thread, args=(inbox, outbox), daemon=True).start()
    for bundle in _calls(line, outbox):
        for call in bundle:
            inbox.put(call)


def _thread(inbox: SimpleQueue[Call], outbox: Outbox) -> None:
    while True:
        number, function, arguments = inbox.get()
        try:
            answer = pack(good=True, value=function(*arguments))
        except BaseException as problem:  # noqa: BLE001  whoever asked gets it
            answer = pack(good=False, value=problem)
        outbox.put(number, answer)
        outbox.send()


async def _coroutines(line: Connection, workers: int, outbox: Outbox) -> None:
    loop = asyncio.get_running_loop()
    inbox: asyncio.Queue[Call] = asyncio.Queue()
    crew = [loop.create_task(_coroutine(inbox, outbox)) for _ in range(workers)]

    def deliver(bundle: list[Call]) -> None:
        for call in bundle:
            inbox.put_nowait(call)

    def read() -> None:
        for bundle in _calls(line, outbox):
            loop.call_soon_threadsafe(deliver, bundle)
        loop.call_soon_threadsafe(over.set)

    over = asyncio.Event()
    threading.Thread(target=read, daemon=True).start()  # the loop's own pool of threads is for the tasks
    await over.wait()
    for task in crew:
        task.cancel()
    await asyncio.gather(*crew, return_exceptions=True)
    await awaiting.give_back()


async def _coroutine(inbox: asyncio.Queue[Call], outbox: Outbox) -> None:
    loop = asyncio.get_running_loop()
    while True:
        number, function, arguments = await inbox.get()
        try:
            value = function(*arguments)
            answer = pack(good=True, value=await value if inspect.isawaitable(value) else value)
        except BaseException as problem:
            if cancelled():
                raise
            answer = pack(good=False, value=problem)
        if outbox.put(number, answer):
            loop.call_soon(outbox.send)


def pack(*, good: bool, value: Any, dumps: Callable[[Any], bytes] = pickle.dumps) -> bytes:
    """An answer; where a value cannot be pickled, the error that says so, and where an error cannot be, its text."""
    try:
        return bytes(dumps((good, value)))
    except Exception as problem:  # noqa: BLE001  pickling runs the value's own code
        failure = problem if good else value
    try:
        return bytes(dumps((False, failure)))
    except Exception:  # noqa: BLE001
        return bytes(dumps((False, RuntimeError(describe(failure)))))


def unpack(answer: bytes) -> tuple[bool, Any]:
    """Whether it went well, and the value or the error."""
    try:
        good, value = pickle.loads(answer)  # noqa: S301  written by our own process
    except Exception as problem:  # noqa: BLE001  unpickling runs the value's own code
        return False, problem
    return bool(good), value
