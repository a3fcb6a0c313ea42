"""Tunes of real workloads, and what came of them: `python real.py [caps] [kinds] [flags N] [disturbed N]`.

`caps`: a server that serves 8, and 20, at once. `kinds`: primes and loiter. `flags N`: N tunes of flags, the answer of
each measured afterwards in 10 blocks beside 8 other counts. `disturbed N`: N tunes during which both cores are kept
busy for 10 seconds; none may be surely wrong. About a minute a tune; nothing else should run meanwhile.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from poolbench import pipeline, workloads
from poolbench.measure.plan import rule
from poolbench.tuning import tune

OTHERS = (1, 4, 8, 16, 24, 32, 48, 64)
BURN = "import time\nend = time.monotonic() + 10\nwhile time.monotonic() < end: pass"


def tuned(folder: Path, workload: str, *settings: str, executors: str = "") -> tune.Outcome:
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


def kinds(folder: Path) -> None:
    tuned(folder, "primes")
    outcome = tuned(folder, "loiter")
    print(f"loiter is arithmetic: {outcome.arithmetic}")


def loss(folder: Path, outcome: tune.Outcome, blocks: int) -> float:
    """Of the answer, beside the best of it and the other counts of its executor."""
    found = outcome.recommendation
    request = pipeline.Request(
        recipes=[workloads.recipe("flags")],
        executors=found.executor,
        workers=",".join(map(str, sorted({found.workers, *OTHERS}))),
        rule=rule(blocks, None, None),
        out=folder,
        plots=None,
    )
    [summary] = pipeline.run(request).summaries
    rates = {cell.workers: cell.per_s for cell in summary.curves[0].cells if cell.per_s}
    return 1 - rates[found.workers] / max(rates.values())


def flags(folder: Path, tries: int) -> None:
    losses = []
    for _ in range(tries):
        losses.append(loss(folder, tuned(folder, "flags"), 10))
        print(f"   measured afterwards: loses {losses[-1]:.1%}", flush=True)
    print(f"within 5 % in {sum(each <= 0.05 for each in losses)} of {tries}")


def disturbed(folder: Path, tries: int) -> None:
    wrong = 0
    for number in range(tries):

        def burn(delay_s: float = 5 + 20 * number / tries) -> None:
            time.sleep(delay_s)
            for each in [subprocess.Popen([sys.executable, "-c", BURN]) for _ in range(2)]:
                each.wait()

        noise = threading.Thread(target=burn)
        noise.start()
        outcome = tuned(folder, "flags", executors="threads")
        noise.join()
        if outcome.recommendation.conclusive:
            lost = loss(folder, outcome, 5)
            wrong += lost > 0.05
            print(f"   measured afterwards: loses {lost:.1%}", flush=True)
    print(f"surely wrong in {wrong} of {tries}")


def main() -> None:
    words = sys.argv[1:] or ["caps", "kinds", "flags", "10", "disturbed", "20"]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        while words:
            word = words.pop(0)
            if word in ("caps", "kinds"):
                {"caps": caps, "kinds": kinds}[word](folder)
            else:
                {"flags": flags, "disturbed": disturbed}[word](folder, int(words.pop(0)))


if __name__ == "__main__":
    main()
