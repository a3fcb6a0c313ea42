"""The user's own function, plain or `async def`, over the user's own items."""

from __future__ import annotations

import inspect
import multiprocessing
import pickle
import reprlib
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any

from poolbench.errors import UsageError
from poolbench.executors.base import describe
from poolbench.units import shown
from poolbench.workloads.base import AsyncJob, Job, Recipe, Workload
from poolbench.workloads.items import read_items
from poolbench.workloads.own_jobs import AsyncOwnJob, AsyncSetUpJob, OwnJob, SetUpJob
from poolbench.workloads.target import module_name, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Function = Callable[..., Any]
    """Of an item; of an item and what the worker was set up with, where there is a set-up."""
    SetUp = Callable[[], Any]
    Check = Callable[[Any, Any], Any]


class OwnWorkload(Workload):
    """A given batch: every trial runs all of the items."""

    function: Function

    def __init__(
        self,
        name: str,
        function: Function,
        items: Sequence[Any],
        *,
        worker_setup: SetUp | None = None,
        check: Check | None = None,
    ) -> None:
        super().__init__(name, {}, given=items)
        self.function = function
        self._worker_setup = worker_setup
        self._check = check
        self._asynchronous = is_async(function)

    def items(self, count: int) -> Sequence[Any]:
        """The first `count`."""
        return (self.given or ())[:count]

    def job(self, workers: int) -> Job | UsageError:
        """For a plain function."""
        del workers
        if self._asynchronous:
            return UsageError(
                f"threads and processes run plain functions; {self.name} is async def",
                "use --executor asyncio",
            )
        return SetUpJob(self.function, self._worker_setup) if self._worker_setup else OwnJob(self.function)

    def async_job(self, workers: int) -> AsyncJob | UsageError:
        """For a coroutine function."""
        del workers
        if not self._asynchronous:
            return UsageError(
                f"asyncio runs coroutines; {self.name} is a plain function",
                "make it async def, or use --executor threads",
            )
        return AsyncSetUpJob(self.function, self._worker_setup) if self._worker_setup else AsyncOwnJob(self.function)

    def check(self, item: Any, value: Any) -> str:
        """What the user's check says; and a plain function that hands a coroutine on has done nothing yet."""
        if inspect.iscoroutine(value):
            value.close()
            return f"{self.name} returned a coroutine, which nobody awaits: write it as async def"
        return _verdict(self._check, item, value) if self._check is not None else ""

    def confined(self) -> str:
        """A function without a name of its own at the top of a module cannot be found by another process."""
        return self._confined

    @cached_property
    def _confined(self) -> str:
        parts = {"it": self.function, "its worker_setup": self._worker_setup}
        return next(filter(None, (_tied(part, what) for what, part in parts.items() if part is not None)), "")


def is_async(function: Function) -> bool:
    """Whether a call of it gives a coroutine: an `async def`, or an object that is called by one."""
    return any(
        inspect.iscoroutinefunction(each)
        for each in (function, getattr(function, "__call__", None))  # noqa: B004
    )


def _verdict(check: Check, item: Any, value: Any) -> str:
    """Why `check` refuses a value: the text that it returns or raises, or that its answer is false."""
    try:
        answer = check(item, value)
    except KeyboardInterrupt:
        raise
    except BaseException as problem:  # noqa: BLE001  an assertion, or whatever else the user's check raises
        return f"check: {describe(problem)}"
    if answer is None or isinstance(answer, str):
        return answer or ""
    return "" if answer else f"check: {answer!r} for {reprlib.repr(item)}, which gave {reprlib.repr(value)}"


def _tied(part: Function, what: str) -> str:
    """Why a callable cannot be sent to another process; empty if it can."""
    code = getattr(part, "__code__", None)
    where = f", line {code.co_firstlineno}" if code else ""
    if getattr(part, "__name__", "") == "<lambda>":
        return f"{what} is a lambda{where}"
    if "<locals>" in getattr(part, "__qualname__", ""):
        return f"{what} is a closure{where}"
    if getattr(part, "__module__", "") == "__main__" and _typed_in():
        return f"{what} was typed in, not imported from a file"
    try:
        pickle.dumps(part)
    except Exception as problem:  # noqa: BLE001  the user's own objects are pickled here
        return f"{what} cannot be pickled: {describe(problem)}"
    return ""


def _typed_in() -> bool:
    """In a notebook or at a prompt there is no file from which a process that is no copy could import."""
    main = sys.modules["__main__"]
    no_file = getattr(main, "__file__", None) is None and getattr(main, "__spec__", None) is None
    start = multiprocessing.get_start_method(allow_none=True) or multiprocessing.get_all_start_methods()[0]
    return no_file and start != "fork"


def own_recipe(target: str, items: str, worker_setup: str = "", check: str = "") -> Recipe:
    """A recipe for `module:function`; all that is named is found now, so that errors come early.

    It is called so too where a file was named, as from Python and in the machine's profile.
    """
    function = _callable(target, "one item")
    return recipe_for(
        module_name(target),
        function,
        read_items(items),
        worker_setup=_callable(worker_setup, "nothing") if worker_setup else None,
        check=_callable(check, "an item and its value") if check else None,
    )


def _callable(target: str, arguments: str) -> Function:
    found: Function = resolve(target)
    if not callable(found):
        raise UsageError(f"{target} is not a function", f"name something that can be called with {arguments}")
    return found


def recipe_for(
    name: str,
    function: Function,
    items: Sequence[Any],
    *,
    worker_setup: SetUp | None = None,
    check: Check | None = None,
) -> Recipe:
    """A recipe for a function; UsageError where function, set-up and check do not fit together."""
    for what, part in (("worker_setup", worker_setup), ("check", check)):
        if part is not None and not callable(part):
            raise UsageError(f"the {what} of {name} is no function ({shown(part)})", "give a function")
    if worker_setup is not None and is_async(worker_setup) and not is_async(function):
        raise UsageError(
            f"the worker_setup of {name} is async def, but {name} is a plain function", "make both of one kind"
        )
    if check is not None and is_async(check):
        raise UsageError(f"the check of {name} is async def", "make it a plain function: it runs after the timing")
    if worker_setup is None:
        _verify_arguments(name, function, "an item", tip="let it take one argument, or give worker_setup")
    else:
        _verify_arguments(
            name, function, "an item", "what worker_setup gives", tip="let it take both, or leave worker_setup out"
        )
        _verify_arguments(f"the worker_setup of {name}", worker_setup, tip="let it take no arguments")
    if check is not None:
        _verify_arguments(f"the check of {name}", check, "an item", "its value", tip="let it take both")

    def make(settings: Mapping[str, str], seed: int) -> Workload:
        del settings, seed
        return OwnWorkload(name, function, items, worker_setup=worker_setup, check=check)

    return Recipe(name, {}, make, {"*": "1..32", "processes": "1..8"})


def _verify_arguments(name: str, function: Function, *arguments: str, tip: str) -> None:
    """UsageError for a function that cannot be called so; built-in ones may not say what they take."""
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):
        return
    try:
        signature.bind(*arguments)
    except TypeError as problem:
        given = f"with {' and '.join(arguments)}" if arguments else "without arguments"
        raise UsageError(f"{name} cannot be called {given} ({problem})", tip) from None
