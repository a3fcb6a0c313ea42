"""A trial as lines, in order of time, as the tutorial prints them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich.text import Text

from poolbench.watching.events import Collecting, Counted, Ended, Over, Result, Scheduled, Started
from poolbench.words import figures, workers

if TYPE_CHECKING:
    from poolbench.terminal.screen import Screen
    from poolbench.watching.events import Event, Scene, States

_INDENT = 4
_ROOM = 24
"""Columns for the lanes of all workers: each line of a task begins a little further in than those of the last one."""


class Lines:
    """On stdout, a line as soon as something is known."""

    def __init__(self, screen: Screen, scene: Scene) -> None:
        self._screen = screen
        self._scene = scene
        self._step = min(_INDENT, _ROOM // scene.workers)
        self._lanes: dict[int, int] = {}
        self._failed: set[int] = set()

    def __enter__(self) -> Self:
        scene = self._scene
        who = workers(scene.executor, scene.workers, scene.options)
        self._say(scene.began, f"{scene.workload}: {counted(len(scene.labels))} on {who}, {scene.submission}")
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def tick(self, now: float) -> None:
        """Nothing to draw."""

    def tell(self, event: Event) -> None:
        """A line, or two."""
        scene = self._scene
        match event:
            case Started():
                self._lanes[event.task] = event.lane
                self._at_lane(event.at, event.task, f"{scene.doings[event.task]} ...")
            case Ended():
                self._at_lane(event.at, event.task, "failed." if event.failed else "done.")
            case Scheduled() if scene.submission != "map":
                self._say(event.at, f"Scheduled for {scene.labels[event.task]}: {event.future}")
            case Counted(scheduled=True):
                self._say(event.at, f"{counted(len(scene.labels), 'future')} scheduled: {in_words(event.states)}")
            case Collecting():
                self._say(event.at, f"results: {event.results}")
                self._say(event.at, "Waiting for individual results:")
            case Result():
                self._result(event)
            case Over():
                self._over(event)
            case _:
                pass

    def _at_lane(self, at: float, task: int, text: str) -> None:
        indent = " " * self._step * max(self._lanes.get(task, 0), 0)
        self._say(at, f"{indent}{self._scene.name(task)}: {text}")

    def _result(self, event: Result) -> None:
        if event.failure:
            self._failed.add(event.task)
        if self._scene.submission == "map":
            start, good = f"result {self._scene.labels[event.task]}: ", event.value
        else:
            start, good = f"{event.future} ", f"result: {event.value}"
        self._say(event.at, start, good, event.failure)

    def _over(self, event: Over) -> None:
        if event.trouble:
            self._say(event.at, "", failure=event.trouble)
        spent = figures(event.at - self._scene.began)
        who = workers(self._scene.executor, self._scene.workers, self._scene.options)
        failed = f", {len(self._failed)} failed" if self._failed else ""
        self._say(event.at, f"{counted(len(self._scene.labels))} in {spent} s on {who}{failed}")

    def _say(self, at: float, text: str, good: str = "", failure: str = "") -> None:
        clock = time.strftime("%H:%M:%S", time.localtime(self._scene.epoch_s + at - self._scene.began))
        self._screen.out.print(Text.assemble(f"[{clock}] ", text, (failure, "bad") if failure else good))
        self._screen.out.file.flush()


def counted(number: int, what: str = "task") -> str:
    """`1 task`, `20 tasks`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def in_words(found: States) -> str:
    """`10 running, 10 pending`; states that no future is in are left out."""
    parts = ((found.finished, "finished"), (found.running, "running"), (found.pending, "pending"))
    return ", ".join(f"{number} {state}" for number, state in parts if number)
