"""An environment for each interpreter: made once, kept in the user's cache, with what measuring needs.

It holds poolbench's dependencies, but for those that draw, tabulate and read a command line, so that an interpreter for
which these are not built can be measured too. poolbench itself is not installed there: the very files that run here
are linked into the path of the process, whether they are a checkout or an installed wheel.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, requires
from typing import TYPE_CHECKING

from filelock import FileLock
from platformdirs import user_cache_path

from poolbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from poolbench.elsewhere.interpreters import Interpreter

_LEFT_OUT = {"pandas", "matplotlib", "scipy", "pytest-benchmark", "rich", "cyclopts"}
_READY = "ready"
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def needed() -> list[str]:
    """Requirements of measuring, from poolbench's own."""
    try:
        all_of_them = requires("poolbench") or []
    except PackageNotFoundError:
        raise UsageError("poolbench is not installed here", "pip install it: its metadata says what it needs") from None
    plain = [each for each in all_of_them if "extra ==" not in each]
    return sorted(each for each in plain if _name(each) not in _LEFT_OUT)


def _name(requirement: str) -> str:
    match = _NAME.match(requirement)
    return match[0].lower().replace("_", "-") if match else requirement


def environment(interpreter: Interpreter, say: Callable[[str], None]) -> Path:
    """The program of `interpreter` inside an environment of its own, made now if it is not there.

    UsageError if it cannot be made; `say` is told that it takes a while.
    """
    wanted = needed()
    facts = "\n".join([interpreter.command, interpreter.version, *wanted])
    key = hashlib.blake2b(facts.encode(), digest_size=5).hexdigest()
    folder = user_cache_path("poolbench") / "environments" / f"{interpreter.name.split()[1]}-{key}"
    program = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / f"{folder.name}.lock"):
        if not (folder / _READY).exists():
            say(f"making an environment for {interpreter.name}")
            _make(interpreter, folder, program, wanted)
    return program


def _make(interpreter: Interpreter, folder: Path, program: Path, wanted: list[str]) -> None:
    _run([interpreter.command, "-m", "venv", "--clear", str(folder)], interpreter, folder)
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted]
    _run([str(program), *install], interpreter, folder)
    (folder / _READY).touch()


def _run(command: list[str], interpreter: Interpreter, folder: Path) -> None:
    """Two lines where it fails, and all that it said in a file."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)  # noqa: S603
    if done.returncode == 0:
        return
    log = folder.parent / f"{folder.name}.log"
    with suppress(OSError):
        log.write_text(done.stdout, encoding="utf-8")
    said = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    errors = [line for line in said if line.lower().startswith("error")] or said or ["it said nothing"]
    raise UsageError(f"cannot set up {interpreter.name} ({errors[0][:160]})", f"{log} has all that was said")
