"""What the soak scripts share: poolbench as a command, and whether anything of it is still alive."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from poolbench.results.columns import Trial
from poolbench.results.load import read

_MARK = "POOLBENCH_SOAK"
SLACK = int(os.environ.get("SOAK_SLACK", "1"))
"""Times that all limits of time are stretched by: a short form tests what happens, not how fast."""


@dataclass
class Run:
    """One `poolbench` command in a session of its own, recognised by a mark in its environment."""

    folder: Path
    arguments: list[str]
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)

    def start(self) -> subprocess.Popen[str]:
        """In `folder`."""
        return subprocess.Popen(
            [sys.executable, "-m", "poolbench", *self.arguments],
            cwd=self.folder,
            env={**os.environ, _MARK: self.mark},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def alive(self) -> list[psutil.Process]:
        """Its processes, whoever their parent is now."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(_MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def gone_after_s(self, patience_s: float = 10.0 * SLACK) -> float:
        """Seconds until none is left; infinite, and they are killed, if some stay."""
        began = time.monotonic()
        while left := self.alive():
            if time.monotonic() - began > patience_s:
                for process in left:
                    process.kill()
                return float("inf")
            time.sleep(0.02)
        return time.monotonic() - began


def rows(folder: Path) -> tuple[Path | None, tuple[Trial, ...]]:
    """The only CSV in `folder` and its rows."""
    try:
        found = sorted(folder.glob("*.csv"))
    except FileNotFoundError:  # to see whether it can be made it is made, and removed
        found = []
    return (found[0], read(found[0]).trials) if found and found[0].stat().st_size else (None, ())


def options(*names: tuple[str, int]) -> argparse.Namespace:
    """Whole numbers with their defaults, and the seconds after which a script ends wherever it is."""
    parser = argparse.ArgumentParser()
    for name, default in (*names, ("seconds", 1200), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


def finish(failures: list[str], **figures: object) -> int:
    """Prints the table; the exit status."""
    for name, value in figures.items():
        print(f"{name.replace('_', ' '):34} {value}")
    for each in failures:
        print(f"FAILED: {each}")
    print("failures".ljust(34), len(failures))
    return 1 if failures else 0
