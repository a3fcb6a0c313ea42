"""Finds interpreters by what people type: a command, a path, a version, or all that are here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from poolbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ALL = "all"
_OLDEST = (3, 11)
_KNOWN = ("3.11", "3.12", "3.13", "3.13t", "3.14", "3.14t")
_ASK = (
    "import json, sys, sysconfig; print(json.dumps([sys.version.split()[0], "
    "bool(sysconfig.get_config_var('Py_GIL_DISABLED')), sys.executable]))"
)
_PATIENCE_S = 30


@dataclass(frozen=True)
class Interpreter:
    """One that runs."""

    command: str
    """Path of the program."""
    version: str
    free_threaded: bool

    @property
    def name(self) -> str:
        """`Python 3.13.0`, `Python 3.14.0t`."""
        return f"Python {self.version}{'t' if self.free_threaded else ''}"


def find(asked: Sequence[str]) -> list[Interpreter]:
    """Each once, in the order asked for; `all` is every version that is here. UsageError for one that is not."""
    found = [each for text in asked for each in (_every() if text == ALL else [_one(text)])]
    return list({(each.command, each.version): each for each in found}.values())


def _every() -> list[Interpreter]:
    found = [each for version in _KNOWN if (each := _first(f"python{version}"))]
    if not found:
        raise UsageError("no interpreter is here that poolbench runs on", "install Python 3.11 or newer")
    return found


def _one(text: str) -> Interpreter:
    name = f"python{text}" if text[:1].isdigit() else text
    found = _first(name)
    if found is None:
        here = ", ".join(f"python{version}" for version in _KNOWN if _first(f"python{version}"))
        raise UsageError(f"no interpreter {text}", f"name a command or a path; here are {here or 'none'}")
    oldest = ".".join(map(str, _OLDEST))
    if tuple(int(part) for part in found.version.split(".")[:2]) < _OLDEST:
        raise UsageError(f"{text} is {found.name}", f"poolbench needs Python {oldest} or newer")
    return found


def _first(name: str) -> Interpreter | None:
    """The first of its candidates that runs: a shim may be there and find nothing."""
    return next((found for command in _candidates(name) if (found := _asked(command))), None)


def _candidates(name: str) -> Iterator[str]:
    if os.sep in name:
        yield name
        return
    if command := shutil.which(name):
        yield command
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from map(str, sorted(root.glob(f"versions/*/bin/{name}"), reverse=True))


def _asked(command: str) -> Interpreter | None:
    try:
        told = subprocess.run([command, "-c", _ASK], capture_output=True, text=True, timeout=_PATIENCE_S, check=True)  # noqa: S603
        version, free, program = json.loads(told.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return Interpreter(program or command, version, free)
