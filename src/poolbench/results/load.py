"""Reads a sweep back."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from functools import cached_property
from io import BufferedReader, BytesIO, FileIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poolbench.errors import UsageError
from poolbench.results.columns import NEEDED, Trial, from_row
from poolbench.results.spans import lone_times, read_spans
from poolbench.results.table import Table
from poolbench.units import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    Lines = Iterator[tuple[int, list[str]]]

_COUNTS = ("cores", "cores_online", "memory_bytes", "default_threads")
_MOST, _LONGEST = 2**60, 200
_LARGEST = 1_000_000_000
"""Bytes: two million trials have not as many."""
_LARGEST_JSON = 5_000_000
"""Characters: a thousand cells take a hundredth of it, and lists of lists fill twenty times its size."""
_HEAD = 1 << 16
LARGE = 2_000_000
"""Bytes of a CSV that is read faster column by column, although that takes an import of half a second."""


@dataclass(frozen=True)
class Recorded:
    """A sweep as it was written."""

    path: Path
    rows: Table
    about: dict[str, Any] = field(default_factory=dict)
    """The JSON beside the CSV; empty where there is none."""
    note: str = ""
    """What was odd about the file, such as a torn last line."""

    @cached_property
    def trials(self) -> tuple[Trial, ...]:
        """Each row as an object."""
        return self.rows.trials()


def read(path: Path | str) -> Recorded:
    """The rows of one CSV and the JSON beside it. UsageError, with file and line, for what is no sweep."""
    path = Path(path)
    try:
        with BufferedReader(FileIO(path), _HEAD) as file:
            _names(_lines(file.peek()), path)  # before all is read, which may be large
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise UsageError(f"{path} is too large for a sweep", "name a CSV that poolbench wrote")
        rows, torn = _rows(data, path)
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        words = problem.strerror if isinstance(problem, OSError) else str(problem)
        why = "it is not text" if isinstance(problem, UnicodeDecodeError) else words
        raise UsageError(f"cannot read {path} ({why})", "name a CSV that poolbench wrote") from None
    note = f"{path}: the last line was cut short and is left out" if torn else ""
    return Recorded(path, rows, _about(path.with_suffix(".json")), note)


def _rows(data: bytes, path: Path) -> tuple[Table, bool]:
    """All rows; and whether one more, the last, was cut short."""
    torn = bool(data) and not data.endswith(b"\n")
    lines = _whole(_lines(data)) if torn else _lines(data)
    names = _names(lines, path)
    found = None
    if len(data) >= LARGE:
        from poolbench.results import bulk

        found = bulk.table(data[: data.rfind(b"\n") + 1], names)
    if found is None:
        found = Table.of(from_row(names, row, f"{path}, line {number}") for number, row in lines)
    return found, torn


def _names(lines: Lines, path: Path) -> list[str]:
    """Those of the columns."""
    _, names = next(lines, (0, []))
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise UsageError(f"{path} is not a sweep (no column {missing[0]})", "name a CSV that poolbench wrote")
    return names


def _lines(data: bytes) -> Lines:
    """Rows that are not empty, with the numbers of their lines."""
    # A spreadsheet puts a byte order mark before what it saves.
    rows = csv.reader(TextIOWrapper(BytesIO(data), encoding="utf-8-sig", newline=""))
    return ((rows.line_num, row) for row in rows if row)


def _whole(lines: Lines) -> Lines:
    """All but the last."""
    held = next(lines, None)
    for line in lines:
        if held is not None:
            yield held
        held = line


def task_times(path: Path | str) -> dict[tuple[str, str], tuple[float, ...]]:
    """Seconds of each task alone, in the order of tasks, by workload and parameters: means over the blocks.

    From the baseline's rows of the spans beside the CSV `path`; nothing where there are none that can be read.
    """
    return lone_times(read_spans(path))


def _about(path: Path) -> dict[str, Any]:
    """What lies beside a CSV helps and is not needed."""
    try:
        with path.open(encoding="utf-8") as file:
            found = json.loads(file.read(_LARGEST_JSON))
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
