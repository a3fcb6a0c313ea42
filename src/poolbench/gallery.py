"""From CSVs to charts: what `run`, `plot`, `report` and notebooks draw, and under which names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from poolbench.analysis.origins import by_origin, machine_of
from poolbench.analysis.summary import summarise
from poolbench.errors import UsageError
from poolbench.garbage import set_aside
from poolbench.halves import called
from poolbench.results.load import read
from poolbench.results.spans import lone_times, read_spans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from poolbench.analysis.model import Summary
    from poolbench.analysis.origins import Origin
    from poolbench.results.columns import Span
    from poolbench.results.spans import TrialKey
    from poolbench.results.table import Table

    Save = Callable[[], list[Path]]
    Spans = dict[TrialKey, tuple[Span, ...]]


@dataclass(frozen=True)
class Sheet:
    """One sweep of one interpreter on one machine, ready to be drawn."""

    path: Path
    origin: Origin
    about: dict[str, Any]
    """The JSON beside the CSV."""
    rows: Table
    summaries: tuple[Summary, ...]
    spans: Spans
    note: str = ""
    """What was odd about the file."""

    @property
    def drawable(self) -> list[Summary]:
        """Those that have something beside their baseline."""
        return [summary for summary in self.summaries if summary.curves]


def sheets(paths: Iterable[Path]) -> list[Sheet]:
    """One for each interpreter and machine in each of the files. UsageError for what is no sweep, or has no rows."""
    found = [sheet for path in dict.fromkeys(paths) for sheet in _sheets(path)]
    if not found:
        raise UsageError("no file was named", "name a CSV that poolbench wrote, such as results/NAME.csv")
    return found


def _sheets(path: Path) -> list[Sheet]:
    recorded = read(path)
    if not (found := sheets_of(path, recorded.rows, recorded.about, recorded.note)):
        raise UsageError(f"{path} has no rows", "name a sweep that measured something")
    return found


def sheets_of(path: Path, rows: Table, about: dict[str, Any], note: str = "") -> list[Sheet]:
    """One for each interpreter and machine among rows that are in memory; spans are read from beside `path`."""
    origins = by_origin(rows)
    spans = read_spans(path) if len(origins) == 1 else {}  # spans do not say which machine they are of
    times = lone_times(spans)
    return [
        Sheet(
            path,
            origin,
            about,
            own,
            tuple(summarise(own, machine=machine_of(origin, about), source=str(path), times=times)),
            spans,
            note,
        )
        for origin, own in origins.items()
    ]


def draw(found: Sequence[Sheet], folder: Path, themes: Sequence[str] = ("light",)) -> list[Path]:
    """Every chart that the sweeps have, PNG and SVG; returns the files. Nothing where there is nothing to draw."""
    drawable = [(sheet, summary) for sheet in found for summary in sheet.drawable]
    if not drawable:
        return []
    import poolbench.charts.style  # noqa: F401  before all is set aside: what it imports is no garbage

    with set_aside(clean=False):
        saves = [save for theme in themes for save in _saves(drawable, folder, theme)]
        return [file for files in called(saves) for file in files]


Drawable = tuple[Sheet, "Summary"]


def _saves(drawable: Sequence[Drawable], folder: Path, theme: str) -> Iterator[Save]:
    """One for each chart; it returns the files."""
    for sheet, summary in drawable:
        yield from _of_workload(sheet, summary, suffix(sheet, summary, drawable), folder, theme)
    if len(drawable) > 1:
        yield from _of_all(drawable, folder, theme)


def _of_workload(sheet: Sheet, summary: Summary, name: str, folder: Path, theme: str) -> Iterator[Save]:
    from poolbench.analysis.latency import latencies
    from poolbench.analysis.planes import planes
    from poolbench.analysis.timeline import timeline
    from poolbench.charts import heat, latency, throughput
    from poolbench.charts import timeline as timeline_chart

    yield partial(throughput.save, summary, folder, theme, name)
    for plane in planes(summary):
        yield partial(heat.save, summary, plane, folder, theme, name)
    if times := latencies(summary, sheet.spans):
        yield partial(latency.save, summary, times, folder, theme, name)
    if trial := timeline(summary, sheet.spans):
        yield partial(timeline_chart.save, summary, trial, folder, theme, name)


def _of_all(drawable: Sequence[Drawable], folder: Path, theme: str) -> Iterator[Save]:
    """Workloads beside one another."""
    from poolbench.analysis.interpreters import side_by_side
    from poolbench.charts import interpreters, speedup

    several = [each for each in side_by_side((sheet.origin, summary) for sheet, summary in drawable) if each.lanes]
    if several:
        yield partial(interpreters.save, several, folder, theme)
    yield partial(speedup.save, [summary for _, summary in drawable], folder, theme)


def suffix(sheet: Sheet, summary: Summary, drawable: Sequence[Drawable]) -> str:
    """What tells a sweep from the others of its workload: parameters, interpreter, then the file."""
    others = [(each, one) for each, one in drawable if one.workload == summary.workload]
    if len(others) == 1:
        return ""
    parts = [_telling(summary, [one for _, one in others])]
    if len({each.origin for each, _ in others}) > 1:
        parts += [sheet.origin.python, "" if sheet.origin.gil else "nogil"]
    if len({each.origin.machine for each, _ in others}) > 1:
        parts.append(sheet.origin.machine)
    same = [each for each, one in others if one.params == summary.params and each.origin == sheet.origin]
    parts += [sheet.path.stem] if len(same) > 1 else []
    return " ".join(filter(None, parts))


def _telling(summary: Summary, siblings: Sequence[Summary]) -> str:
    """Of its parameters those that tell it from the others."""
    common = set.intersection(*(set(each.params.split(";")) for each in siblings))
    return "-".join(part for part in summary.params.split(";") if part not in common)
