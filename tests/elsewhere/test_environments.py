"""Finding interpreters, and making their environments: with programs that behave like them, or do not."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from poolbench.elsewhere import environments
from poolbench.elsewhere.environments import environment, needed
from poolbench.elsewhere.interpreters import Interpreter, find
from poolbench.errors import UsageError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shell scripts stand for interpreters")


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def says(version: str, *, free: bool = False, program: str = "") -> str:
    return f"""echo '["{version}", {str(free).lower()}, "{program}"]'"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH, and no pyenv."""
    monkeypatch.setenv("PATH", f"{tmp_path}/bin{os.pathsep}/bin{os.pathsep}/usr/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    return tmp_path


def test_a_command_a_version_and_a_path(here: Path) -> None:
    path = script(here / "bin" / "python3.13", says("3.13.5"))
    for asked in ("python3.13", "3.13", str(path)):
        [found] = find([asked])
        assert (found.command, found.name) == (str(path), "Python 3.13.5")


def test_the_same_one_is_measured_once(here: Path) -> None:
    script(here / "bin" / "python3.13", says("3.13.5", program="/opt/python"))
    assert len(find(["python3.13", "3.13"])) == 1


def test_a_shim_that_finds_nothing_gives_way_to_what_pyenv_has(here: Path) -> None:
    script(here / "bin" / "python3.13t", "echo 'pyenv: python3.13t: command not found' >&2; exit 127")
    real = script(here / "pyenv" / "versions" / "3.13.5t" / "bin" / "python3.13t", says("3.13.5", free=True))
    [found] = find(["3.13t"])
    assert (found.command, found.name) == (str(real), "Python 3.13.5t")


def test_all_are_those_that_are_here(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{here}/bin")
    for version, free in (("3.14", False), ("3.13t", True), ("3.12", False)):
        script(here / "bin" / f"python{version}", says(f"{version.rstrip('t')}.1", free=free))
    assert [each.name for each in find(["all"])] == ["Python 3.12.1", "Python 3.13.1t", "Python 3.14.1"]


def test_what_is_not_here_names_what_is(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{here}/bin")
    script(here / "bin" / "python3.12", says("3.12.1"))
    with pytest.raises(UsageError) as error:
        find(["python3.99"])
    assert error.value.message == "no interpreter python3.99"
    assert error.value.tip == "name a command or a path; here are python3.12"


def test_too_old_a_one_is_refused(here: Path) -> None:
    script(here / "bin" / "python3.9", says("3.9.18"))
    with pytest.raises(UsageError, match=r"python3\.9 is Python 3\.9\.18"):
        find(["python3.9"])


def test_measuring_needs_neither_charts_nor_tables() -> None:
    names = {environments._name(each) for each in needed()}
    assert {"httpx", "requests", "httptools", "numpy", "psutil"} <= names
    assert not names & {"pandas", "matplotlib", "scipy", "rich", "cyclopts", "pytest", "ruff"}


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(environments, "user_cache_path", lambda name: tmp_path / "cache" / name)
    return tmp_path / "cache"


MAKES = """
for last; do :; done
mkdir -p "$last/bin"
printf '#!/bin/sh\\necho "$@" >> "%s/installed"\\n{then}\\n' "$last" > "$last/bin/python"
chmod +x "$last/bin/python"
"""


def test_an_environment_is_made_once(tmp_path: Path, cached: Path) -> None:
    command = script(tmp_path / "python", MAKES.format(then=""))
    interpreter, said = Interpreter(str(command), "3.13.5", free_threaded=False), []
    program = environment(interpreter, said.append)
    assert environment(interpreter, said.append) == program
    assert said == ["making an environment for Python 3.13.5"]
    [installed] = (program.parent.parent / "installed").read_text().splitlines()
    assert installed.startswith("-m pip install")
    assert "httpx" in installed


def test_one_that_was_cut_short_is_made_again(tmp_path: Path, cached: Path) -> None:
    command = script(tmp_path / "python", MAKES.format(then="exit 1"))
    interpreter = Interpreter(str(command), "3.13.5", free_threaded=False)
    for _ in range(2):
        with pytest.raises(UsageError, match=r"cannot set up Python 3\.13\.5"):
            environment(interpreter, lambda _: None)


def test_what_pip_said_is_kept(tmp_path: Path, cached: Path) -> None:
    command = script(tmp_path / "python", "echo 'Error: no module named venv'; exit 1")
    with pytest.raises(UsageError) as error:
        environment(Interpreter(str(command), "3.13.5", free_threaded=False), lambda _: None)
    assert error.value.message == "cannot set up Python 3.13.5 (Error: no module named venv)"
    log = Path(error.value.tip.split()[0])
    assert "no module named venv" in log.read_text()
