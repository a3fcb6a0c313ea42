"""Computing in pure Python: the control. Threads gain nothing while there is a GIL."""

from __future__ import annotations

import pytest


@pytest.mark.poolbench(workers="1,2,4")
def test_primes(poolbench):
    """Proving large primes by trial division."""
    poolbench("primes")
