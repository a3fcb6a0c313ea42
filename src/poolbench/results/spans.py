"""Reads the spans beside a CSV: when each task was submitted, started and finished, and on which worker."""

from __future__ import annotations

import csv
import zlib
from collections import defaultdict
from io import StringIO
from itertools import groupby
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from poolbench.results.columns import Span
from poolbench.results.store import SPAN_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_BASELINE = "sequential"
_CHUNK = 1 << 16
_LARGEST = 100_000_000
"""Bytes when unpacked: 200,000 rows have not half as many."""
_GZIP = 31
"""For zlib: the largest window, in gzip's wrapping."""
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
        text = b"".join(_members(path)).decode()
        reader = csv.reader(StringIO(text, newline=""))
        if tuple(next(reader, ())) == SPAN_COLUMNS:
            yield from (row for row in reader if len(row) == len(SPAN_COLUMNS))
    except (OSError, UnicodeDecodeError, csv.Error, zlib.error):
        return


def _members(path: Path) -> Iterator[bytes]:
    """What each member of the gzip file holds, one a trial; a last one that was cut short is left out."""
    room = _LARGEST
    with path.open("rb") as file:
        data = file.read(_CHUNK)
        while data:
            member, parts = zlib.decompressobj(_GZIP), []
            while data:
                parts.append(member.decompress(data, room + 1))
                room -= len(parts[-1])
                if room < 0:  # a small file that would fill the memory
                    return
                data = member.unconsumed_tail or member.unused_data if member.eof else file.read(_CHUNK)
                if member.eof:
                    yield b"".join(parts)
                    break
            data = data or file.read(_CHUNK)


def _span(row: list[str]) -> Span:
    task, worker, submitted_s, started_s, finished_s, cpu_s, ok = row
    begun, start, end = (_seconds(each) for each in (submitted_s, started_s, finished_s))
    if not (0 <= int(task) <= _MOST and -1 <= int(worker) <= _MOST):
        raise ValueError("a task or a worker that cannot be")
    return Span(int(task), int(worker), begun, start, end, float(cpu_s) if cpu_s else float("nan"), ok == "true")


def _seconds(text: str) -> float:
    value = float(text)
    if not abs(value) <= _MOST:  # nor is NaN
        raise ValueError(f"{text} seconds cannot be")
    return value
