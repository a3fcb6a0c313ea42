"""Who a workload is: it or its function, recognised again in another process, and its source when it has changed."""

from __future__ import annotations

import hashlib
import inspect
import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from textwrap import dedent
from types import CodeType
from typing import TYPE_CHECKING, Any

from poolbench import __version__
from poolbench.units import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from poolbench.workloads.base import Workload


@dataclass(frozen=True)
class Subject:
    """As it stands in a profile."""

    name: str
    """`flags`; of a function its module and name: `jobs:fetch`, `jobs:fetch(1f2e3d…)` with arguments that are bound."""
    params: str
    """`key=value` pairs joined by `;`, sorted."""
    source: str
    """A hash of its source, or its function's; for the workloads that poolbench brings, its version."""


_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
"""In the text of an object: another in every process."""
_BROUGHT = {*sys.stdlib_module_names, "poolbench"}
"""By these packages: of a version that is known otherwise."""
_FEW = 6
"""Digits of a hash that stand in a name."""


def subject_of(workload: Workload) -> Subject:
    """Of a workload, entered or not."""
    function = workload.function
    if function is None:
        ours = type(workload).__module__.partition(".")[0] == "poolbench"
        source = __version__ if ours else source_of(type(workload))
        return Subject(workload.name, joined(workload.params), source)
    source = source_of(function)
    return Subject(f"{name_of(function)}{_peculiar(function, source)}", joined(workload.params), source)


def name_of(function: Callable[..., Any]) -> str:
    """`module:name`, whether the module is imported or run as a script; of a partial, that of the function inside."""
    function = _inside(function)
    module = getattr(function, "__module__", None) or "?"
    if module == "__main__":
        module = Path(getattr(sys.modules["__main__"], "__file__", None) or "__main__").stem
    return f"{module}:{getattr(function, '__qualname__', type(function).__qualname__)}"


def _inside(function: Callable[..., Any]) -> Callable[..., Any]:
    """That of a partial, or itself."""
    while isinstance(function, partial):
        function = function.func
    return function


def _peculiar(function: Callable[..., Any], source: str) -> str:
    """What tells it from others of the same name: what is bound to it, or which lambda it is.

    By a hash: arguments may be long, or secret.
    """
    bound = _bound(function)
    which = f" {source[:_FEW]}" if getattr(function, "__name__", "") == "<lambda>" else ""
    return f"{which}({_digest(' '.join(bound))[:_FEW]}…)" if bound else which


def _bound(function: Callable[..., Any]) -> list[str]:
    """Arguments of a partial, or what else it holds, as text that is the same in every process."""
    if not isinstance(function, partial):
        return _held(function)
    named = [f"{key}={stable_text(value)}" for key, value in sorted(function.keywords.items())]
    return [*_bound(function.func), *map(stable_text, function.args), *named]


def _held(function: Callable[..., Any]) -> list[str]:
    """Text and numbers in the object that it is, or is a method of, and in the scope that it was made in.

    Other things, such as an open session, are hardly the same in another process.
    """
    inner = inspect.unwrap(function)
    owner = getattr(inner, "__self__", None if inspect.isroutine(inner) or inspect.isclass(inner) else inner)
    state = {} if owner is None or inspect.isclass(owner) or inspect.ismodule(owner) else getattr(owner, "__dict__", {})
    scope: Mapping[str, Any] = {}
    with suppress(ValueError, TypeError):  # a name that has no value yet, or something else than a function of Python's
        scope = inspect.getclosurevars(inner).nonlocals
    held = sorted({**state, **scope}.items())
    return [f"{key}={value!r}" for key, value in held if isinstance(value, (str, bytes, int, float, PurePath))]


def stable_text(value: object) -> str:
    """Its text, the same in every process: a set's order and an object's address are not, and a repr may fail."""
    try:
        if isinstance(value, set | frozenset):
            return f"{{{', '.join(sorted(map(stable_text, value)))}}}"
        if isinstance(value, list | tuple):
            return f"({', '.join(map(stable_text, value))})"
        return _ADDRESS.sub("", repr(value))
    except Exception:  # noqa: BLE001
        return type(value).__qualname__


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=8).hexdigest()


def source_of(function: Callable[..., Any]) -> str:
    """A hash of its source, or of its byte code where there is none; what it calls is not in it.

    Of a class with that of those which it is derived from, unless Python or poolbench brings them.
    """
    plain = inspect.unwrap(_inside(function))
    if not (inspect.isroutine(plain) or inspect.isclass(plain) or hasattr(plain, "__code__")):
        plain = type(plain)  # an object that can be called
    bases = plain.__mro__[1:] if inspect.isclass(plain) else ()
    theirs = [each for each in bases if each.__module__.partition(".")[0] not in _BROUGHT]
    return _digest("".join(map(_source, (plain, *theirs))))


def _source(plain: Any) -> str:
    try:
        return dedent(inspect.getsource(plain))
    except (OSError, TypeError):
        code = getattr(plain, "__code__", None)
        return _byte_code(code) if code else repr(plain if inspect.isclass(plain) else type(plain))


def _byte_code(code: CodeType) -> str:
    """What it does, to what names and with what constants: those of the functions in it too."""
    constants = [_byte_code(each) if isinstance(each, CodeType) else stable_text(each) for each in code.co_consts]
    return " ".join([code.co_code.hex(), *code.co_names, *constants])
