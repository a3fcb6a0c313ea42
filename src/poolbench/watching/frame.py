"""A trial as a screen: a lane a worker, the states of its futures over time, results as the script gets them."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from rich.text import Text

from poolbench.terminal.screen import style_of
from poolbench.watching.plain import counted
from poolbench.words import parameters, workers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from poolbench.watching.board import Block, Board

NOTE = "no measurement: watching costs time; poolbench run measures"
_NAME, _NOW = 12, 20
"""Columns for the names left, and for what a worker runs now on the right."""
_ROOMY = 70
"""Columns from which on the latter is shown."""
_LEVELS = " ▁▂▃▄▅▆▇█"
_BRIEF_S = 0.1
_FEWEST_LANES = 3
_MOST_RESULTS, _MOST_FAILURES = 3, 3
"""Lines."""
_ORDERS = {"map": "results in order", "as_completed": "results as completed"}


def frame(board: Board, now: float, width: int, height: int, *, colour: bool = True) -> list[Text]:
    """Lines of at most `width` columns; no more than `height`, but for a few at least of each part."""
    head, below = [*_heading(board, now, width), Text()], [*_results(board, width), *_failures(board), Text()]
    room = max(_FEWEST_LANES, height - len(head) - len(below) - 7)
    sketch = _Sketch(board, now, width, colour=colour)
    lines = [*head, *sketch.lanes(room), sketch.axis(), Text(), *sketch.states(), Text(), *below, _note()]
    for line in lines:
        line.no_wrap = True
        line.truncate(width, overflow="ellipsis")
        line.rstrip()
    return lines


def _note() -> Text:
    return Text(NOTE, style="quiet")


def _heading(board: Board, now: float, width: int) -> list[Text]:
    scene = board.scene
    clock = _span((board.over.at if board.over else now) - scene.began)
    who = (workers(scene.executor, scene.workers, scene.options), style_of(scene.executor))
    what = f"  {counted(len(scene.labels))} on "
    text = Text.assemble((scene.workload, "bold"), what, who, f", {_ORDERS[scene.submission]}")
    text.truncate(width - len(clock) - 2, overflow="ellipsis")
    text.append(" " * (width - text.cell_len - len(clock)))
    text.append(clock, style="bold")
    settings = Text("  ".join(parameters(scene.params)), style="quiet")
    return [text, *([settings] if settings.plain else [])]


def _span(seconds: float) -> str:
    """`40 ms`, `1.2 s`."""
    return f"{seconds * 1000:.0f} ms" if 0 < seconds < _BRIEF_S else f"{seconds:.1f} s"


class _Sketch:
    """Everything that is drawn on the axis of time."""

    def __init__(self, board: Board, now: float, width: int, *, colour: bool) -> None:
        self._board = board
        self._began = board.scene.began
        self._now = board.over.at if board.over else now
        self._roomy = width >= _ROOMY
        self._columns = max(width - _NAME - (_NOW if self._roomy else 6), 8)
        self._colour = colour
        self._style = style_of(board.scene.executor)

    def _column(self, at: float) -> int:
        spent = max(self._now - self._began, 1e-9)
        return int((at - self._began) / spent * self._columns)

    def lanes(self, room: int) -> Iterator[Text]:
        """A line for each worker, as many as there is room for."""
        count = self._board.scene.workers
        shown = count if count <= room else room - 1
        one = workers(self._board.scene.executor, 1).removeprefix("1 ")
        one = "worker" if " " in one else one
        for lane in range(shown):
            blocks = self._board.lanes.get(lane, [])
            yield Text.assemble(f"{one} {lane + 1}".ljust(_NAME), self._strip(blocks), "  ", self._doing(blocks))
        if shown < count:
            yield Text(f"and {count - shown} more workers", style="quiet")

    def _strip(self, blocks: Sequence[Block]) -> Text:
        """Blocks of tasks with their labels where these fit, each a column wide at least; few have a gap after it."""
        text, at = Text(), 0
        least = 2 if len(blocks) < self._columns // 4 else 1
        for block in blocks:
            start = max(self._column(block.start), at)
            end = max(self._column(self._now if block.end is None else block.end), start + least)
            if end > self._columns:
                break
            text.append(" " * (start - at))
            text.append_text(self._block(block, end - start))
            at = end
        text.append(" " * (self._columns - at))
        return text

    def _block(self, block: Block, columns: int) -> Text:
        """The last column stays free, so that two blocks do not run into one another."""
        filled = max(1, columns - 1) if block.end is not None else columns
        label = self._board.scene.labels[block.task]
        words = label if len(label) < filled or len(label) == filled == 1 else ""
        failed = block.task in self._board.failures
        gap = " " * (columns - filled)
        if not self._colour:
            return Text(words.ljust(filled, "×" if failed else "━") + gap)
        # Names of a theme cannot stand beside other words in a style.
        text = Text(words.ljust(filled), style="red" if failed else self._style)
        text.stylize("reverse")
        return Text.assemble(text, gap)

    def _doing(self, blocks: Sequence[Block]) -> Text:
        if not self._roomy:
            return Text()
        if self._board.over is not None:
            return Text(counted(len(blocks)), style="quiet")
        if not blocks or blocks[-1].end is not None:
            return Text("idle", style="quiet")
        name, spent = self._board.scene.name(blocks[-1].task), f" {_span(self._now - blocks[-1].start)}"
        text = Text(name)
        text.truncate(_NOW - 2 - len(spent), overflow="ellipsis")
        return text.append(spent, style="quiet")

    def axis(self) -> Text:
        """From nothing to now."""
        end = _span(self._now - self._began)
        return Text(f"{'':<{_NAME}}0 s{end:>{self._columns - 3}}", style="quiet")

    def states(self) -> Iterator[Text]:
        """How many futures were in each state, over time, and how many are."""
        found, total = self._board.states(), max(len(self._board.scene.labels), 1)
        step = (self._now - self._began) / self._columns
        then = [self._board.states_at(self._began + (column + 0.5) * step) for column in range(self._columns)]
        for state, style in (("pending", "quiet"), ("running", self._style), ("finished", self._style)):
            levels = Text("".join(_LEVELS[ceil(8 * getattr(each, state) / total)] for each in then), style=style)
            if state == "finished":
                levels.stylize("dim")
            yield Text.assemble(state.ljust(_NAME), levels, (f"  {getattr(found, state):,}", "bold"))


def _results(board: Board, width: int) -> Iterator[Text]:
    """The last of them, in the order in which the script got them; then what it waits for."""
    words = [_pair(board, each.task, each.value) for each in board.results if not each.failure or each.value]
    lines = list(_wrapped(words, width - _NAME))
    first = "results"
    for line in lines[-_MOST_RESULTS:]:
        yield Text(first.ljust(_NAME) + line)
        first = ""
    if not lines:
        yield Text("results".ljust(_NAME) + "none yet")
    if board.awaited is not None:
        held = ", ".join(board.scene.labels[task] for task in board.held_back)
        rest = f"; done, but not their turn: {held}" if held else ""
        yield Text.assemble("".ljust(_NAME), (f"waiting for {board.scene.name(board.awaited)}{rest}", "quiet"))


def _pair(board: Board, task: int, value: str) -> str:
    label = board.scene.labels[task]
    return label if value == repr(label) else f"{label} → {value}"


def _wrapped(words: Iterable[str], width: int) -> Iterator[str]:
    line = ""
    for word in words:
        if line and len(line) + 2 + len(word) > width:
            yield line
            line = ""
        line += f"  {word}" if line else word
    if line:
        yield line


def _failures(board: Board) -> Iterator[Text]:
    """The last of them, in red."""
    found = list(board.failures.items())
    if board.over is not None and board.over.trouble:
        found.append((-1, board.over.trouble))
    if len(found) > _MOST_FAILURES:
        yield Text("failed".ljust(_NAME) + f"{len(found)} tasks; the last of them:", style="bad")
    for task, failure in found[-_MOST_FAILURES:]:
        start = "" if len(found) > _MOST_FAILURES else "failed"
        name = f"{board.scene.labels[task]}: " if task >= 0 else ""
        yield Text(start.ljust(_NAME) + name + failure, style="bad")
