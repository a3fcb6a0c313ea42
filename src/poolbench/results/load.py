"""Reads a sweep back."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections import defaultdict
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from statistics import fmean
from typing import Any

from poolbench.errors import UsageError
from poolbench.results.columns import NEEDED, Trial, from_row

_BASELINE = "sequential"


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
    sums: dict[tuple[str, str], dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    try:
        with gzip.open(Path(path).with_suffix(".spans.csv.gz"), "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["executor"] == _BASELINE and row["ok"] == "true":
                    spent_s = float(row["finished_s"]) - float(row["started_s"])
                    sums[row["workload"], row["params"]][int(row["task"])].append(spent_s)
    except (OSError, EOFError, ValueError, KeyError, csv.Error, zlib.error):
        return {}
    return {key: tuple(fmean(tasks[task]) for task in sorted(tasks)) for key, tasks in sums.items()}


def _about(path: Path) -> dict[str, Any]:
    """What lies beside a CSV helps and is not needed."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
