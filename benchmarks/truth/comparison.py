"""How often `compare --fail-on slower` ends with 0, 1 and 4: on pairs that are alike, and on slowdowns.

Run it as `python benchmarks/truth/comparison.py`; it takes half a minute and prints a line for each condition.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import fields
from math import exp

from poolbench.analysis.compare import compare, side, status
from poolbench.results.columns import SCHEMA, Trial

PAIRS = 60
OUTLIERS, SLOWED = 0.01, 0.6
"""Share of runs that something disturbs, and their speed then."""
ALIKE = 0.4
"""Correlation of one block's drift with the last one's."""


def row(executor: str, workers: int, block: int, per_s: float) -> Trial:
    """A trial of which only the throughput matters."""
    nothing = {"int": 0, "str": "", "bool": True, "float": 0.0}
    known = {"schema": SCHEMA, "block": block, "workload": "w", "executor": executor, "workers": workers, "tasks": 20}
    known |= {"outcome": "ok", "throughput_per_s": per_s}
    return Trial(**{field.name: nothing.get(str(field.type)) for field in fields(Trial)} | known)  # type: ignore[arg-type]


def sweep(dice: random.Random, cells: int, blocks: int, noise: float, factor: float) -> list[Trial]:
    """Cells with noise of their own and a drift that they share."""
    found, drift = [], 0.0
    for block in range(blocks):
        drift = ALIKE * drift + dice.gauss(0, noise)
        for cell in range(cells):
            executor = ("sequential", "threads", "asyncio", "processes")[0 if cell == 0 else 1 + cell % 3]
            stray = SLOWED if dice.random() < OUTLIERS else 1.0
            rate = 100 * factor * stray * exp(drift + dice.gauss(0, noise))
            found.append(row(executor, 1 if cell == 0 else 2 ** (1 + cell // 3), block, rate))
    return found


def main() -> None:
    dice = random.Random(1)
    print("cells blocks noise  speed  exit 0  exit 1  exit 4")
    for cells in (4, 12, 30):
        for blocks in (3, 5, 10):
            for noise in (0.01, 0.03):
                for factor in (1.0, 0.9, 0.8):
                    ends = Counter(
                        status(
                            compare(
                                side("old", sweep(dice, cells, blocks, noise, 1.0)),
                                side("new", sweep(dice, cells, blocks, noise, factor)),
                            ),
                            "slower",
                        )
                        for _ in range(PAIRS)
                    )
                    shares = "  ".join(f"{ends[code] / PAIRS:6.0%}" for code in (0, 1, 4))
                    print(f"{cells:5} {blocks:6} {noise:5.0%} {factor:6}  {shares}", flush=True)


if __name__ == "__main__":
    main()
