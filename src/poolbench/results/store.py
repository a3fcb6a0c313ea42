"""Writes a sweep so that nothing measured is lost: each row is on the disk before the next trial starts."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from poolbench.errors import UsageError
from poolbench.results.columns import COLUMNS, Span, Trial, to_row, to_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SPAN_COLUMNS = ("workload", "params", "block", "executor", "options", "workers", *Span._fields)
MOST_SPANS = 200_000


def check_writable(folder: Path) -> None:
    """UsageError if no file can be made in `folder`; what the check itself made is gone again."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
    except OSError as problem:
        why = (problem.strerror or str(problem)).lower()
        raise UsageError(
            f"cannot write to {folder} ({why})", "name another folder with --out, and --plots for charts"
        ) from None
    finally:
        # Another sweep may have begun to write there meanwhile.
        with suppress(OSError):
            for each in missing:
                each.rmdir()


def write_atomically(path: Path, text: str) -> None:
    """The file holds the old text or the new one, whatever happens meanwhile."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


class Store:
    """The three files of a sweep: `NAME.csv`, `NAME.json` and `NAME.spans.csv.gz`. A context manager.

    A CSV that exists is continued if it has our columns; its JSON and spans are replaced by those of this sweep.
    """

    def __init__(self, path: Path, about: Mapping[str, Any]) -> None:
        self.path = path
        self._file = _open(path)
        self._rows = csv.writer(self._file, lineterminator="\n")
        self._about = dict(about)
        self._spans_left = MOST_SPANS
        self.spans_path.unlink(missing_ok=True)
        if self._file.tell() == 0:
            self._append(COLUMNS)
        self.describe()

    @property
    def about_path(self) -> Path:
        """The JSON."""
        return self.path.with_suffix(".json")

    @property
    def spans_path(self) -> Path:
        """The spans."""
        return self.path.with_suffix(".spans.csv.gz")

    @property
    def files(self) -> tuple[Path, ...]:
        """Those that exist."""
        return tuple(path for path in (self.path, self.about_path, self.spans_path) if path.exists())

    def describe(self, **more: Any) -> None:
        """Writes the JSON, with `more` from now on."""
        self._about.update(more)
        write_atomically(self.about_path, json.dumps(self._about, indent=1, ensure_ascii=False) + "\n")

    def add(self, trial: Trial, spans: Sequence[Span] = ()) -> None:
        """Appends a trial; its spans too while there is room for all of them."""
        self._append(to_row(trial))
        if spans and len(spans) <= self._spans_left:
            first = self._spans_left == MOST_SPANS
            self._spans_left -= len(spans)
            self._add_spans(trial, spans, first=first)

    def _append(self, row: Sequence[str]) -> None:
        self._rows.writerow(row)
        self._file.flush()
        os.fsync(self._file.fileno())

    def _add_spans(self, trial: Trial, spans: Sequence[Span], *, first: bool) -> None:
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        if first:
            rows.writerow(SPAN_COLUMNS)
        cell = [trial.workload, trial.params, trial.block, trial.executor, trial.options, trial.workers]
        rows.writerows([*cell, *map(_span_text, span)] for span in spans)
        # A member of its own for each trial: readers join them, and a torn last one costs that trial alone.
        with self.spans_path.open("ab") as file:
            file.write(gzip.compress(text.getvalue().encode(), compresslevel=1, mtime=0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _span_text(value: float | bool) -> str:
    return "" if value != value else to_text(value)  # NaN alone differs from itself


def _open(path: Path) -> io.TextIOWrapper:
    """For appending; UsageError if it holds something else, or cannot be had."""
    try:
        return _opened(path)
    except OSError as problem:
        why = (problem.strerror or str(problem)).lower()
        raise UsageError(f"cannot write to {path} ({why})", "name another file") from None


def _opened(path: Path) -> io.TextIOWrapper:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size:
        with path.open("rb") as file:
            if file.readline().decode(errors="replace").rstrip("\r\n") != ",".join(COLUMNS):
                raise UsageError(f"{path} has other columns than a sweep", "name a new file")
        _drop_torn_line(path)
    return path.open("a", encoding="utf-8", newline="")


def _drop_torn_line(path: Path) -> None:
    """What a crash cut short; the next row would go on in that line."""
    with path.open("rb+") as file:
        file.truncate(file.read().rfind(b"\n") + 1)


def fresh_path(folder: Path, name: str) -> Path:
    """A new empty file for a CSV; two sweeps that start in the same second get two names."""
    folder.mkdir(parents=True, exist_ok=True)
    for attempt in range(1, 1000):
        path = folder / (f"{name}.csv" if attempt == 1 else f"{name}-{attempt}.csv")
        try:
            path.open("x").close()
        except FileExistsError:
            continue
        return path
    raise UsageError(f"{folder} holds a thousand sweeps called {name}", "name another folder with --out")
