"""A wide sweep, 1,000 cells x 10 blocks, from plan to page: seconds of each stage.

`python benchmarks/scale/wide.py [CELLS] [BLOCKS]`: a scripted executor invents the times, so that all that is timed is
poolbench. The sweep is broken off after half of its blocks and resumed.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from poolbench import gallery, resume
from poolbench.analysis.compare import compare, side
from poolbench.analysis.summary import summarise, widest_half_width
from poolbench.executors.base import Strategy
from poolbench.garbage import set_aside
from poolbench.measure.machine import this_machine
from poolbench.measure.plan import Plan, Rule, Wish, make_plan
from poolbench.measure.sweep import sweep
from poolbench.pipeline import about
from poolbench.report.page import build
from poolbench.results.load import read
from poolbench.results.spans import lone_times, read_spans
from poolbench.results.store import Store
from poolbench.terminal import closing, table
from poolbench.terminal.progress import Progress
from poolbench.terminal.screen import Screen, recorder
from poolbench.testing import FakeClock, Script, scripted, scripted_workload
from poolbench.workloads.base import Workload

LANES = 20
TASKS = 20
Found = TypeVar("Found")


def timed(name: str, run: Callable[[], Found]) -> Found:
    began = perf_counter()
    found = run()
    print(f"{name:44}{perf_counter() - began:8.2f} s", flush=True)
    return found


def wish(workload: Workload, clock: FakeClock, cells: int) -> Wish:
    """Lanes of one executor that differ by an option, each over as many worker counts."""
    dice = random.Random(1)

    def service(_task: int, workers: int, _now: float) -> float:
        return 0.01 * (1 + workers / 30) * dice.lognormvariate(0, 0.05)

    kind = scripted(Script(clock, service, startup_s=0.01, cpu_share=0.1), "processes").kind
    options = [{"chunksize": str(lane + 1), "start": "fork", "submission": "map"} for lane in range(LANES)]
    counts = tuple(range(1, cells // LANES + 1))
    return Wish(workload, [Strategy(kind, each) for each in options], lambda _: counts, True, TASKS)


def measure(plan: Plan, path: Path, blocks: int, clock: FakeClock, screen: Screen) -> None:
    """The rows and spans up to so many blocks, each on the disk before the next trial."""
    rule = Rule(repeats=blocks, budget_s=None, most_blocks=blocks)
    told = {**about(path.stem, plan), "subjects": resume.subjects([plan.cells[0].workload])}
    done = read(path).trials if path.exists() else ()
    wanted = replace(plan, rule=rule)
    with Store(path, told, resumed=bool(done)) as store, set_aside(), Progress(screen, wanted) as progress:
        sweep(wanted, store, path.stem, watch=progress, clock=clock, done=done)


def main() -> None:
    cells, blocks = ([int(each) for each in sys.argv[1:]] + [1000, 10][len(sys.argv) - 1 :])[:2]
    screen, clock, workload = (
        Screen(recorder(100), recorder(100)),
        FakeClock(),
        scripted_workload(),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "wide.csv"
        whole = Rule(repeats=blocks, budget_s=None, most_blocks=blocks)
        plan = timed("planned", lambda: make_plan([wish(workload, clock, cells)], whole, 1, this_machine()))
        half, trials = blocks // 2, len(plan.cells)
        timed(f"run and stored, {half * trials:,} trials", lambda: measure(plan, path, half, clock, screen))
        again = {**about(""), "subjects": resume.subjects([workload])}
        timed("plan and rows read for resuming", lambda: resume.plan_of(path, [workload], again))
        timed(f"run and stored, {(blocks - half) * trials:,} more", lambda: measure(plan, path, blocks, clock, screen))
        recorded = timed("read", lambda: read(path))
        spans = timed("spans read", lambda: read_spans(path))
        timed("precision, as after each block", lambda: widest_half_width(recorded.trials))
        times = lone_times(spans)
        [summary] = timed("summarised", lambda: summarise(recorded.rows, times=times))
        timed("table", lambda: table.show(summary, screen, closing.about(summary)))
        timed("drawn", lambda: gallery.draw(gallery.sheets([path]), Path(folder)))
        timed("report", lambda: build(gallery.sheets([path])))
        timed("compared", lambda: compare(side("old", recorded.rows), side("new", recorded.rows)))


if __name__ == "__main__":
    main()
