"""The machine's profile: what was tuned here, in one readable JSON file, safe with two tunes at once."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poolbench import __version__
from poolbench.errors import UsageError, refusal
from poolbench.measure.machine import gil_enabled, this_machine
from poolbench.results.store import check_writable, write_atomically
from poolbench.units import split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from poolbench.workloads.subject import Subject

SCHEMA = 1
_VARIABLE = "POOLBENCH_PROFILE"
_ELSEWHERE = f"name another file with {_VARIABLE}"
_LARGEST = 2_000_000
"""Bytes: thousands of answers have not as many."""
_PATIENCE_S = 30.0
"""To wait for another tune that writes, which takes it milliseconds."""


@dataclass(frozen=True)
class Tuned:
    """One executor's own answer."""

    executor: str
    options: str
    workers: int
    per_s: float


@dataclass(frozen=True)
class Entry:
    """One recommendation, with all that it depends on."""

    workload: str
    params: str
    source: str
    machine: str
    python: str
    """Major and minor version."""
    gil: bool
    executor: str
    options: str
    workers: int
    workers_range: tuple[int, int]
    per_s: float
    speedup: float | None
    """Over one at a time."""
    speedup_ci: tuple[float, float] | None
    tuned_at: str
    """ISO 8601, UTC."""
    lanes: tuple[Tuned, ...]
    """The best of each executor that was tried, the recommended one among them."""

    @property
    def subject(self) -> tuple[str, str]:
        """What an entry of the same is replaced by."""
        return self.workload, self.params


def here() -> dict[str, Any]:
    """The part of an entry that says where it holds."""
    machine = this_machine()
    return {"machine": machine.id, "python": ".".join(machine.python.split(".")[:2]), "gil": gil_enabled()}


def path() -> Path:
    """Where the profile of this machine is: POOLBENCH_PROFILE, or the user's data folder."""
    if named := os.environ.get(_VARIABLE):
        return Path(named)
    from platformdirs import user_data_path

    return user_data_path("poolbench", appauthor=False) / f"profile-{this_machine().id}.json"


class BrokenProfileError(UsageError):
    """A file that is there and can be read, but holds something else than a profile of this schema."""


def entries() -> tuple[Entry, ...]:
    """All that is known; nothing where nothing was tuned. UsageError for a file that is no profile."""
    file = path()
    try:
        with file.open("rb") as opened:
            found = opened.read(_LARGEST)
    except FileNotFoundError:
        return ()
    except OSError as problem:
        raise UsageError(f"cannot read the profile {file} ({refusal(problem)})", _ELSEWHERE) from None
    try:
        return _entries(json.loads(found.decode()))
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as problem:
        tip = f"poolbench tune --forget puts it aside; or {_ELSEWHERE}"
        raise BrokenProfileError(f"cannot read the profile {file} ({_fault(problem)})", tip) from None


def _entries(whole: Any) -> tuple[Entry, ...]:
    if whole["schema"] != SCHEMA:
        raise ValueError(f"schema {whole['schema']}, not {SCHEMA}")
    return tuple(_entry(each) for each in whole["entries"])


def _fault(problem: Exception) -> str:
    """What is wrong with the text, in words."""
    match problem:
        case json.JSONDecodeError():
            return f"line {problem.lineno} is no JSON"
        case UnicodeDecodeError():
            return "it is no text"
        case KeyError():
            return f"it has no {problem.args[0]}"
        case TypeError() | RecursionError():
            return "it is JSON of another kind"
        case _:
            return " ".join(str(problem).split())[:100]


def check() -> None:
    """UsageError if an answer could not be stored, which is better known before it is looked for."""
    entries()
    check_writable(path().parent, f"{_ELSEWHERE}: the profile is there")


_KINDS: dict[str, Callable[[Any], bool]] = {
    "str": lambda value: isinstance(value, str) and value.isprintable(),
    "int": lambda value: isinstance(value, int) and 1 <= value <= 10**6,
    "bool": lambda value: isinstance(value, bool),
    "float": lambda value: isinstance(value, (int, float)),
    "float | None": lambda value: value is None or isinstance(value, (int, float)),
}


def _entry(found: dict[str, Any]) -> Entry:
    """One that was written by hand, or by somebody else, may be anything: its values are looked at."""
    lanes = tuple(Tuned(**_checked(Tuned, each)) for each in found["lanes"])
    low, high = found["workers_range"]
    ci = found["speedup_ci"]
    more = {"lanes": lanes, "workers_range": (int(low), int(high)), "speedup_ci": tuple(map(float, ci)) if ci else None}
    return Entry(**_checked(Entry, {**found, **more}))


def _checked(kind: type[Any], found: dict[str, Any]) -> dict[str, Any]:
    for field in fields(kind):
        good = _KINDS.get(str(field.type))
        if good is not None and not good(found[field.name]):
            raise ValueError(f"{field.name} is {found[field.name]!r}")
    return {field.name: found[field.name] for field in fields(kind)}


def remember(entry: Entry) -> Path:
    """Writes it in the place of what was known of the same; returns the file."""

    def other(each: Entry) -> bool:
        return each.subject != entry.subject or (each.python, each.gil, each.machine) != (
            entry.python,
            entry.gil,
            entry.machine,
        )

    return _rewrite(lambda known: [*filter(other, known), entry])


def forget(workload: str = "", params: Mapping[str, str] | None = None) -> int:
    """Removes what is known of `workload`, or of its variants with these `params`, or everything; returns how many."""
    wanted = (params or {}).items()
    gone = [
        each
        for each in entries()
        if not workload or (each.workload == workload and wanted <= split(each.params).items())
    ]
    if workload:
        _rewrite(lambda known: [each for each in known if each not in gone])
    else:
        with _writing() as file:
            file.unlink(missing_ok=True)
    return len(gone)


def put_aside() -> Path | None:
    """Renames a profile that cannot be read: somebody may mend it, or a newer poolbench. None if it can be read."""
    if not _broken():
        return None
    with _writing() as file:
        names = (file.with_name(f"{file.name}.unreadable{number or ''}") for number in count())
        return file.replace(next(name for name in names if not name.exists())) if _broken() else None


def _broken() -> bool:
    try:
        entries()
    except BrokenProfileError:
        return True
    return False


@contextmanager
def _writing() -> Iterator[Path]:
    """The file, while nobody else writes it."""
    from filelock import FileLock, Timeout

    file = path()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{file}.lock", timeout=_PATIENCE_S):
            yield file
    except (OSError, Timeout) as problem:
        raise UsageError(f"cannot write the profile {file} ({refusal(problem)})", _ELSEWHERE) from None


def _rewrite(change: Callable[[Iterable[Entry]], list[Entry]]) -> Path:
    with _writing() as file:
        whole = {"schema": SCHEMA, "entries": [asdict(each) for each in change(entries())]}
        write_atomically(file, json.dumps(whole, indent=1, ensure_ascii=False) + "\n")
        return file


@dataclass(frozen=True)
class Found:
    """What the profile says of a subject."""

    entry: Entry | None
    """One that holds here and now."""
    stale: str = ""
    """Why there is none although one was tuned: what has changed since."""
    tip: str = "run poolbench tune, or call poolbench.tune"


def find(subject: Subject) -> Found:
    """The entry for `subject` on this machine, this interpreter and this source."""
    known = [each for each in entries() if each.subject == (subject.name, subject.params)]
    where = here()
    for each in known:
        if all(getattr(each, key) == value for key, value in where.items()) and each.source == subject.source:
            return Found(each)
    # The nearest, and of these the newest.
    nearest = sorted(known, key=lambda each: (each.machine == where["machine"], _under(each, where)))
    return Found(None, _difference(nearest[-1], subject, where) if nearest else "")


def _under(entry: Entry, where: dict[str, Any]) -> bool:
    """Whether it was tuned under such an interpreter."""
    return (entry.python, entry.gil) == (where["python"], where["gil"])


def _difference(entry: Entry, subject: Subject, where: dict[str, Any]) -> str:
    if entry.machine != where["machine"]:
        return "it was tuned on another machine"
    if not _under(entry, where):
        build = "" if entry.gil == where["gil"] else (" with the GIL" if entry.gil else " without the GIL")
        return f"it was tuned on Python {entry.python}{build}"
    return (
        "poolbench has changed since" if subject.source == __version__ else "its source has changed since it was tuned"
    )
