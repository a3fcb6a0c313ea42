"""How soon the command line answers, as a multiple of `python -c pass`: `python benchmarks/overhead/start.py [RUNS]`.

Medians of interleaved runs, so that the machine's mood hits all alike.
"""

from __future__ import annotations

import subprocess
import sys
from statistics import median
from time import perf_counter

NOTHING = ("-c", "pass")
ASKED = {("--version",): 6, ("--help",): 12, ("run", "--help"): 12, ("list",): 15}


def seconds(*arguments: str) -> float:
    began = perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - began


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    commands = [NOTHING, *(("-m", "poolbench", *each) for each in ASKED)]
    times: dict[tuple[str, ...], list[float]] = {command: [] for command in commands}
    for _ in range(runs):
        for command in commands:
            times[command].append(seconds(*command))
    nothing = median(times[NOTHING])
    print(f"python -c pass: {1000 * nothing:.1f} ms, median of {runs}")
    print(f"{'':24}{'ms':>8}{'times':>8}{'asked':>8}")
    for words, asked in ASKED.items():
        spent = median(times["-m", "poolbench", *words])
        print(f"poolbench {' '.join(words):14}{1000 * spent:8.1f}{spent / nothing:8.1f}{f'<= {asked}':>8}")


if __name__ == "__main__":
    main()
