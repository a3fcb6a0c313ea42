"""Why a curve bends: named rules on measured figures, tried in the order of RULES; no rule, no cause.

Each rule looks at a curve's busiest cell that counts (the one with most workers) beside its first one and the
baseline, and answers with a sentence and the figures behind it, or with nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from poolbench.analysis.case import Case
from poolbench.analysis.model import CellSummary, Diagnosis
from poolbench.levels import levels
from poolbench.words import INNER
from poolbench.words import figures as digits
from poolbench.words import workers as workers_of

AGREES = 0.15
"""Measured and model agree within this."""
GREW = 2.0
"""CPU per task that grew by this since the cheapest cell is the client's or the pool's doing: a cold processor and
the interpreter's own switching explain up to 1.9 times."""
WASTED = 0.8
"""A job whose length allows less than this of what its workers could do has an uneven end."""
IDLE = 0.5
"""Of what the CPU allows: a cell that reaches less has CPU to spare."""
BUSY = 0.7
"""Of a core: a server that uses more is near its own limit."""
SMALL = 0.5
"""Of a task's time at one worker: handing it over costs more than this."""


def _three(value: float) -> str:
    """Three significant digits and no exponent: 2, 1.25, 1,500."""
    return f"{float(f'{value:.3g}'):,.12g}"


def _who(cell: CellSummary) -> str:
    return workers_of(cell.executor, cell.workers, cell.options)


def _both(case: Case) -> str:
    """For tasks that wait for most of their time: as many of them at once, on several interpreters."""
    executor, workers = case.busiest.executor, case.busiest.workers
    if executor not in INNER or case.cores < 2 or case.service_s <= 2 * case.costs.cpu_per_task_s:
        return ""
    return f" of {INNER[executor][1]} (--executor processes:{case.cores}/{executor}:{ceil(workers / case.cores)})"


def _ms(seconds: float) -> str:
    return f"{_three(seconds * 1e3)} ms"


Rule = Callable[[Case], tuple[str, dict[str, float]] | None]


def diagnose(case: Case) -> Diagnosis | None:
    """The first rule that holds."""
    for cause, rule in RULES:
        found = rule(case)
        if found is not None:
            text, numbers = found
            return Diagnosis(case.curve.executor, case.curve.options, cause, f"{case.curve.name}: {text}", numbers)
    return None


def _failures(case: Case) -> tuple[str, dict[str, float]] | None:
    """Any trial of the curve failed."""
    failed = sum(cell.failed for cell in case.curve.cells)
    if not failed:
        return None
    total = failed + sum(cell.trials for cell in case.curve.cells)
    return f"{failed} of {total} runs failed, so the curve has gaps; see the reasons first", {"failed": failed}


def _start_up(case: Case) -> tuple[str, dict[str, float]] | None:
    """A given job that the pool's own start makes longer than doing it without."""
    alone_s = case.busiest.tasks / case.base_rate
    spent_s = case.costs.startup_s + case.costs.wall_s
    if case.rate_kind != "makespan" or spent_s < alone_s or case.costs.startup_s < case.costs.wall_s:
        return None
    text = (
        f"starting {_who(case.busiest)} takes {_ms(case.costs.startup_s)}, "
        f"the whole batch one at a time {_ms(alone_s)}; keep the pool, or give it more to do"
    )
    return text, {"startup_s": case.costs.startup_s, "sequential_s": alone_s}


def _hand_over(case: Case) -> tuple[str, dict[str, float]] | None:
    """Tasks so small that passing them to a worker costs more than doing them."""
    first = case.curve.cells[0]
    if first.workers != 1 or not first.per_s:
        return None
    cost_s = 1 / first.per_s - 1 / case.base_rate
    if cost_s * first.per_s < SMALL:
        return None
    text = (
        f"a task takes {_three(case.service_s * 1e6)} µs, handing it over {_three(cost_s * 1e6)} µs; "
        "put many into one task, or raise chunksize"
    )
    return text, {"service_s": case.service_s, "hand_over_s": cost_s}


def _stragglers(case: Case) -> tuple[str, dict[str, float]] | None:
    """One long task at the end holds a given job up."""
    if case.rate_kind != "makespan" or case.evened < 1 / WASTED or not _reaches(case, case.limits.waiting):
        return None
    text = (
        f"a few tasks take far longer than the rest (p99 {_ms(case.costs.latency_p99_s)}, median "
        f"{_ms(case.costs.latency_p50_s)}) and the others wait for them; start the longest first"
    )
    return text, {"p99_s": case.costs.latency_p99_s, "p50_s": case.costs.latency_p50_s, "evened": case.evened}


def _last_wave(case: Case) -> tuple[str, dict[str, float]] | None:
    """A given job that is no whole number of rounds: most workers idle in the last one."""
    tasks, workers = case.busiest.tasks, case.busiest.workers
    rounds = ceil(tasks / workers)
    share = tasks / (rounds * workers)
    if case.rate_kind != "makespan" or share > WASTED or not _reaches(case, case.limits.waiting):
        return None
    enough = ceil(tasks / rounds)
    text = (
        f"{tasks} tasks on {workers} workers leave {1 - share:.0%} of the time idle in the last of {rounds} rounds; "
        f"{enough} workers do as well"
    )
    return text, {"rounds": rounds, "idle_share": 1 - share, "enough": enough}


def _reaches(case: Case, limit: float) -> bool:
    return case.rate >= (1 - AGREES) * limit


def _client(case: Case) -> tuple[str, dict[str, float]] | None:
    """A task costs more CPU the more workers there are."""
    if case.grew < GREW or case.cpu_used < IDLE or case.limits.name == "waiting":
        return None
    least = case.cheapest.costs.cpu_per_task_s if case.cheapest.costs else 0.0
    text = (
        f"CPU per task grew {case.grew:.1f} times, from {_ms(least)} with "
        f"{_who(case.cheapest)} to {_ms(case.costs.cpu_per_task_s)} with "
        f"{case.busiest.workers}: something shared by the workers, such "
        "as one client for all, costs more the more there are; give each worker its own"
    )
    return text, {"grew": case.grew, "cpu_per_task_s": case.costs.cpu_per_task_s, "least_s": least}


def _listen_queue(case: Case) -> tuple[str, dict[str, float]] | None:
    """Connections were dropped, and tasks take longer than alone: each of those waited a second or more."""
    dropped = case.costs.overflows
    if not dropped or _agrees(case) or not case.slower:
        return None
    text = f"{dropped} connections met a full listen queue and waited a second or more; raise the server's backlog"
    return text, {"listen_overflows": dropped}


def _server(case: Case) -> tuple[str, dict[str, float]] | None:
    """Our own server says that it was the one who was busy, or who let no more in."""
    share, peak = case.costs.server_share, case.costs.in_flight_max
    if share is not None and share > BUSY:
        return f"the server uses {share:.0%} of a core itself; measure against a faster one", {"server_share": share}
    if case.cap is None or peak is None or not case.cap <= peak < case.busiest.workers:
        return None
    if _agrees(case) or not case.slower:
        return None
    return (
        f"the server serves at most {peak} requests at once, so more than {peak} workers wait for it",
        {"in_flight_max": peak, "latency_mean_s": case.mean_s, "service_s": case.service_s},
    )


def _queueing(case: Case) -> tuple[str, dict[str, float]] | None:
    """Tasks take longer with more workers while there is CPU to spare."""
    if _agrees(case) or case.cpu_used >= IDLE or not case.slower:
        return None
    cap = max(cell.per_s or 0.0 for cell in case.curve.cells) * case.service_s
    text = (
        f"a task takes {_ms(case.mean_s)} with {case.busiest.workers} workers and "
        f"{_ms(case.service_s)} alone, while there is CPU to spare: something lets {cap:.1f} in at a time, "
        f"which is as if {1 / max(cap, 1.0):.0%} of each task held a lock; look for a lock, a rate limit, a pool"
    )
    return text, {"latency_mean_s": case.mean_s, "service_s": case.service_s, "cap": cap}


def _agrees(case: Case) -> bool:
    return case.rate >= (1 - AGREES) * case.limits.model


def _limit(name: str, remedy: str) -> Rule:
    """The lowest limit explains the cell, since measured and model agree."""

    def rule(case: Case) -> tuple[str, dict[str, float]] | None:
        if case.limits.name != name or not _agrees(case):
            return None
        limit = case.limits.lowest
        text = remedy.format(
            rate=digits(case.rate),
            limit=digits(limit),
            workers=case.busiest.workers,
            interpreters="one interpreter" if case.interpreters == 1 else f"{case.interpreters} interpreters",
            more="use more" if levels(case.curve.executor, case.curve.options) else "use",
            both=_both(case),
            cpu=_ms(case.costs.cpu_per_task_s),
            service=_ms(case.service_s),
        )
        return text, {"limit_per_s": limit, "per_s": case.rate, "model_per_s": case.limits.model}

    return rule


RULES: tuple[tuple[str, Rule], ...] = (
    ("failures", _failures),
    ("hand-over", _hand_over),
    ("start-up", _start_up),
    ("stragglers", _stragglers),
    ("last wave", _last_wave),
    ("client", _client),
    ("listen queue", _listen_queue),
    ("server", _server),
    ("queueing", _queueing),
    (
        "interpreter",
        _limit(
            "interpreter",
            "{cpu} of CPU per task let {interpreters} do {limit} per second, and {workers} workers do {rate}; "
            "{more} processes{both}, interpreters or a free-threaded Python",
        ),
    ),
    ("cores", _limit("cores", "{cpu} of CPU per task fill the cores at {limit} per second; more cores help")),
    (
        "waiting",
        _limit("waiting", "tasks wait for most of their {service}, so throughput follows workers; more help"),
    ),
)
"""In the order in which they are tried."""
_OF_A_CELL = ("client", "listen queue", "server", "queueing")
"""Those that can hold a single cell back from its limit."""


def bound_by(case: Case) -> str:
    """For a single cell: the lowest limit if measured and model agree, else what keeps it from that."""
    for cause, rule in RULES:
        if cause in _OF_A_CELL and rule(case) is not None:
            return cause
    return case.limits.name if _agrees(case) else ""
