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
from kill import LOOK_EVERY, resume, sweep, whole_s

EARLY_S = 0.5
"""Python itself is not up before: then the signal alone ends it."""
JOB = """
import time
def slow(item):
    time.sleep(30)
"""


def once(number: int, chance: random.Random, failures: list[str], most_s: float) -> float:
    """Seconds from the signal to the end."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "slow_jobs.py").write_text(JOB)
        slow = number % 5 == 4
        line = "run slow_jobs.py:slow --items range(4) --executor threads,processes --workers 2 --repeats 3 --out out"
        run = Run(folder, line.split() if slow else sweep(number))
        child = run.start()
        delay_s = chance.uniform(0.0, most_s)
        time.sleep(delay_s)
        ended = child.poll() is not None
        kind = signal.SIGTERM if number % 4 == 3 else signal.SIGINT
        began = time.monotonic()
        if not ended:
            # A terminal sends Ctrl-C to the whole group, a supervisor SIGTERM to the parent.
            os.killpg(child.pid, kind) if kind == signal.SIGINT else child.send_signal(kind)
        _, said = child.communicate(timeout=60)
        took_s = time.monotonic() - began
        allowed = {0, 130} if ended or delay_s > most_s / 2 else {130, -kind} if delay_s < EARLY_S else {130}
        if child.returncode not in allowed or took_s > 2.0 * SLACK:
            failures.append(f"{number}: status {child.returncode} {took_s:.2f} s after {kind.name} at {delay_s:.2f} s")
        if "Traceback" in said and delay_s >= EARLY_S:
            failures.append(f"{number}: a traceback after {kind.name} at {delay_s:.2f} s: {said[-400:]}")
        if (gone_s := run.gone_after_s()) > 0.5 * SLACK:
            failures.append(f"{number}: something lived {gone_s:.1f} s longer")
        path, kept = rows(folder / "out")
        if path is not None and path.with_suffix(".json").exists() and not slow:
            resume(number, folder, path, kept, failures)
        return took_s


def main() -> int:
    """A round each."""
    given = options(("rounds", 50))
    chance, until = random.Random(given.seed), time.monotonic() + given.seconds
    failures: list[str] = []
    times: list[float] = []
    while len(times) < given.rounds and time.monotonic() < until:
        if len(times) % LOOK_EVERY == 0:
            most_s = whole_s()
        times.append(once(len(times), chance, failures, most_s))
    times.sort()
    return finish(failures, signals=len(times), median_s=f"{times[len(times) // 2]:.2f}", longest_s=f"{times[-1]:.2f}")


if __name__ == "__main__":
    sys.exit(main())
