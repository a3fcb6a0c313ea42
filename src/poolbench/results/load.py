"""Reads a sweep back."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from poolbench.errors import UsageError
from poolbench.results.columns import COLUMNS, Trial, from_row


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
            text = file.read()
        rows = csv.reader(StringIO(text, newline=""))
        lines = [(rows.line_num, row) for row in rows if row]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is not text"
        raise UsageError(f"cannot read {path} ({why})", "name a CSV that poolbench wrote") from None
    torn = bool(text) and not text.endswith("\n")
    (_, names), *found = (lines[:-1] if torn else lines) or [(0, [])]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise UsageError(f"{path} is not a sweep (no column {missing[0]})", "name a CSV that poolbench wrote")
    trials = tuple(from_row(names, row, f"{path}, line {number}") for number, row in found)
    note = f"{path}: the last line was cut short and is left out" if torn else ""
    return Recorded(path, trials, _about(path.with_suffix(".json")), note)


def _about(path: Path) -> dict[str, Any]:
    """What lies beside a CSV helps and is not needed."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
