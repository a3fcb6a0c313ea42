"""What `sweep` and `tune` have in common when they are called from Python and not from a shell."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from poolbench import workloads
from poolbench.errors import UsageError
from poolbench.units import shown, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from poolbench.workloads.base import Recipe

    What = str | Callable[..., Any]
    Watcher = Callable[[Any], AbstractContextManager[Callable[[Any], None]]]
    """Opened for all trials; what it gives is told of each."""

T = TypeVar("T")


def recipe_of(
    what: What,
    items: Any,
    *,
    worker_setup: Callable[[], Any] | None = None,
    check: Callable[[Any, Any], Any] | None = None,
    name: str = "",
) -> Recipe:
    """For a function of the caller's own over `items`, or for a workload by its name, which takes none of these."""
    _refuse_in_workers()
    verify(what)
    if not isinstance(name, str):
        raise UsageError(f"cannot use name {shown(name)}", "give a text")
    if not isinstance(what, str):
        from poolbench.workloads.items import gather_items
        from poolbench.workloads.own import recipe_for
        from poolbench.workloads.subject import name_of

        name = name or name_of(what)
        return recipe_for(name, what, gather_items(items, name), worker_setup=worker_setup, check=check)
    recipe = workloads.recipe(what)
    given = {"items": bool(items), "worker_setup": worker_setup is not None, "check": check is not None, "name": name}
    for option in filter(given.__getitem__, given):
        raise UsageError(f"{option} is for functions of your own, not for {what}", "leave it out, or give a function")
    return recipe


def verify(what: What) -> None:
    """UsageError for what is neither a function nor the name of a workload."""
    if isinstance(what, str):
        if ":" in what:
            raise UsageError(f"{what} is the name of a function", "give the function itself")
    elif not callable(what):
        raise UsageError(f"{shown(what)} is no function", "give a function, or a name such as flags")


def _refuse_in_workers() -> None:
    """A worker process that is not forked runs the caller's script again, up to this call."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise UsageError(
            "a worker process has imported this script, which then started to measure again",
            'put the call below if __name__ == "__main__":',
        )


def listed(given: str | Iterable[Any] | int, name: str) -> str:
    """`threads,processes` or `1,2,4`, as the command line takes it, of such a text, of several, or of one number.

    UsageError for anything else as `name`.
    """
    if isinstance(given, str):
        return given
    if (number := whole(given)) is not None:
        return str(number)
    if isinstance(given, Iterable) and not isinstance(given, bytes | type):
        with suppress(TypeError):  # an array of no dimension
            return ",".join(map(str, given))
    raise UsageError(f"cannot use {name} {shown(given)}", "give a list, or a text as on the command line")


def folder_of(out: Path | str) -> Path:
    """UsageError for what is no path."""
    if not isinstance(out, str | PathLike):
        raise UsageError(f"cannot use out {shown(out)}", "give the path of a folder")
    return Path(out)


def settings_of(params: Mapping[str, str]) -> tuple[str, ...]:
    """Keywords as `--set` takes them."""
    return tuple(f"{key}={value}" for key, value in params.items())


def off_loop(call: Callable[[Watcher], T]) -> T:
    """What `call` returns, run where asyncio can be measured: a thread with a running loop cannot run another.

    In such a thread, as in a notebook, `call` runs in a thread of its own while the caller's waits. The watcher that
    it is given raises KeyboardInterrupt between trials once the user has interrupted the caller.
    """
    if not _on_loop():
        return call(lambda _: nullcontext(lambda _: None))
    asked = threading.Event()

    def stop_if_asked(event: object) -> None:
        del event
        if asked.is_set():
            raise KeyboardInterrupt

    with ThreadPoolExecutor(1, "poolbench-call") as aside:
        future = aside.submit(call, lambda _: nullcontext(stop_if_asked))
        try:
            return future.result()
        except KeyboardInterrupt:
            asked.set()  # the thread is waited for: no trial outlives the call
            raise


def _on_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
