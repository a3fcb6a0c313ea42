"""Where to search, what there was in the way, and what the library would have taken."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from poolbench.analysis.curves import TOLERANCE
from poolbench.analysis.limits import repairman
from poolbench.errors import Caution
from poolbench.tuning.chunks import plain
from poolbench.tuning.costs import DEAR, cost
from poolbench.tuning.evidence import Choice
from poolbench.tuning.search import Lane
from poolbench.words import workers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from poolbench.executors.base import Strategy
    from poolbench.measure.machine import Machine
    from poolbench.measure.pilot import Pilot
    from poolbench.results.columns import Trial
    from poolbench.tuning.evidence import Evidence


def edge(evidence: Evidence, lanes: Sequence[Lane], tasks: int | None) -> Iterator[Caution]:
    """Where the answer may lie beyond what was looked at: never beyond the number of `tasks` of a job.

    Worker processes beyond some a core have never helped.
    """
    found = evidence.recommendation
    for each in lanes:
        if found is None or each.name != found.choice.lane or each.cost >= DEAR or each.most_workers == tasks:
            continue
        if found.workers_range[1] >= (1 - evidence.tolerance) * each.most_workers > 1:
            what = f"{each.name} still gain at {each.most_workers} workers, where the search ends"
            yield Caution("edge", what, f"look further with --max-workers {4 * each.most_workers}")


def failures(trials: Iterable[Trial]) -> Iterator[Caution]:
    """Where runs failed: what failed twice is no answer, and nor is what lies beyond it."""
    failed: dict[str, list[Trial]] = {}
    for each in trials:
        if each.outcome != "ok":
            failed.setdefault(each.executor, []).append(each)
    for executor, some in failed.items():
        fewest, reason = min(each.workers for each in some), some[0].reason
        runs = "1 run" if len(some) == 1 else f"{len(some)} runs"
        what = f"{runs} of {executor} failed, the smallest at {workers(executor, fewest)} ({reason})"
        yield Caution("failed", what, "mend that: what fails twice is left out, and counts beyond it are not looked at")


def lane(name: str, strategy: Strategy, most: int, pilot: Pilot, machine: Machine) -> Lane:
    """For the search, with the place where the queueing model would look first."""
    kind = strategy.kind
    servers = 1 if kind.shares_interpreter and (machine.gil or kind.asynchronous) else machine.cores
    return Lane(name, most, cost(kind), knee(pilot, most, servers))


def default_workers(executor: str, machine: Machine) -> int | None:
    """What the library takes when nothing is said; asyncio has no such number."""
    # As ProcessPoolExecutor counts them: from Python 3.13 on, those that this process may use.
    cores = getattr(os, "process_cpu_count", os.cpu_count)() or 1
    threads = machine.default_threads  # an InterpreterPoolExecutor is one of threads
    return {"threads": threads, "interpreters": threads, "processes": cores}.get(executor)


def default(lane: str, strategies: Mapping[str, Strategy], searched: Iterable[Lane], machine: Machine) -> Choice | None:
    """What the library would have taken in place of an answer in `lane`; None where it says nothing, or too much.

    Coroutines have no such number, and nor has one at a time: for them, what threads take, or the first that was tried.
    """
    most = {each.name: each.most_workers for each in searched}
    if strategies[lane].kind.asynchronous or lane not in most:
        lane = next((name for name in most if strategies[name].kind.name == "threads"), next(iter(most), lane))
    workers = default_workers(strategies[lane].kind.name, machine)
    if workers is None or workers > most.get(lane, 0):
        return None
    usual = plain(strategies[lane])
    return Choice(next((name for name, each in strategies.items() if each == usual), lane), workers)


def knee(pilot: Pilot, most: int, servers: int) -> int:
    """The fewest workers within tolerance of the best, were the machine the model itself."""
    wait_s = max(pilot.task_s - pilot.cpu_s, 0.0)
    rates = [repairman(n, wait_s, pilot.cpu_s, servers) for n in range(1, most + 1)]
    return next(n for n, rate in enumerate(rates, 1) if rate >= (1 - TOLERANCE) * max(rates))
