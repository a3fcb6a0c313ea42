"""Who a workload is: it or its function, recognised again in another process, and its source when it has changed."""

from __future__ import annotations

import hashlib
import inspect
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from poolbench import __version__
from poolbench.units import joined

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolbench.workloads.base import Workload


@dataclass(frozen=True)
class Subject:
    """As it stands in a profile."""

    name: str
    """`flags`; of a function its module and name: `jobs:fetch`."""
    params: str
    """`key=value` pairs joined by `;`, sorted."""
    source: str
    """A hash of the function's source; for the workloads that poolbench brings, its version."""


def subject_of(workload: Workload) -> Subject:
    """Of a workload, entered or not."""
    if workload.function is None:
        return Subject(workload.name, joined(workload.params), __version__)
    return Subject(name_of(workload.function), joined(workload.params), source_of(workload.function))


def name_of(function: Callable[..., Any]) -> str:
    """`module:name`, whether the module is imported or run as a script."""
    module = getattr(function, "__module__", None) or "?"
    if module == "__main__":
        module = Path(getattr(sys.modules["__main__"], "__file__", None) or "__main__").stem
    return f"{module}:{getattr(function, '__qualname__', type(function).__qualname__)}"


def source_of(function: Callable[..., Any]) -> str:
    """A hash of its source, or of its byte code where there is none; what it calls is not in it."""
    plain = inspect.unwrap(function)
    try:
        text = dedent(inspect.getsource(plain))
    except (OSError, TypeError):
        code = getattr(plain, "__code__", None)
        text = f"{code.co_code.hex()} {code.co_names}" if code else repr(type(plain))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
