"""Real workloads, each with one known cause: does the diagnosis name it? `python causes.py`; about three minutes."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

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
    tasks: int | None = None


CASES = (
    Known("server capped at 8", "server", "flags", "threads", "1,4,8,32", settings=("latency=20ms", "concurrency=8")),
    Known("client pool of 10 under 32 threads", "queueing", "pool_of_ten", "threads", "1,8,32", "range(192)"),
    Known(
        "shared AsyncClient at 64", "client", "flags", "asyncio", "1,8,64", settings=("latency=20ms", "reuse=shared")
    ),
    Known("a lock for a third of the task", "queueing", "locked_for_a_third", "threads", "1,4,16", "range(96)"),
    Known("pure Python CPU in threads", "interpreter", "primes", "threads", "1,2,4"),
    Known("pure Python CPU in processes", "cores", "computes", "processes", "1,2,4", "range(400)"),
    Known("CPU that releases the GIL", "cores", "hashes", "threads", "1,2,4", "range(64)"),
    Known("one straggler in 40", "stragglers", "straggles", "threads", "1,4,16", "range(40)"),
    Known("tasks tiny against the hand-over", "hand-over", "tiny", "threads", "1,4", "range(20000)"),
    Known("20 tasks on 16 workers", "last wave", "waits", "threads", "1,4,16", "range(20)"),
    Known("threads that only wait", "waiting", "waits", "threads", "1,4,16", "range(160)"),
    Known("coroutines that only wait", "waiting", "waits_async", "asyncio", "1,4,16", "range(160)"),
)


def causes(case: Known, folder: Path) -> tuple[str, str]:
    """The cause found and its sentence."""
    name = case.workload if case.workload in workloads.names() else f"{TASKS}:{case.workload}"
    request = pipeline.Request(
        recipes=[workloads.recipe(name, case.items)],
        executors=case.executor,
        workers=case.workers,
        tasks=case.tasks,
        settings=case.settings,
        rule=rule(3, None, None),
        out=folder,
        plots=None,
    )
    [summary] = pipeline.run(request).summaries
    found = summary.diagnoses
    return (found[0].cause, found[0].text) if found else ("nothing", "no rule held")


def main() -> int:
    right = 0
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            found, text = causes(case, Path(folder))
            right += found == case.expected
            mark = "ok   " if found == case.expected else "WRONG"
            print(f"{mark} {case.name}: expected {case.expected}, found {found}\n      {text}", flush=True)
    print(f"{right} of {len(CASES)}")
    return 0 if right >= len(CASES) - 1 else 1


if __name__ == "__main__":
    sys.exit(main())
