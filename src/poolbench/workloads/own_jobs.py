"""What a worker does with the user's own function: calls it, with what its set-up made if there is one."""

from __future__ import annotations

import inspect
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poolbench.workloads.base import AsyncStateless, Stateless

if TYPE_CHECKING:
    from collections.abc import Callable


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


@dataclass(frozen=True)
class Held:
    """What a worker was set up with, as the function gets it, and what gives it back."""

    value: Any
    stack: ExitStack


@dataclass(frozen=True)
class AsyncHeld:
    """The same on a loop."""

    value: Any
    stack: AsyncExitStack


@dataclass(frozen=True)
class SetUpJob:
    """Calls the function with the item and what this worker's set-up gave."""

    function: Callable[[Any, Any], Any]
    worker_setup: Callable[[], Any]

    def setup(self) -> Held:
        """Enters what is a context manager; what has a `close` is closed in the end, whatever comes in between."""
        value = self.worker_setup()
        with ExitStack() as stack:
            close = getattr(value, "close", None)
            if callable(close):
                stack.callback(close)
            if hasattr(type(value), "__enter__"):
                value = stack.enter_context(value)
            return Held(value, stack.pop_all())

    def run(self, context: Held, item: Any) -> Any:
        """One call."""
        return self.function(item, context.value)

    def close(self, context: Held) -> None:
        """Leaves and closes it."""
        context.stack.close()


@dataclass(frozen=True)
class AsyncSetUpJob:
    """Awaits the function with the item and what this worker's set-up gave."""

    function: Callable[[Any, Any], Any]
    worker_setup: Callable[[], Any]

    async def setup(self) -> AsyncHeld:
        """As for a plain function; set-up, entering, leaving and closing may each be coroutines."""
        value = await _settled(self.worker_setup())
        async with AsyncExitStack() as stack:
            close = getattr(value, "aclose", None) or getattr(value, "close", None)
            if callable(close):
                stack.push_async_callback(_closed, close)
            if hasattr(type(value), "__aenter__"):
                value = await stack.enter_async_context(value)
            elif hasattr(type(value), "__enter__"):
                value = stack.enter_context(value)
            return AsyncHeld(value, stack.pop_all())

    async def run(self, context: AsyncHeld, item: Any) -> Any:
        """One call."""
        return await self.function(item, context.value)

    async def close(self, context: AsyncHeld) -> None:
        """Leaves and closes it."""
        await context.stack.aclose()


async def _settled(made: Any) -> Any:
    return await made if inspect.isawaitable(made) else made


async def _closed(close: Callable[[], Any]) -> None:
    await _settled(close())
