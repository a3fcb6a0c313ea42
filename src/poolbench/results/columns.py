"""One trial as a row of the CSV. The order of the fields is the order of the columns; new ones go at the end."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

from poolbench.errors import UsageError
from poolbench.units import MOST_TASKS, MOST_WORKERS, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SCHEMA = 1
OUTCOMES = ("ok", "failed", "timeout", "crashed", "skipped")


class Span(NamedTuple):
    """One task. Times are seconds since the batch began.

    On another machine a task ends here when its result arrives, and starts as much earlier as it took there.
    """

    task: int
    """Its number in the order of submission, from 0."""
    worker: int
    """From 0, in the order of their first task; -1 if no worker answered for it."""
    submitted_s: float
    """Handed to the executor: all tasks at once up to 4,096, beyond that as earlier ones come back."""
    started_s: float
    finished_s: float
    cpu_s: float
    """CPU seconds of the worker's thread, right to 0.1 ms: that clock is read no oftener, and a task between
    two readings is taken to compute for all of its time. NaN where workers share one."""
    ok: bool


@dataclass(frozen=True)
class Trial:
    """One timed run of a cell's batch. None is an empty field: not known here, or meaningless."""

    schema: int
    sweep: str
    """The same for all rows of one sweep."""
    block: int
    position: int
    """Within its block, from 0."""
    workload: str
    params: str
    executor: str
    options: str
    workers: int
    tasks: int
    ok: int
    """Tasks that succeeded."""
    failed: int
    """Tasks that did not."""
    outcome: str
    """One of OUTCOMES."""
    reason: str
    """Why the outcome is not `ok`, in one line."""
    startup_s: float | None
    """From nothing until every worker has answered and is set up."""
    wall_s: float | None
    """From the first submission to the last result."""
    shutdown_s: float | None
    throughput_per_s: float | None
    """Tasks per second of `wall_s`; None unless every task succeeded."""
    steady_per_s: float | None
    """The half-round rate; None where the batch is too short for it."""
    cpu_s: float | None
    """CPU seconds of the parent and of the workers during `wall_s`; None where some were on another machine."""
    cpu_per_task_s: float | None
    peak_rss_bytes: int | None
    """Most memory held at once by the parent and by its workers, added up; None if it did not start them."""
    latency_p50_s: float | None
    """Latency: started to finished."""
    latency_p95_s: float | None
    latency_p99_s: float | None
    queue_p50_s: float | None
    """Queueing: submitted to started; None where a worker was on another machine, whose clock says nothing of ours."""
    server_busy_s: float | None
    """CPU seconds of the workload's own server during `wall_s`."""
    server_in_flight_max: int | None
    listen_overflows: int | None
    """Connections that some listening socket of the machine dropped meanwhile."""
    load_before: float | None
    """The machine's load average over one minute."""
    steal_share: float | None
    """Share of processor time that the hypervisor gave to others."""
    started_at: str
    """ISO 8601, UTC."""
    machine: str
    python: str
    gil: bool
    machine_cpu_s: float | None = None
    """CPU seconds of all processes of the machine during `wall_s`, ours among them."""


COLUMNS = tuple(field.name for field in fields(Trial))
NEEDED = tuple(field.name for field in fields(Trial) if field.default is MISSING)
"""Those that every sweep has; a file from before a column was added lacks it."""


def to_text(value: float | str | bool | None) -> str:
    """A value as it stands in the CSV: seconds and rates with 9 decimals, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.9f}"
    return str(value)


def to_row(trial: Trial) -> list[str]:
    """The fields in the order of COLUMNS."""
    return [to_text(getattr(trial, name)) for name in COLUMNS]


_LONGEST = 4096
_MOST = 10**12
_RANGES = {"schema": (1, SCHEMA), "block": (0, 10**6), "position": (0, 10**6), "workers": (1, MOST_WORKERS)}
_RANGES |= {"tasks": (1, MOST_TASKS), "ok": (0, MOST_TASKS), "failed": (0, MOST_TASKS), "peak_rss_bytes": (0, 2**50)}
_RANGES |= dict.fromkeys(("latency_p50_s", "latency_p95_s", "latency_p99_s"), (0, _MOST))
_RATES = ("throughput_per_s", "steady_per_s")
_WORDS = 1024
"""Words of a column that are remembered."""


def bounds(name: str) -> tuple[float, float]:
    """What a number in the column `name` is at least and at most."""
    return _RANGES.get(name, (1 / _MOST if name in _RATES else -_MOST, _MOST))


class NewerError(ValueError):
    """A row of a schema to come."""


def _parser(name: str, kind: str) -> Callable[[str], float | str | bool | None]:
    """For the texts of one column; ValueError for one that cannot be."""
    if kind == "bool":
        return _flag
    if kind.startswith("int"):
        read: Callable[[str], float | str] = partial(_whole, name, *bounds(name))
    elif kind.startswith("float"):
        read = partial(_real, name, *bounds(name))
    else:
        # The same words stand in most rows.
        read = lru_cache(_WORDS)(partial(to_word, name))
    return (lambda text: read(text) if text else None) if kind.endswith("None") else read


def _flag(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _whole(name: str, low: float, high: float, text: str) -> int:
    value = int(text)
    if name == "schema" and value > SCHEMA:
        raise NewerError(f"schema {value}")
    if not low <= value <= high:
        raise ValueError(f"{name} {text} is not from {low} to {high}")
    return value


def _real(name: str, low: float, high: float, text: str) -> float:
    value = float(text)
    if not low <= value <= high:  # nor is NaN
        raise ValueError(f"{name} {text} cannot be")
    return value


def to_word(name: str, text: str) -> str:
    """As a Trial has it; ValueError for one that cannot be in the column `name`."""
    if len(text) > _LONGEST:
        raise ValueError(f"{name} has {len(text)} characters")
    if name == "outcome" and text not in OUTCOMES:
        raise ValueError(f"no outcome is {text[:20]!r}")
    return printable(text)


def to_words(name: str, texts: Sequence[str]) -> Sequence[str]:
    """The same of many, most of which are as they should be."""
    if name != "outcome" and max(map(len, texts), default=0) <= _LONGEST and "".join(texts).isprintable():
        return texts
    return [to_word(name, text) for text in texts]


_PARSERS = {field.name: _parser(field.name, str(field.type)) for field in fields(Trial)}


def from_row(names: list[str], row: list[str], where: str) -> Trial:
    """The inverse of `to_row`, by column name; `where` (file and line) goes into the UsageError."""
    try:
        known = {
            name: _PARSERS[name](text) for name, text in zip(names, row[: len(names)], strict=True) if name in _PARSERS
        }
        return Trial(**known)  # type: ignore[arg-type]
    except NewerError as problem:
        raise UsageError(f"{where} is of a newer poolbench ({problem})", "read it with that one, or upgrade") from None
    except (KeyError, TypeError, ValueError) as problem:  # a TypeError where columns are missing
        short = len(row) < len(names)
        why = f"{len(row)} values for {len(names)} columns" if short else f"{type(problem).__name__}: {problem}"
        raise UsageError(
            f"{where} is not a row of a sweep ({why})",
            "name a CSV that poolbench wrote; delete the line if it was edited by hand",
        ) from None
