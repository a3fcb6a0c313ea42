"""Reads the spans beside a CSV: when each task was submitted, started and finished, and on which worker."""

from __future__ import annotations

import csv
from collections import defaultdict
from io import BytesIO, TextIOWrapper
from itertools import groupby, islice
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from poolbench.results.columns import Span
from poolbench.results.files import members
from poolbench.results.store import MOST_SPANS, SPAN_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_BASELINE = "sequential"
_MOST = 10**7
_KEY = len(SPAN_COLUMNS) - len(Span._fields)


class TrialKey(NamedTuple):
    """Which trial spans belong to."""

    workload: str
    params: str
    block: int
    executor: str
    options: str
    workers: int


def spans_path(path: Path | str) -> Path:
    """Where the spans of the CSV `path` lie if there are any."""
    return Path(path).with_suffix(".spans.csv.gz")


def read_spans(path: Path | str) -> dict[TrialKey, tuple[Span, ...]]:
    """The spans beside the CSV `path`, by trial; what was cut short or is no row of ours is left out."""
    found: dict[TrialKey, tuple[Span, ...]] = {}
    for key, rows in groupby(_rows(spans_path(path)), key=lambda row: row[:_KEY]):
        try:
            workload, params, block, executor, options, workers = key
            trial = TrialKey(workload, params, int(block), executor, options, int(workers))
            found[trial] = tuple(_span(row[_KEY:]) for row in rows)
        except ValueError:
            continue
    return found


def lone_times(spans: Mapping[TrialKey, Sequence[Span]]) -> dict[tuple[str, str], tuple[float, ...]]:
    """Seconds of each task alone, by workload and parameters: means over the baseline's blocks, in order of tasks."""
    found: dict[tuple[str, str], dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for key, trial in spans.items():
        if key.executor == _BASELINE:
            for span in trial:
                if span.ok:
                    found[key.workload, key.params][span.task].append(span.finished_s - span.started_s)
    return {key: tuple(fmean(tasks[task]) for task in sorted(tasks)) for key, tasks in found.items()}


def _rows(path: Path) -> Iterator[list[str]]:
    """Rows as text, as far as the file can be read."""
    try:
        whole = BytesIO(b"".join(data for data, _ in members(path)))
        reader = csv.reader(TextIOWrapper(whole, encoding="utf-8", newline=""))
        if tuple(next(reader, ())) == SPAN_COLUMNS:
            yield from islice((row for row in reader if len(row) == len(SPAN_COLUMNS)), MOST_SPANS)
    except (OSError, UnicodeDecodeError, csv.Error):
        return


def _span(row: list[str]) -> Span:
    task, worker = int(row[0]), int(row[1])
    submitted_s, started_s, finished_s = float(row[2]), float(row[3]), float(row[4])
    if not (0 <= task <= _MOST and -1 <= worker <= _MOST):
        raise ValueError("a task or a worker that cannot be")
    if not abs(submitted_s) + abs(started_s) + abs(finished_s) <= _MOST:  # nor if one is NaN
        raise ValueError("times that cannot be")
    return Span(task, worker, submitted_s, started_s, finished_s, float(row[5] or "nan"), row[6] == "true")
