"""SIGKILL of the parent at random moments of a sweep: every row is there, nothing lives, `--resume` ends the plan."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import SLACK, Run, finish, options, rows

STARTS = ("fork", "forkserver", "spawn")
BLOCKS, CELLS = 3, 3
START_S, TRIAL_S = 1.0, 0.1
"""At most so long after its start, or after the row that is waited for; after the last there are charts to draw."""


def sweep(number: int) -> list[str]:
    """A short one; every third has the server too, every fourth draws, another fourth starts workers with the batch."""
    workload = ["flags", "--set", "latency=1ms"] if number % 3 == 0 else ["loiter", "--set", "unit=2ms"]
    start = STARTS[number // 3 % 3]
    more = f"--tasks 12 --workers 2 --executor threads,processes:start={start} --repeats {BLOCKS} --out out"
    way = ("--no-plots", "--cold --no-plots", "--plots plots", "--no-plots")[number % 4]
    return ["run", *workload, *more.split(), *way.split()]


def wait_for_a_moment(child: subprocess.Popen[str], folder: Path, chance: random.Random) -> None:
    """Until some row is there, and a little longer: at the start, in any trial or at the end, whatever the load."""
    wanted = chance.randrange(BLOCKS * CELLS + 1)
    while child.poll() is None and len(rows(folder / "out")[1]) < wanted:
        time.sleep(0.01)
    time.sleep(chance.uniform(0.0, TRIAL_S if 0 < wanted < BLOCKS * CELLS else START_S))


def once(number: int, chance: random.Random, failures: list[str]) -> tuple[float, int]:
    """Seconds until nothing lived, and the rows that were there."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = Run(folder, sweep(number))
        child = run.start()
        wait_for_a_moment(child, folder, chance)
        reported = len(rows(folder / "out")[1])
        os.kill(child.pid, signal.SIGKILL)
        gone_s = run.gone_after_s()
        said = re.findall(r"(\d+)/\d+ runs", child.communicate()[1])
        if gone_s > 3 * SLACK:
            failures.append(f"{number}: something lived for {gone_s:.1f} s")
        path, kept = rows(folder / "out")
        if len(kept) < max([reported, *map(int, said)]):
            failures.append(f"{number}: {len(kept)} rows, {reported} were seen and {said} reported")
        if path is not None and path.with_suffix(".json").exists():
            resume(number, folder, path, kept, failures)
        return gone_s, len(kept)


def resume(number: int, folder: Path, path: Path, kept: tuple[object, ...], failures: list[str]) -> None:
    """Exactly the planned trials, the kept ones first and as they were."""
    child = Run(folder, ["run", "--resume", str(path.relative_to(folder)), "--no-plots", "-q"]).start()
    _, said = child.communicate(timeout=120)
    found = rows(folder / "out")[1]
    places = [(each.block, each.position) for each in found]
    if (
        child.returncode
        or places != [(b, p) for b in range(BLOCKS) for p in range(CELLS)]
        or found[: len(kept)] != kept
    ):
        failures.append(f"{number}: status {child.returncode}, {len(found)} rows after --resume: {said[-300:]}")


def main() -> int:
    """A round each."""
    given = options(("rounds", 100))
    chance, until = random.Random(given.seed), time.monotonic() + given.seconds
    failures: list[str] = []
    found: list[tuple[float, int]] = []
    while len(found) < given.rounds and time.monotonic() < until:
        found.append(once(len(found), chance, failures))
    times = sorted(gone_s for gone_s, _ in found)
    return finish(
        failures,
        kills=len(found),
        before_the_first_row=sum(not count for _, count in found),
        with_all_rows=sum(count == BLOCKS * CELLS for _, count in found),
        longest_life_after_the_kill_s=f"{times[-1]:.2f}",
    )


if __name__ == "__main__":
    sys.exit(main())
