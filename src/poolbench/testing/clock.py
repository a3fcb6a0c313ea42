"""A clock for tests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class FakeClock:
    """Stands in for `time.perf_counter`."""

    now: float = 0.0
    """Seconds."""

    def __call__(self) -> float:
        """The time, which passes only by `sleep`."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Lets `seconds` pass at once."""
        self.now += seconds
