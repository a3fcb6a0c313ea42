"""Reads a sweep back."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from poolbench.errors import UsageError
from poolbench.results.columns import NEEDED, Trial, from_row, printable
from poolbench.results.spans import lone_times, read_spans

_COUNTS = ("cores", "cores_online", "memory_bytes", "default_threads")
_MOST, _LONGEST = 2**60, 200
_LARGEST = 100_000_000
"""Characters: a hundred thousand trials have not half as many."""


@dataclass(frozen=True)
class Recorded:
    """A sweep as it was written."""

    path: Path
    trials: tuple[Trial, ...]
    about: dict[str, Any] = field(default_factory=dict)
    """The JSON beside the CSV; empty where there is none."""
    note: str = ""
    """What was odd about the file, such as a torn last line."""


def read(path: Path | str) -> Recorded:
    """The rows of one CSV and the JSON beside it. UsageError, with file and line, for what is no sweep."""
    path = Path(path)
    try:
        # A spreadsheet puts a byte order mark before what it saves.
        with path.open(encoding="utf-8-sig", newline="") as file:
            text = file.read(_LARGEST + 1)
        if len(text) > _LARGEST:
            raise UsageError(f"{path} is too large for a sweep", "name a CSV that poolbench wrote")
        rows = csv.reader(StringIO(text, newline=""))
        lines = [(rows.line_num, row) for row in rows if row]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is not text"
        raise UsageError(f"cannot read {path} ({why})", "name a CSV that poolbench wrote") from None
    torn = bool(text) and not text.endswith("\n")
    (_, names), *found = (lines[:-1] if torn else lines) or [(0, [])]
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise UsageError(f"{path} is not a sweep (no column {missing[0]})", "name a CSV that poolbench wrote")
    trials = tuple(from_row(names, row, f"{path}, line {number}") for number, row in found)
    note = f"{path}: the last line was cut short and is left out" if torn else ""
    return Recorded(path, trials, _about(path.with_suffix(".json")), note)


def task_times(path: Path | str) -> dict[tuple[str, str], tuple[float, ...]]:
    """Seconds of each task alone, in the order of tasks, by workload and parameters: means over the blocks.

    From the baseline's rows of the spans beside the CSV `path`; nothing where there are none that can be read.
    """
    return lone_times(read_spans(path))


def _about(path: Path) -> dict[str, Any]:
    """What lies beside a CSV helps and is not needed."""
    try:
        with path.open(encoding="utf-8") as file:
            found = json.loads(file.read(_LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    machine, several = found.get("machine"), found.pop("machines", None)
    if isinstance(machine, dict):
        found["machine"] = _machine(machine)
    if isinstance(several, list):
        found["machines"] = [_machine(each) for each in several if isinstance(each, dict)]
    return found


def _machine(found: dict[str, Any]) -> dict[str, Any]:
    """What of it can be what it should be: captions and limits are made of it."""
    kept = {key: value for key, value in found.items() if _can(key, value)}
    return {key: printable(value) if isinstance(value, str) else value for key, value in kept.items()}


def _can(key: str, value: object) -> bool:
    if key in _COUNTS:
        return isinstance(value, int) and 1 <= value <= _MOST
    return isinstance(value, bool) or (isinstance(value, str) and len(value) <= _LONGEST)
