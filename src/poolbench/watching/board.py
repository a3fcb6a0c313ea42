"""What a screen shows of a trial, as far as it has been told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from poolbench.watching.events import Collecting, Counted, Ended, Finished, Over, Result, Started, States

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
    history: list[tuple[float, States]] = field(default_factory=list)
    failures: dict[int, str] = field(default_factory=dict)
    finished: set[int] = field(default_factory=set)
    """Tasks whose futures are done."""
    results: list[Result] = field(default_factory=list)
    """Those that the script was given."""
    collecting: bool = False
    over: Over | None = None
    at: float = 0.0
    """Of the last event."""

    def tell(self, event: Event) -> None:
        """In order of time."""
        self.at = event.at
        match event:
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
            case Collecting():
                self.collecting = True
            case Result():
                self.results.append(event)
            case Over():
                self.over = event
            case _:
                pass

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
