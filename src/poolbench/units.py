"""What people type and read: durations, worker counts, `key=value` pairs."""

from __future__ import annotations

import re
import reprlib
from math import inf
from operator import index
from typing import TYPE_CHECKING

from poolbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(us|ms|s|m|h)\s*")
_RANGE = re.compile(r"(\d+)\.\.(\d+)(?::([1-9]\d*))?")
MOST_WORKERS = 4096
MOST_TASKS = 10**7
"""In a batch."""
"""More than any executor here can start; a typing error far more often than a wish."""


def seconds(text: str, name: str = "duration") -> float:
    """Seconds in `50ms`, `2s`, `1.5m`; `0` needs no unit. UsageError for anything else."""
    if text.strip() == "0":
        return 0.0
    match = _DURATION.fullmatch(text)
    if match is None:
        raise UsageError(f"cannot read {name} {text}", "write it with its unit: 50ms, 2s or 1m")
    return float(match[1]) * _SECONDS[match[2]]


def patience(text: str) -> float | None:
    """The seconds of `--task-timeout`; None where nothing was typed. UsageError for no time at all."""
    return some_time(seconds(text, "--task-timeout"), "--task-timeout", "a time such as 30s") if text else None


def some_time(value_s: float | None, name: str, such: str = "some seconds") -> float | None:
    """`value_s` as it is; UsageError if that is no time at all."""
    if value_s is not None and not some_seconds(value_s, name) > 0:
        raise UsageError("no task ends in no time", f"give {name} {such}")
    return value_s


def some_seconds(value_s: float, name: str) -> float:
    """`value_s` as it is, from a program whose types nobody has checked; UsageError unless a number, 0 or more."""
    if not isinstance(value_s, int | float) or not 0 <= value_s < inf:
        raise UsageError(f"cannot use {name} {shown(value_s)}", "give seconds, as a number")
    return value_s


def positive(number: int | None, name: str) -> int | None:
    """`number` as an int, numpy's too; UsageError unless a whole one, 1 or more, where there is any."""
    found = None if number is None else whole(number)
    if number is not None and (found is None or found < 1):
        raise UsageError(f"cannot use {name} {shown(number)}", f"give {name} 1 or more, a whole number")
    return found


def whole(number: object) -> int | None:
    """An int of whatever counts as one; None for anything else."""
    try:
        return index(number)  # type: ignore[arg-type]
    except TypeError:
        return None


def shown(value: object) -> str:
    """What somebody gave, for a message: short, and in one line."""
    return printable(" ".join(reprlib.repr(value).split()))


def duration(value: float) -> str:
    """The shortest exact reading of `value` seconds, as `seconds` takes it: `50ms`, `2s`, `1.5s`."""
    if value == 0:
        return "0"
    for unit in ("s", "ms", "us"):
        amount = value / _SECONDS[unit]
        if amount >= 1:
            return f"{amount:.12g}{unit}"
    return f"{value / 1e-6:.12g}us"


def fraction(text: str, name: str, *, ends: bool = False) -> float:
    """0.03 from `3%` or `0.03`. UsageError unless it lies between 0 and 1, or is one of these if `ends`."""
    number, percent = text.strip().removesuffix("%"), text.strip().endswith("%")
    try:
        value = float(number) / (100 if percent else 1)
    except ValueError:
        value = -1.0
    if not (0 < value < 1 or (ends and value in (0, 1))):
        raise UsageError(f"cannot read {name} {text}", "write a share such as 3% or 0.03")
    return value


def worker_counts(text: str, where: str = "") -> tuple[int, ...]:
    """Ascending worker counts from `1,2,4,8`, `1..64` (doubling) or `1..64:8` (8 steps, geometric).

    `where` they were typed, for the UsageError; `--workers` if not said.
    """
    where = where or f"--workers {text}"
    counts: set[int] = set()
    for part in text.split(","):
        counts.update(_counts(part.strip(), where))
    if not 1 <= min(counts) <= max(counts) <= MOST_WORKERS:
        raise UsageError(f"cannot use {where}", f"counts go from 1 to {MOST_WORKERS}")
    return tuple(sorted(counts))


def _counts(part: str, where: str) -> set[int]:
    if part.isdecimal() and len(part) < 10:
        return {int(part)}
    match = _RANGE.fullmatch(part)
    if match is None or len(part) > 30 or not 1 <= int(match[1]) <= int(match[2]) <= MOST_WORKERS:
        raise UsageError(f"cannot read {where}", "write 1,2,4,8 or 1..64 (doubling) or 1..64:8 (8 steps)")
    low, high, steps = int(match[1]), int(match[2]), int(match[3] or 0)
    return _geometric(low, high, steps) if steps else _doubling(low, high)


def _doubling(low: int, high: int) -> set[int]:
    counts = {high}
    while low < high:
        counts.add(low)
        low *= 2
    return counts


def _geometric(low: int, high: int, steps: int) -> set[int]:
    if steps == 1 or low == high:
        return {high}
    steps = min(steps, high - low + 1)
    return {round(low * (high / low) ** (k / (steps - 1))) for k in range(steps)}


def printable(text: str) -> str:
    """Without what moves a cursor or turns a line around: that is for no terminal and no page."""
    return text if text.isprintable() else "".join(each if each.isprintable() else "\ufffd" for each in text)


def joined(pairs: Mapping[str, object]) -> str:
    """`key=value` pairs joined by `;`, sorted: how parameters and options stand in the CSV.

    A `;` in a value is written `%3B`, as in a URL.
    """
    return ";".join(f"{key}={str(value).replace(';', '%3B')}" for key, value in sorted(pairs.items()))


def split(text: str) -> dict[str, str]:
    """The pairs that `joined` wrote."""
    parts = (part.partition("=") for part in text.split(";") if part)
    return {key: value.replace("%3B", ";") for key, _, value in parts}
