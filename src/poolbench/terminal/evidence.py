"""The screens of `tune`: the evidence as it comes, and what it comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.console import Group
from rich.table import Table
from rich.text import Text

from poolbench.terminal.progress import clock
from poolbench.terminal.screen import say, style_of
from poolbench.words import does, figures, noun, parameters, share, times, workers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rich.live import Live

    from poolbench.terminal.screen import Screen
    from poolbench.tuning.answer import Recommendation, Usage
    from poolbench.tuning.evidence import Choice, Evidence, Row
    from poolbench.tuning.outcome import Outcome, Start, Step

_WITH_BARS, _WITH_CI = 84, 72
"""Columns of the terminal that each needs, bars beside names of `_NAME` letters."""
_NAME = 12
_BAR = 28
_CERTAIN, _SMALL = 0.995, 0.005
"""Chances below this are no news."""
_HOPELESS = 10
"""More than so many times the runs so far are no advice."""
_MANY = 40
"""Runs; after fewer of them the doubt is that of too few."""


class Search:
    """Shows the evidence live; without a tty a line a run."""

    def __init__(self, screen: Screen, start: Start) -> None:
        self._screen, self._start = screen, start
        self._live: Live | None = None
        self._runs = 0

    def __enter__(self) -> Self:
        names = ", ".join(f"{lane.name} to {lane.most_workers}" for lane in self._start.lanes)
        self._screen.note(f"{does(self._start.workload.name)}: {names}; at most {clock(self._start.budget_s)}")
        self._live = self._screen.start_live()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, step: Step) -> None:
        """After each trial."""
        self._runs += 1
        if self._live is not None:
            left = clock(self._start.budget_s - step.passed_s)
            table = _table(step.evidence, self._start.workload.name, self._screen.err.width)
            self._live.update(Group(table, _now(step, left)), refresh=True)
        else:
            self._screen.note(f"run {self._runs}: {_last(step)}{_so_far(step.evidence)}")


def _last(step: Step) -> str:
    trial = step.trial
    rate = figures(trial.throughput_per_s) + "/s" if trial.throughput_per_s else f"{trial.outcome}: {trial.reason}"
    return f"{trial.executor} × {trial.workers}: {rate}"


def _so_far(evidence: Evidence) -> str:
    found = evidence.recommendation
    if found is None:
        return ""
    return f"; so far {found.choice.lane} × {found.choice.workers}, {_percent(found.chance_within)}"


def _now(step: Step, left: str) -> Text:
    return Text(f"{left} left  {_last(step)}", style="quiet", no_wrap=True, overflow="ellipsis")


def _percent(chance: float) -> str:
    """Never `100 %`: it is a model's."""
    return ">99 %" if chance >= _CERTAIN else f"{chance * 100:.0f} %"


def _table(evidence: Evidence, workload: str, width: int) -> Table:
    """A row for each choice that was measured."""
    found = evidence.recommendation
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="quiet")
    table.add_column("", no_wrap=True)
    table.add_column("strategy", no_wrap=True)
    interval = ("95 % CI",) if width >= _WITH_CI else ()
    for heading in ("workers", "runs", f"{noun(workload)}/s", *interval):
        table.add_column(heading, justify="right", no_wrap=True)
    bars = width >= _WITH_BARS + max(0, max((len(row.choice.lane) for row in evidence.rows), default=0) - _NAME)
    if bars:
        table.add_column("", no_wrap=True)
    table.add_column("best?", justify="right", no_wrap=True)
    top = max((row.per_s or 0.0 for row in evidence.rows), default=0.0)
    for row in evidence.rows:
        chosen = found is not None and row.choice == found.choice
        cells = _cells(row, top, interval=bool(interval), bar=bars)
        table.add_row("▸" if chosen else " ", *cells, style="bold" if chosen else "")
    return table


def _cells(row: Row, top: float, *, interval: bool, bar: bool) -> Iterator[Text]:
    colour = style_of(row.choice.lane.partition(":")[0])
    yield Text(row.choice.lane, style=colour)
    yield Text(str(row.choice.workers))
    yield Text(str(row.runs))
    missing = "failed" if row.failed else "left out"
    yield Text(figures(row.per_s) if row.per_s else missing, style="bad" if row.failed and not row.per_s else "")
    if interval:
        yield Text(f"{figures(row.ci.low)}–{figures(row.ci.high)}" if row.ci else "–")
    if bar:
        yield Text(_bar(row.per_s or 0.0, top), style=colour)
    yield Text(_percent(row.chance) if row.chance >= _SMALL else "·")


def _bar(per_s: float, top: float) -> str:
    halves = round(2 * _BAR * per_s / top) if top else 0
    return "━" * (halves // 2) + "╸" * (halves % 2)


def show(outcome: Outcome, stored: Path | None, screen: Screen) -> None:
    """The evidence, the sentence, and what to do with it."""
    found, out = outcome.recommendation, screen.out
    for caution in outcome.cautions:
        screen.warn(caution)
    if found is None:
        _nothing(outcome, screen)
        return
    if not screen.quiet:
        out.print()
        heading = (found.subject.name, *parameters(found.subject.params))
        say(out, Text.assemble((heading[0], "bold"), "  ", " · ".join(heading[1:])))
        say(out, Text(str(outcome.summary.machine.get("text", "")) if outcome.summary else "", style="quiet"))
        out.print()
        out.print(_table(outcome.evidence, found.subject.name, screen.width), soft_wrap=False)
        out.print()
    sentence = Text(found.text if found.conclusive else _inconclusive(outcome), style="bold")
    if screen.quiet:
        out.print(sentence)
        return
    say(out, sentence)
    for line in _reasons(outcome, found):
        say(out, Text(line), first=2)
    out.print()
    _closing(outcome, found, stored, screen)


def _nothing(outcome: Outcome, screen: Screen) -> None:
    if not outcome.trials:
        what, tip = (
            ("it was interrupted", "let it run") if outcome.interrupted else ("the budget ended", "raise --budget")
        )
        screen.out.print(Text(f"inconclusive: {what} before the first run", style="bold"))
        screen.err.print(Text.assemble(("  tip:", "good"), f" {tip}"))
        return
    reason = next((trial.reason for trial in outcome.trials if trial.reason), "")
    screen.err.print(Text.assemble(("failed: ", "bad"), f"no run succeeded; the first: {reason}"))


def _inconclusive(outcome: Outcome) -> str:
    possible = outcome.evidence.possible
    return f"inconclusive: {_grouped(possible)} may {'each ' if len(possible) > 1 else ''}be the answer"


def _grouped(choices: Sequence[Choice]) -> str:
    """`threads × 16 to 48, asyncio × 32`."""
    spans: dict[str, list[int]] = {}
    for each in choices:
        spans.setdefault(each.lane, []).append(each.workers)
    parts = []
    for lane, counts in spans.items():
        low, high = min(counts), max(counts)
        parts.append(f"{lane} × {low}" if low == high else f"{lane} × {low} to {high}")
    return ", ".join(parts)


def _reasons(outcome: Outcome, found: Recommendation) -> Iterator[str]:
    low, high = found.workers_range
    so_far = "" if found.conclusive else "so far "
    sure = f"{so_far}{_percent(found.chance)} sure to be within {share(outcome.evidence.tolerance)} of the best"
    yield f"The count lies between {low} and {high}; {sure}." if low < high else f"{sure[0].upper()}{sure[1:]}."
    measured = outcome.evidence.recommendation
    if measured is not None and measured.choice.workers != found.workers:
        as_many = f"in as many rounds as the {measured.choice.workers} that were measured"
        yield f"{workers(found.executor, found.workers)} do these equal tasks {as_many}."
    if measured is None or found.fastest_choice != measured.choice:
        who = workers(found.fastest_choice.lane.partition(":")[0], found.fastest.workers)
        yield _beside(f"Fastest, {who}", found.fastest, found)
    if found.default is not None and found.usual:
        yield _beside(f"The library's default, {found.usual}", found.default, found)
    if outcome.arithmetic:
        yield "These tasks only wait: the answer is the arithmetic of waves, not advice for work."
    if found.why:
        yield found.why
    yield _ended(outcome)


def _beside(who: str, usage: Usage, found: Recommendation) -> str:
    text = f"{who}: {figures(usage.per_s)}/s, {usage.per_s / found.per_s:.2f} times as fast"
    cpu = _ratio(usage.cpu_per_task_s, found.usage.cpu_per_task_s)
    memory = _ratio(usage.peak_rss_bytes, found.usage.peak_rss_bytes)
    parts = [f"{ratio} the {what}" for ratio, what in ((cpu, "CPU a task"), (memory, "memory")) if ratio]
    return f"{text}, at {' and '.join(parts)}." if parts else f"{text}."


def _ratio(value: float | None, base: float | None) -> str:
    return times(value / base) if value and base else ""


def _ended(outcome: Outcome) -> str:
    runs, spent = _runs(len(outcome.trials)), clock(outcome.measured_s)
    ends = {
        "decided": "more would not have changed the answer",
        "runs": "the most that are made for this budget",
        "budget": "the budget was used up",
        "interrupted": "it was interrupted",
        "disturbed": "the machine was disturbed meanwhile",
    }
    return f"{runs} in {spent}: {ends.get(outcome.evidence.reason, outcome.evidence.reason)}."


def _remedy(outcome: Outcome) -> str:
    """What to do where the runs did not settle it."""
    more, reason = outcome.evidence.more_runs, outcome.evidence.reason
    if reason == "disturbed":
        return "what would settle it: a quieter machine; close what else computes, and tune again"
    if not more:
        return "what would settle it: a larger --budget, or a quieter machine"
    runs = len(outcome.trials)
    if more > _HOPELESS * runs:
        if runs < _MANY:
            return "what would settle it: far more runs; raise --budget"
        looser = share(min(2 * outcome.evidence.tolerance, 0.5)).replace(" ", "")
        return f"these are too close for more runs to tell: take any, or ask for less with --tolerance {looser}"
    how = "let it run to its end" if reason == "interrupted" else "raise --budget"
    return f"what would settle it: about {_runs(more, 'more ')}; {how}"


def _runs(count: int, more: str = "") -> str:
    return f"{count} {more}{'run' if count == 1 else 'runs'}"


def _closing(outcome: Outcome, found: Recommendation, stored: Path | None, screen: Screen) -> None:
    if found.conclusive:
        screen.out.print(Text.assemble(("in code  ", "quiet"), found.code))
    else:
        say(screen.out, Text.assemble(("  tip:", "good"), " ", _remedy(outcome)))
    label = "stored   "
    if stored is not None:
        screen.out.print(Text.assemble((label, "quiet"), str(stored)))
    for number, path in enumerate(outcome.files):
        screen.out.print(Text.assemble(("wrote    " if number == 0 else "         ", "quiet"), str(path)))
