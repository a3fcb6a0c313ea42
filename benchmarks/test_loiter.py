"""Waiting and nothing else: the arithmetic of concurrency."""

from __future__ import annotations

import pytest


@pytest.mark.poolbench(workers="1,4,16")
def test_loiter(poolbench):
    """Five lengths of sleep, cycled."""
    poolbench("loiter", unit="5ms")


@pytest.mark.poolbench(workers="1,2,3,4", executors="threads,threads:submission=as_completed")
def test_loiter_tutorial(poolbench):
    """The tutorial's batch of five: on three threads it takes five units."""
    poolbench("loiter", unit="20ms", tasks=5)
