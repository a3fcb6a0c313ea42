"""A sweep from a request to files on disk: plan, measure, store, analyse. The command line and `sweep()` call it."""

from __future__ import annotations

import re
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poolbench import gallery, interrupts, resume
from poolbench.analysis.summary import widest_half_width
from poolbench.errors import Caution, CutShortError, UsageError
from poolbench.garbage import set_aside
from poolbench.measure.machine import this_machine
from poolbench.measure.plan import Plan, Rule, make_plan, seed_of
from poolbench.measure.sweep import sweep
from poolbench.results.columns import SCHEMA
from poolbench.results.store import Store, check_writable, fresh_path
from poolbench.results.table import Table
from poolbench.wishes import verify_room, wishes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from poolbench.analysis.model import Summary
    from poolbench.measure.machine import Machine
    from poolbench.measure.plan import Wish
    from poolbench.measure.sweep import Event
    from poolbench.results.columns import Trial
    from poolbench.resume import Asked
    from poolbench.workloads.base import Recipe

    Watcher = Callable[[Plan], AbstractContextManager[Callable[[Event], None]]]
    """Opened for the sweep; what it gives is told of each trial."""

MOST_VALUES = 20
"""More than these nobody reads."""
_PACKAGES = ("httpx", "requests", "aiohttp", "urllib3", "httptools", "numpy", "loky", "distributed")
"""Those whose version may change a result."""


@dataclass(frozen=True)
class Request:
    """What somebody asks for, as typed."""

    recipes: Sequence[Recipe]
    executors: str = ""
    """Empty: threads, processes and asyncio, as far as they can run the workload."""
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
    """Of the plan, the workloads and the files; those of the rows are in the summaries."""
    values: Sequence[Any]
    """What the tasks of the last trial returned, in the order in which results came; none of a batch of many."""
    interrupted: bool = False
    stopped: UsageError | None = None
    """Why it did not come to its end although nobody interrupted it."""
    resumable: bool = False
    """What was asked for is recorded as it was typed: `--resume` goes on with it."""

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
        verify_room(plan.cells)
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
    sheets = gallery.sheets_of(store.path, Table.of(trials), told)
    summaries = [summary for sheet in sheets for summary in sheet.summaries]
    # Whoever interrupts does not wait for charts.
    charts = gallery.draw(sheets, request.plots) if request.plots and not interrupted else []
    files = [*store.files, *charts]
    cautions = [each for wish in wanted for each in wish.workload.cautions]
    cautions += [*store.cautions, *hints(plan, request.rule)]
    resumable = request.asked is not None
    return Outcome(trials, summaries, files, cautions, values, interrupted, stopped, resumable)


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

            name = done[0].sweep if done else store.path.stem  # the file may have been renamed
            sweep(plan, store, name, watch=note, precision=widest_half_width, done=done)
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


def file_name(names: Sequence[str]) -> str:
    """`flags-loiter-20261122-154100`; a user's `jobs:fetch` becomes `jobs-fetch`."""
    slugs = [re.sub(r"[\W_]+", "-", name).strip("-") or "sweep" for name in dict.fromkeys(names)]
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
            f"{cell.workers} workers have only {cell.tasks} {'task' if cell.tasks == 1 else 'tasks'}",
            "give more tasks, or fewer workers",
        )
