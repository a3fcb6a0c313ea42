"""Workloads by name, and what `--set` makes of them."""

from __future__ import annotations

from typing import Any

import pytest

from poolbench import workloads
from poolbench.errors import UsageError
from poolbench.workloads.base import Recipe, Workload


class Point:
    """An entry point."""

    def __init__(self, name: str, loads: Any) -> None:
        self.name, self.value, self._loads = name, "thirdparty:RECIPE", loads

    def load(self) -> Any:
        if isinstance(self._loads, BaseException):
            raise self._loads
        return self._loads


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> list[Point]:
    points: list[Point] = []

    def entry_points(group: str, name: str | None = None) -> list[Point]:
        assert group == "poolbench.workloads"
        return [point for point in points if name in (None, point.name)]

    monkeypatch.setattr("poolbench.workloads.entry_points", entry_points)
    return points


def made(settings: list[str], *names: str) -> list[tuple[str, dict[str, str]]]:
    """Names and parameters, of recipes that take anything."""
    recipes = {
        "web": Recipe("web", {"client": "a", "size": "1"}, lambda given, seed: Workload("web", dict(given))),
        "calc": Recipe("calc", {"size": "9"}, lambda given, seed: Workload("calc", dict(given))),
        "jobs.py:fetch": Recipe("jobs.py:fetch", {}, lambda given, seed: Workload("jobs.py:fetch", {})),
        "lib.jobs:fetch": Recipe("lib.jobs:fetch", {"size": "5"}, lambda given, seed: Workload("own", dict(given))),
    }
    found = workloads.variants([recipes[name] for name in names], settings, seed=0)
    return [(workload.name, dict(workload.params)) for _, workload in found]


def test_defaults_are_one_workload_each() -> None:
    assert made([], "web", "calc") == [("web", {"client": "a", "size": "1"}), ("calc", {"size": "9"})]


def test_several_values_give_their_product() -> None:
    found = made(["client=a,b", "size=1,2,3"], "web")
    assert [(params["client"], params["size"]) for _, params in found] == [
        (client, size) for client in "ab" for size in "123"
    ]


def test_a_key_goes_to_every_workload_that_has_it() -> None:
    assert made(["size=7"], "web", "calc", "jobs.py:fetch") == [
        ("web", {"client": "a", "size": "7"}),
        ("calc", {"size": "7"}),
        ("jobs.py:fetch", {}),
    ]


def test_a_key_with_a_workload_goes_to_that_one() -> None:
    assert made(["calc.size=7,8"], "web", "calc") == [
        ("web", {"client": "a", "size": "1"}),
        ("calc", {"size": "7"}),
        ("calc", {"size": "8"}),
    ]


def test_a_workload_with_a_dot_in_its_name() -> None:
    assert made(["lib.jobs:fetch.size=6"], "lib.jobs:fetch") == [("own", {"size": "6"})]


def test_a_value_may_hold_an_equals_sign_and_the_last_setting_counts() -> None:
    assert made(["client=x", "client=http://a?b=c"], "web")[0][1]["client"] == "http://a?b=c"


@pytest.mark.parametrize(
    ("setting", "names", "message", "tip"),
    [
        ("client", ["web"], "cannot read --set client", "write key=value or workload.key=value"),
        ("=x", ["web"], "cannot read --set =x", "write key=value or workload.key=value"),
        ("wb.client=x", ["web", "calc"], "no workload named wb", "did you mean web? Others: calc"),
        ("clint=x", ["web", "calc"], "no parameter of web or calc named clint", "did you mean client? Others: size"),
        ("calc.client=x", ["web", "calc"], "no parameter of calc named client", "choose from size"),
        ("size=1", ["jobs.py:fetch"], "jobs.py:fetch has no parameters", "leave out --set size=1"),
    ],
)
def test_settings_that_cannot_be(setting: str, names: list[str], message: str, tip: str, usage: Any) -> None:
    said = usage(made, [setting], *names)
    assert said[0] == message
    assert said[1].startswith(tip)


def test_a_parameter_of_another_workload_is_not_suggested(usage: Any) -> None:
    assert "did you mean client?" not in usage(made, ["calc.client=x"], "web", "calc")[1]


def test_the_seed_reaches_the_workload() -> None:
    seeds: list[int] = []
    recipe = Recipe("mine", {}, lambda given, seed: seeds.append(seed) or Workload("mine", {}))
    workloads.variants([recipe], [], 42)
    assert seeds == [42]


def test_ours_are_found_by_name() -> None:
    assert [workloads.recipe(name).name for name in workloads.DEFAULT] == ["flags", "loiter", "primes"]
    assert workloads.names()[:3] == ("flags", "loiter", "primes")


@pytest.mark.parametrize(
    ("name", "tip"),
    [
        ("flag", "did you mean flags? Others: loiter, primes, or your own as module:function"),
        ("zzz", "choose from flags, loiter, primes, or your own as module:function"),
        ("zz.py", "choose from flags, loiter, primes, or your own, as in zz.py:function"),
    ],
)
def test_an_unknown_workload(name: str, tip: str, registered: Any, usage: Any) -> None:
    assert usage(workloads.recipe, name) == (f"no workload named {name}", tip)
    assert usage(workloads.recipe, name, "range(3)") == (f"no workload named {name}", tip)


def test_items_are_refused_for_ours(usage: Any) -> None:
    assert usage(workloads.recipe, "loiter", "range(3)") == (
        "--items is for functions of your own, not for loiter",
        "leave it out, or name a module:function",
    )


def test_a_third_party_workload_is_found_by_its_name(registered: list[Point]) -> None:
    theirs = Recipe("theirs", {}, lambda given, seed: Workload("theirs", {}))
    registered += [Point("theirs", theirs), Point("flags", None)]
    assert workloads.names() == ("flags", "loiter", "primes", "theirs")
    assert workloads.recipe("theirs") is theirs
    assert workloads.recipe("flags").name == "flags", "ours cannot be replaced"


def test_a_third_party_workload_that_cannot_be_loaded(registered: list[Point]) -> None:
    registered.append(Point("theirs", ModuleNotFoundError("No module named 'thirdparty'")))
    with pytest.raises(UsageError, match="cannot be loaded"):
        workloads.recipe("theirs")
