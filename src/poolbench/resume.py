"""Goes on with a sweep that was broken off: the plan as it was recorded, and nothing else than what is missing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from poolbench import executors, workloads
from poolbench.errors import UsageError
from poolbench.executors.base import settle
from poolbench.measure.cells import Cell
from poolbench.measure.plan import Plan, Rule
from poolbench.results.load import read
from poolbench.units import joined, split
from poolbench.workloads.subject import source_of, stable_text, subject_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from poolbench.results.columns import Trial
    from poolbench.results.load import Recorded
    from poolbench.workloads.base import Workload

_MACHINE = ("id", "implementation", "python", "gil", "free_threaded_build")
_ANEW = "start a new sweep: poolbench run"


@dataclass(frozen=True)
class Asked:
    """What a sweep was asked for, as typed; what its JSON keeps of it."""

    workloads: tuple[str, ...] = ()
    items: str = ""
    worker_setup: str = ""
    check: str = ""
    executor: str = ""
    workers: str = ""
    tasks: int | None = None
    set: tuple[str, ...] = ()
    repeats: int | None = None
    precision: str = ""
    budget: str = ""
    cold: bool = False
    seed: int | None = None
    task_timeout: str = ""
    save_to: str = ""


def asked(path: Path, typed: Asked, now: Mapping[str, Any]) -> tuple[Asked, int]:
    """With its seed, as recorded beside the CSV at `path`; `now`: what a new sweep's JSON would say of this machine.

    UsageError where something else was `typed` now, or nothing is recorded, or it was on another machine: what the file
    names is imported next, and somebody else's is not.
    """
    about = read(path).about
    if not about and path.with_suffix(".json").exists():
        raise UsageError(f"cannot read {path.with_suffix('.json')}, which holds the plan", _ANEW)
    if not isinstance(about.get("asked"), dict) or not isinstance(about.get("plan"), dict):
        raise UsageError(f"no plan to go on with beside {path}", "resume a CSV of poolbench run, with its JSON")
    for change in _changes(about, now):
        raise UsageError(f"cannot go on with {path}: {change}", _ANEW)
    known = {field.name for field in fields(Asked)}
    found, nothing = _read(about["asked"], path), Asked()
    for name in sorted(known):
        said, then = getattr(typed, name), getattr(found, name)
        if said not in (getattr(nothing, name), then):
            what = name.replace("_", "-")
            anything = then != getattr(nothing, name)
            was = f"with {_shown(then)} for {what}, not {_shown(said)}" if anything else f"without {what}"
            raise UsageError(f"{path} was begun {was}", f"leave it out; or {_ANEW}")
    return found, _seed(about["plan"], path)


def _seed(plan: Mapping[str, Any], path: Path) -> int:
    if type(plan.get("seed")) is not int or "limits" not in plan:
        raise UsageError(f"no plan to go on with beside {path}", "resume a CSV of poolbench run, with its JSON")
    return int(plan["seed"])


def _read(recorded: Mapping[str, Any], path: Path) -> Asked:
    values: dict[str, Any] = {}
    for field in fields(Asked):
        value = recorded.get(field.name, field.default)
        value = tuple(value) if isinstance(value, list) else value
        strange = [each for each in value if not isinstance(each, str)] if isinstance(value, tuple) else []
        numeric = str(field.type).startswith("int") and (value is None or type(value) is int)
        if strange or not (numeric or type(value) is type(field.default)):
            raise UsageError(f"cannot read the plan beside {path} ({field.name} is {value!r})", _ANEW)
        values[field.name] = value
    return Asked(**values)


def _shown(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def subjects(found: Sequence[Workload]) -> dict[str, dict[str, str]]:
    """The code and the items of each workload, as hashes."""
    return {f"{each.name} {joined(each.params)}".strip(): _subject(each) for each in found}


def _subject(workload: Workload) -> dict[str, str]:
    parts = [getattr(workload, name, None) for name in ("_worker_setup", "_check")]
    about = subject_of(workload)
    source = {"source": " ".join([about.name, about.source, *(source_of(part) for part in parts if part)])}
    if workload.given is None:
        return source
    digest = hashlib.blake2b(digest_size=8)
    for item in workload.given:
        digest.update(stable_text(item).encode(errors="replace") + b"\n")
    return {**source, "items": digest.hexdigest()}


def plan_of(path: Path, found: Sequence[Workload], about: Mapping[str, Any]) -> tuple[Plan, tuple[Trial, ...]]:
    """The recorded plan over the workloads as they are `found` now, and its rows that are there.

    `about`: what a new sweep's JSON would say. UsageError, with what has changed, where the rows to come would not be
    comparable.
    """
    recorded = read(path)
    for change in _changes(recorded.about, about):
        raise UsageError(f"cannot go on with {path}: {change}", _ANEW)
    try:
        plan = _plan(recorded.about["plan"], found)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise UsageError(f"cannot read the plan beside {path} ({type(problem).__name__}: {problem})", _ANEW) from None
    _verify(recorded, plan)
    return plan, recorded.trials


def _changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for key in _MACHINE:
        was, found = _get(then, "machine", key), _get(now, "machine", key)
        if was != found:
            yield f"{'machine' if key == 'id' else key} was {'not recorded' if was == {} else was}, not {found}"
    for name in sorted({*_get(then, "packages"), *_get(now, "packages")}):
        was, found = _get(then, "packages", name), _get(now, "packages", name)
        if was != found:
            yield f"{name} was {was or 'missing'}, not {found or 'missing'}"
    for name, subject in _get(now, "subjects").items():
        was = _get(then, "subjects", name)
        for key, value in subject.items():
            if not isinstance(was, dict) or was.get(key) != value:
                yield f"the {key} of {name} changed"


def _get(about: Mapping[str, Any], *keys: str) -> Any:
    found: Any = about
    for key in keys:
        found = found.get(key, {}) if isinstance(found, dict) else {}
    return found


def _plan(recorded: Mapping[str, Any], found: Sequence[Workload]) -> Plan:
    by_key = {(each.name, joined(each.params)): each for each in found}
    cells = tuple(_cell(each, by_key) for each in recorded["cells"])
    timeout = recorded["task_timeout_s"]
    return Plan(
        cells,
        Rule(**recorded["limits"]),
        int(recorded["seed"]),
        bool(recorded["cold"]),
        float(recorded["block_s"]),
        bool(recorded["thinned"]),
        None if timeout is None else float(timeout),
    )


def _cell(recorded: Mapping[str, Any], by_key: Mapping[tuple[str, str], Workload]) -> Cell:
    workload = by_key.get((recorded["workload"], recorded["params"]))
    if workload is None:
        raise ValueError(f"{recorded['workload']} {recorded['params']} is not what would run now")
    strategy = settle(executors.kind(recorded["executor"]), split(recorded["options"]))
    strategy.verify(workload)
    return Cell(workload, strategy, int(recorded["workers"]), int(recorded["tasks"]))


def _verify(recorded: Recorded, plan: Plan) -> None:
    """Each row is where the plan has it."""
    orders: dict[int, list[Cell]] = {}
    for row, trial in enumerate(recorded.trials, 2):
        order = orders.setdefault(trial.block, plan.order(trial.block))
        cell = order[trial.position] if trial.position < len(order) else None
        key = (trial.workload, trial.params, trial.executor, trial.options, trial.workers)
        if cell is None or cell.key != key or cell.tasks != trial.tasks:
            raise UsageError(f"{recorded.path}, row {row} is not of the plan beside it", _ANEW)


def verify_untouched(path: Path, done: Sequence[Trial]) -> None:
    """UsageError if rows have come since `done` was read: until the file is locked another may go on with it."""
    if len(read(path).trials) != len(done):
        raise UsageError(f"another poolbench has gone on with {path} meanwhile", "give --resume once more")


def recipes(found: Asked, *, resumed: bool = False) -> list[Any]:
    """Of the workloads that were named, or of all."""
    names = dict.fromkeys(found.workloads or workloads.DEFAULT)
    try:
        return [workloads.recipe(name, found.items, found.worker_setup, found.check) for name in names]
    except UsageError as problem:
        if not (resumed and found.items):
            raise
        raise UsageError(problem.message, f"{problem.tip}; resume it in the folder where it was begun") from None
