"""primes: the CPU-bound control. Pure Python, so threads gain nothing while there is a GIL."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

from poolbench.errors import UsageError
from poolbench.workloads.base import AsyncStateless, Recipe, Stateless, Workload

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEFAULTS = {"digits": "10"}
_MOST_DIGITS = 15
_BATCH = 8


def is_prime(number: int) -> bool:
    """Trial division by odd numbers: its cost, about sqrt(number) / 2 steps for a prime, is the point."""
    if number < 2:
        return False
    if number % 2 == 0:
        return number == 2
    divisor = 3
    while divisor * divisor <= number:
        if number % divisor == 0:
            return False
        divisor += 2
    return True


def primes_below(limit: int, count: int) -> list[int]:
    """The `count` largest primes below `limit`: all cost nearly the same to prove."""
    found: list[int] = []
    candidate = limit - 1
    while len(found) < count and candidate > 1:
        if is_prime(candidate):
            found.append(candidate)
        candidate -= 1
    return found


@dataclass(frozen=True)
class Primes(Stateless):
    """Answers whether its item is prime."""

    def run(self, context: None, item: int) -> bool:
        """Holds the interpreter from start to end."""
        del context
        return is_prime(item)


@dataclass(frozen=True)
class AsyncPrimes(AsyncStateless):
    """The same inside a coroutine, which never yields: what asyncio does for computing is nothing."""

    async def run(self, context: None, item: int) -> bool:
        """Holds the event loop from start to end."""
        del context
        return is_prime(item)


class PrimesWorkload(Workload):
    """Proves the largest primes of so many digits, cycled."""

    def __init__(self, settings: Mapping[str, str], seed: int = 0) -> None:
        del seed
        text = settings["digits"]
        if not text.isdecimal() or not 1 <= int(text) <= _MOST_DIGITS:
            raise UsageError(f"cannot use digits={text}", f"write a whole number from 1 to {_MOST_DIGITS}")
        self._numbers: list[int] = []
        self._limit = 10 ** int(text)
        super().__init__("primes", settings)
        self.starts_processes = False

    def items(self, count: int) -> Sequence[int]:
        """Primes, found at the first call and cycled."""
        if not self._numbers:
            self._numbers = primes_below(self._limit, _BATCH)
        return list(islice(cycle(self._numbers), count))

    def job(self, workers: int) -> Primes:
        """The plain function."""
        del workers
        return Primes()

    def async_job(self, workers: int) -> AsyncPrimes:
        """The control of the control."""
        del workers
        return AsyncPrimes()

    def doing(self, item: Any) -> str:
        """All that there is to do."""
        del item
        return "dividing"

    def check(self, item: Any, value: Any) -> str:
        """Every item is a prime."""
        return "" if value is True else f"is_prime({item}) gave {value!r}"


RECIPE = Recipe("primes", DEFAULTS, PrimesWorkload, {"*": "1,2,4"}, slow={"digits": "12"})
