"""Processes with workers in each of them, as one `concurrent.futures.Executor`: for tasks that wait and compute.

One interpreter runs one thread at a time; several run several. `ProcessPoolExecutor` has one task in each process, so
hundreds of tasks that wait would need hundreds of processes.
"""

from __future__ import annotations

import multiprocessing
import pickle
import selectors
import threading
from collections import deque
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from poolbench.executors.host import INNER, serve, unpack

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import BaseContext


class _Host:
    """One process, as its parent sees it."""

    def __init__(self, context: BaseContext, inner: str, workers: int) -> None:
        self.line, theirs = context.Pipe()
        self.free = workers
        """Workers without a call."""
        self.calls: dict[int, Future[Any]] = {}
        self.cpu_s = 0.0
        # A daemon, so that a program that ends without `shutdown` takes it along.
        self.process = context.Process(target=serve, args=(theirs, inner, workers), daemon=True)  # type: ignore[attr-defined]
        self.process.start()
        theirs.close()

    def end(self, *, kill: bool) -> None:
        """Waits until it is gone."""
        with suppress(OSError):
            self.line.send_bytes(b"")
        if kill:
            self.process.kill()
        self.process.join()
        self.line.close()


class HostsExecutor(Executor):
    """`workers` threads or coroutines, spread evenly over `processes` processes.

    Functions, arguments and results are pickled. With `inner="asyncio"` coroutine functions may be submitted too, each
    process runs them on a loop of its own. Tasks cannot start processes by `multiprocessing`. `context`: how processes
    are started, multiprocessing's own default if None.

    ValueError for counts below 1 or another `inner`. The futures of a pool whose process died raise BrokenProcessPool.
    """

    def __init__(
        self, processes: int, workers: int, inner: str = "threads", context: BaseContext | None = None
    ) -> None:
        if processes < 1 or workers < 1 or inner not in INNER:
            raise ValueError(f"no pool of {workers} {inner} on {processes} processes")
        self._serial = count()
        self._waiting: deque[tuple[Future[Any], bytes]] = deque()
        self._hungry = True
        """Some worker is free: whoever submits wakes the manager, which else wakes when an answer comes."""
        self._gate = threading.Lock()
        """Around a look at `_hungry`, so that of a call and its manager one sees the other."""
        self._closing = self._cancelling = False
        self._broken = ""
        context = context or multiprocessing.get_context()
        self._bell, self._push = context.Pipe(duplex=False)
        # All processes first: one that is forked beside a running thread may inherit a lock that nobody releases.
        self._hosts = [_Host(context, inner, each) for each in spread(workers, processes)]
        self._processes = {host.process.pid: host.process for host in self._hosts}
        """As in `ProcessPoolExecutor`, with the next: by them whoever cannot wait ends a pool."""
        self._executor_manager_thread = threading.Thread(target=self._manage, name="poolbench-hosts", daemon=True)
        self._executor_manager_thread.start()

    @property
    def cpu_s(self) -> float:
        """CPU seconds of all processes, each up to the last answer that it gave."""
        return sum(host.cpu_s for host in self._hosts)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """As in `Executor`."""
        if self._closing:
            raise RuntimeError("cannot submit after shutdown")
        if self._broken:
            raise BrokenProcessPool(self._broken)
        future: Future[Any] = Future()
        try:
            packed = pickle.dumps((partial(fn, **kwargs) if kwargs else fn, args))
        except Exception as problem:  # noqa: BLE001  pickling runs the argument's own code
            future.set_exception(problem)
            return future
        self._waiting.append((future, packed))
        with self._gate:
            ring, self._hungry = self._hungry, False
        if ring:
            self._wake()
        if self._broken:
            self._fail_waiting()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As in `Executor`."""
        self._cancelling = self._cancelling or cancel_futures
        self._closing = True
        self._wake()
        if wait:
            self._executor_manager_thread.join()

    def _wake(self) -> None:
        with suppress(OSError):  # the manager has ended
            self._push.send_bytes(b"!")

    # What follows runs in the manager's thread alone, where no Ctrl-C can tear a hand-over in two.

    def _manage(self) -> None:
        try:
            self._listen()
        finally:  # whatever happened, nobody waits for ever
            if not self._broken and not self._over():
                self._broken = "the pool's own thread failed"
            self._fail_all()
            for host in self._hosts:
                host.end(kill=bool(self._broken))
            self._bell.close()
            self._push.close()

    def _listen(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._bell, selectors.EVENT_READ, None)
            for host in self._hosts:
                selector.register(host.line, selectors.EVENT_READ, host)
            while not self._broken and not self._over():
                for key, _ in selector.select():
                    if not self._broken:
                        self._hear(key.data)
                self._hand_out()

    def _over(self) -> bool:
        if self._closing and self._cancelling:
            while self._waiting:
                future, _ = self._waiting.popleft()
                future.cancel()
                future.set_running_or_notify_cancel()
        return self._closing and not self._waiting and not any(host.calls for host in self._hosts)

    def _hear(self, host: _Host | None) -> None:
        """A ring, or answers."""
        if host is None:
            self._bell.recv_bytes()
            return
        try:
            host.cpu_s, answers = pickle.loads(host.line.recv_bytes())  # noqa: S301  written by our own process
        except (EOFError, OSError):
            self._break(host)
            return
        done = [(host.calls.pop(number), answer) for number, answer in answers]
        host.free += len(done)
        self._hand_out()  # workers first: what follows runs callbacks
        for future, answer in done:
            good, value = unpack(answer)
            if good:
                future.set_result(value)
            else:
                future.set_exception(value)

    def _hand_out(self) -> None:
        """Each waiting call to the process with most free workers; none waits in a process while another has one."""
        with self._gate:
            self._hungry = True  # before the look at what waits, so that no call slips between
        bundles: dict[int, list[tuple[int, bytes]]] = {}
        while self._waiting and not self._broken:
            at = max(range(len(self._hosts)), key=lambda each: self._hosts[each].free)
            host = self._hosts[at]
            if not host.free:
                self._hungry = False
                break
            future, packed = self._waiting.popleft()
            if future.set_running_or_notify_cancel():
                number = next(self._serial)
                host.free -= 1
                host.calls[number] = future
                bundles.setdefault(at, []).append((number, packed))
        for at, bundle in bundles.items():
            with suppress(OSError):  # a process that is gone is heard of by its line
                self._hosts[at].line.send_bytes(pickle.dumps(bundle))

    def _break(self, host: _Host) -> None:
        """A process has died: nothing more can be said of any call."""
        host.process.join(1)
        self._broken = f"a process of the pool ended with exit code {host.process.exitcode} while it had tasks"

    def _fail_all(self) -> None:
        """Those that run and those that wait, if there are any."""
        for host in self._hosts:
            while host.calls:
                _, future = host.calls.popitem()
                future.set_exception(BrokenProcessPool(self._broken))
        self._fail_waiting()

    def _fail_waiting(self) -> None:
        while self._waiting:
            with suppress(IndexError):  # two threads may be at it
                future, _ = self._waiting.popleft()
                if future.set_running_or_notify_cancel():
                    future.set_exception(BrokenProcessPool(self._broken))


def spread(workers: int, processes: int) -> list[int]:
    """Workers of each process, the larger numbers first; fewer processes where there are not workers enough."""
    least, more = divmod(workers, processes)
    return [each for each in (least + (at < more) for at in range(processes)) if each]
