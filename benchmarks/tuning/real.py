"""Tunes of real workloads, and what came of them: `python real.py [caps] [kinds] [price] [flags N] [disturbed N]`.

`caps`: a server that serves 8, and 20, at once, and a slow one. `kinds`: primes and loiter. `flags N`: N tunes of
flags, the answer of each measured afterwards in 10 blocks beside 8 other counts, as a ratio to the best of them.
`disturbed N`: N tunes during which both cores are kept busy for 10 seconds; none may be surely wrong. Two minutes a
tune; nothing else should run meanwhile. `price`: a tune of three executors beside the sweep of the same executors.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from poolbench import pipeline, workloads
from poolbench.analysis.estimate import Estimate
from poolbench.analysis.grid import grid
from poolbench.analysis.statistics import fit_matrix
from poolbench.measure.plan import rule
from poolbench.results.table import Table
from poolbench.tuning import tune
from poolbench.tuning.outcome import Outcome

SWEPT = "1,2,3,4,6,8,12,16,24,32,48,64"
OTHERS = (1, 4, 8, 16, 24, 32, 48, 64, 40)
"""Eight of them that are not the answer."""
BURN = "import time\nend = time.monotonic() + 10\nwhile time.monotonic() < end: pass"


def tuned(folder: Path, workload: str, *settings: str, executors: str = "") -> Outcome:
    began = time.perf_counter()
    outcome = tune.run(tune.Request(workloads.recipe(workload), executors=executors, settings=settings, out=folder))
    found, spent = outcome.recommendation, time.perf_counter() - began
    state = "conclusive" if found.conclusive else f"inconclusive ({found.reason})"
    what = " ".join([workload, *settings])
    print(f"{what}: {found.text} {state}, {len(outcome.trials)} runs, {spent:.0f} s", flush=True)
    return outcome


def caps(folder: Path) -> None:
    for cap in (8, 20):
        for executors in ("threads", ""):
            tuned(folder, "flags", f"concurrency={cap}", executors=executors)
    tuned(folder, "flags", "concurrency=20", "latency=300ms", executors="asyncio")  # the client's own time is small


def kinds(folder: Path) -> None:
    tuned(folder, "primes")
    outcome = tuned(folder, "loiter")
    print(f"loiter is arithmetic: {outcome.arithmetic}")


def loss(folder: Path, outcome: Outcome) -> Estimate:
    """The answer over the best of it and the other counts of its executor, as a ratio of throughputs in 10 blocks."""
    found = outcome.recommendation
    request = pipeline.Request(
        recipes=[workloads.recipe("flags")],
        executors=found.executor,
        workers=",".join(map(str, sorted({found.workers, *[n for n in OTHERS if n != found.workers][:8]}))),
        rule=rule(10, None, None),
        out=folder,
        plots=None,
    )
    rows = Table.of(trial for trial in pipeline.run(request).trials if trial.executor == found.executor)
    measured = grid(rows, "steady")
    curve = fit_matrix(measured.cells, measured.rates)
    best = max(curve.cells, key=lambda cell: curve.throughput(cell).centre)
    return curve.ratio(next(cell for cell in curve.cells if cell[2] == found.workers), best)


def told(ratio: Estimate) -> str:
    low, high = (ratio.interval.low, ratio.interval.high) if ratio.interval else (0.0, 1.0)
    return f"   measured afterwards: loses {1 - ratio.value:.1%} (95 % CI {1 - high:.1%} to {1 - low:.1%})"


def surely_wrong(ratio: Estimate) -> bool:
    return ratio.interval is not None and ratio.interval.high < 0.95


def flags(folder: Path, tries: int) -> None:
    ratios = []
    for _ in range(tries):
        ratios.append(loss(folder, tuned(folder, "flags")))
        print(told(ratios[-1]), flush=True)
    within, wrong = sum(each.value >= 0.95 for each in ratios), sum(map(surely_wrong, ratios))
    print(f"within 5 % in {within} of {tries}, surely beyond it in {wrong}")


def disturbed(folder: Path, tries: int) -> None:
    conclusive, beyond, wrong = 0, 0, 0
    for number in range(tries):
        # A tune of threads takes 11 to 17 s: all of these begin inside of it.
        def burn(delay_s: float = 2 + 7 * number / tries) -> None:
            time.sleep(delay_s)
            for each in [subprocess.Popen([sys.executable, "-c", BURN]) for _ in range(2)]:
                each.wait()

        noise = threading.Thread(target=burn)
        noise.start()
        outcome = tuned(folder, "flags", executors="threads")
        noise.join()
        if outcome.recommendation.conclusive:
            ratio = loss(folder, outcome)
            conclusive, beyond, wrong = conclusive + 1, beyond + (ratio.value < 0.95), wrong + surely_wrong(ratio)
            print(told(ratio), flush=True)
    print(f"conclusive in {conclusive} of {tries}; of these beyond 5 % in {beyond}, surely so in {wrong}")


def price(folder: Path) -> None:
    """What a tune takes, and what the sweep takes that would answer the same question."""
    began = time.perf_counter()
    tuned(folder, "flags")
    between = time.perf_counter()
    recipes, five = [workloads.recipe("flags")], rule(5, None, None)
    pipeline.run(pipeline.Request(recipes, "threads,processes,asyncio", SWEPT, rule=five, out=folder, plots=None))
    ended = time.perf_counter()
    tune_s, sweep_s = between - began, ended - between
    print(f"tune {tune_s:.0f} s, sweep {sweep_s:.0f} s: {tune_s / sweep_s:.2f} of it")


ALONE = {"caps": caps, "kinds": kinds, "price": price}


def main() -> None:
    words = sys.argv[1:] or ["caps", "kinds", "price", "flags", "10", "disturbed", "20"]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        while words:
            word = words.pop(0)
            if word in ALONE:
                ALONE[word](folder)
            else:
                {"flags": flags, "disturbed": disturbed}[word](folder, int(words.pop(0)))


if __name__ == "__main__":
    main()
