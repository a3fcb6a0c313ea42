"""A trial as far as it has been told: what a screen shows of it, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan
from typing import TYPE_CHECKING

from poolbench.results.columns import Span
from poolbench.watching.events import (
    Collecting,
    Counted,
    Ended,
    Finished,
    Over,
    Result,
    Scheduled,
    Started,
    States,
)

if TYPE_CHECKING:
    from poolbench.watching.events import Event, Scene


@dataclass
class Block:
    """A task on a worker."""

    task: int
    start: float
    end: float | None = None


@dataclass
class Board:
    """Changes with every event; times are readings of `time.perf_counter`."""

    scene: Scene
    lanes: dict[int, list[Block]] = field(default_factory=dict)
    """Tasks of each worker, in order of time."""
    submitted: dict[int, float] = field(default_factory=dict)
    history: list[tuple[float, States]] = field(default_factory=list)
    failures: dict[int, str] = field(default_factory=dict)
    finished: set[int] = field(default_factory=set)
    """Tasks whose futures are done."""
    results: list[Result] = field(default_factory=list)
    """Those that the script was given."""
    collecting: bool = False
    surplus: bool = False
    """At some moment more futures were running than there are workers."""
    over: Over | None = None
    at: float = 0.0
    """Of the last event."""

    def tell(self, event: Event) -> None:
        """In order of time."""
        self.at = event.at
        match event:
            case Scheduled():
                self.submitted[event.task] = event.at
            case Started():
                self.lanes.setdefault(event.lane, []).append(Block(event.task, event.at))
            case Ended():
                self._end(event)
            case Finished():
                self.finished.add(event.task)
                if event.failure:
                    self.failures[event.task] = event.failure
            case Counted():
                self.history.append((event.at, event.states))
                self.surplus = self.surplus or event.states.running > self.scene.workers
            case Collecting():
                self.collecting = True
            case Result():
                self.results.append(event)
            case Over():
                self.over = event

    def _end(self, event: Ended) -> None:
        for blocks in self.lanes.values():
            if blocks[-1].task == event.task:
                blocks[-1].end = event.at

    @property
    def awaited(self) -> int | None:
        """The task whose result the script waits for; None where it takes whichever comes."""
        if self.scene.submission != "map" or not self.collecting or self.over is not None:
            return None
        return len(self.results) if len(self.results) < len(self.scene.labels) else None

    @property
    def held_back(self) -> list[int]:
        """Tasks that are done, and whose turn has not come."""
        given = {each.task for each in self.results}
        return sorted(self.finished - given - {self.awaited}) if self.awaited is not None else []

    @property
    def failed(self) -> int:
        """Tasks without a good result."""
        return len(self.scene.labels) - sum(not each.failure for each in self.results)

    def spans(self) -> list[Span]:
        """Of all tasks that started and ended, none where workers do not report; times from the first submission on."""
        blocks = [(lane, block) for lane, blocks in self.lanes.items() for block in blocks]
        began = min([self.scene.began, *(block.start for _, block in blocks)])
        found = [self._span(lane, block, block.end, began) for lane, block in blocks if block.end is not None]
        return sorted(found, key=lambda span: span.task)

    def _span(self, lane: int, block: Block, end: float, began: float) -> Span:
        submitted = min(self.submitted.get(block.task, block.start), block.start)
        ok = block.task not in self.failures
        return Span(block.task, lane, submitted - began, block.start - began, end - began, nan, ok)

    def states(self) -> States:
        """Now."""
        return self.history[-1][1] if self.history else States(0, 0, 0)

    def states_at(self, at: float) -> States:
        """Then; nothing before the first."""
        found = States(0, 0, 0)
        for since, states in self.history:
            if since > at:
                break
            found = states
        return found


@dataclass(frozen=True)
class Watched:
    """What a trial came to."""

    board: Board
    """All that was told of it."""
    given: int | None
    """Items that the user gave, of which the first were run."""
    interrupted: bool
