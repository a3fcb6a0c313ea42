"""How often the 95 % interval of the speed-up holds the truth; A/A pairs and power: `python coverage.py [SWEEPS]`."""

from __future__ import annotations

import sys
from math import log

import numpy as np
from simulate import Machine, curve, fitted

from poolbench.analysis.comparison import verdict

CELLS = 11
NOISES = (0.02, 0.05, 0.10, 0.15)
BLOCKS = (3, 5, 7, 10)
PRECISION = 0.05
MOST_BLOCKS = 30


def machine(*seed: int, noise: float) -> Machine:
    return Machine(np.random.default_rng([20261122, *seed]), noise)


def covered(noise: float, blocks: int, sweeps: int) -> tuple[float, float]:
    """Share of sweeps whose interval for the last cell's speed-up holds the truth, and its median log width."""
    truth = curve(CELLS)
    here = machine(blocks, round(noise * 1000), noise=noise)
    hits, widths = [], []
    for _ in range(sweeps):
        fit = fitted(here.sweep(truth, blocks))
        interval = fit.ratio(fit.cells[-1], fit.cells[0]).interval
        hits.append(interval.low <= truth[-1] / truth[0] <= interval.high)
        widths.append(log(interval.high / interval.low))
    return float(np.mean(hits)), float(np.median(widths))


def stopped(noise: float, sweeps: int) -> tuple[float, float]:
    """The same with `--precision 5%`: blocks are added until every speed-up is known that well."""
    truth = curve(CELLS)
    here = machine(99, round(noise * 1000), noise=noise)
    hits, used = [], []
    for _ in range(sweeps):
        rates = here.sweep(truth, MOST_BLOCKS)
        for blocks in range(3, MOST_BLOCKS + 1):
            fit = fitted(rates[:, :blocks])
            found = [fit.ratio(cell, fit.cells[0]) for cell in fit.cells[1:]]
            if max((each.interval.high - each.interval.low) / 2 / each.value for each in found) <= PRECISION:
                break
        hits.append(found[-1].interval.low <= truth[-1] / truth[0] <= found[-1].interval.high)
        used.append(blocks)
    return float(np.mean(hits)), float(np.median(used))


def verdicts(ratio: float, noise: float, blocks: int, pairs: int) -> dict[str, float]:
    """Shares of the verdicts on one cell of two sweeps, the second of which is truly `ratio` times as fast."""
    here = machine(77, blocks, round(noise * 1000), round(ratio * 100), noise=noise)
    truth = curve(CELLS)
    counts: dict[str, int] = {}
    for _ in range(pairs):
        old, new = fitted(here.sweep(truth, blocks)), fitted(here.sweep(truth * ratio, blocks))
        cell = old.cells[5]
        found = verdict(new.throughput(cell, elsewhere=True).over(old.throughput(cell, elsewhere=True)))
        counts[found] = counts.get(found, 0) + 1
    return {name: count / pairs for name, count in sorted(counts.items())}


def main() -> None:
    sweeps = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print(f"coverage of the 95 % interval of a speed-up, % (median log width, %); {sweeps} sweeps of {CELLS} cells")
    print("noise     " + "".join(f"{blocks:>3} blocks    " for blocks in BLOCKS) + "--precision 5% (blocks)")
    for noise in NOISES:
        cells = [covered(noise, blocks, sweeps) for blocks in BLOCKS]
        stop = stopped(noise, max(sweeps // 2, 100)) if noise <= 0.10 else None
        row = "".join(f"{hit * 100:6.1f} ({width * 100:3.0f})  " for hit, width in cells)
        print(f"{noise:4.0%}    {row}" + (f"{stop[0] * 100:6.1f} ({stop[1]:.0f})" if stop else ""), flush=True)
    for blocks in (5, 10):
        for noise in (0.02, 0.05, 0.10):
            print(f"A/A, {noise:.0%} noise, {blocks} blocks: {verdicts(1.0, noise, blocks, sweeps)}", flush=True)
    for ratio in (0.9, 1.1):
        print(f"true ratio {ratio}, 5% noise, 10 blocks: {verdicts(ratio, 0.05, 10, sweeps)}", flush=True)


if __name__ == "__main__":
    main()
