"""Reads a large CSV column by column, with pandas' parser. What is odd in any way is left to the reading row by row."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from poolbench.results.columns import COLUMNS, bounds, to_words
from poolbench.results.table import KINDS, Table, Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from poolbench.results.table import Numbers, Places


_TIME = "started_at"
"""A word of its own in every row: nothing for a column of categories."""


def table(data: bytes, names: Sequence[str]) -> Table | None:
    """The rows in `data`, a whole CSV with the columns `names`; None where a row may be none of ours.

    Says no where the row parser may say yes, as to `1_000`; the other way round only to whole numbers like `1e3`.
    """
    if not _regular(data, names):
        return None
    try:
        frame = _frame(data, names)
        if not len(frame) or data.count(b",") - _quoted(data) != (len(frame) + 1) * (len(names) - 1):
            return None  # pandas fills short rows up
        numbers = {name: _numbers(frame, name) for name in COLUMNS if KINDS[name] not in ("str", "bool")}
        words = {name: _words(frame[name], name) for name in COLUMNS if KINDS[name] == "str"}
        return Table({**numbers, "gil": _flags(frame["gil"])}, words)
    except (KeyError, OverflowError, ValueError):
        return None


def _regular(data: bytes, names: Sequence[str]) -> bool:
    """Whether every reader of CSVs takes it for the same rows."""
    lines = b"\r" not in data or data.count(b"\r") == data.count(b"\r\n")
    quotes = b'"' not in data or data.count(b'"') % 2 == 0
    return lines and quotes and b"\0" not in data and len(set(names)) == len(names)


def _quoted(data: bytes) -> int:
    """Commas inside of quotes."""
    return sum(part.count(b",") for part in data.split(b'"')[1::2]) if b'"' in data else 0


def _frame(data: bytes, names: Sequence[str]) -> pd.DataFrame:
    """ValueError for a field that is not of its column's kind; an empty one may be missing where it is no int."""
    import pandas as pd

    known = [name for name in COLUMNS if name in names]
    kinds = {"int": np.int64, "str": "category", "bool": "category"}
    dtypes: dict[str, Any] = {name: kinds.get(KINDS[name], np.float64) for name in known} | {_TIME: str}
    empty = {name: [""] for name in known if dtypes[name] is np.float64}
    # Its default for floats is exact for 15 digits, and knows no `nan`.
    return pd.read_csv(
        BytesIO(data), usecols=known, dtype=dtypes, na_values=empty, keep_default_na=False, encoding="utf-8-sig"
    )


def _numbers(frame: pd.DataFrame, name: str) -> Numbers:
    """ValueError for one that cannot be."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    found = frame[name].to_numpy(dtype=float)
    low, high = bounds(name)
    filled = found[~np.isnan(found)]
    if filled.size and not (filled.min() >= low and filled.max() <= high):
        raise ValueError(name)
    if KINDS[name].startswith("int") and (filled != np.floor(filled)).any():
        raise ValueError(name)
    return found


def _words(column: pd.Series[str], name: str) -> Words:
    """ValueError for one that cannot be."""
    places, known = _in_order(column) if name == _TIME else (_places(column), column.cat.categories.tolist())
    if {*map(type, known)} != {str}:  # `true` everywhere
        raise ValueError(name)
    return Words.of(places, to_words(name, known))


def _in_order(column: pd.Series[str]) -> tuple[Places, list[str]]:
    """Each text once, and which of them each row has: rows were written one after another, so most are in order."""
    texts = column.to_numpy(dtype=object)
    new = np.append(True, texts[1:] != texts[:-1])
    return np.cumsum(new).astype(np.intp) - 1, texts[new].tolist()


def _flags(column: pd.Series[str]) -> Numbers:
    """KeyError for one that is neither true nor false."""
    flags = [{"true": 1.0, "false": 0.0}[str(text).lower()] for text in column.cat.categories.tolist()]
    return np.array(flags)[_places(column)]


def _places(column: pd.Series[str]) -> Places:
    return np.asarray(column.cat.codes, dtype=np.intp)
