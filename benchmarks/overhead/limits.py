"""How near whole trials come to what is possible: `python benchmarks/overhead/limits.py [RUNS]`.

20 sleeps of 50 ms on 20 threads beside 50 ms, by poolbench and by plain code; downloads of flags at 50 ms on 16 workers
beside the lowest limit that the analysis gives for the same sweep, with its baseline. Medians of interleaved runs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from poolbench import executors, workloads
from poolbench.analysis.summary import summarise
from poolbench.garbage import set_aside
from poolbench.measure.cells import Cell
from poolbench.measure.machine import this_machine
from poolbench.measure.plan import Plan, Rule
from poolbench.measure.sweep import sweep
from poolbench.results.columns import Trial
from poolbench.results.load import task_times
from poolbench.results.store import Store

SLEEPS, SLEEP_S = 20, 0.05
FLAGS, WORKERS = 2000, 16
BASELINE_FLAGS = 48
MOST_WALL, LEAST_SHARE = 1.03, 0.9


def run(
    cells: Sequence[tuple[str, int, int]], recipe: str, settings: Sequence[str], runs: int, path: Path
) -> list[Trial]:
    """Trials of executors with workers and tasks."""
    [(_, workload)] = workloads.variants([workloads.recipe(recipe)], settings, 0)
    with workload, Store(path, {}) as store, set_aside():
        plan = Plan(
            tuple(Cell(workload, executors.strategy(name), workers, tasks) for name, workers, tasks in cells),
            Rule(repeats=runs),
            seed=0,
        )
        return sweep(plan, store, path.stem)


def plain() -> float:
    """The same sleeps by hand, on threads that are there already."""
    with ThreadPoolExecutor(SLEEPS) as executor:
        list(executor.map(time.sleep, [SLEEP_S / 10] * SLEEPS))
        began = time.perf_counter()
        list(executor.map(time.sleep, [SLEEP_S] * SLEEPS))
        return time.perf_counter() - began


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    print(f"{'':34}{'measured':>12}{'limit':>12}{'ratio':>8}{'asked':>10}   median of {runs}")
    with TemporaryDirectory() as folder:
        settings = [f"unit={SLEEP_S}s", "sleeps=1"]
        cell = [("threads", SLEEPS, SLEEPS)]
        ours, by_hand = [], []
        for number in range(runs):
            [trial] = run(cell, "loiter", settings, 1, Path(folder) / f"loiter{number}.csv")
            ours.append(trial.wall_s or 0.0)
            by_hand.append(plain())
        what = f"{SLEEPS} x {1000 * SLEEP_S:.0f} ms, {SLEEPS} threads"
        for name, wall_s, asked in (
            (what, median(ours), f"<= {MOST_WALL}"),
            ("the same in plain code", median(by_hand), ""),
        ):
            ratio = f"{wall_s / SLEEP_S:8.3f}{asked:>10}"
            print(f"{name:34}{1000 * wall_s:9.2f} ms{1000 * SLEEP_S:9.2f} ms{ratio}", flush=True)
        path = Path(folder) / "flags.csv"
        cells = [("sequential", 1, BASELINE_FLAGS), ("threads", WORKERS, FLAGS), ("asyncio", WORKERS, FLAGS)]
        trials = run(cells, "flags", ["latency=50ms"], runs, path)
        [summary] = summarise(trials, machine=this_machine().as_dict(), times=task_times(path))
        for curve in summary.curves:
            [cell] = curve.cells
            assert cell.limits is not None
            rate = median(cell.runs)
            print(
                f"{f'{FLAGS:,} flags, {WORKERS} {curve.name}':34}{rate:10.1f}/s{cell.limits.lowest:10.1f}/s"
                f"{rate / cell.limits.lowest:8.3f}{f'>= {LEAST_SHARE}':>10}   ({cell.limits.name}, {summary.rate} rate)"
            )


if __name__ == "__main__":
    main()
