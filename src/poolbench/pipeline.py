"""A sweep from a request to files on disk: plan, measure, store, analyse. The command line and `sweep()` call it."""

from __future__ import annotations

import re
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poolbench import executors, interrupts, resume, workloads
from poolbench.analysis.summary import summarise, widest_half_width
from poolbench.errors import Caution, CutShortError, UsageError
from poolbench.measure.crossing import left_out
from poolbench.measure.machine import room_for, this_machine
from poolbench.measure.plan import Plan, Rule, Wish, make_plan, seed_of
from poolbench.measure.surroundings import set_aside
from poolbench.measure.sweep import sweep
from poolbench.results.columns import SCHEMA
from poolbench.results.load import task_times
from poolbench.results.store import Store, check_writable, fresh_path
from poolbench.units import MOST_WORKERS, worker_counts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from poolbench.analysis.model import Summary
    from poolbench.executors.base import Kind, Strategy
    from poolbench.measure.machine import Machine
    from poolbench.measure.sweep import Event
    from poolbench.results.columns import Trial
    from poolbench.resume import Asked
    from poolbench.workloads.base import Recipe, Workload

    Watcher = Callable[[Plan], AbstractContextManager[Callable[[Event], None]]]
    """Opened for the sweep; what it gives is told of each trial."""

DEFAULT_EXECUTORS = ("threads", "processes", "asyncio")
MOST_VALUES = 20
"""More than these nobody reads."""
_PACKAGES = ("httpx", "requests", "aiohttp", "urllib3", "httptools", "numpy", "loky", "distributed")
"""Those whose version may change a result."""


@dataclass(frozen=True)
class Request:
    """What somebody asks for, as typed."""

    recipes: Sequence[Recipe]
    executors: str = ""
    """Empty: those of DEFAULT_EXECUTORS that can run the workload."""
    workers: str = ""
    """Empty: the recipe's own lists."""
    tasks: int | None = None
    settings: Sequence[str] = ()
    rule: Rule = field(default_factory=Rule)
    cold: bool = False
    seed: int | None = None
    out: Path = Path("results")
    plots: Path | None = Path("plots")
    task_timeout_s: float | None = None
    fail_fast: bool = False
    asked: Asked | None = None
    """As typed, for whoever goes on with it."""
    resume: Path | None = None
    """The CSV of a sweep to go on with."""


@dataclass(frozen=True)
class Outcome:
    """What a sweep came to."""

    trials: Sequence[Trial]
    summaries: Sequence[Summary]
    files: Sequence[Path]
    cautions: Sequence[Caution]
    """Of the plan and the workloads; those of the rows are in the summaries."""
    values: Sequence[Any]
    """What the tasks of the last trial returned, in the order in which results came; none of a batch of many."""
    interrupted: bool = False
    stopped: UsageError | None = None
    """Why it did not come to its end although nobody interrupted it."""

    @property
    def failed(self) -> bool:
        """Whether any trial did not count, or is missing."""
        return bool(self.stopped) or any(trial.outcome != "ok" for trial in self.trials)


def run(request: Request, watch: Watcher = lambda _: nullcontext(lambda _: None)) -> Outcome:
    """Plan, measure, store, analyse. UsageError before the first trial for whatever cannot be done."""
    seed = seed_of(request.seed)
    wanted = wishes(request, seed)
    for folder in filter(None, (request.out, request.plots)):
        check_writable(folder)
    with ExitStack() as stack:
        for wish in wanted:
            stack.enter_context(wish.workload)
        machine = this_machine()
        plan, done = _plan(request, wanted, seed, machine)
        name = request.resume.stem if request.resume else file_name([wish.workload.name for wish in wanted])
        told = {**about(name, plan), **_repeatable(request, wanted)}
        path = request.resume or fresh_path(request.out, name)
        store = stack.enter_context(Store(path, told, resumed=request.resume is not None))
        if request.resume is not None:
            resume.verify_untouched(path, done)
        measured = _measure(plan, store, watch, done, fail_fast=request.fail_fast)
        trials, values, interrupted, stopped = measured
        with interrupts.shielded(), suppress(CutShortError):
            store.describe(finished=not (interrupted or stopped), rows=len(trials))
    summaries = summarise(trials, machine=machine.as_dict(), source=str(store.path), times=task_times(store.path))
    # Whoever interrupts does not wait for charts.
    files = [*store.files, *(draw(store.path, request.plots) if trials and not interrupted else [])]
    cautions = [each for wish in wanted for each in wish.workload.cautions]
    return Outcome(trials, summaries, files, cautions + list(hints(plan, request.rule)), values, interrupted, stopped)


def _plan(request: Request, wishes: Sequence[Wish], seed: int, machine: Machine) -> tuple[Plan, tuple[Trial, ...]]:
    """A new plan, or the recorded one with its rows."""
    if request.resume is not None:
        found = [wish.workload for wish in wishes]
        return resume.plan_of(request.resume, found, {**about(""), **_repeatable(request, wishes)})
    timeout_s = request.task_timeout_s
    return make_plan(wishes, request.rule, seed, machine, cold=request.cold, task_timeout_s=timeout_s), ()


def _repeatable(request: Request, wishes: Sequence[Wish]) -> dict[str, Any]:
    """What the JSON needs beside the plan so that a broken sweep can be gone on with."""
    if request.asked is None:
        return {}
    return {"asked": asdict(request.asked), "subjects": resume.subjects([wish.workload for wish in wishes])}


def _measure(
    plan: Plan, store: Store, watch: Watcher, done: Sequence[Trial], *, fail_fast: bool
) -> tuple[list[Trial], Sequence[Any], bool, UsageError | None]:
    """Rows, the last trial's values, whether somebody stopped it, and what else did: then the rows so far."""
    trials: list[Trial] = [*done]
    last: list[Sequence[Any]] = [()]
    try:
        with set_aside(), watch(plan) as tell:

            def note(event: Event) -> None:
                trials.append(event.trial)
                last[0] = event.values if len(event.values) <= MOST_VALUES else ()
                tell(event)
                if fail_fast:
                    _verify(event.trial, store.path)

            sweep(plan, store, store.path.stem, watch=note, precision=widest_half_width, done=done)
    except KeyboardInterrupt:
        return trials, last[0], True, None
    except CutShortError as problem:
        return trials, last[0], False, problem
    return trials, last[0], False, None


def _verify(trial: Trial, path: Path) -> None:
    """CutShortError for a trial that does not count."""
    if trial.outcome != "ok":
        what = "a run does not count, and --fail-fast ends with it"
        raise CutShortError(what, f"poolbench run --resume {path} goes on")


def draw(path: Path, folder: Path | None) -> list[Path]:
    """The charts of the sweep at `path`; none without a `folder`, or before anything was measured."""
    if folder is None:
        return []
    from poolbench import gallery

    return gallery.draw(gallery.sheets([path]), folder)


def wishes(request: Request, seed: int) -> list[Wish]:
    """What to run with what; UsageError where an executor cannot run a workload."""
    if request.tasks is not None and request.tasks < 1:
        raise UsageError(f"cannot run {request.tasks} tasks", "give --tasks 1 or more")
    found = workloads.variants(request.recipes, request.settings, seed)
    counts = worker_counts(request.workers) if request.workers else ()
    return [_wish(request, recipe, workload, counts) for recipe, workload in found]


def _wish(request: Request, recipe: Recipe, workload: Workload, counts: tuple[int, ...]) -> Wish:
    if request.tasks is not None and workload.given is not None:
        raise UsageError(f"{workload.name} runs all of its items", "drop --tasks, or give fewer --items")
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
            what = f"{why} {most} workers of {kind.name} here, not {whole[-1]}"
            if counts:
                raise UsageError(what, "give fewer --workers, or raise that limit (ulimit)")
            workload.cautions.append(Caution("limits", what, "raise that limit (ulimit) to see more"))
        return tuple(each for each in whole if each <= min(most, kind.most_workers or MOST_WORKERS)) or (1,)

    chosen = tuple(strategies(request, workload))
    return Wish(workload, chosen, counts_of, bool(counts), request.tasks, bool(request.executors))


def _usual(recipe: Recipe, kind: Kind) -> str:
    """The recipe's own list; that of processes for whatever costs as much."""
    others = recipe.workers.get("*", "1..16")
    return recipe.workers.get(kind.name) or (recipe.workers.get("processes", others) if kind.elsewhere else others)


def _useful(counts: Sequence[int], batch: int | None) -> Sequence[int]:
    """Without those that have more workers than tasks, but for the first of them."""
    if batch is None:
        return counts
    return [each for each in counts if each <= batch] or [1]


def strategies(request: Request, workload: Workload) -> Iterator[Strategy]:
    """Those that are asked for, or all that can run `workload`; UsageError for one that cannot."""
    if request.executors:
        for strategy in executors.strategies(request.executors):
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


def file_name(names: Sequence[str]) -> str:
    """`flags-loiter-20261122-154100`; a user's `jobs:fetch` becomes `jobs-fetch`."""
    slugs = [re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-") for name in dict.fromkeys(names)]
    return "-".join([*(slug[-40:] for slug in slugs), f"{datetime.now(UTC):%Y%m%d-%H%M%S}"])


def about(name: str, plan: Plan | None = None) -> dict[str, Any]:
    """What the JSON beside a CSV says."""
    packages = {}
    for package in ("poolbench", *_PACKAGES):
        try:
            packages[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "schema": SCHEMA,
        "sweep": name,
        "plan": plan.as_dict() if plan is not None else None,
        "machine": this_machine().as_dict(),
        "packages": packages,
    }


def hints(plan: Plan, rule: Rule) -> Iterator[Caution]:
    """What the plan itself may mislead about."""
    if plan.thinned and rule != Rule():  # who sets no budget does not miss what it left out
        yield Caution("budget", "some worker counts were left out to fit the budget", "raise --budget for more")
    crowded = [cell for cell in plan.cells if cell.workers > cell.tasks]
    if crowded:
        cell = crowded[0]
        yield Caution(
            "last wave",
            f"{cell.workers} workers have only {cell.tasks} tasks",
            "give more --tasks, or fewer --workers",
        )
