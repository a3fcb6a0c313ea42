"""From a request to a trial that somebody watched, and the chart of what happened."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import TYPE_CHECKING, Any

from poolbench import executors, workloads
from poolbench.calls import settings_of
from poolbench.errors import UsageError, unknown
from poolbench.executors.base import SUBMISSIONS, Strategy, describe
from poolbench.measure.plan import seed_of
from poolbench.results.store import check_writable
from poolbench.units import joined
from poolbench.watching.board import Board, Watched
from poolbench.watching.events import Counted, Scene, States, states
from poolbench.watching.order import Order
from poolbench.watching.reporting import ReportingWorkload
from poolbench.watching.reports import Reports
from poolbench.watching.script import Script
from poolbench.watching.stages import Stage, stage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from poolbench.watching.events import Event, View
    from poolbench.workloads.base import Recipe, Workload

WORKERS = 3
MOST_WORKERS = 256
"""Each has a connection of its own to report through; and nobody watches more."""
_TICK_S = 0.05


@dataclass(frozen=True)
class Request:
    """What somebody asks for, as typed."""

    recipe: Recipe
    executor: str = "threads"
    """`threads`, `threads:3`, and options after these."""
    workers: int | None = None
    submission: str = ""
    """`map` or `as_completed`; empty for what the executor's options say."""
    tasks: int | None = None
    settings: Sequence[str] = ()
    seed: int | None = None
    plots: Path | None = Path("plots")


def watch(request: Request, view: Callable[[Board], View]) -> Watched:
    """Runs one trial. UsageError before anything is started for whatever cannot be done."""
    strategy, workers = chosen(request)
    workload = _workload(request)
    strategy.verify(workload)
    if request.plots is not None:
        check_writable(request.plots)
    with ExitStack() as stack:
        stack.enter_context(workload)
        items = workload.items(_tasks(request, workload))
        reports = stack.enter_context(Reports())
        reporting = ReportingWorkload(workload, reports.desk)
        hands = stage(strategy, reporting, workers)
        stack.callback(hands.close)
        _open(hands, strategy)
        scene = Scene(
            workload=workload.name,
            params=joined(workload.params),
            executor=strategy.kind.name,
            workers=workers,
            submission=strategy.options.get("submission", "map"),
            labels=[workload.label(item) for item in items],
            doings=[workload.doing(item) for item in items],
            began=perf_counter(),
            epoch_s=time.time(),
            options=joined(strategy.options),
        )
        given = None if workload.given is None else len(workload.given)
        return _follow(scene, items, hands, reports, reporting.checked, view, given)


def chosen(request: Request) -> tuple[Strategy, int]:
    """The executor, and how many workers."""
    if "," in request.executor:
        raise UsageError("watch shows one executor at a time", "name one: --executor threads:3")
    strategy, count = executors.sized(request.executor)
    if count is not None and request.workers not in (None, count):
        raise UsageError(f"--executor {request.executor} has {count} workers, not {request.workers}", "drop --workers")
    wanted = count if count is not None else request.workers
    most = min(MOST_WORKERS, strategy.kind.most_workers or MOST_WORKERS)
    workers = min(WORKERS, most) if wanted is None else wanted
    if not 1 <= workers <= most:
        raise UsageError(f"cannot watch {workers} workers of {strategy.kind.name}", f"watch 1 to {most}")
    return _collecting(strategy, request.submission), workers


def _collecting(strategy: Strategy, submission: str) -> Strategy:
    if strategy.options.get("chunksize", "1") != "1":
        raise UsageError("watch gives each task a future of its own", "leave out chunksize")
    if submission and submission not in SUBMISSIONS:
        raise unknown("submission", submission, SUBMISSIONS)
    return Strategy(strategy.kind, {**strategy.options, "submission": submission}) if submission else strategy


def _workload(request: Request) -> Workload:
    """One; with slow parameters, where these go with what was set."""
    seed = seed_of(request.seed)
    slow = settings_of(request.recipe.slow)
    try:
        found = workloads.variants([request.recipe], [*slow, *request.settings], seed)
    except UsageError:
        found = workloads.variants([request.recipe], request.settings, seed)
    if len(found) > 1:
        raise UsageError("watch shows one trial", "give each parameter one value")
    return found[0][1]


def _tasks(request: Request, workload: Workload) -> int:
    """All of a few."""
    if request.tasks is not None and request.tasks < 1:
        raise UsageError(f"cannot run {request.tasks} tasks", "give --tasks 1 or more")
    count = request.tasks or request.recipe.few
    return count if workload.given is None else min(count, len(workload.given))


def _open(hands: Stage, strategy: Strategy) -> None:
    try:
        hands.open()
    except UsageError:
        raise
    except Exception as problem:  # noqa: BLE001  a set-up is a stranger's code
        what = f"{strategy.kind.name} cannot start ({describe(problem)})"
        raise UsageError(what, "try --executor sequential to see where it fails") from None


def _follow(
    scene: Scene,
    items: Sequence[Any],
    hands: Stage,
    reports: Reports,
    check: Callable[[Any, Any], str],
    view: Callable[[Board], View],
    given: int | None,
) -> Watched:
    """Tells `view` of everything, until the script has ended and no report is missing."""
    arrived: SimpleQueue[Event] = SimpleQueue()
    order = Order(reporting=reports.begin(arrived.put))
    board = Board(scene)
    looked = States(0, 0, 0)
    stopped = threading.Event()
    script = Script(hands, items, scene.workers, scene.submission, check, arrived.put, stopped)
    thread = threading.Thread(target=script.run, name="poolbench-script")
    interrupted = False
    thread.start()
    try:
        with view(board) as shown:
            while board.over is None or order or not arrived.empty():
                looked = _take(arrived, order, script, looked)
                now = perf_counter()
                for event in order.ready(now):
                    board.tell(event)
                    shown.tell(event)
                shown.tick(now)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        if board.over is None:
            stopped.set()
            for future in script.futures:
                future.cancel()
            hands.stop()
        thread.join()
    return Watched(board, given, interrupted)


def _take(arrived: SimpleQueue[Event], order: Order, script: Script, looked: States) -> States:
    """Whatever has come, at most a tick later; and the states of the futures, if they are not as `looked` at last."""
    with suppress(Empty):
        order.add(arrived.get(timeout=_TICK_S))
        while True:
            order.add(arrived.get_nowait())
    now = perf_counter()
    futures = list(script.futures)
    order.guess(futures, now)
    if (found := states(futures)) != looked:
        order.add(Counted(now, found))
    return found
