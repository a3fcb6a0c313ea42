"""Functions that every kind of worker can import."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path


class FragileError(Exception):
    """Pickles, but cannot be put together again, also where a library has taught exceptions to travel, as Dask does."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")
        self.part = Stays()


class Stays:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return int, ("not a number",)


def act(item: object) -> object:
    """A verb, or a number to return ten times."""
    if item == "raise":
        raise ValueError("three is too many")
    if item == "exit":
        sys.exit("leaving")
    if item == "fragile":
        raise FragileError("a", "b")
    if item == "die":
        os._exit(7)
    return item * 10


def wait_for(item: tuple[str, str]) -> str:
    """`await` waits until somebody has made the file with `touch`."""
    verb, path = item
    if verb == "touch":
        Path(path).touch()
    while not Path(path).exists():
        time.sleep(0.001)
    return verb


async def wait_for_async(item: tuple[str, str]) -> str:
    verb, path = item
    if verb == "touch":
        Path(path).touch()
    while not Path(path).exists():
        await asyncio.sleep(0.001)
    return verb


async def act_async(item: object) -> object:
    await asyncio.sleep(0)
    if item == "cancel":
        raise asyncio.CancelledError("mine")
    return act(item)
