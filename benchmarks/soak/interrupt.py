"""Ctrl-C and SIGTERM at random moments: status 130 within 2 s, nothing lives, and the sweep can be gone on with."""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from common import SLACK, Run, finish, options, rows
from kill import BLOCKS, CELLS, resume, sweep, wait_for_a_moment

EARLY_S = 0.5
"""Python itself is not up before: then the signal alone ends it."""
JOB = """
import time
def slow(item):
    time.sleep(30)
"""


def once(number: int, chance: random.Random, failures: list[str]) -> float | None:
    """Seconds from the signal to the end; None where the end came before."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "slow_jobs.py").write_text(JOB)
        slow = number % 5 == 4
        line = "run slow_jobs.py:slow --items range(4) --executor threads,processes --workers 2 --repeats 3 --out out"
        run = Run(folder, line.split() if slow else sweep(number))
        began, child = time.monotonic(), run.start()
        if slow:  # its first row comes late
            time.sleep(chance.uniform(0.0, 5.0))
        else:
            wait_for_a_moment(child, folder, chance)
        delay_s = time.monotonic() - began
        ended = child.poll() is not None
        kind = signal.SIGTERM if number % 4 == 3 else signal.SIGINT
        began = time.monotonic()
        if not ended:
            # A terminal sends Ctrl-C to the whole group, a supervisor SIGTERM to the parent.
            os.killpg(child.pid, kind) if kind == signal.SIGINT else child.send_signal(kind)
        _, said = child.communicate(timeout=60)
        took_s = time.monotonic() - began
        path, kept = rows(folder / "out")
        allowed = {0, 130} if len(kept) == BLOCKS * CELLS else {130, -kind} if delay_s < EARLY_S else {130}
        if child.returncode not in allowed or took_s > 2.0 * SLACK:
            what = f"status {child.returncode} {took_s:.2f} s after {kind.name} at {delay_s:.2f} s"
            failures.append(f"{number}: {what}: {said[-300:]}")
        if "Traceback" in said and delay_s >= EARLY_S:
            failures.append(f"{number}: a traceback after {kind.name} at {delay_s:.2f} s: {said[-400:]}")
        if (gone_s := run.gone_after_s()) > 0.5 * SLACK:
            failures.append(f"{number}: something lived {gone_s:.1f} s longer")
        if path is not None and path.with_suffix(".json").exists() and not slow:
            resume(number, folder, path, kept, failures)
        return took_s if not ended else None


def main() -> int:
    """A round each."""
    given = options(("rounds", 50))
    chance, until = random.Random(given.seed), time.monotonic() + given.seconds
    failures: list[str] = []
    found: list[float | None] = []
    while len(found) < given.rounds and time.monotonic() < until:
        found.append(once(len(found), chance, failures))
    times = sorted(each for each in found if each is not None)
    return finish(
        failures,
        signals=len(times),
        too_late=len(found) - len(times),
        median_s=f"{times[len(times) // 2]:.2f}",
        longest_s=f"{times[-1]:.2f}",
    )


if __name__ == "__main__":
    sys.exit(main())
