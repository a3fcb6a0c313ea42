"""The user's own function, plain or `async def`, over the user's own items."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poolbench.errors import UsageError
from poolbench.workloads.base import AsyncStateless, Recipe, Stateless, Workload
from poolbench.workloads.target import resolve, users_own

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_RANGE = re.compile(r"range\(\s*(-?\d+)\s*(?:,\s*(-?\d+)\s*)?(?:,\s*(-?\d+)\s*)?\)")
MOST_ITEMS = 10_000_000


@dataclass(frozen=True)
class OwnJob(Stateless):
    """Calls the function with the item."""

    function: Callable[[Any], Any]

    def run(self, context: None, item: Any) -> Any:
        """One call."""
        del context
        return self.function(item)


@dataclass(frozen=True)
class AsyncOwnJob(AsyncStateless):
    """Awaits the function with the item."""

    function: Callable[[Any], Any]

    async def run(self, context: None, item: Any) -> Any:
        """One call."""
        del context
        return await self.function(item)


class OwnWorkload(Workload):
    """A given batch: every trial runs all of the items."""

    function: Callable[[Any], Any]

    def __init__(self, name: str, function: Callable[[Any], Any], items: Sequence[Any]) -> None:
        super().__init__(name, {}, given=items)
        self.function = function
        self._asynchronous = any(
            inspect.iscoroutinefunction(each)
            for each in (function, getattr(function, "__call__", None))  # noqa: B004
        )

    def items(self, count: int) -> Sequence[Any]:
        """The first `count`."""
        return (self.given or ())[:count]

    def job(self, workers: int) -> OwnJob | UsageError:
        """For a plain function."""
        del workers
        if self._asynchronous:
            return UsageError(
                f"threads and processes run plain functions; {self.name} is async def",
                "use --executor asyncio",
            )
        return OwnJob(self.function)

    def async_job(self, workers: int) -> AsyncOwnJob | UsageError:
        """For a coroutine function."""
        del workers
        if not self._asynchronous:
            return UsageError(
                f"asyncio runs coroutines; {self.name} is a plain function",
                "make it async def, or use --executor threads",
            )
        return AsyncOwnJob(self.function)

    def check(self, item: Any, value: Any) -> str:
        """A plain function that hands a coroutine on has done nothing yet."""
        del item
        if not inspect.iscoroutine(value):
            return ""
        value.close()
        return f"{self.name} returned a coroutine, which nobody awaits: write it as async def"

    def confined(self) -> str:
        """A function without a name of its own at the top of a module cannot be found by another process."""
        code = getattr(self.function, "__code__", None)
        where = f", line {code.co_firstlineno}" if code else ""
        if getattr(self.function, "__name__", "") == "<lambda>":
            return f"it is a lambda{where}"
        if "<locals>" in getattr(self.function, "__qualname__", ""):
            return f"it is a closure{where}"
        return ""


def own_recipe(target: str, items: str) -> Recipe:
    """A recipe for `module:function`; the function and the items are found now, so that errors come early."""
    function = resolve(target)
    if not callable(function):
        raise UsageError(f"{target} is not a function", "name something that can be called with one item")
    batch = read_items(items)
    return Recipe(target, {}, partial(_make, target, function, batch), {"*": "1..32", "processes": "1..8"})


def _make(
    target: str,
    function: Callable[[Any], Any],
    items: Sequence[Any],
    settings: Mapping[str, str],
    seed: int,
) -> Workload:
    del settings, seed
    return OwnWorkload(target, function, items)


def read_items(text: str) -> Sequence[Any]:
    """Items from a file (one a line), `range(...)`, or `module:iterable`. UsageError if there are none."""
    if not text:
        raise UsageError("a function of your own needs items", "add --items FILE, range(100) or module:iterable")
    match = _RANGE.fullmatch(text.strip())
    if match is not None:
        found: Sequence[Any] = _range([int(each) for each in match.groups() if each is not None], text)
    elif ":" in text and not Path(text).exists():
        found = _iterate(resolve(text), text)
    else:
        found = _lines(Path(text))
    if not found:
        raise UsageError(f"no items in {text}", "a batch needs at least one")
    if len(found[: MOST_ITEMS + 1]) > MOST_ITEMS:
        raise UsageError(f"too many items in {text}", f"a trial runs them all: give at most {MOST_ITEMS:,}")
    return found


def _range(bounds: list[int], text: str) -> range:
    try:
        return range(*bounds)
    except ValueError:
        raise UsageError(f"cannot read --items {text}", "its step must not be 0") from None


def _iterate(found: Any, text: str) -> list[Any]:
    if not callable(found) and not isinstance(found, Iterable):
        raise UsageError(f"{text} is not iterable", "name a list, or a function that returns one")
    try:
        return list(islice(found() if callable(found) else found, MOST_ITEMS + 1))
    except Exception as problem:  # noqa: BLE001  the user's own code runs here
        raise users_own(problem, f"{text} gave no items") from None


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is not text"
        raise UsageError(
            f"cannot read items from {path} ({why})", "name a text file, one item a line, or range(100)"
        ) from None
    return [line for line in text.splitlines() if line.strip()]
