from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from poolbench.watching.events import Event, Scene
from poolbench.watching.watch import Request, Watched, watch
from poolbench.workloads.base import Recipe, Workload
from poolbench.workloads.loiter import RECIPE


@dataclass
class Seen:
    """A view that remembers."""

    scene: Scene
    events: list[Event] = field(default_factory=list)

    def __enter__(self) -> Seen:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def tell(self, event: Event) -> None:
        self.events.append(event)

    def tick(self, now: float) -> None:
        return None

    def of(self, kind: type) -> list[Any]:
        return [each for each in self.events if isinstance(each, kind)]

    def place(self, kind: type, task: int) -> int:
        """Where the one event of a kind and task stands."""
        [found] = [k for k, each in enumerate(self.events) if isinstance(each, kind) and each.task == task]
        return found


@pytest.fixture
def see() -> Any:
    """Watches loiter with short units, or another workload; gives what was seen and what it came to."""

    def run(executor: str, submission: str = "map", workload: Workload | None = None, **more: Any) -> Any:
        views: list[Seen] = []

        def view(scene: Scene) -> Seen:
            views.append(Seen(scene))
            return views[0]

        recipe = RECIPE if workload is None else Recipe(workload.name, {}, lambda *_: workload)
        settings = ("unit=2ms",) if workload is None else ()
        found: Watched = watch(
            Request(recipe, executor, submission=submission, settings=settings, plots=None, **more), view
        )
        return views[0], found

    return run
