"""The user's own functions and items, and the user's own mistakes."""

from __future__ import annotations

import sys
import threading
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from poolbench.executors import strategy
from poolbench.workloads import recipe
from poolbench.workloads.items import MOST_ITEMS, read_items
from poolbench.workloads.own import OwnWorkload, own_recipe
from poolbench.workloads.target import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

JOBS = """\
import os as system
import math


def double(item):
    return int(item) * 2


def scale(item, factor):
    return item * factor


def ten():
    return 10


def small(item, value):
    return value < 30


async def adouble(item):
    return int(item) * 2


def outer():
    def inner(item):
        return item
    return inner


shout = lambda item: item
closure = outer()
number = 5
numbers = [1, 2, 3]
none = []


def count():
    yield from range(4)


class Tools:
    @staticmethod
    def half(item):
        return item / 2
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], str]]:
    """Writes a file into a folder of its own, where we are; what is imported from there is forgotten again."""
    modules, path = set(sys.modules), list(sys.path)
    monkeypatch.chdir(tmp_path)

    def write(name: str, text: str) -> str:
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        return str(place)

    yield write
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def jobs(here: Any) -> str:
    return here("own_jobs.py", JOBS)


def make(target: str, items: str = "range(5)") -> Any:
    found = own_recipe(target, items)
    return found.make(found.defaults, 0)


# Functions.


@pytest.mark.parametrize("way", ["sequential", "threads", "processes:start=fork", "processes:start=spawn"])
@pytest.mark.parametrize("target", ["{file}:double", "own_jobs:double", "own_jobs.py:double"])
def test_a_plain_function(way: str, target: str, jobs: str, trial: Any) -> None:
    workload = make(target.format(file=jobs))
    strategy(way).verify(workload)
    row, _, values = trial(workload, way, 1 if way == "sequential" else 2, 5)
    assert (row.outcome, values, row.params) == ("ok", [0, 2, 4, 6, 8], "")
    assert row.workload == "own_jobs:double", "whatever it was named by"


@pytest.mark.parametrize("way", ["sequential", "asyncio"])
def test_a_coroutine_function(way: str, jobs: str, trial: Any) -> None:
    row, _, values = trial(make("own_jobs:adouble"), way, 1 if way == "sequential" else 2, 5)
    assert (row.outcome, values) == ("ok", [0, 2, 4, 6, 8])


@pytest.mark.parametrize(
    ("target", "way", "message", "tip"),
    [
        (
            "own_jobs:double",
            "asyncio",
            "asyncio runs coroutines; own_jobs:double is a plain function",
            "make it async def, or use --executor threads",
        ),
        (
            "own_jobs:adouble",
            "threads",
            "threads and processes run plain functions; own_jobs:adouble is async def",
            "use --executor asyncio",
        ),
        (
            "own_jobs:shout",
            "processes",
            "worker processes cannot receive own_jobs:shout (it is a lambda, line 31)",
            "write it as a def at the top of the file, or use --executor threads",
        ),
        (
            "own_jobs:closure",
            "processes",
            "worker processes cannot receive own_jobs:closure (it is a closure, line 26)",
            "write it as a def at the top of the file, or use --executor threads",
        ),
    ],
)
def test_functions_that_an_executor_cannot_run(
    target: str, way: str, message: str, tip: str, jobs: str, usage: Any
) -> None:
    assert usage(strategy(way).verify, make(target)) == (message, tip)


@pytest.mark.parametrize("target", ["own_jobs:shout", "own_jobs:closure", "own_jobs:Tools.half", "math:sqrt"])
def test_what_threads_can_run(target: str, jobs: str, trial: Any) -> None:
    assert trial(make(target), "threads", 2, 5)[0].outcome == "ok"


@pytest.mark.parametrize("target", ["math:sqrt", "builtins:abs", "own_jobs:Tools.half", "pathlib:Path"])
def test_what_another_process_can_find(target: str, jobs: str) -> None:
    strategy("processes").verify(make(target))


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_what_was_typed_in_reaches_only_a_copy_of_this_process(
    start: str, monkeypatch: pytest.MonkeyPatch, usage: Any
) -> None:
    prompt = ModuleType("__main__")
    exec("def typed(item):\n    return item", prompt.__dict__)
    monkeypatch.setitem(sys.modules, "__main__", prompt)
    monkeypatch.setattr("multiprocessing.get_start_method", lambda allow_none: start)
    workload = OwnWorkload("typed", prompt.typed, [1])
    if start == "fork":
        strategy("processes").verify(workload)
    else:
        message, _ = usage(strategy("processes").verify, workload)
        assert message == "worker processes cannot receive typed (it was typed in, not imported from a file)"


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"function": partial(pow, threading.Lock())}, "it cannot be pickled: TypeError: cannot pickle '_thread.lock'"),
        ({"function": pow, "worker_setup": lambda: 2}, "its worker_setup is a lambda, line "),
    ],
)
def test_callables_that_do_not_travel(parts: Any, reason: str, usage: Any) -> None:
    message, _ = usage(strategy("processes").verify, OwnWorkload("mine", items=[1], **parts))
    assert message.startswith(f"worker processes cannot receive mine ({reason}")


def test_a_set_up_and_a_check_by_name(jobs: str, trial: Any, usage: Any) -> None:
    found = recipe("own_jobs:scale", "range(4)", "own_jobs:ten", "own_jobs:small")
    row, _, values = trial(found.make({}, 0), "threads", 2, 4)
    assert (values, row.outcome, row.reason) == (
        [0, 10, 20, 30],
        "failed",
        "1 of 4 tasks: check: False for 3, which gave 30",
    )
    assert usage(recipe, "own_jobs:scale", "range(4)", "own_jobs:tne")[1].startswith("did you mean ten?")
    assert usage(recipe, "own_jobs:scale", "range(4)", "own_jobs:number") == (
        "own_jobs:number is not a function",
        "name something that can be called with nothing",
    )


@pytest.mark.parametrize("option", ["--items", "--worker-setup", "--check"])
def test_what_is_for_ones_own_is_refused_for_ours(option: str, usage: Any) -> None:
    given = {option[2:].replace("-", "_"): "own_jobs:ten"}
    assert usage(recipe, "flags", **given)[0] == f"{option} is for functions of your own, not for flags"


def test_builtins_run_in_other_processes(trial: Any) -> None:
    row, _, values = trial(make("builtins:abs", "range(-3,0)"), "processes", 2, 3)
    assert (row.outcome, values) == ("ok", [3, 2, 1])


def test_something_that_cannot_be_called(jobs: str, usage: Any) -> None:
    assert usage(make, "own_jobs:number") == (
        "own_jobs:number is not a function",
        "name something that can be called with one item",
    )


def test_a_recipe_for_ones_own(jobs: str) -> None:
    found = recipe("own_jobs:double", "range(3)")
    assert (found.name, dict(found.defaults)) == ("own_jobs:double", {})
    workload = found.make({}, 0)
    assert list(workload.given) == list(workload.items(9)) == [0, 1, 2]
    assert OwnWorkload("mine", abs, [1, 2, 3]).warmup(4) == [1, 2, 3, 1]


@pytest.mark.filterwarnings("ignore:coroutine")
def test_an_awaitable_that_nobody_awaits_is_no_success(here: Any, trial: Any) -> None:
    here(
        "own_callable.py",
        "class Fetch:\n    async def __call__(self, item):\n        raise ValueError(item)\n\n\nfetch = Fetch()\n",
    )
    row, _, _ = trial(make("own_callable:fetch"), "sequential", 1, 5)
    assert row.outcome == "failed"


# Items.


def test_items_of_a_file_are_its_lines(here: Any) -> None:
    place = here("items.txt", "https://a/b\n\n  two words \nö\n")
    assert read_items(place) == ["https://a/b", "  two words ", "ö"]


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("range(4)", [0, 1, 2, 3]),
        (" range( 2 , 5 ) ", [2, 3, 4]),
        ("range(5,0,-2)", [5, 3, 1]),
        ("range(-2,1)", [-2, -1, 0]),
        ("own_jobs:numbers", [1, 2, 3]),
        ("own_jobs:count", [0, 1, 2, 3]),
    ],
)
def test_items_by_name(text: str, items: list[int], jobs: str) -> None:
    assert list(read_items(text)) == items


def test_a_file_with_a_colon_in_its_name_is_a_file(here: Any) -> None:
    here("list:today", "a\nb\n")
    assert read_items("list:today") == ["a", "b"]


def test_a_long_range_is_not_made_into_a_list() -> None:
    assert read_items(f"range({MOST_ITEMS})") == range(MOST_ITEMS)


@pytest.mark.parametrize(
    ("text", "message", "tip"),
    [
        ("", "a function of your own needs items", "add --items FILE, range(100) or module:iterable"),
        ("range(0)", "no items in range(0)", "a batch needs at least one"),
        ("range(1,2,0)", "cannot read --items range(1,2,0)", "its step must not be 0"),
        ("range(20000000)", "too many items in range(20000000)", "a trial runs them all: give at most 10,000,000"),
        ("own_jobs:none", "no items in own_jobs:none", "a batch needs at least one"),
        (
            "own_jobs:number",
            "own_jobs:number is 5, which is not iterable",
            "name a list, or a function that returns one",
        ),
        ("own_jobs:nombers", "no name in own_jobs named nombers", "did you mean numbers?"),
        ("nowhere:items", "no module nowhere", "name a module that is here, or a file as path/file.py:function"),
        ("range(a)", "cannot read items from range(a) (No such file or directory)", "name a text file, one item a"),
        ("gone.txt", "cannot read items from gone.txt (No such file or directory)", "name a text file, one item a"),
        (
            ".",
            "cannot read items from . (Is a directory)",
            "name a text file, one item a line, range(100), or module:iterable",
        ),
        ("empty.txt", "no items in empty.txt", "a batch needs at least one"),
        ("image.gif", "cannot read items from image.gif (it is not text)", "name a text file, one item a line"),
    ],
)
def test_items_that_cannot_be(
    text: str, message: str, tip: str, jobs: str, here: Any, tmp_path: Path, usage: Any
) -> None:
    here("empty.txt", " \n\n")
    (tmp_path / "image.gif").write_bytes(b"GIF89a\xff\xfe")
    said = usage(read_items, text)
    assert said[0] == message
    assert said[1].startswith(tip)


@pytest.mark.parametrize(
    ("program", "text"),
    [
        ("", "range(1000000000000000000000)"),
        ("def items():\n    return 1 / 0\n", "own_items:items"),
        ("def items():\n    return open('missing')\n", "own_items:items"),
    ],
)
def test_mistakes_in_items_are_the_users(program: str, text: str, here: Any, usage: Any) -> None:
    here("own_items.py", program)
    usage(read_items, text)


# Names.


@pytest.mark.parametrize("target", ["own_jobs:Tools.half", "own_jobs.py:Tools.half"])
def test_a_dotted_attribute(target: str, jobs: str) -> None:
    assert resolve(target)(4) == 2


def test_a_file_in_another_folder_and_its_neighbours(here: Any) -> None:
    here("deep/own_neighbour.py", "ten = 10\n")
    place = here(
        "deep/own_deep.py", "import own_neighbour\n\n\ndef times(item):\n    return item * own_neighbour.ten\n"
    )
    assert resolve(f"{place}:times")(2) == 20
    assert resolve("deep/own_deep.py:times")(3) == 30, "asked for again, by another path"


def test_a_module_in_a_package(here: Any) -> None:
    here("own_package/__init__.py", "")
    here("own_package/tools.py", "def one(item):\n    return 1\n")
    assert resolve("own_package.tools:one")(0) == 1


@pytest.mark.parametrize(
    ("target", "message", "tip"),
    [
        ("own_jobs:doubel", "no name in own_jobs named doubel", "did you mean double?"),
        ("own_jobs:Tools.hlaf", "no name in own_jobs named Tools.hlaf", ""),
        ("own_jobs:", "cannot read own_jobs:", "write module:function"),
        ("gone.py:run", "no file gone.py", "give its path from here, or write module:function"),
        ("gone:run", "no module gone", "name a module that is here, or a file as path/file.py:function"),
        ("gone.deep:run", "no module gone.deep", "name a module that is here"),
    ],
)
def test_names_that_are_not_there(target: str, message: str, tip: str, jobs: str, usage: Any) -> None:
    said = usage(resolve, target)
    assert said[0] == message
    assert said[1].startswith(tip)


def test_only_public_names_that_are_not_modules_are_suggested(here: Any, usage: Any) -> None:
    here("own_names.py", "import os\n_secret = 1\nshown = 2\n")
    assert usage(resolve, "own_names:zzz") == ("no name in own_names named zzz", "choose from shown")


@pytest.mark.parametrize(
    ("program", "line", "what", "tip"),
    [
        ("import os\nimport not_here_at_all\n", 2, "ModuleNotFoundError: No module named 'not_here_at_all'", "install"),
        ("from os import not_there\n", 1, "ImportError: cannot import name 'not_there'", "install what is missing"),
        ("x = 1\n\ny = x / 0\n", 3, "ZeroDivisionError: division by zero", "mend that line"),
        ("def f(:\n    pass\n", 1, "invalid syntax", "mend that line"),
        ("import sys\nsys.exit('no')\n", 2, "SystemExit: no", "mend that line"),
        ("def deep():\n    return {}['x']\n\n\ndeep()\n", 2, "KeyError: 'x'", "mend that line"),
    ],
)
@pytest.mark.parametrize("target", ["own_broken:run", "own_broken.py:run"])
def test_a_mistake_in_the_users_file_is_shown_with_its_place(
    target: str, program: str, line: int, what: str, tip: str, here: Any, usage: Any
) -> None:
    place = here("own_broken.py", program)
    message, said = usage(resolve, target)
    assert message.startswith(f"{target.removesuffix(':run')} cannot be imported ({place}, line {line}: {what}")
    assert said.startswith(tip)


def test_ctrl_c_during_an_import_is_no_mistake(here: Any) -> None:
    here("own_slow.py", "raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        resolve("own_slow:run")


def test_a_file_with_the_name_of_another_module(here: Any, usage: Any) -> None:
    place = here("json.py", "def run(item):\n    return item\n")
    assert usage(resolve, f"{place}:run") == (
        f"{place} cannot be imported as json: another module has that name",
        "rename the file",
    )


def test_a_file_with_the_name_of_a_built_in_module(here: Any, usage: Any) -> None:
    assert "another module has that name" in usage(resolve, f"{here('time.py', 'run = abs')}:run")[0]
