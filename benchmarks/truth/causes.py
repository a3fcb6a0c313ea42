"""Real workloads with one known cause each: is it named? And clean ones: is nothing invented? `python causes.py`.

About six minutes; `python causes.py clean` does the clean ones alone, `python causes.py known` the others.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from servers import running

from poolbench import pipeline, workloads
from poolbench.measure.plan import rule

HERE = Path(__file__).parent
TASKS = HERE / "tasks.py"


@dataclass(frozen=True)
class Known:
    """What is run, and what must be found: a cause of the curve, or the name of a check."""

    name: str
    expected: str
    workload: str
    executor: str
    workers: str
    items: str = ""
    settings: tuple[str, ...] = ()
    server: str = ""
    blocks: int = 3


CASES = (
    Known("server capped at 8", "server", "flags", "threads", "1,4,8,32", settings=("latency=20ms", "concurrency=8")),
    Known("server with a backlog of 5", "listen queue", "connects", "asyncio", "1,20", "range(60)", server="backlog"),
    Known("server without TCP_NODELAY", "keep-alive", "flags", "threads", "1,8", server="nodelay"),
    Known("client pool of 10 under 32 threads", "queueing", "pool_of_ten", "threads", "1,8,32", "range(192)"),
    Known(
        "shared AsyncClient at 64", "client", "flags", "asyncio", "1,8,64", settings=("latency=20ms", "reuse=shared")
    ),
    Known("a lock for a third of the task", "queueing", "locked_for_a_third", "threads", "1,4,16", "range(96)"),
    Known("pure Python CPU in threads", "interpreter", "primes", "threads", "1,2,4"),
    Known("CPU that releases the GIL", "cores", "hashes", "threads", "1,2,4", "range(64)"),
    Known("one straggler in 40", "stragglers", "straggles", "threads", "1,4,16", "range(40)"),
    Known("tasks tiny against the hand-over", "hand-over", "tiny", "threads", "1,4", "range(20000)"),
    Known("20 tasks on 16 workers", "last wave", "waits", "threads", "1,4,16", "range(20)"),
    Known("a machine that drifts by 20 %", "drift", "slows_down", "threads", "1,2,4", "range(16)", blocks=20),
)
CLEAN = (
    Known("threads wait", "waiting", "waits", "threads", "1,4,16", "range(160)"),
    Known("coroutines wait", "waiting", "waits_async", "asyncio", "1,4,16", "range(160)"),
    Known("processes wait", "waiting", "waits", "processes", "1,4,8", "range(80)"),
    Known("processes compute", "cores", "computes", "processes", "1,2,4", "range(400)"),
    Known("loiter", "waiting", "loiter", "threads", "1,4,16"),
    Known("flags at 50 ms by threads", "waiting", "flags", "threads", "1,4,16"),
    Known("flags at 50 ms by coroutines", "waiting", "flags", "asyncio", "1,4,16"),
    Known("flags at 50 ms by processes", "waiting", "flags", "processes", "1,4,8"),
    Known("flags by requests", "waiting", "flags", "threads", "1,4,16", settings=("client=requests",)),
    Known("primes by threads", "interpreter", "primes", "threads", "1,2,4"),
)
CLEAN_REPEATS = 2


@contextmanager
def target(case: Known) -> Iterator[Known]:
    """The case with the address of its server, if it needs one."""
    if not case.server:
        yield case
        return
    with running(case.server) as port:
        os.environ["POOLBENCH_TRUTH_PORT"] = str(port)
        url = (f"url=http://127.0.0.1:{port}",) if case.workload == "flags" else ()
        yield replace(case, settings=(*case.settings, *url))


def found(case: Known, folder: Path) -> tuple[list[str], str]:
    """The cause with the checks that spoke, and all their sentences."""
    name = case.workload if case.workload in workloads.names() else f"{TASKS}:{case.workload}"
    with target(case) as ready:
        request = pipeline.Request(
            recipes=[workloads.recipe(name, case.items)],
            executors=case.executor,
            workers=case.workers,
            settings=ready.settings,
            rule=rule(case.blocks, None, None),
            out=folder,
            plots=None,
        )
        outcome = pipeline.run(request)
    [summary] = outcome.summaries
    cautions = (*outcome.cautions, *summary.cautions)
    causes = [each.cause for each in summary.diagnoses] or ["nothing"]
    sentences = [each.text for each in (*summary.diagnoses, *cautions)]
    return [*causes, *(each.check for each in cautions)], "\n      ".join(sentences)


def known(folder: Path) -> bool:
    """Whether at least 11 of the 12 are named."""
    right = 0
    for case in CASES:
        names, text = found(case, folder)
        right += case.expected in names
        mark = "ok   " if case.expected in names else "WRONG"
        print(f"{mark} {case.name}: expected {case.expected}, found {', '.join(names)}\n      {text}", flush=True)
    print(f"named: {right} of {len(CASES)}")
    return right >= len(CASES) - 1


def clean(folder: Path) -> bool:
    """Whether none of the clean sweeps is given a cause that it has not; none at all is no false one."""
    false = 0
    for case in CLEAN * CLEAN_REPEATS:
        (cause, *checks), text = found(case, folder)
        wrong = cause not in (case.expected, "nothing")
        false += wrong
        mark = "WRONG" if wrong else "ok   "
        print(f"{mark} {case.name}: {cause} {checks or ''}" + (f"\n      {text}" if wrong else ""), flush=True)
    print(f"false causes: {false} in {len(CLEAN) * CLEAN_REPEATS} clean sweeps")
    return not false


def main() -> int:
    parts = {"known": known, "clean": clean}
    with tempfile.TemporaryDirectory() as folder:
        good = [parts[name](Path(folder)) for name in sys.argv[1:] or parts]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
