"""How long charts take: all of a sweep's, and the summary and charts of a CSV with 100,000 rows.

Run it as `python benchmarks/charts/speed.py results/NAME.csv`; each is timed in a process of its own, imports included.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROWS = 100_000
EXECUTORS = ("threads", "processes", "asyncio", "dask")
COUNTS = (1, 2, 4, 8, 16, 32, 64, 128)
_DRAW = "import sys; from pathlib import Path; from poolbench import gallery; "
_DRAW += "print(len(gallery.draw(gallery.sheets([Path(sys.argv[1])]), Path(sys.argv[2]))), 'files', end='  ')"


def long_csv(path: Path) -> None:
    """Rows of three workloads: 1,000 blocks of 33 cells each, and a few more."""
    from poolbench.results.columns import COLUMNS

    dice = random.Random(1)
    cells = [("sequential", 1), *((executor, n) for executor in EXECUTORS for n in COUNTS)]
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(COLUMNS) + "\n")
        for row in range(ROWS):
            block, cell = divmod(row, 3 * len(cells))
            workload, (executor, workers) = ("flags", "loiter", "primes")[cell % 3], cells[cell // 3]
            per_s = 10 * workers**0.8 * dice.gauss(1, 0.02)
            known = {
                "schema": 1,
                "sweep": "long",
                "block": block,
                "workload": workload,
                "executor": executor,
                "workers": workers,
                "tasks": 20,
                "ok": 20,
                "failed": 0,
                "outcome": "ok",
                "position": cell,
                "wall_s": 20 / per_s,
                "throughput_per_s": per_s,
                "cpu_per_task_s": 0.001,
                "startup_s": 0.01,
                "latency_p50_s": workers / per_s,
                "latency_p95_s": 1.2 * workers / per_s,
                "latency_p99_s": 1.4 * workers / per_s,
                "started_at": "2026-11-22T15:41:00+00:00",
                "machine": "m1",
                "python": "3.11.7",
                "gil": "true",
            }
            file.write(",".join(str(known.get(name, "")) for name in COLUMNS) + "\n")


def timed(path: Path, folder: Path) -> str:
    """Seconds from the start of a process to the last file, and those of CPU, which a busy machine does not stretch."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", _DRAW, str(path), str(folder)], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{time.perf_counter() - start:.1f} s ({cpu:.1f} s of CPU)"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in sys.argv[1:]:
            print(f"{timed(Path(name), Path(folder))}  {name}", flush=True)
        long = Path(folder) / "long.csv"
        long_csv(long)
        print(f"{timed(long, Path(folder))}  {ROWS:,} rows", flush=True)


if __name__ == "__main__":
    main()
