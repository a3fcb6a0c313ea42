"""What is left of a trial that was watched: its spans, and how it went."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

from poolbench.results.columns import Span
from poolbench.watching.events import Counted, Ended, Finished, Over, Result, Scheduled, Started, States

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolbench.watching.events import Event, Scene


@dataclass(frozen=True)
class Watched:
    """What a trial came to."""

    scene: Scene
    spans: Sequence[Span]
    """Of tasks that started and ended; none where workers do not report."""
    failed: int
    """Tasks without a good result."""
    surplus: bool
    """At some moment more futures were running than there are workers."""
    trouble: str
    """Why the script ended early; empty if it did not."""
    given: int | None
    """Items that the user gave, of which the first were run."""
    interrupted: bool


class Account:
    """Events as they were told, and what the loop looked at last."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._started: dict[int, Started] = {}
        self._ended: dict[int, float] = {}
        self._failed: dict[int, str] = {}
        self._good: set[int] = set()
        self._submitted: dict[int, float] = {}
        self._trouble = ""
        self._surplus = False
        self.over = False
        self.looked = States(0, 0, 0)

    def add(self, event: Event) -> None:
        """In order of time."""
        match event:
            case Scheduled():
                self._submitted[event.task] = event.at
            case Started():
                self._started[event.task] = event
            case Ended():
                self._ended[event.task] = event.at
            case Finished() if event.failure:
                self._failed[event.task] = event.failure
            case Result() if not event.failure:
                self._good.add(event.task)
            case Counted():
                self._surplus = self._surplus or event.states.running > self._scene.workers
            case Over():
                self.over, self._trouble = True, event.trouble
            case _:
                pass

    def watched(self, given: int | None, *, interrupted: bool) -> Watched:
        """In the end."""
        return Watched(
            scene=self._scene,
            spans=self._spans(),
            failed=len(self._scene.labels) - len(self._good),
            surplus=self._surplus,
            trouble=self._trouble,
            given=given,
            interrupted=interrupted,
        )

    def _spans(self) -> list[Span]:
        """Of all tasks that ended; times from the first submission on."""
        began = min([self._scene.began, *(each.at for each in self._started.values())])
        return [
            Span(
                task,
                start.lane,
                min(self._submitted.get(task, start.at), start.at) - began,
                start.at - began,
                self._ended[task] - began,
                nan,
                task not in self._failed,
            )
            for task, start in sorted(self._started.items())
            if task in self._ended
        ]
