"""How long reading and summarising a large CSV takes beside `pandas.read_csv` of the same file.

`python benchmarks/scale/load.py [ROWS] [RUNS]`: rows as poolbench writes them, of the cells of a recorded sweep; both
run in turns, each in a process of its own that has its imports done.
"""

from __future__ import annotations

import csv
import random
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

from poolbench.results.columns import COLUMNS, Trial, to_row
from poolbench.results.load import read

SEED_SWEEP = Path(__file__).parents[2] / "results" / "reference.csv"
TIMES = ("startup_s", "wall_s", "shutdown_s", "cpu_s", "cpu_per_task_s", "latency_p50_s", "latency_p95_s",
         "latency_p99_s", "queue_p50_s", "server_busy_s", "machine_cpu_s")  # fmt: skip
RATES = ("throughput_per_s", "steady_per_s")
FRESH = 50_000
ASKED = 3.0
_TIMED = "import os, sys, time; {imports}; began = time.perf_counter(); found = {call}; "
_TIMED += "took_s = time.perf_counter() - began; from poolbench.measure.meters import peak_rss_bytes; "
_TIMED += "print(took_s, peak_rss_bytes([os.getpid()]) / 2**20)"
CONTESTS = {
    "pandas.read_csv": ("import pandas", "pandas.read_csv(sys.argv[1])"),
    "poolbench, read": (
        "import pandas, scipy.special; from poolbench.results.load import read",
        "read(sys.argv[1]).rows",
    ),
    "poolbench, read and summarised": (
        "import pandas, scipy.special, poolbench.api; from poolbench import load",
        "load(sys.argv[1]).summary()",
    ),
}


def large_csv(path: Path, rows: int) -> None:
    """Blocks of the cells of a recorded sweep, with noise of their own, which comes again after a while."""
    dice = random.Random(1)
    cells = [each for each in read(SEED_SWEEP).trials if each.block == 0]
    begun = datetime.fromisoformat(cells[0].started_at)
    made: list[list[str]] = []
    for _ in range(FRESH // len(cells)):
        dice.shuffle(cells)
        made += [noisy(cell, position, dice.lognormvariate(0, 0.03)) for position, cell in enumerate(cells)]
    block, started_at = COLUMNS.index("block"), COLUMNS.index("started_at")
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(COLUMNS)
        for row in range(rows):
            fields = made[row % len(made)]
            fields[block] = str(row // len(cells))
            fields[started_at] = (begun + timedelta(seconds=0.3 * row)).isoformat(timespec="milliseconds")
            out.writerow(fields)


def noisy(trial: Trial, position: int, slower: float) -> list[str]:
    """A row of it that took so many times as long."""
    known = {name: value for name in (*TIMES, *RATES) if (value := getattr(trial, name)) is not None}
    timed = {name: value * slower if name in TIMES else value / slower for name, value in known.items()}
    return to_row(replace(trial, position=position, **timed))


def once(name: str, path: Path) -> tuple[float, float]:
    """Seconds, and the process's peak memory in MB."""
    imports, call = CONTESTS[name]
    code = _TIMED.format(imports=imports, call=call)
    found = subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True)
    seconds, megabytes = map(float, found.stdout.split())
    return seconds, megabytes


def main() -> None:
    rows, runs = ([int(each) for each in sys.argv[1:]] + [1_000_000, 7][len(sys.argv) - 1 :])[:2]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.csv"
        large_csv(path, rows)
        print(f"{rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB")
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in CONTESTS}
        for _ in range(runs):
            for name in CONTESTS:
                found[name].append(once(name, path))
    plain = median(seconds for seconds, _ in found["pandas.read_csv"])
    print(f"{f'median of {runs}, in turns':34}{'s':>8}{'times':>8}{'asked':>8}{'peak MB':>9}")
    for name, each in found.items():
        spent = median(seconds for seconds, _ in each)
        asked = f"<= {ASKED:g}" if "summarised" in name else ""
        print(f"{name:34}{spent:8.2f}{spent / plain:8.2f}{asked:>8}{max(mb for _, mb in each):9,.0f}")


if __name__ == "__main__":
    main()
