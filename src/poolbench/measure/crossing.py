"""What cannot cross to worker processes and back, found before the sweep and not in the middle of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolbench.errors import Caution, UsageError
from poolbench.executors.base import untravelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from poolbench.executors.base import Strategy
    from poolbench.measure.pilot import Pilot
    from poolbench.workloads.base import Workload


def able(workload: Workload, strategies: Sequence[Strategy], look: Pilot, *, named: bool) -> tuple[Strategy, ...]:
    """Those of `strategies` whose workers can be sent the items and can send back what tasks return.

    Where something cannot be pickled: UsageError if the user `named` an executor that needs it; otherwise that one is
    left out, and a caution of the workload says so.
    """
    far = [each for each in strategies if each.kind.elsewhere]
    problem = (_items(workload) or _values(workload, look)) if far else None
    if problem is None:
        return tuple(strategies)
    if named:
        raise problem
    workload.cautions.append(left_out(far[0], problem))
    return tuple(each for each in strategies if each not in far)


def left_out(strategy: Strategy, problem: UsageError) -> Caution:
    """For an executor that nobody named and that could have run, but for `problem`."""
    return Caution("left out", f"no {strategy.kind.name}: {problem.message}", problem.tip)


def _items(workload: Workload) -> UsageError | None:
    if workload.given is None or isinstance(workload.given, range):
        return None
    found = _first(workload.given)
    if found is None:
        return None
    number, item, why = found
    return UsageError(
        f"worker processes cannot receive item {number + 1} of {workload.name}, {_kind(item)} ({why})",
        "give items of plain data, from which the function makes what it needs, or use --executor threads",
    )


def _kind(value: object) -> str:
    """`a lock`, `an async_generator`."""
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _values(workload: Workload, look: Pilot) -> UsageError | None:
    found = _first(look.values)
    if found is None:
        return None
    _, value, why = found
    return UsageError(
        f"worker processes cannot return what {workload.name} gives, {_kind(value)} ({why})",
        "return plain data from it, or use --executor threads",
    )


def _first(values: Iterable[Any]) -> tuple[int, Any, str] | None:
    """Number, value and reason of the first that does not survive the way there; each trial goes it with all."""
    for number, value in enumerate(values):
        if why := untravelled(value):
            return number, value, why
    return None
