"""Back-to-back sweeps in one process: files, threads, children and memory at the end as after the first minute.

Memory steps up and down by a megabyte or two: CPython's table of interned strings, where each part of each new Path
takes a place, is made anew when these are used up, and leaves a hole in the heap now and then. What counts is the least
of some minutes. A leak raises that too.
"""

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


def state() -> tuple[int, int, int]:
    """Open files, threads, children."""
    own = psutil.Process()
    return own.num_fds(), own.num_threads(), len(own.children(recursive=True))


def memory_mb() -> float:
    """What is held once garbage is gone."""
    gc.collect()
    return float(psutil.Process().memory_info().rss / 1e6)


def sweep(number: int) -> str:
    """One of three kinds, in a folder of its own; what went wrong."""
    what = ("flags --set latency=1ms", "loiter --set unit=1ms", "primes --set digits=6")[number % 3]
    out, said = io.StringIO(), io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
        status = poolbench(LINE.format(what, folder).split())
    return f"sweep {number}: status {status}: {said.getvalue()[-300:]}" if status else ""


def main() -> int:
    """For `--minutes`, the first of which warms up."""
    given = options(("minutes", 20))
    began, failures, memory = time.monotonic(), [], []
    first_s, last_s = min(60.0, given.minutes * 15), min(300.0, given.minutes * 15)
    before = None
    while (passed_s := time.monotonic() - began) < given.minutes * 60:
        failures += filter(None, [sweep(len(memory))])
        memory.append((passed_s, memory_mb()))
        if before is None and passed_s > first_s:
            before = state()
    if before is None:
        return finish([*failures, "too short"], sweeps=len(memory))
    after = state()
    if after != before:
        failures.append("files, threads or children have grown")
    early = [held for at, held in memory if first_s < at <= 2 * first_s] or [memory[-1][1]]
    late = [held for at, held in memory if at > passed_s - last_s]
    if min(late) > 1.02 * min(early):
        failures.append("memory has grown by more than 2 %")
    told = {name: f"{b} -> {a}" for name, b, a in zip(("files", "threads", "children"), before, after, strict=True)}
    spans = [f"{min(each):.2f} to {max(each):.2f}" for each in (early, late)]
    return finish(failures, sweeps=len(memory), **told, memory_mb=" -> ".join(spans))


if __name__ == "__main__":
    sys.exit(main())
