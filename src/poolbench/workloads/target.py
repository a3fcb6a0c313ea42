"""Finds what a user names as `module:attribute` or `path/file.py:attribute`."""

from __future__ import annotations

import importlib
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from poolbench.errors import UsageError, unknown


def resolve(target: str) -> Any:
    """The object; UsageError, with the file and the line of the user's own mistake, if it cannot be had.

    A file is imported as a module of its name from its folder, so that worker processes find it in the same way.
    """
    place, _, attribute = target.rpartition(":")
    if not place or not attribute:
        raise UsageError(f"cannot read {target}", "write module:function or path/file.py:function")
    module = _import_file(Path(place)) if place.endswith(".py") else _import_module(place)
    try:
        found: Any = module
        for name in attribute.split("."):
            found = getattr(found, name)
    except AttributeError:
        public = [
            name for name, value in vars(module).items() if not (name.startswith("_") or isinstance(value, ModuleType))
        ]
        raise unknown(f"name in {place}", attribute, public or ["nothing: it has no public names"]) from None
    return found


def module_name(target: str) -> str:
    """`jobs:fetch` of `path/jobs.py:fetch`."""
    place, _, attribute = target.rpartition(":")
    return f"{Path(place).stem}:{attribute}" if place.endswith(".py") else target


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise UsageError(f"no file {path}", "give its path from here, or write module:function")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    module = _import(path.stem, str(path))
    if Path(getattr(module, "__file__", None) or "").resolve() != path.resolve():
        raise UsageError(f"{path} cannot be imported as {path.stem}: another module has that name", "rename the file")
    return module


def _import_module(name: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    return _import(name, name)


def _import(name: str, shown: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as problem:
        if problem.name in (name, name.partition(".")[0]):
            raise UsageError(
                f"no module {name}", "name a module that is here, or a file as path/file.py:function"
            ) from None
        raise users_own(problem, f"{shown} cannot be imported") from None
    except KeyboardInterrupt:
        raise
    except BaseException as problem:  # noqa: BLE001  the user's module runs at import and may raise anything
        raise users_own(problem, f"{shown} cannot be imported") from None


def users_own(problem: BaseException, what: str) -> UsageError:
    """`what` with the user's mistake and its place, without our own frames."""
    if isinstance(problem, SyntaxError):
        where = f"{problem.filename}, line {problem.lineno}"
        return UsageError(f"{what} ({where}: {problem.msg})", "mend that line")
    frames = [
        frame
        for frame in traceback.extract_tb(problem.__traceback__)
        if frame.filename != __file__ and "importlib" not in frame.filename
    ]
    where = f"{frames[-1].filename}, line {frames[-1].lineno}: " if frames else ""
    text = f"{type(problem).__name__}: {problem}"
    tip = "install what is missing, or mend that line" if isinstance(problem, ImportError) else "mend that line"
    return UsageError(f"{what} ({where}{text})", tip)
