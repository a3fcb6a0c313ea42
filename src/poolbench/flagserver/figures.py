"""What the server says of itself, as the parent reads it: plain data, nothing imported."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FlagEntry:
    """What a download of one flag must yield."""

    length: int
    """Bytes."""
    digest: str
    """`hashlib.blake2b(data, digest_size=16).hexdigest()`."""


@dataclass(frozen=True)
class ServerStats:
    """The server's own figures; `requests` and `faults` count flags only, from the server's start."""

    busy_s: float
    """CPU seconds of the server's process, start-up included."""
    in_flight: int
    """Requests in service now."""
    in_flight_max: int
    """Most at once since the last reset."""
    requests: int
    faults: int
    excess_min_s: float
    """Actual less asked delay, in seconds, of the last 4096 requests since the reset; 0 if none."""
    excess_p50_s: float
    excess_p99_s: float
    excess_max_s: float
