"""loiter: tasks that only wait. The arithmetic of concurrency with nothing else in it."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

from poolbench.errors import UsageError
from poolbench.units import duration, seconds
from poolbench.workloads.base import Recipe, Stateless, Workload

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    Sleep = Callable[[float], Awaitable[None]]

DEFAULTS = {"unit": "10ms", "sleeps": "0..4"}
_SLEEPS = re.compile(r"(\d{1,6})(?:\.\.(\d{1,6}))?")


@dataclass(frozen=True)
class Loiter(Stateless):
    """Sleeps `item` times `unit_s` and returns ten times the item, as the tutorial does."""

    unit_s: float

    def run(self, context: None, item: int) -> int:
        """Blocks its worker."""
        del context
        time.sleep(item * self.unit_s)
        return item * 10


@dataclass(frozen=True)
class AsyncLoiter:
    """The same on an event loop."""

    unit_s: float

    async def setup(self) -> Sleep:
        """The loop's own sleep, imported where a loop runs."""
        import asyncio

        return asyncio.sleep

    async def run(self, context: Sleep, item: int) -> int:
        """Leaves the loop to the others."""
        await context(item * self.unit_s)
        return item * 10

    async def close(self, context: Sleep) -> None:
        """Nothing was made."""


def _multiples(text: str) -> list[int]:
    """`0..4` is 0 1 2 3 4, `4..0` the reverse, `3` just 3: a task's number of units."""
    match = _SLEEPS.fullmatch(text)
    if match is None:
        raise UsageError(f"cannot read sleeps {text}", "write 0..4, 4..0 or a single number of units")
    first, last = int(match[1]), int(match[2] or match[1])
    return list(range(first, last + 1)) if first <= last else list(range(first, last - 1, -1))


class LoiterWorkload(Workload):
    """Task i sleeps for the i-th of `sleeps` (cycled) times `unit`."""

    def __init__(self, settings: Mapping[str, str], seed: int = 0) -> None:
        del seed
        self._unit_s = seconds(settings["unit"], "unit")
        self._sleeps = _multiples(settings["sleeps"])
        super().__init__("loiter", {**settings, "unit": duration(self._unit_s)})
        self.starts_processes = False

    def items(self, count: int) -> Sequence[int]:
        """Multiples of the unit."""
        return list(islice(cycle(self._sleeps), count))

    def warmup(self, workers: int) -> Sequence[int]:
        """The first task is enough: there is no cache to fill by sleeping longer."""
        return [min(self._sleeps)] * workers

    def job(self, workers: int) -> Loiter:
        """`time.sleep`, which releases the GIL."""
        del workers
        return Loiter(self._unit_s)

    def async_job(self, workers: int) -> AsyncLoiter:
        """`asyncio.sleep`."""
        del workers
        return AsyncLoiter(self._unit_s)

    def doing(self, item: Any) -> str:
        """As the tutorial words it."""
        slept = duration(item * self._unit_s)
        return f"doing nothing for {'0s' if slept == '0' else slept}"

    def check(self, item: Any, value: Any) -> str:
        """A task that returns the wrong number was not this task."""
        return "" if value == item * 10 else f"loiter({item}) gave {value!r}, not {item * 10}"


RECIPE = Recipe(
    "loiter", DEFAULTS, LoiterWorkload, {"*": "1,4,16,64", "processes": "1,4,16"}, slow={"unit": "1s"}, few=5
)
