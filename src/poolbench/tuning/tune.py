"""A tune from a request to a recommendation: pilot, search, trials on disk, the machine's profile."""

from __future__ import annotations

from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from poolbench import executors, interrupts, pipeline, workloads
from poolbench.analysis.checks import arithmetic
from poolbench.analysis.curves import TOLERANCE
from poolbench.analysis.summary import summarise
from poolbench.errors import Caution, CutShortError, UsageError
from poolbench.garbage import set_aside
from poolbench.measure.crossing import able
from poolbench.measure.machine import this_machine
from poolbench.measure.pilot import pilot
from poolbench.measure.plan import seed_of
from poolbench.results.load import task_times
from poolbench.results.store import Store, check_writable, fresh_path
from poolbench.tuning import lanes, profile
from poolbench.tuning.answer import recommend
from poolbench.tuning.bench import Bench
from poolbench.tuning.chunks import chunked, plain
from poolbench.tuning.evidence import Choice
from poolbench.tuning.outcome import Outcome, Start, Step
from poolbench.tuning.picture import drawn
from poolbench.tuning.rooms import weigh
from poolbench.tuning.search import Search
from poolbench.units import MOST_WORKERS
from poolbench.wishes import strategies, verify_tasks
from poolbench.workloads.subject import subject_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from poolbench.executors.base import Strategy
    from poolbench.results.columns import Trial
    from poolbench.tuning.evidence import Evidence
    from poolbench.tuning.rooms import Weighed
    from poolbench.tuning.search import Lane
    from poolbench.workloads.base import Recipe, Workload
    from poolbench.workloads.subject import Subject

    Watcher = Callable[["Start"], AbstractContextManager[Callable[["Step"], None]]]
    """Opened for the search; what it gives is told of each trial."""

BASELINE = Choice(executors.BASELINE, 1)
DEFAULT_BUDGET_S = 90.0
_DEFAULT_RUNS = 2
"""Of what the library would have done, to show beside the answer."""
_HOPELESS_RUNS = 3
_WEATHER = ("drift", "outlier")
"""Cautions of a sweep that a search deals with."""


@dataclass(frozen=True)
class Request:
    """What somebody asks for, as typed."""

    recipe: Recipe
    executors: str = ""
    """Empty: all that can run the workload, raced."""
    most_workers: int | None = None
    tasks: int | None = None
    settings: tuple[str, ...] = ()
    tolerance: float = TOLERANCE
    confidence: float = 0.8
    """That the recommendation is within tolerance of the best."""
    budget_s: float = DEFAULT_BUDGET_S
    """From its start; no run is begun later."""
    seed: int | None = None
    task_timeout_s: float | None = None
    """Seconds that a task may take; None: as long as its workload says."""
    out: Path = Path("results")
    plots: Path | None = None
    """None draws nothing."""


@dataclass
class _Room:
    """Lanes as far as the machine allows, and what it did not."""

    lanes: list[Lane] = field(default_factory=list)
    cautions: list[Caution] = field(default_factory=list)


def run(request: Request, watch: Watcher = lambda _: nullcontext(lambda _: None)) -> Outcome:
    """Searches; UsageError before the first trial for whatever cannot be done, or could not be kept."""
    began, seed = perf_counter(), seed_of(request.seed)
    workload, wanted = _wanted(request, seed)
    for folder in filter(None, (request.out, request.plots)):
        check_writable(folder)
    profile.check()
    with ExitStack() as stack:
        stack.enter_context(workload)
        subject = subject_of(workload)  # before its tasks change what it holds
        machine, look = this_machine(), pilot(workload, request.task_timeout_s)
        tasks = len(workload.given) if workload.given is not None else request.tasks
        kept = able(workload, wanted, look, named=bool(request.executors))
        if not request.executors:
            kept = tuple(chunked(each, look, tasks, machine) for each in kept)
        raced = {_lane_name(each): each for each in kept}
        usual = {_lane_name(each): each for each in map(plain, kept)}
        name = pipeline.file_name(["tune", workload.name])
        about = {**pipeline.about(name), "plan": {"tune": True, "seed": seed, "tolerance": request.tolerance}}
        store = stack.enter_context(Store(fresh_path(request.out, name), about))
        every = {BASELINE.lane: executors.strategy(executors.BASELINE), **usual, **raced}
        bench = Bench(workload, every, look, machine, tasks, store, store.path.stem, patience_s=request.task_timeout_s)
        found = _search(request, subject, bench, raced, seed, watch, began)
        with interrupts.shielded(), suppress(CutShortError):
            store.describe(finished=not (found.interrupted or found.stopped), rows=len(bench.trials))
    found = replace(found, files=tuple(store.files), cautions=(*workload.cautions, *store.cautions, *found.cautions))
    # Whoever interrupts does not wait for charts.
    return found if found.interrupted else drawn(found, request.plots, str(store.path))


def _wanted(request: Request, seed: int) -> tuple[Workload, list[Strategy]]:
    found = workloads.variants([request.recipe], request.settings, seed)
    if len(found) > 1:
        raise UsageError("a tune has one answer, not one for each value", "give every --set a single value")
    [(_, workload)] = found
    verify_tasks(request.tasks, workload)
    if (request.most_workers or 1) > MOST_WORKERS:
        raise UsageError(f"cannot look as far as {request.most_workers} workers", f"give at most {MOST_WORKERS}")
    chosen = list(strategies(request.executors, workload))
    for each in chosen:
        if each.kind.outer:
            raise UsageError(f"{each.kind.name} has two counts; a tune searches one", "sweep both with poolbench run")
    if not chosen:
        raise UsageError("sequential has no workers to tune", "name threads, processes or asyncio")
    return workload, chosen


def _lane_name(strategy: Strategy) -> str:
    """As --executor takes it: options only where they are not the defaults."""
    return strategy.kind.name + "".join(f":{key}={value}" for key, value in strategy.chosen.items())


def _search(
    request: Request,
    subject: Subject,
    bench: Bench,
    strategies: Mapping[str, Strategy],
    seed: int,
    watch: Watcher,
    began: float,
) -> Outcome:
    """The budget holds from when the tune `began`: where tasks are slow, the first look at them takes a while too."""
    interrupted, stopped, until = False, None, began + request.budget_s
    weighed: list[Weighed] = []
    room = _room(request, bench, strategies, weighed, until)
    baseline = lanes.lane(BASELINE.lane, bench.strategies[BASELINE.lane], 1, bench.pilot, bench.machine)
    search = Search(
        [baseline, *room.lanes],
        baseline=BASELINE,
        tolerance=request.tolerance,
        confidence=request.confidence,
        seed=seed,
        longer=max(request.budget_s / DEFAULT_BUDGET_S, 1.0),
    )
    for each in weighed:
        search.tell(*each)
    start = Start(bench.workload, tuple(room.lanes), request.budget_s, bench.machine)
    try:
        with set_aside(), watch(start) as tell:
            while (choice := search.ask()) is not None and perf_counter() < until:
                if _hopeless(bench.trials):
                    break
                trial, per_s, spent_s = bench.measure(choice)
                search.tell(choice, per_s, spent_s)
                tell(Step(trial, search.evidence(), perf_counter() - began))
            _measure_default(bench, search.evidence(), room, until)
    except KeyboardInterrupt:
        interrupted = True
    except CutShortError as problem:  # what was measured before it is kept, and so is an answer
        stopped = problem
    evidence = search.evidence()
    if (interrupted or stopped) and not evidence.conclusive:
        evidence = replace(evidence, reason="interrupted")
    found = _outcome(bench, subject, evidence, room, perf_counter() - began)
    return replace(found, interrupted=interrupted, stopped=stopped)


def _hopeless(trials: Sequence[Trial]) -> bool:
    """Every task of several runs has raised: the function or its items are wrong, not the worker count."""
    return len(trials) >= _HOPELESS_RUNS and all(each.outcome == "failed" and not each.ok for each in trials)


def _room(
    request: Request, bench: Bench, strategies: Mapping[str, Strategy], weighed: list[Weighed], until: float
) -> _Room:
    found = _Room()
    for name, strategy in strategies.items():
        room, runs = weigh(name, strategy, bench, request.most_workers, until)
        weighed += runs
        if room.why:
            found.cautions.append(Caution("room", f"{name}: {room.why}", "raise that limit for more"))
        found.lanes.append(lanes.lane(name, strategy, room.most, bench.pilot, bench.machine))
    return found


def _default(bench: Bench, evidence: Evidence, room: _Room) -> Choice | None:
    found = evidence.recommendation
    return lanes.default(found.choice.lane, bench.strategies, room.lanes, bench.machine) if found else None


def _measure_default(bench: Bench, evidence: Evidence, room: _Room, until: float) -> None:
    """If the search had no need to look there, and left the time."""
    choice = _default(bench, evidence, room)
    while choice is not None and bench.runs(choice) < _DEFAULT_RUNS and perf_counter() < until:
        bench.measure(choice)


def _outcome(bench: Bench, subject: Subject, evidence: Evidence, room: _Room, measured_s: float) -> Outcome:
    path = Path(getattr(bench.sink, "path", ""))
    summaries = summarise(
        bench.trials, machine=bench.machine.as_dict(), source=str(path), times=task_times(path) if path.name else None
    )
    summary = summaries[0] if summaries else None
    waits = bool(summary and arithmetic(summary))
    edge = () if waits else lanes.edge(evidence, room.lanes, bench.tasks)
    noted = summary.cautions if summary else ()
    return Outcome(
        recommendation=recommend(bench, evidence, subject, summary, _default(bench, evidence, room)),
        evidence=evidence,
        summary=summary,
        trials=tuple(bench.trials),
        files=(),
        cautions=(
            *room.cautions,
            *lanes.failures(bench.trials),
            *edge,
            *(each for each in noted if each.check not in _WEATHER),
        ),
        measured_s=measured_s,
        arithmetic=waits,
    )


def remember(outcome: Outcome) -> Path | None:
    """Stores a conclusive recommendation in the machine's profile; returns the file."""
    found = outcome.recommendation
    if found is None or not found.conclusive:
        return None
    return profile.remember(found.entry(datetime.now(UTC).isoformat(timespec="seconds")))
