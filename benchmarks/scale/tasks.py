"""A million tasks: their memory beside a thousand's, and the time of one beside that of ten thousand.

`python benchmarks/scale/tasks.py [RUNS [EXECUTOR...]]`: sweeps of one trial that stores its row, and its spans where
there are no more than a file takes, each in a fresh process so that the peak is its own, in turns; the table has
medians. Of the workers' peaks the largest is taken for each of them.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from poolbench import executors
from poolbench.measure.cells import Cell
from poolbench.measure.meters import peak_rss_bytes
from poolbench.measure.plan import Plan, Rule
from poolbench.measure.sweep import sweep
from poolbench.results.store import Store
from poolbench.workloads.own import OwnWorkload

EXECUTORS = {"threads": 4, "asyncio": 4, "processes:chunksize=1000": 2}
"""With their workers."""
FEW, SOME, MANY = 1_000, 10_000, 1_000_000
REPEATS = {FEW: 1, SOME: 5, MANY: 1}
MOST_MB, MOST_RATIO = 150, 1.1


def nothing(item: int) -> int:
    return item


async def nothing_async(item: int) -> int:
    return item


def measure(executor: str, tasks: int) -> dict[str, float]:
    """Microseconds a task, and peaks in MB: of this process, and of it and its workers."""
    workers = EXECUTORS[executor]
    workload = OwnWorkload("noop", nothing_async if executor == "asyncio" else nothing, range(tasks))
    cell = Cell(workload, executors.strategy(executor), workers, tasks)
    with TemporaryDirectory() as folder, Store(Path(folder) / "noop.csv", {}) as store:
        trials = sweep(Plan((cell,), Rule(repeats=REPEATS[tasks]), seed=0), store, "noop")
    assert all(trial.outcome == "ok" for trial in trials), trials[0].reason
    own = peak_rss_bytes([os.getpid()]) / 2**20  # since the trial began: each restarts it
    others = workers * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024 if "processes" in executor else 0
    return {"us": 1e6 * median(trial.wall_s or 0 for trial in trials) / tasks, "own": own, "all": own + others}


def apart(executor: str, tasks: int) -> dict[str, float]:
    """The same in a process of its own."""
    words = [sys.executable, __file__, "one", executor, str(tasks)]
    found: dict[str, float] = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    return found


def main() -> None:
    if sys.argv[1:2] == ["one"]:
        print(json.dumps(measure(sys.argv[2], int(sys.argv[3]))))
        return
    runs, *chosen = sys.argv[1:] or ["7"]
    found: dict[tuple[str, int], list[dict[str, float]]] = {}
    for _ in range(int(runs)):
        for executor in chosen or EXECUTORS:
            for tasks in (FEW, SOME, MANY):
                found.setdefault((executor, tasks), []).append(apart(executor, tasks))
    print(f"{'':26}{'us a task at':>22}{'':8}{'MB above':>22}   median of {runs}")
    print(f"{'':26}{SOME:>11,}{MANY:>11,}{'ratio':>8}{'parent':>11}{'all':>11}   {FEW:,} tasks: parent, all")
    for executor in chosen or EXECUTORS:
        us = {tasks: median(each["us"] for each in found[executor, tasks]) for tasks in (SOME, MANY)}
        few, many = (
            [median(each[of] for each in found[executor, tasks]) for of in ("own", "all")] for tasks in (FEW, MANY)
        )
        beyond = [more - less for more, less in zip(many, few, strict=True)]
        print(
            f"{executor:26}{us[SOME]:11.2f}{us[MANY]:11.2f}{us[MANY] / us[SOME]:8.3f}{beyond[0]:11.0f}{beyond[1]:11.0f}"
            f"   {few[0]:.0f}, {few[1]:.0f}"
        )
    print(f"{'asked':26}{'':22}{f'<= {MOST_RATIO}':>8}{f'<= {MOST_MB}':>11}{f'<= {MOST_MB}':>11}")


if __name__ == "__main__":
    main()
