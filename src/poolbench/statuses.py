"""With what the command ends."""

from __future__ import annotations

DONE = 0
CONDITION = 1
"""A condition that was set failed."""
USAGE = 2
FAILED = 3
"""The workload failed, or trials are missing."""
INCONCLUSIVE = 4
INTERRUPTED = 130
PIPE = 141
"""The reader of a pipe has gone: as shells say it of other commands."""
