from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from poolbench.watching.board import Board
from poolbench.watching.events import Event


@dataclass
class Seen:
    """A view that remembers."""

    board: Board
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
