"""The search against known curves, and against other strategies: `python benchmarks/tuning/table.py [REPETITIONS]`."""

from __future__ import annotations

import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product

import conditions
import numpy as np
import strategies
from curves import EDGES, GROUPS
from simulate import NOISES, Machine

PROCESSES = 2
FIRST = 1000
"""Repetition, which is the seed. Settings were chosen on those below 700."""
OPTUNA_REPETITIONS = 4
"""It is slow."""
OURS = "poolbench tune"
OTHERS = {
    "exhaustive x5": strategies.exhaustive,
    "geometric x5": strategies.geometric,
    "golden section x3": strategies.golden_section,
    "USL fit": strategies.usl_fit,
}


@dataclass(frozen=True)
class Result:
    """One tuning."""

    strategy: str
    group: str
    curve: str
    noise: float
    workers: int
    knee: int
    regret: float
    cost: float
    runs: int
    covered: bool
    conclusive: bool

    @property
    def right(self) -> bool:
        return self.regret <= 0.075 and self.workers <= 1.25 * self.knee + 1


def tunings(case: tuple[str, str, float, int]) -> list[Result]:
    """One curve, noise and repetition by every strategy."""
    group, curve, noise, repetition = case
    machine = Machine(curve, noise, repetition)
    ours = strategies.search(machine)
    found = {OURS: ours}
    for name, strategy in OTHERS.items():
        found[name] = strategy(machine.again())
    if strategies.optuna is not None and repetition < FIRST + OPTUNA_REPETITIONS:
        found["Optuna TPE"] = strategies.tpe(machine.again(), ours.runs)
    speedup = ours.evidence.recommendation.speedup_ci
    covered = machine.truth[ours.workers - 1] in speedup
    return [
        Result(
            name, group, curve, noise, answer.workers, machine.knee, machine.regret(answer.workers), answer.cost,
            answer.runs, covered, ours.evidence.conclusive,
        )
        for name, answer in found.items()
    ]  # fmt: skip


def line(name: str, results: list[Result]) -> str:
    regret = np.array([each.regret for each in results])
    cost = np.array([each.cost for each in results])
    runs = np.array([each.runs for each in results])
    right = np.mean([each.right for each in results])
    return (
        f"{name:20} {len(results):6} {np.median(regret):6.3f} {regret.mean():6.3f} {np.quantile(regret, 0.95):6.3f} "
        f"{np.mean(regret <= 0.05):7.3f} {np.mean(regret <= 0.075):7.3f} {right:6.3f} "
        f"{np.median(cost):6.3f} {np.quantile(cost, 0.9):6.3f} {np.median(runs) / 320:6.3f} {runs.mean():6.1f}"
    )


HEAD = (
    f"{'':20} {'tuned':>6} {'median':>6} {'mean':>6} {'p95':>6} {'in 5 %':>7} {'in 7.5%':>7} {'knee':>6} "
    f"{'work':>6} {'p90':>6} {'time':>6} {'runs':>6}"
)


def strategies_table(results: list[Result]) -> None:
    for group in GROUPS:
        print(f"\n{group} curves\n{HEAD}")
        for name in dict.fromkeys(each.strategy for each in results):
            print(line(name, [each for each in results if (each.strategy, each.group) == (name, group)]))


def by_noise(ours: list[Result]) -> None:
    print(f"\n{OURS} by noise, listed curves\n{HEAD}   cover  conclusive")
    for noise in NOISES:
        some = [each for each in ours if each.noise == noise and each.group == "listed"]
        cover, sure = np.mean([each.covered for each in some]), np.mean([each.conclusive for each in some])
        print(f"{line(f'{noise:.0%}', some)}   {cover:.3f}   {sure:.2f}")


def by_curve(ours: list[Result]) -> None:
    print(f"\n{OURS} by curve\n{HEAD}   knee, median n")
    for curve in dict.fromkeys(each.curve for each in ours):
        some = [each for each in ours if each.curve == curve]
        print(f"{line(curve, some)}   {some[0].knee:3} {np.median([each.workers for each in some]):5.1f}")


def criteria(ours: list[Result]) -> None:
    listed = [each for each in ours if each.group == "listed"]
    others = [each for each in ours if each.group != "listed"]
    regret = np.array([each.regret for each in listed])
    quiet = [each for each in listed if each.noise == 0.02]
    near, near_others = np.mean(regret <= 0.075), np.mean([each.regret <= 0.075 for each in others])
    wrong = [each.conclusive and each.regret > 0.075 for each in listed]
    at_edges = [each for each in listed if each.curve in EDGES]
    rows = [
        ("median regret", np.median(regret), "0"),
        ("95th percentile of regret", np.quantile(regret, 0.95), "<= 0.06"),
        ("within 5 %", np.mean(regret <= 0.05), ">= 0.93"),
        ("within 7.5 %", near, ">= 0.97"),
        ("knee right", np.mean([each.right for each in listed]), ">= 0.80"),
        ("knee right at 2 % noise", np.mean([each.right for each in quiet]), ">= 0.93"),
        ("95 % interval of the speed-up covers", np.mean([each.covered for each in listed]), "0.93-0.98"),
        ("median cost at equal work", np.median([each.cost for each in listed]), "<= 0.145"),
        ("median cost at equal time", np.median([each.runs for each in listed]) / 320, "<= 0.095"),
        (f"past the edge, of {len(at_edges)}", sum(each.workers > EDGES[each.curve] for each in at_edges), "0"),
        ("within 7.5 %, other curves", near_others, ""),
        ("gap between the groups", near - near_others, "<= 0.06"),
        ("conclusive", np.mean([each.conclusive for each in listed]), ""),
        ("conclusive, and not within 7.5 %", np.mean(wrong), ""),
    ]
    print("\nWhat was asked")
    for name, value, asked in rows:
        print(f"  {name:40} {value:8.3f}   {asked}")


def cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    began = time.monotonic()
    cases = [
        (group, curve, noise, repetition)
        for group, curves in GROUPS.items()
        for curve, noise, repetition in product(curves, NOISES, range(FIRST, FIRST + repetitions))
    ]
    with ProcessPoolExecutor(PROCESSES) as pool:
        few = range(FIRST, FIRST + max(repetitions // 10, 1))
        extras = [pool.submit(each, few) for each in conditions.ALL]
        results = [result for some in pool.map(tunings, cases, chunksize=20) for result in some]
        texts = [extra.result() for extra in extras]
    ours = [each for each in results if each.strategy == OURS]
    print(
        f"{len(ours)} tunings, {repetitions} repetitions. Regret and cost are shares: cost of the exhaustive sweep's,"
    )
    print("at equal work and (median of runs / 320) at equal time.")
    if strategies.optuna is None:
        print("Optuna is not installed: left out.")
    strategies_table(results)
    criteria(ours)
    by_noise(ours)
    by_curve(ours)
    print("\n" + "\n\n".join(texts))
    print(f"\n{time.monotonic() - began:.0f} s with {PROCESSES} processes, which used {cpu_s():.0f} s of CPU")


if __name__ == "__main__":
    main()
