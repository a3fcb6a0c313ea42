"""Back-to-back sweeps in one process: files, threads, children and memory at the end as after the first minute."""

from __future__ import annotations

import contextlib
import gc
import io
import sys
import tempfile
import time

import psutil
from common import finish, options

from poolbench.cli import main as poolbench

LINE = "run {} --tasks 20 --workers 1,4 --executor threads,processes,asyncio --repeats 2 --no-plots -q --out {}"


def state() -> tuple[int, int, int, float]:
    """Open files, threads, children, and megabytes that are held."""
    gc.collect()
    own = psutil.Process()
    return own.num_fds(), own.num_threads(), len(own.children(recursive=True)), own.memory_info().rss / 1e6


def main() -> int:
    """For `--minutes`, the first of which warms up."""
    given = options(("minutes", 20))
    began, sweeps, failures = time.monotonic(), 0, []
    before = None
    while time.monotonic() - began < given.minutes * 60:
        what = ("flags --set latency=1ms", "loiter --set unit=1ms", "primes --set digits=6")[sweeps % 3]
        said = io.StringIO()
        with (
            tempfile.TemporaryDirectory() as folder,
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(said),
        ):
            status = poolbench(LINE.format(what, folder).split())
        if status:
            failures.append(f"sweep {sweeps}: status {status}: {said.getvalue()[-300:]}")
        sweeps += 1
        if before is None and time.monotonic() - began > min(60, given.minutes * 30):
            before, at = state(), sweeps
    after = state()
    if before is None or sweeps == at:
        return finish([*failures, "too short"], sweeps=sweeps)
    if after[:3] != before[:3]:
        failures.append("files, threads or children have grown")
    if after[3] > 1.02 * before[3]:
        failures.append("memory has grown by more than 2 %")
    names = ("files", "threads", "children", "memory_mb")
    return finish(
        failures, sweeps=sweeps, **{n: f"{b:.4g} -> {a:.4g}" for n, b, a in zip(names, before, after, strict=True)}
    )


if __name__ == "__main__":
    sys.exit(main())
