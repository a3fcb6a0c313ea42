from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import poolbench
from poolbench import workloads
from poolbench.workloads.own import OwnWorkload
from poolbench.workloads.subject import Subject, name_of, source_of, subject_of
from tuned import SUBJECT, work


def test_a_function_is_known_by_its_module_and_its_source():
    assert subject_of(OwnWorkload("tests/tuned.py:work", work, [1])) == SUBJECT
    assert name_of(work) == "tuned:work"


def test_a_workload_of_poolbench_by_its_parameters_and_its_version():
    [(_, found)] = workloads.variants([workloads.recipe("loiter")], ["unit=20ms"], 0)
    assert subject_of(found) == Subject("loiter", "sleeps=0..4;unit=20ms", poolbench.__version__)


class Brought(OwnWorkload):
    """By a package of somebody else's: it is known by a name, and runs no function of the user's."""

    def __init__(self) -> None:
        super().__init__("brought", work, [1])
        self.function = None


def test_a_workload_that_somebody_else_brings_by_its_source():
    assert subject_of(Brought()) == Subject("brought", "", source_of(Brought))


def written(path: Path, answer: int) -> str:
    """The hash of a workload that is derived from one whose task answers so."""
    base = f"class Base(abc.ABC):\n    def task(self):\n        return {answer}"
    path.write_text(f"import abc\n{base}\nclass Derived(Base):\n    pass\n")
    ask = "from poolbench.workloads.subject import source_of; import jobs; print(source_of(jobs.Derived))"
    return subprocess.run(
        [sys.executable, "-B", "-c", ask], cwd=path.parent, capture_output=True, text=True, check=True
    ).stdout


def test_a_class_is_another_when_one_that_it_is_derived_from_has_changed(tmp_path):
    path = tmp_path / "jobs.py"
    assert written(path, 1) == written(path, 1) != written(path, 2)


def made(body: str) -> types.FunctionType:
    space: dict[str, object] = {}
    exec(f"def f(item):\n    {body}", space)
    return space["f"]  # type: ignore[return-value]


def test_without_source_the_byte_code_stands_for_it():
    assert source_of(made("return item")) == source_of(made("return item"))
    assert source_of(made("return item")) != source_of(made("return -item"))


def test_without_source_a_constant_counts_too_and_those_of_functions_inside():
    assert source_of(made("return item + 1")) != source_of(made("return item + 2"))
    assert source_of(made("return [lambda: 1]")) != source_of(made("return [lambda: 2]"))
    assert source_of(made("return [lambda: 1]")) == source_of(made("return [lambda: 1]"))


def test_without_source_a_set_is_the_same_in_every_process():
    ask = """
from poolbench.workloads.subject import source_of
space = {}
exec("def f(item):\\n    return item in {'a', 'b', 'c', 'd', 'e'}", space)
print(source_of(space["f"]))
"""
    run = functools.partial(subprocess.run, [sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert len({run(env={**os.environ, "PYTHONHASHSEED": seed}).stdout for seed in "12345"}) == 1


def subject(function: Callable[..., Any]) -> Subject:
    return subject_of(OwnWorkload("any", function, [1]))


def test_a_partial_is_known_by_the_function_inside_and_by_what_is_bound():
    found = subject(functools.partial(work, 3))
    assert re.fullmatch(r"tuned:work\([0-9a-f]{6}…\)", found.name), "no argument is shown: it may be secret"
    assert name_of(functools.partial(work, 3)) == "tuned:work"
    assert found == subject(functools.partial(work, 3))
    others = functools.partial(work, 4), functools.partial(work, item=3), functools.partial(functools.wraps, 3)
    assert len({found, SUBJECT, *map(subject, others)}) == 5
    inside = functools.partial(functools.partial(pow, 2), exp=3)
    assert subject(inside).name != subject(functools.partial(pow, 2, exp=4)).name
    assert subject(inside).name == subject(functools.partial(functools.partial(pow, 2), exp=3)).name


def test_of_what_is_long_all_counts_and_an_address_does_not():
    one, other = subject(functools.partial(work, [*range(99), 1])), subject(functools.partial(work, [*range(99), 2]))
    assert one != other
    assert subject(functools.partial(work, object())) == subject(functools.partial(work, object()))


class Broken:
    def __repr__(self):
        raise ValueError("none")


def test_what_is_bound_may_have_no_text_of_its_own():
    assert subject(functools.partial(work, Broken())).name.startswith("tuned:work(")
    one, other = ({"a", "b", "c", "d"}, {"d", "c", "b", "a"})
    assert subject(functools.partial(work, one)) == subject(functools.partial(work, other))


def test_two_lambdas_are_two():
    one = subject(lambda item: item)
    other = subject(lambda item: -item)
    assert one.name.startswith(f"{__name__}:test_two_lambdas_are_two.<locals>.<lambda> ")
    assert one.name != other.name


class Caller:
    """Called with an item."""

    def __call__(self, item):
        return item


def test_of_an_object_the_source_is_that_of_its_class():
    class Caller:  # another of the same name
        def __call__(self, item):
            return -item

    objects = [found() for found in (globals()["Caller"], Caller)]
    assert source_of(objects[0]) == source_of(globals()["Caller"]())
    assert source_of(objects[0]) != source_of(objects[1])


def test_a_wrapped_function_is_the_one_inside():
    @functools.wraps(work)
    def wrapper(item):
        return work(item)

    assert source_of(wrapper) == source_of(work)


@pytest.mark.parametrize("change", ["return item * 2", "return item  # a comment is a change too"])
def test_a_changed_source_is_another(tmp_path, change):
    sources = []
    for body in ("return item", change):
        (tmp_path / "jobs.py").write_text(f"def f(item):\n    {body}\n")
        ask = "import jobs; from poolbench.workloads.subject import *; print(name_of(jobs.f), source_of(jobs.f))"
        done = subprocess.run([sys.executable, "-c", ask], cwd=tmp_path, capture_output=True, text=True, check=True)
        sources.append(done.stdout.split())
    (name, before), (again, after) = sources
    assert name == again == "jobs:f"
    assert before != after


def test_a_script_and_its_import_name_a_function_alike(tmp_path):
    ask = "from poolbench.workloads.subject import name_of\ndef f(item): pass\nprint(name_of(f))\n"
    (tmp_path / "jobs.py").write_text(ask)
    for how in (["jobs.py"], ["-c", "import jobs"]):
        done = subprocess.run([sys.executable, *how], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stdout == "jobs:f\n"
