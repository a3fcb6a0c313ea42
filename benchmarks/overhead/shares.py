"""Where the wall time of a default `poolbench run` goes: `python benchmarks/overhead/shares.py [ARGUMENTS of run]`.

The run is that of the command line, in a process of its own, with a clock at the doors of its parts: each second is
that of the innermost part. What is timed, and the start-ups, are as the CSV has them. Twice: into a pipe, and on a
terminal, where the progress is drawn.
"""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from threading import Thread
from typing import Any

ASKED = 0.85
COUNTED = ("timed regions", "start-ups measured")
PARTS = "parts.txt"


class Doors:
    """Seconds by part, each in the innermost only."""

    def __init__(self, began: float) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)
        self._inside = ["imports"]
        self._since = began

    def change(self) -> None:
        now = time.monotonic()
        self.spent[self._inside[-1]] += now - self._since
        self._since = now

    def enter(self, part: str) -> None:
        self.change()
        self.calls[part] += 1
        self._inside.append(part)

    def leave(self) -> None:
        self.change()
        self._inside.pop()

    def at(self, owner: Any, name: str, part: str) -> None:
        """`owner.name` is a door to `part`."""
        inner: Callable[..., Any] = getattr(owner, name)

        @wraps(inner)
        def through(*arguments: Any, **more: Any) -> Any:
            self.enter(part)
            try:
                return inner(*arguments, **more)
            finally:
                self.leave()

        setattr(owner, name, through)


def inside(began: float, told: Path, arguments: list[str]) -> None:
    """In the process of the run."""
    doors = Doors(began)
    from poolbench.cli import main as poolbench
    from poolbench.commands import running

    doors.at(running, "_show", "table")
    from poolbench import gallery, pipeline
    from poolbench.flagserver import process
    from poolbench.interrupts import leave
    from poolbench.measure import meters, plan, surroundings, trial
    from poolbench.results.store import Store
    from poolbench.terminal.progress import Progress

    for owner, name, part in (
        (pipeline, "run", "everything else"),
        (process.FlagServer, "start", "server"),
        (process.FlagServer, "close", "server"),
        (pipeline, "this_machine", "machine"),
        (plan, "pilot", "planning: pilots"),
        (pipeline, "make_plan", "planning"),
        (pipeline, "about", "planning"),
        (trial.Attempt, "__post_init__", "trial: made"),
        (trial.Attempt, "open", "trial: warm-up"),
        (trial.Attempt, "run", "trial: around the timed region"),
        (trial.Attempt, "close", "trial: shut-down"),
        (trial.Attempt, "spans", "trial: row and spans"),
        (trial.Attempt, "row", "trial: row and spans"),
        (trial.Attempt, "_ask_server", "trial: server asked"),
        (trial.gc, "collect", "trial: garbage"),
        (meters, "read", "trial: meters"),
        (meters, "forget_peak", "trial: meters"),
        (meters, "peak_rss_bytes", "trial: meters"),
        (surroundings, "below", "trial: processes looked for"),
        (surroundings, "end", "trial: processes looked for"),
        (Store, "add", "storing"),
        (Store, "describe", "storing"),
        (Progress, "__call__", "progress"),
        (gallery, "sheets_of", "summarising"),
        (gallery, "draw", "drawing"),
    ):
        doors.at(owner, name, part)
    status = poolbench(["run", *arguments])
    doors.change()
    told.write_text("\n".join(f"{part}\t{seconds}\t{doors.calls[part]}" for part, seconds in doors.spent.items()))
    sys.exit(leave(status))


@contextmanager
def terminal() -> Iterator[int]:
    """One that nobody looks at, as a file to write to."""
    near, far = pty.openpty()

    def read() -> None:
        with suppress(OSError):  # so Linux says that the other end is closed
            while os.read(near, 1 << 16):
                pass

    reader = Thread(target=read)
    reader.start()
    try:
        yield far
    finally:
        os.close(far)
        reader.join()
        os.close(near)


def shares(lines: list[str], folder: Path, wall_s: float) -> dict[str, tuple[float, int]]:
    """Seconds and calls by part; start-ups and what is timed are taken out of the parts that hold them."""
    from poolbench.results.load import read

    found = {part: (float(seconds), int(calls)) for part, seconds, calls in (line.split("\t") for line in lines)}
    [path] = folder.glob("*.csv")
    rows = read(path).trials
    for part, holder, seconds in (
        (COUNTED[0], "trial: around the timed region", sum(row.wall_s or 0.0 for row in rows)),
        (COUNTED[1], "trial: warm-up", sum(row.startup_s or 0.0 for row in rows)),
    ):
        found[part] = (seconds, len(rows))
        found[holder] = (found[holder][0] - seconds, found[holder][1])
    found["ending the process"] = (wall_s - sum(seconds for seconds, _ in found.values()), 1)
    return found


def ran(arguments: list[str], stderr: int) -> None:
    """One run, and its table."""
    with tempfile.TemporaryDirectory() as name:
        told = Path(name, PARTS)
        began = time.monotonic()
        line = [sys.executable, __file__, "--inside", str(began), str(told), *arguments, "--out", name, "--plots", name]
        done = subprocess.run(line, check=False, stdout=subprocess.DEVNULL, stderr=stderr)
        wall_s = time.monotonic() - began
        if not told.exists():
            sys.exit(f"the run ended with {done.returncode}")
        found = shares(told.read_text().splitlines(), Path(name), wall_s)
    print(f"{'poolbench run ' + ' '.join(arguments):36}{'s':>8}{'share':>8}{'calls':>8}")
    for part, (seconds, calls) in sorted(found.items(), key=lambda each: (each[0] not in COUNTED, -each[1][0])):
        print(f"{part:36}{seconds:8.2f}{seconds / wall_s:8.1%}{calls:8,}")
    counted = sum(found[part][0] for part in COUNTED) / wall_s
    print(f"{'all':36}{wall_s:8.2f}\n{'the first two':44}{counted:8.1%}   asked >= {ASKED:.0%}", flush=True)


def main() -> None:
    if sys.argv[1:2] == ["--inside"]:
        inside(float(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
    with Path(os.devnull).open("w") as nowhere:
        ran(sys.argv[1:], nowhere.fileno())
    print("\nthe same on a terminal")
    with terminal() as screen:
        ran(sys.argv[1:], screen)


if __name__ == "__main__":
    main()
