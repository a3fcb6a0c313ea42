"""poolbench: which executor and how many workers, measured, with its confidence."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from poolbench.api import Results, load
    from poolbench.errors import UsageError

__version__ = "0.1.0"
__all__ = ["Results", "UsageError", "load"]

_HOMES = {"Results": "poolbench.api", "UsageError": "poolbench.errors", "load": "poolbench.api"}


def __getattr__(name: str) -> Any:
    """Public names are imported when they are used: the command line must answer at once."""
    if name not in _HOMES:
        raise AttributeError(f"module 'poolbench' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
