"""The embedded flag server: national flags over HTTP, with delays, faults and caps, in a process of its own.

What the parent needs is here and costs little to import; the drawing, the parser and asyncio are imported
by the server alone. `poolbench.flagserver.serving.serve_forever` runs it in the foreground.
"""

from __future__ import annotations

from poolbench.flagserver.countries import COUNTRIES, POP20
from poolbench.flagserver.figures import FlagEntry, ServerStats
from poolbench.flagserver.options import FAULTS, ServerOptions
from poolbench.flagserver.process import FlagServer, ServerGoneError

__all__ = [
    "COUNTRIES",
    "FAULTS",
    "POP20",
    "FlagEntry",
    "FlagServer",
    "ServerGoneError",
    "ServerOptions",
    "ServerStats",
]
