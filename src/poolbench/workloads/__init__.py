"""WHAT runs. One file a workload; this one finds them by name."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from itertools import product
from typing import TYPE_CHECKING

from poolbench.errors import UsageError, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poolbench.workloads.base import Recipe, Workload

_GROUP = "poolbench.workloads"
_BUILT_IN = {
    "flags": "poolbench.workloads.flags",
    "loiter": "poolbench.workloads.loiter",
    "primes": "poolbench.workloads.primes",
}
DEFAULT = tuple(_BUILT_IN)


def names() -> tuple[str, ...]:
    """All workloads by name, our own first."""
    others = (point.name for point in entry_points(group=_GROUP))
    return (*_BUILT_IN, *(name for name in others if name not in _BUILT_IN))


def recipe(name: str, items: str = "", worker_setup: str = "", check: str = "") -> Recipe:
    """The recipe called `name`, or one for the user's own `module:function` over `items`."""
    if ":" in name:
        from poolbench.workloads.own import own_recipe

        return own_recipe(name, items, worker_setup, check)
    found = _named(name)
    for option, given in (("--items", items), ("--worker-setup", worker_setup), ("--check", check)):
        if given:
            raise UsageError(
                f"{option} is for functions of your own, not for {name}", "leave it out, or name a module:function"
            )
    return found


def _named(name: str) -> Recipe:
    if name in _BUILT_IN:
        ours: Recipe = import_module(_BUILT_IN[name]).RECIPE
        return ours
    for point in entry_points(group=_GROUP, name=name):
        try:
            theirs: Recipe = point.load()
        except ImportError as problem:
            raise UsageError(f"workload {name} cannot be loaded ({problem})", f"install {point.value}") from None
        return theirs
    file = f", as in {name}:function" if name.endswith(".py") else " as module:function"
    raise unknown("workload", name, names(), f", or your own{file}")


def variants(recipes: Sequence[Recipe], settings: Sequence[str], seed: int) -> list[tuple[Recipe, Workload]]:
    """One workload for each recipe and each combination of the values that `settings` give its parameters.

    `settings`: `key=value` or `workload.key=value`, with `value1,value2` for several.
    """
    given: dict[str, dict[str, list[str]]] = {each.name: {} for each in recipes}
    for setting in settings:
        _assign(given, recipes, setting)
    return [
        (each, each.make(dict(zip(merged, values, strict=True)), seed))
        for each in recipes
        for merged in [{key: [value] for key, value in each.defaults.items()} | given[each.name]]
        for values in product(*merged.values())
    ]


def _assign(given: Mapping[str, dict[str, list[str]]], recipes: Sequence[Recipe], setting: str) -> None:
    name, sign, text = setting.partition("=")
    if not sign or not name:
        raise UsageError(f"cannot read --set {setting}", "write key=value or workload.key=value")
    workload, dot, key = name.rpartition(".")
    takers = [each for each in recipes if each.name == workload or not dot]
    if not takers and workload in names():
        raise UsageError(f"{workload} is not among what runs here", f"name it too, or leave out {name}")
    if not takers:
        raise unknown("workload", workload, [each.name for each in recipes])
    asked, takers = takers, [each for each in takers if key in each.defaults]
    if not takers:
        known = {parameter for each in asked for parameter in each.defaults}
        of = " or ".join(each.name for each in asked)
        raise (
            unknown(f"parameter of {of}", key, known)
            if known
            else UsageError(f"{of} has no parameters", f"leave out --set {setting}")
        )
    for each in takers:
        given[each.name][key] = text.split(",")
