"""Progress on stderr, drawn between trials: nothing draws while one runs, and no thread waits to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.console import Group
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from poolbench.terminal.screen import style_of
from poolbench.words import cross, figures, times

if TYPE_CHECKING:
    from rich.live import Live

    from poolbench.measure.plan import Plan
    from poolbench.measure.sweep import Event
    from poolbench.results.columns import Trial
    from poolbench.terminal.screen import Screen

_BAR = 45


class Progress:
    """A bar with what was measured last, the time left and the best so far; without a tty, a line a block."""

    def __init__(self, screen: Screen, plan: Plan) -> None:
        self._screen = screen
        self._plan = plan
        self._live: Live | None = None
        self._rates: dict[tuple[str, str, str, str, int], list[float]] = {}

    def __enter__(self) -> Self:
        self._live = self._screen.start_live()
        if self._live is None:
            self._screen.note(f"{len(self._plan.cells)} settings, shuffled, {self._plan.rule.text}")
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, event: Event) -> None:
        """After each trial."""
        per_s = event.trial.throughput_per_s
        if per_s:
            self._rates.setdefault(event.cell.key, []).append(per_s)
        if self._live is not None:
            self._live.update(self._drawing(event), refresh=True)
        elif event.trial.position == len(self._plan.cells) - 1:
            self._screen.note(
                f"block {event.trial.block + 1}: {event.done}/{event.expected} runs, "
                f"{clock(event.left_s)} left, {self._best(event).plain}"
            )

    def _drawing(self, event: Event) -> Group:
        row = Table.grid(padding=(0, 2, 0, 0))
        bar = ProgressBar(total=event.expected, completed=event.done, width=min(_BAR, self._screen.err.width // 3))
        # The time stands first: the end is cut off where the terminal is narrow.
        text = f"{event.done}/{event.expected}  {clock(event.left_s)} left  {_last(event.trial)}"
        row.add_row(bar, Text(text, no_wrap=True, overflow="ellipsis"))
        return Group(row, self._best(event))

    def _best(self, event: Event) -> Text:
        """Of the workload that was measured last."""
        workload, params = event.cell.key[:2]
        here = {key: sum(each) / len(each) for key, each in self._rates.items() if key[:2] == (workload, params)}
        if not here:
            return Text(f"no run of {workload} has succeeded so far")
        best = max(here, key=lambda key: here[key])
        base = next((rate for key, rate in here.items() if key[2] == "sequential"), None)
        gain = f"  {times(here[best] / base)}" if base else ""
        who = (cross(best[2], best[4], best[3]), style_of(best[2]))
        return Text.assemble("best so far  ", workload, "  ", who, gain, overflow="ellipsis", no_wrap=True)


def _last(trial: Trial) -> str:
    what = f"{trial.workload} {cross(trial.executor, trial.workers, trial.options)}, run {trial.block + 1}"
    if trial.throughput_per_s is None:
        return f"{what}: {trial.outcome}"
    return f"{what}: {figures(trial.throughput_per_s)}/s"


def clock(seconds: float) -> str:
    """`3:02`."""
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02d}"
