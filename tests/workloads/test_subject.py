from __future__ import annotations

import functools
import subprocess
import sys
import types

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


def made(body: str) -> types.FunctionType:
    space: dict[str, object] = {}
    exec(f"def f(item):\n    {body}", space)
    return space["f"]  # type: ignore[return-value]


def test_without_source_the_byte_code_stands_for_it():
    assert source_of(made("return item")) == source_of(made("return item"))
    assert source_of(made("return item")) != source_of(made("return -item"))


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
