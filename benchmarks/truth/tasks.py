"""Tasks whose bottleneck is known, for causes.py. Importable, so that worker processes find them."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
import time

WAIT_S = 0.02
_lock = threading.Lock()
_slots = threading.BoundedSemaphore(10)
_buffer = bytes(4_000_000)


def waits(item):
    time.sleep(WAIT_S)
    return item


async def waits_async(item):
    await asyncio.sleep(WAIT_S)
    return item


def locked_for_a_third(item):
    time.sleep(WAIT_S * 2 / 3)
    with _lock:
        time.sleep(WAIT_S / 3)
    return item


def pool_of_ten(item):
    with _slots:
        time.sleep(WAIT_S)
    return item


def computes(item):
    total = 0
    for number in range(60_000):
        total += number * number % 7
    return total


def hashes(item):
    return hashlib.sha256(_buffer).hexdigest()


def straggles(item):
    time.sleep(0.4 if item == 37 else 0.01)
    return item


def tiny(item):
    return item


async def connects(item):
    """A new connection to the server at POOLBENCH_TRUTH_PORT, until it has answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(os.environ["POOLBENCH_TRUTH_PORT"]))
    writer.write(b"?")  # who was dropped when the queue was full learns it only by sending
    try:
        return await reader.read(1)
    finally:
        writer.close()


_began: list[float] = []
DRIFTS_FOR_S = 20.0


def slows_down(item):
    """A fifth longer 20 seconds after the first call, whoever runs it: the machine does that, not the executor."""
    if not _began:
        _began.append(time.monotonic())
    time.sleep(WAIT_S * (1 + 0.2 * min(1.0, (time.monotonic() - _began[0]) / DRIFTS_FOR_S)))
    return item
