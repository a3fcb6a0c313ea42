from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import import_module

import pytest

import poolbench

HEAVY = ("pandas", "matplotlib", "scipy", "distributed", "pytest")
MEASURE = ("plan", "sweep", "trial", "pilot", "rates", "meters", "machine")


def loaded_by(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has after `code`."""
    look = f"{code}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    return {*done.stdout.split()}


@pytest.mark.parametrize(
    "module",
    ["cli", "pipeline", "results.store", "results.load", "analysis.summary", *(f"measure.{name}" for name in MEASURE)],
)
def test_nothing_heavy_is_imported_before_it_is_needed(module):
    found = loaded_by(f"import poolbench.{module}")
    assert "poolbench" in found
    assert found.isdisjoint(HEAVY)


@pytest.mark.parametrize("line", ["--help", "run --help", "--version"])
def test_help_needs_nothing_heavy(line):
    quiet = "import io, contextlib\nfrom poolbench.cli import main\nwith contextlib.redirect_stdout(io.StringIO()):"
    found = loaded_by(f"{quiet}\n    main({line.split()!r})")
    assert found.isdisjoint({*HEAVY, "numpy", "httpx", "requests", "PIL"})


def test_the_version_is_answered_without_the_command_line():
    code = (
        "import sys\nsys.argv[1:] = ['--version']\nfrom poolbench.__main__ import main\nsys.stdout = sys.stderr\nmain()"
    )
    assert loaded_by(code + "\nsys.stdout = sys.__stdout__").isdisjoint({*HEAVY, "numpy", "rich", "cyclopts"})


@pytest.mark.parametrize("how", [["-m", "poolbench"], ["-c", "from poolbench.__main__ import main; main()"]])
def test_the_package_runs_as_a_command(how):
    ask = [sys.executable, *how]
    shown = subprocess.run([*ask, "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout == f"{poolbench.__version__}\n"
    done = subprocess.run([*ask, "run", "flagz"], capture_output=True, text=True, check=False)
    assert done.stderr.startswith("error: no workload named flagz\n  tip: did you mean flags?")


def test_importing_the_package_imports_only_the_package():
    code = "import sys, poolbench\nassert [m for m in sys.modules if m.startswith('poolbench')] == ['poolbench']"
    assert loaded_by(code).isdisjoint({*HEAVY, "numpy", "rich", "cyclopts"})


def test_public_names_are_sorted_and_there():
    assert poolbench.__all__ == sorted(poolbench.__all__)
    assert len({*poolbench.__all__}) == len(poolbench.__all__)
    for name in poolbench.__all__:
        assert getattr(poolbench, name).__name__ == name


def test_public_names_are_documented():
    for name in poolbench.__all__:
        public = getattr(poolbench, name)
        parts = [value for part, value in vars(public).items() if not part.startswith("_") and callable(value)]
        parts += [value for value in vars(public).values() if isinstance(value, property)]
        for each in (public, *parts):
            text = each.__doc__ or ""
            assert text.strip(), f"{name}: {each} has no docstring"
            assert not text.startswith(f"{name}("), f"{name} has only the docstring of a dataclass"


@pytest.mark.parametrize("name", [name for name in poolbench.__all__ if inspect.isfunction(getattr(poolbench, name))])
def test_docstrings_name_every_parameter_and_the_errors(name):
    function = getattr(poolbench, name)
    text = function.__doc__
    missing = [each for each in inspect.signature(function).parameters if f"`{each}`" not in text]
    assert not missing
    assert "UsageError" in text


@pytest.mark.parametrize("module", ["poolbench.testing", "poolbench.executors.hosts"])
def test_what_the_documented_modules_offer_is_documented(module):
    found = import_module(module)
    names = getattr(found, "__all__", sorted(name for name, each in vars(found).items() if is_own(each, module)))
    assert names == sorted(names)
    assert names
    for name in names:
        assert (getattr(found, name).__doc__ or "").strip(), f"{module}.{name} has no docstring"


def is_own(each, module):
    """A class or function that the module defines for others."""
    return getattr(each, "__module__", "") == module and not each.__name__.startswith("_")


def test_a_star_import_gives_the_public_names():
    space: dict[str, object] = {}
    exec("from poolbench import *", space)
    assert {*poolbench.__all__} <= {*space}


def test_what_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'poolbench' has no attribute 'nothing'"):
        poolbench.nothing  # noqa: B018  asking is the test


def test_the_version_is_a_version():
    assert [part.isdecimal() for part in poolbench.__version__.split(".")] == [True] * 3
