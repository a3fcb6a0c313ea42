"""From what somebody asks for to what can be run with what: workloads, executors, worker counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolbench import executors, workloads
from poolbench.errors import Caution, UsageError
from poolbench.levels import levels
from poolbench.measure.crossing import left_out
from poolbench.measure.machine import room_for
from poolbench.measure.plan import Wish
from poolbench.units import MOST_TASKS, MOST_WORKERS, joined, worker_counts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from poolbench.executors.base import Kind, Strategy
    from poolbench.measure.cells import Cell
    from poolbench.pipeline import Request
    from poolbench.workloads.base import Recipe, Workload

DEFAULT_EXECUTORS = ("threads", "processes", "asyncio")
_FEWER = "give fewer --workers, or raise that limit (ulimit)"


def wishes(request: Request, seed: int) -> list[Wish]:
    """What to run with what; UsageError where an executor cannot run a workload."""
    found = workloads.variants(request.recipes, request.settings, seed)
    counts = worker_counts(request.workers) if request.workers else ()
    return [_wish(request, recipe, workload, counts) for recipe, workload in found]


def _wish(request: Request, recipe: Recipe, workload: Workload, counts: tuple[int, ...]) -> Wish:
    verify_tasks(request.tasks, workload)
    batch = len(workload.given) if workload.given is not None else request.tasks

    def counts_of(strategy: Strategy) -> tuple[int, ...]:
        kind = strategy.kind
        if counts and max(counts) > (kind.most_workers or MOST_WORKERS):
            what = f"{kind.name} has {kind.most_workers} workers, not {max(counts)}"
            raise UsageError(what, f"give --workers up to {kind.most_workers}")
        chosen = counts or worker_counts(_usual(recipe, kind))
        useful = chosen if counts else _useful(chosen, batch)
        whole = [each for each in useful if each % strategy.step == 0]
        if counts and not whole:
            what = f"{counts[0]} workers cannot be spread over {strategy.step} processes"
            raise UsageError(what, f"give --workers {strategy.step}, or a multiple of it")
        whole = whole or [strategy.step]
        most, why = room_for(processes=kind.elsewhere and not kind.outer)
        if whole[-1] > most and not kind.most_workers:
            what = _shortage(kind.name, most, why, whole[-1])
            if counts:
                raise UsageError(what, _FEWER)
            workload.cautions.append(Caution("limits", what, "raise that limit (ulimit) to see more"))
        return tuple(each for each in whole if each <= min(most, kind.most_workers or MOST_WORKERS)) or (1,)

    chosen = tuple(strategies(request.executors, workload))
    return Wish(workload, chosen, counts_of, bool(counts), request.tasks, bool(request.executors))


def verify_tasks(tasks: int | None, workload: Workload) -> None:
    """UsageError for what is no number of `tasks`, and for any where a function has items of its own."""
    if tasks is not None and not 1 <= tasks <= MOST_TASKS:
        raise UsageError(f"cannot run {tasks} tasks", f"give --tasks 1 to {MOST_TASKS}")
    if tasks is not None and workload.given is not None:
        raise UsageError(f"{workload.name} runs all of its items", "drop --tasks, or give fewer --items")


def verify_room(cells: Iterable[Cell]) -> None:
    """UsageError where this machine has no room: of two levels the outer one, and all of a plan from another day."""
    room = {elsewhere: room_for(processes=elsewhere) for elsewhere in (False, True)}
    for cell in cells:
        kind, found = cell.strategy.kind, levels(cell.strategy.kind.name, joined(cell.strategy.options))
        name, count = (found.outer, found.count) if found else (kind.name, cell.workers)
        most, why = room[kind.elsewhere]
        if count > most and not kind.most_workers:
            raise UsageError(_shortage(name, most, why, count), _FEWER)


def _shortage(name: str, most: int, why: str, count: int) -> str:
    return f"{why} {most} workers of {name} here, not {count}"


def _usual(recipe: Recipe, kind: Kind) -> str:
    """The recipe's own list; that of processes for whatever costs as much."""
    others = recipe.workers.get("*", "1..16")
    return recipe.workers.get(kind.name) or (recipe.workers.get("processes", others) if kind.elsewhere else others)


def _useful(counts: Sequence[int], batch: int | None) -> Sequence[int]:
    """Without those that have more workers than tasks, but for the first of them."""
    if batch is None:
        return counts
    return [each for each in counts if each <= batch] or [1]


def strategies(named: str, workload: Workload) -> Iterator[Strategy]:
    """Those that are `named`, or all that can run `workload` where that is empty; UsageError for one that cannot."""
    if named:
        for strategy in executors.strategies(named):
            strategy.verify(workload)
            yield strategy
        return
    possible = 0
    for name in DEFAULT_EXECUTORS:
        strategy = executors.strategy(name)
        try:
            strategy.verify(workload)
        except UsageError as problem:
            if strategy.kind.elsewhere and not isinstance(workload.job(1), UsageError):
                workload.cautions.append(left_out(strategy, problem))
            continue
        possible += 1
        yield strategy
    if not possible:
        executors.strategy(DEFAULT_EXECUTORS[0]).verify(workload)
