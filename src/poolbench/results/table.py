"""The rows of sweeps as columns: a million of them are summarised in seconds, which a million objects are not."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from itertools import islice
from operator import lt
from typing import TYPE_CHECKING, Any

import numpy as np

from poolbench.results.columns import COLUMNS, Trial

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Places = NDArray[np.intp]
    """Numbers of rows, of words or of keys."""
    Key = tuple[Any, ...]
    """What stands in some columns of a row."""

KINDS = {field.name: str(field.type) for field in fields(Trial)}
"""By column."""
_SPARSE = 8
"""Numbers are sorted where they may be so many times as many as rows."""


@dataclass(frozen=True)
class Words:
    """A column of text: which of its words stands in each row."""

    places: Places
    known: tuple[str, ...]
    """Each once, ascending: the least place is that of the least word."""

    @classmethod
    def of(cls, places: Places, known: Sequence[str]) -> Words:
        """From words in any order, some of them more than once."""
        if all(map(lt, known, islice(known, 1, None))):
            return cls(places, tuple(known))
        ascending = sorted(set(known))
        number = {word: place for place, word in enumerate(ascending)}
        moved = np.array([number[word] for word in known], dtype=np.intp)
        return cls(moved[places], tuple(ascending))

    def least(self) -> str:
        """Of those that stand in a row."""
        return self.known[int(self.places.min())]

    def are(self, word: str) -> NDArray[np.bool_]:
        """In which rows `word` stands."""
        return np.asarray(self.places == (self.known.index(word) if word in self.known else -1))

    def first(self) -> str:
        """That of the first row."""
        return self.known[int(self.places[0])]

    def texts(self) -> list[str]:
        """Row by row."""
        return [self.known[place] for place in self.places.tolist()]


@dataclass(frozen=True)
class Table:
    """Trials by column, in the order of the file."""

    numbers: Mapping[str, Numbers]
    """NaN is an empty field; `gil` is 0 or 1."""
    words: Mapping[str, Words]

    @classmethod
    def of(cls, trials: Table | Iterable[Trial]) -> Table:
        """From rows one by one."""
        if isinstance(trials, Table):
            return trials
        rows = list(trials)
        columns = {name: [getattr(row, name) for row in rows] for name in COLUMNS}
        numbers = {name: np.array(found, dtype=float) for name, found in columns.items() if KINDS[name] != "str"}
        return cls(numbers, {name: _words(found) for name, found in columns.items() if KINDS[name] == "str"})

    def __len__(self) -> int:
        return len(self.numbers["workers"])

    def take(self, rows: Places) -> Table:
        """Some of the rows."""
        words = {name: Words(column.places[rows], column.known) for name, column in self.words.items()}
        return Table({name: column[rows] for name, column in self.numbers.items()}, words)

    def keyed(self, *names: str) -> tuple[list[Key], Places]:
        """What stands in the columns `names`, each once and ascending; and which of these each row has.

        Numbers among `names` are whole ones from 0 on.
        """
        place = np.zeros(len(self), dtype=np.intp)
        firsts = place[:1]
        for name in names:
            column = self._places(name)
            firsts, place = _distinct(place * (column.max(initial=0) + 1) + column)
        parts = [self._at(name, firsts) for name in names]
        return list(zip(*parts, strict=True)), place

    def _places(self, name: str) -> Places:
        return self.words[name].places if name in self.words else self.numbers[name].astype(np.intp)

    def _at(self, name: str, rows: Places) -> list[Any]:
        if name in self.words:
            return Words(self.words[name].places[rows], self.words[name].known).texts()
        return [_value(KINDS[name], each) for each in self.numbers[name][rows].tolist()]

    @cached_property
    def blocks(self) -> int:
        """Of all sweeps together."""
        return len(self.keyed("sweep", "block")[0])

    def split(self, *names: str) -> dict[Key, Table]:
        """The rows by what stands in the columns `names`, ascending; in each the order of before."""
        keys, place = self.keyed(*names)
        if len(keys) == 1:
            return {keys[0]: self}
        ends = np.cumsum(np.bincount(place))
        parts = np.split(np.argsort(place, kind="stable"), ends[:-1])
        return {key: self.take(part) for key, part in zip(keys, parts, strict=False)}

    def first(self) -> Trial:
        """The first row."""
        return self.take(np.zeros(1, dtype=np.intp)).trials()[0]

    def trials(self) -> tuple[Trial, ...]:
        """Row by row."""
        everything = np.arange(len(self))
        return tuple(map(Trial, *(self._at(name, everything) for name in COLUMNS)))


def _distinct(values: Places) -> tuple[Places, Places]:
    """Of whole numbers from 0 on: where each first stands, ascending, and which of them each row has."""
    most = int(values.max(initial=-1)) + 1
    if most > _SPARSE * len(values):
        _, firsts, place = np.unique(values, return_index=True, return_inverse=True)
        return firsts, place
    # Ten times as fast as sorting: of several rows that assign to one place, the last one wins.
    first = np.full(most, -1, dtype=np.intp)
    first[values[::-1]] = np.arange(len(values) - 1, -1, -1)
    there = first >= 0
    return first[there], (np.cumsum(there) - 1)[values]


def _words(texts: Sequence[str]) -> Words:
    number: dict[str, int] = {}
    places = [number.setdefault(text, len(number)) for text in texts]
    return Words.of(np.array(places, dtype=np.intp), tuple(number))


def _value(kind: str, number: float) -> float | bool | None:
    if number != number:  # NaN alone differs from itself
        return None
    if kind == "bool":
        return bool(number)
    return int(number) if kind.startswith("int") else number
