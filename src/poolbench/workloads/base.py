"""What a workload is to the rest of poolbench: a named batch of independent tasks, and a job for the workers."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Self

from poolbench import words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from poolbench.errors import Caution, UsageError

    Tell = Callable[[Any, Any], Any]


class Job(Protocol):
    """What one worker does. It crosses to other processes by pickle, so it holds plain data only."""

    def setup(self) -> Any:
        """What this worker keeps between its tasks, such as its HTTP client; once per worker, untimed."""

    def run(self, context: Any, item: Any) -> Any:
        """One task: this, and nothing else, is timed."""

    def close(self, context: Any) -> None:
        """Gives back what `setup` made."""


class AsyncJob(Protocol):
    """A `Job` for asyncio: the same three, as coroutines."""

    async def setup(self) -> Any:
        """As in `Job`."""

    async def run(self, context: Any, item: Any) -> Any:
        """As in `Job`."""

    async def close(self, context: Any) -> None:
        """As in `Job`."""


class Stateless:
    """For jobs that keep nothing between tasks."""

    def setup(self) -> None:
        """Makes nothing."""

    def close(self, context: None) -> None:
        """Nothing was made."""


class AsyncStateless:
    """For asynchronous jobs that keep nothing between tasks."""

    async def setup(self) -> None:
        """Makes nothing."""

    async def close(self, context: None) -> None:
        """Nothing was made."""


@dataclass(frozen=True)
class ServerFigures:
    """What a server of our own says of itself, for the share it has in a result."""

    busy_s: float
    """CPU seconds since it started."""
    in_flight_max: int
    """Most requests at once since the figures were last reset."""


@dataclass
class Workload:
    """A named, finite batch of independent tasks with its parameters.

    A context manager: entering makes what the tasks need (a server, a folder), leaving removes it. What a workload
    cannot do (plain or asynchronous jobs) it answers with the UsageError that says so.
    """

    name: str
    params: Mapping[str, str]
    """As shown and stored, every value as `poolbench run --set` would take it."""
    given: Sequence[Any] | None = field(default=None, kw_only=True)
    """The user's own items: then the batch is exactly these. None: as many tasks as a trial asks for."""
    cautions: list[Caution] = field(default_factory=list, kw_only=True, init=False)
    """What its own checks found, such as a server that answers slowly on kept connections."""
    pids: tuple[int, ...] = field(default=(), kw_only=True, init=False)
    """Processes of the workload's own, which are not the executor's."""
    starts_processes: bool = field(default=True, kw_only=True, init=False)
    """Whether its tasks may: then what they leave behind is looked for, which takes some milliseconds a trial."""
    patience_s: float | None = field(default=None, kw_only=True, init=False)
    """Seconds that a task may take when nothing is said; None: as long as it likes."""
    function: Callable[[Any], Any] | None = field(default=None, kw_only=True, init=False)
    """The user's own, where that is what runs."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def items(self, count: int) -> Sequence[Any]:
        """The first `count` items; the same ones, in the same order, at every call."""
        raise NotImplementedError

    def warmup(self, workers: int) -> Sequence[Any]:
        """One item for each worker to try before the clock runs."""
        items = self.items(len(self.given) if self.given is not None else workers)
        return [items[k % len(items)] for k in range(workers)] if items else []

    def job(self, workers: int) -> Job | UsageError:
        """What `workers` workers run that are threads, processes or a loop."""
        raise NotImplementedError

    def async_job(self, workers: int) -> AsyncJob | UsageError:
        """What `workers` coroutines run."""
        raise NotImplementedError

    def confined(self) -> str:
        """Why its job cannot be sent to another process; empty if it can."""
        return ""

    def check(self, item: Any, value: Any) -> str:
        """Why `value` is not what `item` should give; empty if it is. Runs after the timing."""
        del item, value
        return ""

    def label(self, item: Any) -> str:
        """What `item` is called where its task is shown to somebody who watches."""
        return reprlib.repr(item)

    def doing(self, item: Any) -> str:
        """What its task does, for the same reader."""
        del item
        return "running"

    def telling(self) -> Tell | None:
        """What makes results and errors for that reader of an item and its value; None if the job's own will do.

        It runs in the worker and so must survive pickling; it checks the value itself, by raising an error.
        """
        return None

    def server(self, *, reset: bool = False) -> ServerFigures | None:
        """What the workload's own server says of itself; `reset` restarts its peak. None without one."""
        del reset
        return None

    @property
    def noun(self) -> str:
        """What a task yields, in the plural, for units such as `flags/s`."""
        return words.noun(self.name)


@dataclass(frozen=True)
class Recipe:
    """A kind of workload. A third party registers one in the entry-point group `poolbench.workloads`."""

    name: str
    defaults: Mapping[str, str]
    """Its parameters with their defaults, as `--set` takes them."""
    make: Callable[[Mapping[str, str], int], Workload]
    """From all parameters and a seed; UsageError for a value that cannot be."""
    workers: Mapping[str, str] = field(default_factory=dict)
    """Worker lists to sweep when nothing is said, by executor; `*` for those not named."""
    slow: Mapping[str, str] = field(default_factory=dict)
    """Parameters that make a task last long enough to be watched."""
    few: int = 20
    """Tasks of a trial that is watched."""
