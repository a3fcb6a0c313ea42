"""Writes a sweep so that nothing measured is lost: each row is on the disk before the next trial starts."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from poolbench.errors import Caution, CutShortError, UsageError, refusal
from poolbench.results import files
from poolbench.results.columns import COLUMNS, Span, Trial, to_row, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SPAN_COLUMNS = ("workload", "params", "block", "executor", "options", "workers", *Span._fields)
MOST_SPANS = 200_000
_SPANS = ".spans.csv.gz"


def check_writable(folder: Path, tip: str = "name another folder with --out, and --plots for charts") -> None:
    """UsageError, with this `tip`, if no file can be made in `folder`; what the check itself made is gone again."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
    except OSError as problem:
        raise UsageError(f"cannot write to {folder} ({refusal(problem)})", tip) from None
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

    A CSV that exists is continued if it has our columns; its JSON and spans are replaced by those of this sweep. Where
    the new rows are of blocks of their own, its spans are `continued` too. A sweep that is `resumed` must have no other
    writer, and goes on with all three.
    """

    def __init__(self, path: Path, about: Mapping[str, Any], *, resumed: bool = False, continued: bool = False) -> None:
        self.path = path
        self._home = path.absolute()  # a task may change the working directory
        self._file = _open(path)
        self._spans: io.FileIO | None = None
        try:
            alone = files.lock(self._file, path, alone=resumed)
            if alone:  # else the last line may be one that is being written
                files.drop_torn_line(self._home)
            self._about = dict(about)
            self._spans_left = MOST_SPANS
            self._without_spans = 0
            spans = self._home.with_suffix(_SPANS)
            if not (resumed or continued) or not os.fstat(self._file.fileno()).st_size:
                spans.unlink(missing_ok=True)
            elif spans.exists():
                self._spans_left -= files.whole_spans(spans) if alone else 1
            if not os.fstat(self._file.fileno()).st_size:
                self._append(COLUMNS)
                files.sync_folder(self._home.parent)
            self.describe()
        except BaseException:
            self._file.close()
            raise

    @property
    def about_path(self) -> Path:
        """The JSON."""
        return self.path.with_suffix(".json")

    @property
    def spans_path(self) -> Path:
        """The spans."""
        return self.path.with_suffix(_SPANS)

    @property
    def files(self) -> tuple[Path, ...]:
        """Those that exist."""
        return tuple(path for path in (self.path, self.about_path, self.spans_path) if path.exists())

    @property
    def cautions(self) -> tuple[Caution, ...]:
        """What was measured since this was opened and is in none of them."""
        if not (runs := self._without_spans):
            return ()
        what = f"the spans of {runs} run{'s' * (runs > 1)} were left out: a file holds those of {MOST_SPANS:,} tasks"
        return (Caution("spans", what, "fewer tasks a run for all of them"),)

    def describe(self, **more: Any) -> None:
        """Writes the JSON, with `more` from now on."""
        self._about.update(more)
        with self._telling(self.about_path):
            text = json.dumps(self._about, indent=1, ensure_ascii=False) + "\n"
            # An argument may be no UTF-8: the escape is JSON's own for what it was decoded to.
            text = text.encode(errors="backslashreplace").decode()
            write_atomically(self._home.with_suffix(".json"), text)

    def add(self, trial: Trial, spans: Sequence[Span] = ()) -> None:
        """Appends a trial; its spans too while there is room for all of them."""
        self._append(to_row(trial))
        if spans and len(spans) > self._spans_left:
            self._without_spans += 1
        elif spans:
            first = self._spans_left == MOST_SPANS
            self._spans_left -= len(spans)
            self._add_spans(trial, spans, first=first)

    def _append(self, row: Sequence[str]) -> None:
        with self._telling(self.path):
            files.append(self._file, _line(row).encode(errors="replace"))

    @contextmanager
    def _telling(self, path: Path) -> Iterator[None]:
        """A disk that is full, or gone, ends the sweep: its rows so far are whole."""
        try:
            yield
        except OSError as problem:
            again = f"go on: poolbench run --resume {self.path}" if "asked" in self._about else "start again"
            tip = f"make room there, then {again}"
            raise CutShortError(f"cannot write to {path} ({refusal(problem)})", tip) from None

    def _add_spans(self, trial: Trial, spans: Sequence[Span], *, first: bool) -> None:
        # A member of its own for each trial: readers join them, and a torn last one costs that trial alone.
        member = io.BytesIO()
        cell = _line([trial.workload, trial.params, trial.block, trial.executor, trial.options, trial.workers])[:-1]
        text = _line(SPAN_COLUMNS) if first else ""
        text += "".join(f"{cell},{_span_text(span)}\n" for span in spans)
        with gzip.GzipFile("", "wb", 1, member, mtime=0) as packed:
            packed.write(text.encode())
        data = member.getvalue()
        with self._telling(self.spans_path):
            # Kept open: tasks may take all files that may be.
            self._spans = self._spans or self._home.with_suffix(_SPANS).open("ab", buffering=0)
            files.append(self._spans, data, sync=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if self._spans is not None:
            self._spans.close()


def _line(row: Sequence[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(row)
    return text.getvalue()


def _span_text(span: Span) -> str:
    """One piece, since a sweep has tens of thousands: a call for each value took three times as long. NaN is empty."""
    task, worker, submitted_s, started_s, finished_s, cpu_s, ok = span
    times = f"{submitted_s:.9f},{started_s:.9f},{finished_s:.9f},{cpu_s:.9f}".replace("nan", "")
    return f"{task},{worker},{times},{to_text(ok)}"


def _open(path: Path) -> io.FileIO:
    """For appending; UsageError if it holds something else, or cannot be had."""
    try:
        return _opened(path)
    except OSError as problem:
        raise UsageError(f"cannot write to {path} ({refusal(problem)})", "name another file") from None


def _opened(path: Path) -> io.FileIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size:
        with path.open("rb") as file:
            if file.readline().decode(errors="replace").rstrip("\r\n") != ",".join(COLUMNS):
                raise UsageError(f"{path} has other columns than a sweep", "name a new file")
    return path.open("ab", buffering=0)


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
