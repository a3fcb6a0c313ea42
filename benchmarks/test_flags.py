"""Downloading flags: waiting with a little CPU in between. What most people have."""

from __future__ import annotations

import pytest


@pytest.mark.poolbench(workers="1,4,16")
def test_flags(poolbench):
    """One client per worker, 20 ms latency."""
    poolbench("flags", latency="20ms")


@pytest.mark.poolbench(workers="4,16", executors="threads,processes")
def test_flags_with_requests(poolbench):
    """The same with requests, which has no asyncio."""
    poolbench("flags", latency="20ms", client="requests")
