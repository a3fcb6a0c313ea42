"""What a tune comes to: how many workers of what, how sure, and beside what."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from poolbench import executors
from poolbench.tuning.bench import snapped
from poolbench.tuning.chunks import size_of
from poolbench.tuning.profile import Entry, Tuned, here
from poolbench.units import joined, split
from poolbench.words import figures, noun, times, workers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poolbench.analysis.model import Interval, Summary
    from poolbench.executors.base import Strategy
    from poolbench.results.columns import Trial
    from poolbench.tuning.bench import Bench
    from poolbench.tuning.evidence import Choice, Evidence
    from poolbench.workloads.subject import Subject

IN_CODE = {
    "threads": "ThreadPoolExecutor(max_workers={workers})",
    "processes": "ProcessPoolExecutor(max_workers={workers}{more})",
    "interpreters": "InterpreterPoolExecutor(max_workers={workers})",
    "asyncio": "asyncio.Semaphore({workers})",
    "loky": "loky.get_reusable_executor(max_workers={workers})",
    "dask": "LocalCluster(n_workers={workers}, threads_per_worker=1)",
    "sequential": "[work(item) for item in items]",
}
"""The line that uses so many workers, by executor."""
_KEYWORDS = {"start": 'mp_context=get_context("{}")', "max_tasks": "max_tasks_per_child={}"}
"""Options of worker processes, as they are written there."""

_ALIKE = 0.1
"""Coefficient of variation up to which tasks count as equal."""


def in_code(executor: str, workers: int, options: str) -> str:
    """The line that uses so many workers; empty for an executor of somebody else's."""
    more = _keywords(options) if executor == "processes" else ""
    line = IN_CODE.get(executor, "").format(workers=workers, more=more)
    size = size_of(options)
    return f"{line}.map(work, items, chunksize={size})" if line and size > 1 else line


def _keywords(options: str) -> str:
    found, usual = split(options), executors.kind("processes").defaults
    asked = {key: found.get(key, usual[key]) for key in _KEYWORDS}
    return "".join(f", {_KEYWORDS[key].format(value)}" for key, value in asked.items() if value != usual[key])


@dataclass(frozen=True)
class Usage:
    """What a choice does and uses, medians over its runs that count. None: not known."""

    workers: int
    per_s: float
    cpu_per_task_s: float | None
    peak_rss_bytes: float | None


@dataclass(frozen=True)
class Recommendation:
    """The cheapest choice within tolerance of the best, with all that is known of it."""

    subject: Subject
    executor: str
    """`sequential` where nothing surely beats one at a time."""
    options: str
    """`key=value` pairs joined by `;`, sorted."""
    chosen: Mapping[str, str]
    """Those of them that are not at their defaults."""
    workers: int
    workers_range: tuple[int, int]
    """Where the count may lie, 10th to 90th percentile."""
    per_s: float
    """Tasks per second."""
    ci: Interval
    speedup: float | None
    """Over one at a time."""
    interval: Interval | None
    """95 % interval of `speedup`."""
    chance: float
    """Model probability that it is within tolerance of the best of all."""
    conclusive: bool
    reason: str
    """Why the search ended: `decided`, `runs`, `budget`, `interrupted`, `disturbed`."""
    why: str
    """What bounds it, in a sentence; empty where no rule holds."""
    usage: Usage
    fastest: Usage
    fastest_choice: Choice
    default: Usage | None
    """What the library takes when nothing is said; None where there is no such number, or it was not measured."""
    default_executor: str
    """Whose: the recommended one, or threads where that has no such number. With one task at a time, as it comes."""
    lanes: tuple[Tuned, ...]
    """The best of each executor that was tried."""

    @property
    def code(self) -> str:
        """The line that uses it."""
        return in_code(self.executor, self.workers, self.options) or 'poolbench.pool("...")'

    @property
    def text(self) -> str:
        """`Use 24 threads: 145 flags/s, 11.8× sequential (95 % CI 11.5–12.0).`, or that it is not settled.

        `Use 2 processes (start=spawn), 20 tasks at a time: ...` where that was asked for, and small tasks go so;
        `Use one at a time: 145 flags/s; nothing faster was found.`
        """
        gain = f", {times(self.speedup)} sequential" if self.speedup and self.executor != "sequential" else ""
        span = f" (95 % CI {self.interval.low:.1f}–{self.interval.high:.1f})" if gain and self.interval else ""
        what = f"{figures(self.per_s)} {noun(self.subject.name)}/s"
        alone = self.executor == "sequential"
        many = f", {size} tasks at a time" if (size := size_of(self.options)) > 1 else ""
        beside = "; nothing faster was found" if alone and self.conclusive else ""
        return f"{'Use' if self.conclusive else 'Not settled; so far'} {self._who}{many}: {what}{gain}{span}{beside}."

    @property
    def usual(self) -> str:
        """What the library takes when nothing is said: `6 threads`, `2 processes, one task at a time`.

        Empty where that was not measured, or is the answer itself.
        """
        if self.default is None:
            return ""
        same, many = self.default_executor == self.executor, size_of(self.options) > 1
        if same and not many and self.default.workers == self.workers:
            return ""
        return workers(self.default_executor, self.default.workers) + (", one task at a time" if same and many else "")

    @property
    def _who(self) -> str:
        """`24 threads`, `2 processes (start=spawn)`, `one at a time`."""
        if self.executor == "sequential":
            return "one at a time"
        how = ", ".join(f"{key}={value}" for key, value in self.chosen.items() if key != "chunksize")
        return workers(self.executor, self.workers) + (f" ({how})" if how else "")

    def entry(self, tuned_at: str) -> Entry:
        """For the machine's profile."""
        ci = (self.interval.low, self.interval.high) if self.interval else None
        return Entry(
            *(self.subject.name, self.subject.params, self.subject.source),
            **here(),
            executor=self.executor,
            options=self.options,
            workers=self.workers,
            workers_range=self.workers_range,
            per_s=self.per_s,
            speedup=self.speedup,
            speedup_ci=ci,
            tuned_at=tuned_at,
            lanes=self.lanes,
        )


def recommend(
    bench: Bench, evidence: Evidence, subject: Subject, summary: Summary | None, default: Choice | None
) -> Recommendation | None:
    """None where no run succeeded."""
    found = evidence.recommendation
    if found is None:
        return None
    strategy = bench.strategies[found.choice.lane]
    count, (low, high) = found.choice.workers, found.workers_range
    count, low = _enough(bench, strategy, count), _enough(bench, strategy, low)
    return Recommendation(
        subject=subject,
        executor=strategy.kind.name,
        options=joined(strategy.options),
        chosen=strategy.chosen,
        workers=count,
        workers_range=(min(low, count), high),
        per_s=found.per_s,
        ci=found.ci,
        speedup=found.speedup,
        interval=found.speedup_ci,
        chance=found.chance_within,
        conclusive=evidence.conclusive,
        reason=evidence.reason,
        why=_why(summary, strategy.kind.name, joined(strategy.options)),
        usage=_usage(bench, found.choice, found.per_s, count),
        fastest=_usage(bench, found.fastest, found.fastest_per_s, found.fastest.workers),
        fastest_choice=found.fastest,
        default=_measured(bench, default, evidence),
        default_executor=bench.strategies[default.lane].kind.name if default else "",
        lanes=tuple(_lanes(bench, evidence)),
    )


def _enough(bench: Bench, strategy: Strategy, count: int) -> int:
    """Of a job of equal tasks as few workers as do it in as many rounds; where tasks differ, what was measured."""
    if bench.tasks is None or bench.pilot.variation > _ALIKE:
        return count
    return snapped(count, -(-bench.tasks // size_of(joined(strategy.options))))


def _why(summary: Summary | None, executor: str, options: str) -> str:
    said = [
        each.text
        for each in (summary.diagnoses if summary else ())
        if (each.executor, each.options) == (executor, options)
    ]
    return said[0] if said else ""


def _usage(bench: Bench, choice: Choice, per_s: float, count: int) -> Usage:
    rows = bench.of(choice)
    cpu = [each.cpu_per_task_s for each in rows if each.cpu_per_task_s is not None]
    memory = [each.peak_rss_bytes for each in rows if each.peak_rss_bytes is not None]
    return Usage(count, per_s, median(cpu) if cpu else None, median(memory) if memory else None)


def _measured(bench: Bench, choice: Choice | None, evidence: Evidence) -> Usage | None:
    """As the search knows it, at the machine's usual speed; as its rows have it where the search did not ask for it."""
    known = [row.per_s for row in evidence.rows if row.choice == choice and row.per_s is not None]
    rates = known or (_rates(bench, bench.of(choice)) if choice else [])
    return _usage(bench, choice, median(rates), choice.workers) if choice and rates else None


def _rates(bench: Bench, rows: Sequence[Trial]) -> list[float]:
    from poolbench.analysis.summary import rate_of

    return [per_s for each in rows if (per_s := rate_of(each, bench.rate))]


def _lanes(bench: Bench, evidence: Evidence) -> list[Tuned]:
    """The fewest workers within tolerance of the best that was measured, lane by lane; the answer for its own."""
    found = []
    answer = evidence.recommendation
    for name, strategy in bench.strategies.items():
        known = {row.choice.workers: row.per_s for row in evidence.rows if row.choice.lane == name and row.per_s}
        if not known:
            continue
        count = min(n for n, per_s in known.items() if per_s >= (1 - evidence.tolerance) * max(known.values()))
        per_s = known[count]
        if answer is not None and answer.choice.lane == name:
            count, per_s = answer.choice.workers, answer.per_s
        count = _enough(bench, strategy, count)
        found.append(Tuned(strategy.kind.name, joined(strategy.options), count, per_s))
    return found
