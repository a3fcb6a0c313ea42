"""What poolbench costs per task, beside the plain code that a careful person would write.

`python benchmarks/overhead/tasks.py [RUNS [WORD...]]`, of the rows that hold all of these words: both run the same
batch on a pool that is open and warm, in turns; the table has medians, their ratio, and what was asked of it. Spans
are taken, as in any trial.

Of 1,000 tasks without work `poolbench tune` hands processes 100 at a time. A thousand at a time, as it does in batches
of any length, leave so little of the hand-over that the readings of the clock are seen beside it, as they are in a
loop: what is asked there is what is asked of sequential, at most a microsecond a task.

A batch of tasks without work is short, because of what threads do in long ones. One that has to hand on the GIL, every
5 ms, while it holds one of the locks of `ThreadPoolExecutor`, makes the others queue for that, and from then on the
GIL is handed on after each task, to the end of the batch: twice the time, ours and the plain ones alike, whenever
chance has it. In batches of 1,000 that is rare; the last rows have larger ones, where every second or third of either
side may be one of these, and the ratio is that of the sides' luck as well. What was measured of them is packed while
the clock runs, and of 20,000 not all are in flight at once.

loky, Dask and interpreters have a row where they are installed. Two levels have none: no pool hands single tasks to the
threads of several processes, so that there is no plain code to stand beside. Dask's is that of its executor: its own
`Client.map`, which hands over all tasks at once and fetches all results at once, takes two thirds of that.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import gc
import sys
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from statistics import median
from time import perf_counter, thread_time

from poolbench import executors
from poolbench.workloads.own import OwnWorkload

WORKERS = 4
PROCESSES = 2
BUSY_S = 0.001
CHUNKS = {"no-op": {16: 1.3, 100: 1.3, 1000: 0}, "1 ms": {16: 1.02}}
"""And what was asked."""


def nothing(item: int) -> int:
    return item


async def nothing_async(item: int) -> int:
    return item


def busy(item: int) -> int:
    """By the CPU clock: by the other one, a thread that waits for the GIL would be at work too."""
    end = thread_time() + BUSY_S
    while thread_time() < end:
        pass
    return item


async def busy_async(item: int) -> int:
    return busy(item)


@dataclass(frozen=True)
class Contest:
    name: str
    text: str
    """The executor, as for --executor."""
    workers: int
    function: Callable
    tasks: int
    plain: Callable[[Callable, range], float]
    asked: float | None


def timed(run: Callable[[], object]) -> float:
    gc.collect()
    gc.disable()
    began = perf_counter()
    run()
    passed = perf_counter() - began
    gc.enable()
    return passed


def loop(function: Callable, items: range) -> float:
    return timed(lambda: [function(item) for item in items])


def by_map(executor: Executor, function: Callable, items: range, chunksize: int = 1) -> float:
    return timed(lambda: list(executor.map(function, items, chunksize=chunksize)))


def by_completion(executor: Executor, function: Callable, items: range) -> float:
    def run() -> None:
        for future in as_completed([executor.submit(function, item) for item in items]):
            future.result()

    return timed(run)


def gathered(runner: asyncio.Runner, workers: int, function: Callable, items: range) -> float:
    async def batch() -> None:
        gate = asyncio.Semaphore(workers)

        async def one(item: int) -> int:
            async with gate:
                return await function(item)

        await asyncio.gather(*map(one, items))

    return timed(lambda: runner.run(batch()))


def contests(threads: Executor, processes: Executor, runner: asyncio.Runner) -> list[Contest]:
    found = []
    for kind, function, coroutine, tasks in (("no-op", nothing, nothing_async, 1000), ("1 ms", busy, busy_async, 200)):
        long = kind != "no-op"
        found += [
            Contest(f"sequential, {kind}", "sequential", 1, function, tasks, loop, 1.02 if long else 0),
            Contest(
                f"threads map, {kind}",
                "threads",
                WORKERS,
                function,
                tasks,
                partial(by_map, threads),
                1.02 if long else 1.15,
            ),
            Contest(
                f"threads as_completed, {kind}",
                "threads:submission=as_completed",
                WORKERS,
                function,
                tasks,
                partial(by_completion, threads),
                1.02 if long else 1.15,
            ),
            Contest(
                f"processes, {kind}",
                "processes",
                PROCESSES,
                function,
                tasks,
                partial(by_map, processes),
                1.02 if long else 1.05,
            ),
            *(
                Contest(
                    f"processes by {chunk}, {kind}",
                    f"processes:chunksize={chunk}",
                    PROCESSES,
                    function,
                    tasks,
                    partial(by_map, processes, chunksize=chunk),
                    most,
                )
                for chunk, most in CHUNKS[kind].items()
            ),
            Contest(
                f"asyncio, {kind}",
                "asyncio",
                WORKERS,
                coroutine,
                tasks,
                partial(gathered, runner, WORKERS),
                1.02 if long else 1.25,
            ),
        ]
    return found + [
        Contest(f"threads map, no-op, {tasks}", "threads", WORKERS, nothing, tasks, partial(by_map, threads), 1.15)
        for tasks in (4000, 20_000)
    ]


def others(stack: ExitStack) -> list[Contest]:
    """Of executors that are not everywhere: nothing was asked of them."""
    found: list[tuple[str, int, Callable[[Callable, range], float]]] = []
    if find_spec("loky"):
        from loky import ProcessPoolExecutor as Loky

        found.append(("loky", 1000, partial(by_map, stack.enter_context(Loky(PROCESSES)))))
    if find_spec("distributed"):
        from distributed import Client

        client = Client(n_workers=PROCESSES, threads_per_worker=1, dashboard_address=None)
        executor = stack.enter_context(client).get_executor(pure=False)  # or it would not run the same call again
        found.append(("dask", 200, partial(by_map, executor)))
    if interpreters := getattr(concurrent.futures, "InterpreterPoolExecutor", None):
        found.append(("interpreters", 1000, partial(by_map, stack.enter_context(interpreters(PROCESSES)))))
    return [Contest(f"{name}, no-op", name, PROCESSES, nothing, tasks, plain, None) for name, tasks, plain in found]


def contend(contest: Contest, runs: int) -> tuple[float, float]:
    """Median seconds a task: plain, ours."""
    items = range(contest.tasks)
    pool = executors.strategy(contest.text).pool(OwnWorkload("noop", contest.function, items), contest.workers)
    pool.open()
    pool.warm(range(contest.workers))
    contest.plain(contest.function, items)  # all of its workers are there after that
    plain: list[float] = []
    ours: list[float] = []
    turns = [(plain, lambda: contest.plain(contest.function, items)), (ours, lambda: timed(lambda: pool.run(items)))]
    try:
        for _ in range(runs):
            for times, turn in turns:
                times.append(turn())
            turns.reverse()
    finally:
        pool.close()
    return median(plain) / contest.tasks, median(ours) / contest.tasks


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 41
    wanted = sys.argv[2:]
    print(f"{'microseconds a task':34}{'plain':>9}{'ours':>9}{'ratio':>8}{'asked':>10}   median of {runs}")
    with (
        ThreadPoolExecutor(WORKERS) as threads,
        ProcessPoolExecutor(PROCESSES) as processes,
        asyncio.Runner() as runner,
        ExitStack() as stack,
    ):
        for contest in contests(threads, processes, runner) + others(stack):
            if not all(word in contest.name for word in wanted):
                continue
            plain, ours = contend(contest, runs)
            asked = {None: "", 0: "+ 1 us"}.get(contest.asked, f"<= {contest.asked}")
            print(f"{contest.name:34}{1e6 * plain:9.2f}{1e6 * ours:9.2f}{ours / plain:8.3f}{asked:>10}", flush=True)


if __name__ == "__main__":
    main()
