"""A sweep from a request to files on disk: plan, measure, store, analyse. The command line and `sweep()` call it."""

from __future__ import annotations

import random
import re
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poolbench import executors, workloads
from poolbench.analysis.summary import summarise, widest_half_width
from poolbench.errors import Caution, UsageError
from poolbench.measure.crossing import left_out
from poolbench.measure.machine import this_machine
from poolbench.measure.plan import Plan, Rule, Wish, make_plan
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
    from poolbench.measure.sweep import Event
    from poolbench.results.columns import Trial
    from poolbench.workloads.base import Recipe, Workload

    Watcher = Callable[[Plan], AbstractContextManager[Callable[[Event], None]]]
    """Opened for the sweep; what it gives is told of each trial."""

DEFAULT_EXECUTORS = ("threads", "processes", "asyncio")
_PACKAGES = ("httpx", "requests", "aiohttp", "urllib3", "httptools", "numpy")
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


@dataclass(frozen=True)
class Outcome:
    """What a sweep came to."""

    trials: Sequence[Trial]
    summaries: Sequence[Summary]
    files: Sequence[Path]
    cautions: Sequence[Caution]
    """Of the plan and the workloads; those of the rows are in the summaries."""
    values: Sequence[Any]
    """What the tasks of the last trial returned, in the order in which results came."""
    interrupted: bool = False

    @property
    def failed(self) -> bool:
        """Whether any trial did not count."""
        return any(trial.outcome != "ok" for trial in self.trials)


def run(request: Request, watch: Watcher = lambda _: nullcontext(lambda _: None)) -> Outcome:
    """Plan, measure, store, analyse. UsageError before the first trial for whatever cannot be done."""
    seed = request.seed if request.seed is not None else random.SystemRandom().randrange(2**31)
    wanted = wishes(request, seed)
    for folder in filter(None, (request.out, request.plots)):
        check_writable(folder)
    with ExitStack() as stack:
        for wish in wanted:
            stack.enter_context(wish.workload)
        machine = this_machine()
        plan = make_plan(wanted, request.rule, seed, machine, cold=request.cold)
        name = file_name([wish.workload.name for wish in wanted])
        store = stack.enter_context(Store(fresh_path(request.out, name), about(name, plan)))
        trials, values, interrupted = _measure(plan, store, watch)
        store.describe(finished=not interrupted, rows=len(trials))
    summaries = summarise(trials, machine=machine.as_dict(), source=str(store.path), times=task_times(store.path))
    files = [*store.files, *(draw(store.path, request.plots) if trials else [])]
    cautions = [each for wish in wanted for each in wish.workload.cautions]
    return Outcome(trials, summaries, files, cautions + list(hints(plan, request.rule)), values, interrupted)


def _measure(plan: Plan, store: Store, watch: Watcher) -> tuple[list[Trial], Sequence[Any], bool]:
    """Rows, the last trial's values, and whether somebody stopped it: then the rows so far."""
    trials: list[Trial] = []
    last: list[Sequence[Any]] = [()]
    try:
        with watch(plan) as tell:

            def note(event: Event) -> None:
                trials.append(event.trial)
                last[0] = event.values
                tell(event)

            sweep(plan, store, store.path.stem, watch=note, precision=widest_half_width)
    except KeyboardInterrupt:
        return trials, last[0], True
    return trials, last[0], False


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
        whole = [each for each in useful if each % strategy.step == 0] or [strategy.step]
        return tuple(each for each in whole if each <= (kind.most_workers or MOST_WORKERS))

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
    """`flags-loiter-20261122-154100`; a user's `jobs.py:fetch` becomes `jobs-fetch`."""
    slugs = [re.sub(r"[^A-Za-z0-9]+", "-", name.replace(".py:", "-")).strip("-") for name in dict.fromkeys(names)]
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
