"""poolbench: which executor and how many workers, measured, with its confidence."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from poolbench.api import Results, load, sweep
    from poolbench.errors import CautionWarning, UsageError
    from poolbench.pools import NotTuned, pool, tune, workers_for
    from poolbench.tuning.answer import Recommendation

__version__ = "0.1.0"
__all__ = [
    "CautionWarning",
    "NotTuned",
    "Recommendation",
    "Results",
    "UsageError",
    "load",
    "pool",
    "sweep",
    "tune",
    "workers_for",
]

_HOMES = {
    "CautionWarning": "poolbench.errors",
    "NotTuned": "poolbench.pools",
    "Recommendation": "poolbench.tuning.answer",
    "Results": "poolbench.api",
    "UsageError": "poolbench.errors",
    "load": "poolbench.api",
    "pool": "poolbench.pools",
    "sweep": "poolbench.api",
    "tune": "poolbench.pools",
    "workers_for": "poolbench.pools",
}


def __dir__() -> list[str]:
    """The public names, for whoever completes them."""
    return [*__all__, "__version__"]


def __getattr__(name: str) -> Any:
    """Public names are imported when they are used: the command line must answer at once."""
    if name not in _HOMES:
        raise AttributeError(f"module 'poolbench' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
