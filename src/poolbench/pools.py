"""Pools as they were tuned for this machine: `pool`, `workers_for` and `tune`."""

from __future__ import annotations

import warnings
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from poolbench import executors, workloads
from poolbench.calls import folder_of, listed, off_loop, recipe_of, settings_of, verify
from poolbench.errors import CautionWarning, UsageError
from poolbench.executors.base import settle
from poolbench.tuning import profile
from poolbench.tuning.chunks import size_of
from poolbench.tuning.costs import cost
from poolbench.units import positive, some_seconds, some_time, split
from poolbench.workloads.own import OwnWorkload, is_async
from poolbench.workloads.subject import name_of, subject_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from poolbench.calls import What
    from poolbench.executors.base import Kind
    from poolbench.tuning.answer import Recommendation
    from poolbench.tuning.outcome import Outcome
    from poolbench.tuning.profile import Found, Tuned
    from poolbench.workloads.base import Workload


class OneAtATime(Executor):
    """Runs each task in the caller's thread, before `submit` returns: no pool was faster."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """A future that is done."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as problem:  # noqa: BLE001  it is for the one who asks for the result
            future.set_exception(problem)
        return future


class NotTuned(UserWarning):
    """Nothing was tuned for this machine, interpreter and source, so the library's default is used."""


def pool(what: What, **params: str) -> Executor:
    """A started executor as tuned for this machine; a context manager, as all executors are.

    Its `map` hands over as many tasks at a time as were tuned, unless `chunksize` says otherwise. Where nothing was
    faster than one at a time, `submit` and `map` run each task at once in the thread that calls them.

    `what`: a function of one argument, or the name of a workload, with its `params` as `--set` takes them. Of an
    answer that is asyncio, the best executor of those that were tuned beside it. Without an answer that holds here
    and now: the library's `ThreadPoolExecutor()`, and a `NotTuned` warning. UsageError for a coroutine function,
    which no executor can run, and for a workload or parameter that there is not.
    """
    workload = _workload(what, params)
    if workload.function is not None and is_async(workload.function):
        raise UsageError(
            f"{workload.name} is async def, which executors do not run",
            "use poolbench.workers_for with an asyncio.Semaphore",
        )
    found = _find(workload)
    if found.entry is not None and found.entry.executor == executors.BASELINE:
        return OneAtATime()
    able = [each for each in found.entry.lanes if _opens(each.executor)] if found.entry else []
    if found.entry is not None and not able:
        what = f"{found.entry.executor}, which is no executor"
        found = profile.Found(
            None, f"but for {what}", "use poolbench.workers_for, or tune --executor threads,processes"
        )
    if found.entry is None:
        _warn(workload, found)
        return ThreadPoolExecutor()
    chosen = [each for each in able if (each.executor, each.options) == (found.entry.executor, found.entry.options)]
    return _open(workload, chosen[0] if chosen else _cheapest(able))


def _cheapest(able: Sequence[Tuned]) -> Tuned:
    """Of those that are nearly as fast as the fastest."""
    from poolbench.analysis.curves import TOLERANCE

    enough = (1 - TOLERANCE) * max(each.per_s for each in able)
    good = [each for each in able if each.per_s >= enough]
    return min(good, key=lambda each: each.workers * cost(executors.kind(each.executor)))


def workers_for(what: What, default: int | None = None, **params: str) -> int:
    """How many workers were tuned for this machine, of whatever executor was recommended.

    `what` and `params`: as in `poolbench.pool`, coroutine functions too. Without an answer that holds here and now:
    `default`, else as many as `ThreadPoolExecutor()` takes; and a `NotTuned` warning. UsageError for a workload or
    parameter that there is not.
    """
    workload = _workload(what, params)
    found, chosen = _find(workload), positive(default, "default")
    if found.entry is not None:
        return found.entry.workers
    _warn(workload, found)
    if chosen is not None:
        return chosen
    from poolbench.measure.machine import this_machine

    return this_machine().default_threads


def tune(
    what: What,
    items: Iterable[Any] | Path = (),
    *,
    executors: str | Iterable[str] = "",
    max_workers: int | None = None,
    worker_setup: Callable[[], Any] | None = None,
    check: Callable[[Any, Any], Any] | None = None,
    budget_s: float | None = None,
    task_timeout_s: float | None = None,
    seed: int | None = None,
    out: str = "results",
    **params: str,
) -> Recommendation:
    """Finds how many workers, of which executor, and stores it in the machine's profile if it is conclusive.

    `what`, `items`, `worker_setup`, `check`, `params`: as in `poolbench.sweep`; each trial runs all of the items.
    `executors`: those to race, as on the command line or a list; without it, all that can run it. `max_workers`: look
    no further, 64 if None, 8 a core for processes. `budget_s`: seconds after which no run is
    begun, 90 if None. `task_timeout_s`: as in `poolbench.sweep`. `seed`: for the search. `out`: folder for the CSV and
    the JSON beside it.

    Works on a running event loop too, as `poolbench.sweep` does. UsageError if nothing can be run, the answer could not
    be stored, or every run failed; a UserWarning if it cannot be stored after all. CautionWarning for what may mislead.
    KeyboardInterrupt leaves the rows so far in `out`.
    """
    from poolbench.tuning import tune as tuning

    recipe = recipe_of(what, items, worker_setup=worker_setup, check=check)
    request = tuning.Request(
        recipe,
        executors=listed(executors, "executors"),
        most_workers=positive(max_workers, "max_workers"),
        settings=settings_of(params),
        budget_s=tuning.DEFAULT_BUDGET_S if budget_s is None else some_seconds(budget_s, "budget_s"),
        task_timeout_s=some_time(task_timeout_s, "task_timeout_s"),
        seed=seed,
        out=folder_of(out),
    )
    outcome = off_loop(partial(tuning.run, request))
    try:
        tuning.remember(outcome)
    except UsageError as problem:  # which is no reason to lose it
        warnings.warn(f"{problem.message}, so the answer is not kept: {problem.tip}", stacklevel=2)
    return _answer(outcome, recipe.name, out)


def _answer(outcome: Outcome, name: str, out: str) -> Recommendation:
    if outcome.interrupted:
        raise KeyboardInterrupt(f"{len(outcome.trials)} trials are in {out}")
    if outcome.stopped is not None:
        raise outcome.stopped
    if outcome.recommendation is None:
        if not outcome.trials:
            raise UsageError(f"the budget was used up before {name} had run", "give budget_s more seconds")
        reason = next((each.reason for each in outcome.trials if each.reason), "no runs but its baseline")
        raise UsageError(f"no run of {name} succeeded ({reason})", "see the reasons in its CSV")
    for each in outcome.cautions:
        warnings.warn(f"{each.text}; {each.tip}", CautionWarning, stacklevel=3)
    return outcome.recommendation


def _workload(what: What, params: dict[str, str]) -> Workload:
    verify(what)
    if not isinstance(what, str):
        if params:
            raise UsageError(f"{name_of(what)} has no parameters", "parameters are for workloads that have a name")
        return OwnWorkload(name_of(what), what, ())
    [(_, workload), *others] = workloads.variants([workloads.recipe(what)], settings_of(params), 0)
    if others:
        raise UsageError(f"several values of {what}", "a pool is for one value of each parameter")
    return workload


def _find(workload: Workload) -> Found:
    """A profile that cannot be read must not end somebody's program."""
    try:
        return profile.find(subject_of(workload))
    except UsageError as problem:
        return profile.Found(None, problem.message, problem.tip)


def _warn(workload: Workload, found: Found) -> None:
    why = f" ({found.stale})" if found.stale else ""
    name = subject_of(workload).name
    warnings.warn(
        f"{name} is not tuned for this machine{why}: the library's default is used; {found.tip}",
        NotTuned,
        stacklevel=3,
    )


def _kind(name: str) -> Kind | None:
    try:
        return executors.kind(name)
    except UsageError:
        return None


def _opens(name: str) -> bool:
    """Whether it is there, and an `Executor` at all."""
    kind = _kind(name)
    return kind is not None and not kind.asynchronous and name != executors.BASELINE


def _open(workload: Workload, tuned: Tuned) -> Executor:
    kind = executors.kind(tuned.executor)
    opened: Any = settle(kind, split(tuned.options)).pool(workload, tuned.workers)
    found: Executor = opened.executor  # every pool has one but a loop's and asyncio's
    if (size := size_of(tuned.options)) > 1:
        found.map = partial(found.map, chunksize=size)  # type: ignore[method-assign]
    return found
