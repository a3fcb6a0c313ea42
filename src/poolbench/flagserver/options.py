"""What the flag server is asked to be: how slow, how unreliable, how narrow."""

from __future__ import annotations

import math
from dataclasses import dataclass

from poolbench.errors import UsageError, unknown

FAULTS = ("status", "reset", "truncated", "wrong", "hang")


@dataclass(frozen=True)
class ServerOptions:
    """The settings of one flag server; raises `UsageError` for a value that makes no sense."""

    latency_s: float = 0.05
    """Delay of every answer, in seconds."""
    jitter_s: float = 0.0
    """Most that is added to the latency, drawn per item, in seconds."""
    error_rate: float = 0.0
    """Share of the requests that fail, 0 to 1."""
    faults: tuple[str, ...] = ("status", "reset", "truncated", "wrong")
    """How they fail. `hang` is left out by default: it costs the client its timeout each time."""
    concurrency: int = 0
    """Requests served at once, the others wait their turn; 0: no cap."""
    bandwidth: float = 0.0
    """Bytes per second that all answers share; 0: no cap."""
    seed: int = 0
    """Of the delays and the faults."""
    host: str = "127.0.0.1"
    port: int = 0
    """0: any free one."""

    def __post_init__(self) -> None:
        for name in ("latency_s", "jitter_s", "bandwidth"):
            _check_amount(name.removesuffix("_s"), getattr(self, name))
        if not 0 <= self.error_rate <= 1:
            raise UsageError(
                f"error rate {self.error_rate:g} is not a share", "choose from 0 to 1: 0.05 is one in twenty"
            )
        if self.concurrency < 0:
            raise UsageError(f"concurrency {self.concurrency} is negative", "choose 1 or more, or 0 for no cap")
        if not 0 <= self.port <= 65535:
            raise UsageError(f"no port {self.port}", "choose from 1 to 65535, or 0 for any free one")
        self._check_faults()

    def _check_faults(self) -> None:
        for fault in self.faults:
            if fault not in FAULTS:
                raise unknown("fault", fault, FAULTS)
        if self.error_rate > 0 and not self.faults:
            raise UsageError("an error rate without a kind of fault", f"choose from {', '.join(FAULTS)}")


def _check_amount(name: str, value: float) -> None:
    if not (math.isfinite(value) and value >= 0):
        raise UsageError(f"{name} {value:g} is not possible", "choose 0 or more")
