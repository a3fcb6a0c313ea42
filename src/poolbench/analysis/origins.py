"""Where rows were measured: a CSV may hold rows of several machines and interpreters, and these are never mixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poolbench.results.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from poolbench.results.columns import Trial


@dataclass(frozen=True, order=True)
class Origin:
    """One interpreter on one machine."""

    machine: str
    """The machine's id."""
    python: str
    gil: bool

    @property
    def interpreter(self) -> str:
        """`Python 3.14.0 (no GIL)`."""
        return f"Python {self.python} ({'GIL' if self.gil else 'no GIL'})"


def by_origin(trials: Table | Iterable[Trial]) -> dict[Origin, Table]:
    """Rows apart by where they were measured, sorted."""
    return {Origin(*key): rows for key, rows in Table.of(trials).split("machine", "python", "gil").items()}


def machine_of(origin: Origin, about: Mapping[str, Any]) -> dict[str, Any]:
    """What the JSON beside a CSV says of the machine, if it speaks of this one; at least what the rows say."""
    several = about.get("machines")
    known = several if isinstance(several, list) else [about.get("machine")]
    said = next((each for each in known if isinstance(each, dict) and _fits(each, origin)), {})
    return {"python": origin.python, "gil": origin.gil, "id": origin.machine} | said


def _fits(said: Mapping[str, Any], origin: Origin) -> bool:
    ours = {"id": origin.machine, "python": origin.python, "gil": origin.gil}
    return all(said.get(key, value) == value for key, value in ours.items())
