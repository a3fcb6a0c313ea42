"""What is here: workloads, executors and clients, and what is installed that changes a result."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from poolbench import executors, workloads
from poolbench.errors import UsageError
from poolbench.workloads import clients

if TYPE_CHECKING:
    from collections.abc import Iterator


def machine_notes() -> Iterator[str]:
    """What is installed here that changes what is measured."""
    try:
        patch = version("urllib3").split(".")[2]
    except (PackageNotFoundError, IndexError):
        return
    if patch.isdecimal() and int(patch) >= 900:
        yield "niquests has replaced urllib3, which changes what requests does; measure where it is not installed"


def inventory() -> dict[str, list[tuple[str, str]]]:
    """By kind of thing: names with what they take."""
    return {
        "workloads": [(name, _parameters(name)) for name in workloads.names()],
        "executors": [(name, _options(name)) for name in executors.names()],
        "clients": [(name, _client(name)) for name in clients.NAMES],
    }


def _parameters(name: str) -> str:
    defaults = workloads.recipe(name).defaults
    return "  ".join(f"{key}={value}" for key, value in defaults.items() if value)


def _options(name: str) -> str:
    try:
        defaults = executors.kind(name).defaults
    except UsageError as problem:
        return f"{problem.message}; {problem.tip}"
    needs = executors.needs(name)
    return "  ".join([*(f"{key}={value or '…'}" for key, value in defaults.items()), *[f"with {needs}"] * bool(needs)])


def _client(name: str) -> str:
    kinds = ["plain functions"] * (not clients.lacks_plain(name)) + ["asyncio"] * (not clients.lacks_asyncio(name))
    runs = " and ".join(kinds) if len(kinds) > 1 else f"{kinds[0]} only"
    missing = clients.missing(name)
    return f"{runs}; {missing}" if missing else runs
