"""Functions of a user's own, as they are given to `sweep` and `tune`; worker processes import this file."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Point:
    """An item that is no text."""

    x: int


def double(item: Any) -> Any:
    return 2 * item


async def double_async(item: Any) -> Any:
    return 2 * item


def width(item: Any) -> int:
    return item.x


def opened(item: Any) -> Any:
    """What it returns cannot be pickled."""
    del item
    return threading.Lock()


def pair(item: Any, context: Any) -> tuple[Any, Any]:
    return item, context


async def pair_async(item: Any, context: Any) -> tuple[Any, Any]:
    return item, context


def refuse(item: Any) -> Any:
    raise ValueError(f"not {item}")


def five() -> int:
    return 5


async def six() -> int:
    return 6


class Noted:
    """Set-ups that leave a file in a folder for each time that they are opened, entered, left and closed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def note(self, what: str) -> None:
        with NamedTemporaryFile(dir=self.folder, prefix=f"{what}-", delete=False):
            pass

    def count(self) -> dict[str, int]:
        names = [path.name.partition("-")[0] for path in self.folder.iterdir()]
        return {name: names.count(name) for name in sorted({*names})}

    @contextmanager
    def managed(self) -> Iterator[str]:
        self.note("open")
        yield "inside"
        self.note("left")

    def closing(self) -> Closing:
        self.note("open")
        return Closing(self.note)

    def both(self) -> Both:
        self.note("open")
        return Both(self.note)

    def stuck(self) -> Stuck:
        self.note("open")
        return Stuck(self.note)

    async def of_a_loop(self) -> OfALoop:
        self.note("open")
        return OfALoop(self.note)


class Closing:
    def __init__(self, note: Callable[[str], None]) -> None:
        self.note = note

    def close(self) -> None:
        self.note("closed")


class Both(Closing):
    def __enter__(self) -> str:
        return "inside"

    def __exit__(self, *raised: object) -> None:
        self.note("left")


class Stuck(Both):
    def __enter__(self) -> str:
        raise OSError("the door is stuck")


class OfALoop(Closing):
    async def __aenter__(self) -> str:
        return "inside"

    async def __aexit__(self, *raised: object) -> None:
        self.note("left")

    async def aclose(self) -> None:
        self.note("closed")
