"""Whatever cannot be done is said in two lines before anything runs, and leaves nothing behind."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from poolbench.cli import main
from poolbench.results.columns import COLUMNS

JOBS = """
import asyncio

plain_lambda = lambda item: item


def plain(item):
    return item


def make():
    def inner(item):
        return item
    return inner


closure = make()


async def coroutine(item):
    await asyncio.sleep(0)


def number():
    return 3
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with modules of the user's own that are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    known = {*sys.modules}
    (tmp_path / "their_jobs.py").write_text(JOBS)
    (tmp_path / "their_mistake.py").write_text("import os\n\nimport no_such_package\n")
    (tmp_path / "their_crash.py").write_text("VALUE = 1 / 0\n")
    (tmp_path / "their_syntax.py").write_text("def broken(:\n")
    (tmp_path / "none.txt").write_text("\n\n")
    head = ",".join(COLUMNS)
    (tmp_path / "later.csv").write_text(f"{head}\n9{',' * head.count(',')}\n")
    (tmp_path / "short.csv").write_text(f"{head}\n1,a,b\n")
    yield tmp_path
    for name in {*sys.modules} - known:
        if name.startswith("their_"):
            del sys.modules[name]


def refused(arguments: list[str], here: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """What and tip; the shape, the status and the silence on stdout are checked here."""
    before = sorted(here.rglob("*"))
    status = main(arguments)
    out, err = capsys.readouterr()
    assert (status, out) == (2, "")
    lines = err.splitlines()
    assert len(lines) == 2, err
    assert lines[0].startswith("error: ")
    assert lines[1].startswith("  tip: ")
    assert len(lines[1]) > len("  tip: ")
    assert sorted(here.rglob("*")) == before
    return lines[0].removeprefix("error: "), lines[1].removeprefix("  tip: ")


ITEMS = ["--items", "range(4)"]
CASES = {
    "unknown workload": ("run flagz", "no workload named flagz", "did you mean flags?"),
    "unknown workload, nothing near": (
        "run zzz",
        "no workload named zzz",
        "choose from flags, loiter, primes, or your",
    ),
    "unknown executor": ("run loiter --executor thread", "no executor named thread", "did you mean threads?"),
    "unknown client": ("run flags --set client=request", "no client named request", "did you mean requests?"),
    "unknown parameter": ("run loiter --set unti=1ms", "no parameter of loiter named unti", "did you mean unit?"),
    "parameter of another workload": (
        "run flags loiter --set primes.digits=3",
        "primes is not among what runs here",
        "name it too, or leave out primes.digits",
    ),
    "unknown executor option": (
        "run loiter --executor processes:strat=spawn",
        "no option of processes named strat",
        "did you mean start?",
    ),
    "unknown option value": (
        "run loiter --executor processes:start=spwan",
        "no start for processes named spwan",
        "did you mean spawn?",
    ),
    "a setting without a value": ("run loiter --set unit", "cannot read --set unit", "write key=value"),
    "a duration without a unit": ("run loiter --set unit=10", "cannot read unit 10", "write it with its unit"),
    "unreadable workers": ("run loiter --workers 1-64", "cannot read --workers 1-64", "write 1,2,4,8 or 1..64"),
    "no workers": ("run loiter --workers 0", "cannot use --workers 0", "counts go from 1"),
    "no tasks": ("run loiter --tasks 0", "cannot run 0 tasks", "give --tasks 1"),
    "no repeats": ("run loiter --repeats 0", "cannot repeat 0 times", "give --repeats"),
    "two rules": ("run loiter --repeats 2 --budget 5s", "repeats, precision and budget exclude", "give one"),
    "a precision that is none": ("run loiter --precision 3", "cannot read --precision 3", "write a share"),
    "a budget that is none": ("run loiter --budget 5", "cannot read --budget 5", "write it with its unit"),
    "requests for asyncio": (
        "run flags --set client=requests --executor asyncio",
        "requests has no asyncio client",
        "add --set client=httpx",
    ),
    "a timeout not above the delay": (
        "run flags --set timeout=50ms",
        "a timeout of 50ms fails requests that take 50ms",
        "raise it: --set timeout=100ms",
    ),
    "a timeout below the delay with its jitter": (
        "run flags --set jitter=1s --set timeout=1s",
        "a timeout of 1s fails requests that take 1.05s",
        "raise it",
    ),
    "unknown option": ("run loiter --worker 3", "unknown option: --worker", "did you mean --workers?"),
    "unknown command": ("rum", 'unknown command "rum"', "did you mean run?"),
    "no number": ("run loiter --repeats few", "invalid value for --repeats", "poolbench --help"),
    "no whole number": ("run loiter --tasks 1.5", "invalid value for --tasks: 1.5 is no whole", "poolbench --help"),
    "an option for a command": ("--foo", 'unknown command "--foo"', "choose from run, serve"),
    "a workload that does not run": (
        "run loiter --set flags.latency=2ms",
        "flags is not among what runs here",
        "name it too, or leave out flags.latency",
    ),
    "items that are none": ("run their_jobs:plain --items their_jobs:number", "their_jobs:number returned 3", "name a"),
    "a file of a later schema": (
        "plot later.csv",
        "later.csv, line 2 is of a newer poolbench (schema 9)",
        "read it with",
    ),
    "a row that is short": ("plot short.csv", "short.csv, line 2 is not a row of a sweep (3 values for", "name a CSV"),
    "a folder for the recording": (
        "watch loiter --record /proc/x.svg",
        "cannot write to /proc",
        "name another file with --record",
    ),
    "an option without its value": ("run loiter --repeats", "", "poolbench --help"),
    "unknown colour mode": ("run loiter --color blue", "no colour mode named blue", "choose from always, auto, never"),
    "items for a workload of ours": ("run loiter --items range(3)", "--items is for functions of your own", "leave it"),
    "no items": ("run their_jobs:plain", "a function of your own needs items", "add --items"),
    "an empty file of items": ("run their_jobs:plain --items none.txt", "no items in none.txt", "at least one"),
    "a file of items that is not there": (
        "run their_jobs:plain --items no.txt",
        "cannot read items from no.txt",
        "name",
    ),
    "unknown module": ("run nowhere:f --items range(4)", "no module nowhere", "name a module that is here"),
    "unknown file": ("run no.py:f --items range(4)", "no file no.py", "give its path from here"),
    "unknown function": (
        "run their_jobs:plane --items range(4)",
        "no name in their_jobs named plane",
        "did you mean plain?",
    ),
    "tasks for a given batch": (
        "run their_jobs:plain --items range(4) --tasks 9",
        "their_jobs:plain runs all of its items",
        "drop --tasks",
    ),
    "too many items for the shell": (
        "tune their_jobs.py:plain --items a.txt b.txt c.txt",
        "nothing takes b.txt and 1 more",
        "poolbench --help, or poolbench COMMAND --help",
    ),
    "a lambda for processes": (
        "run their_jobs.py:plain_lambda --items range(4) --executor processes",
        "worker processes cannot receive their_jobs:plain_lambda (it is a lambda, line 4)",
        "write it as a def at the top of the file, or use --executor threads",
    ),
    "a closure for processes": (
        "run their_jobs:closure --items range(4) --executor processes",
        "worker processes cannot receive their_jobs:closure (it is a closure, line 12)",
        "write it as a def at the top of the file",
    ),
    "a plain function for asyncio": (
        "run their_jobs:plain --items range(4) --executor asyncio",
        "asyncio runs coroutines; their_jobs:plain is a plain function",
        "make it async def, or use --executor threads",
    ),
    "a coroutine for threads": (
        "run their_jobs:coroutine --items range(4) --executor threads",
        "threads and processes run plain functions; their_jobs:coroutine is async def",
        "use --executor asyncio",
    ),
    "an import error in the user's file": (
        "run their_mistake.py:f --items range(4)",
        "their_mistake.py cannot be imported (",
        "install what is missing, or mend that line",
    ),
    "an error at import": (
        "run their_crash:f --items range(4)",
        "their_crash cannot be imported (",
        "mend that line",
    ),
    "a syntax error": ("run their_syntax.py:f --items range(4)", "their_syntax.py cannot be imported (", "mend"),
    "an output folder below a file": ("run loiter --out none.txt/x", "cannot write to none.txt/x (", "--out"),
    "a plots folder that is a file": ("run loiter --plots none.txt", "cannot write to none.txt (", "--plots"),
    "nothing to watch": ("watch", "watch needs a workload", "poolbench watch loiter"),
    "two executors to watch": ("watch loiter --executor threads,asyncio", "watch shows one executor", "name one"),
    "two numbers of workers": (
        "watch loiter --executor threads:3 --workers 4",
        "--executor threads:3 has 3 workers, not 4",
        "drop --workers",
    ),
    "no workers to watch": ("watch loiter --executor threads:0", "cannot watch 0 workers of threads", "watch 1 to 256"),
    "too many for a loop": ("watch loiter --executor sequential:2", "cannot watch 2 workers of sequential", "1 to 1"),
    "an unknown submission": ("watch loiter --submission maps", "no submission named maps", "did you mean map?"),
    "chunks to watch": ("watch loiter --executor processes:chunksize=2", "watch gives each task a future", "chunksize"),
    "several trials to watch": ("watch loiter --set unit=1ms,2ms", "watch shows one trial", "one value"),
    "no tasks to watch": ("watch loiter --tasks 0", "cannot run 0 tasks", "give --tasks 1"),
    "a recording that is no SVG": ("watch loiter --record some.png", "cannot record some.png", "name an SVG"),
    "a watched executor that is none": ("watch loiter --executor thread:3", "no executor named thread", "threads?"),
    "a coroutine to watch on threads": (
        "watch their_jobs:coroutine --items range(4)",
        "threads and processes run plain functions; their_jobs:coroutine is async def",
        "use --executor asyncio",
    ),
    "a port that is none": ("serve --port 99999", "no port 99999", "choose from 1 to 65535"),
    "a latency that is none": ("serve --latency 50", "cannot read --latency 50", "write it with its unit"),
    "an error rate that is none": ("serve --error-rate 200%", "cannot read --error-rate 200%", "write a share"),
}


@pytest.mark.parametrize(("line", "what", "tip"), CASES.values(), ids=list(CASES))
def test_two_lines_and_nothing_left(line, what, tip, here, capsys):
    found_what, found_tip = refused(line.split(), here, capsys)
    assert found_what.startswith(what)
    assert tip in found_tip


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("their_mistake.py", "their_mistake.py, line 3: ModuleNotFoundError: No module named 'no_such_package'"),
        ("their_crash.py", "their_crash.py, line 1: ZeroDivisionError"),
        ("their_syntax.py", "their_syntax.py, line 1: "),
    ],
)
def test_a_mistake_of_the_users_own_names_file_and_line(name, where, here, capsys):
    what, _ = refused(["run", f"{name}:f", *ITEMS], here, capsys)
    assert where in what


def test_an_address_that_refuses(here, capsys):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    what, tip = refused(["run", "flags", "--set", f"url=http://127.0.0.1:{port}"], here, capsys)
    assert what == f"no answer from 127.0.0.1:{port} (connection refused)"
    assert tip == "drop url to use the built-in server, or start yours with poolbench serve"


def test_a_port_that_is_taken(here, capsys):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        what, _ = refused(["serve", "--port", str(port)], here, capsys)
    assert str(port) in what


def test_a_folder_that_must_not_be_written(here, capsys, monkeypatch):
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("poolbench.results.store.tempfile.NamedTemporaryFile", denied)
    what, _ = refused(["run", "loiter"], here, capsys)
    assert what == "cannot write to results (permission denied)"


def test_the_installed_script_says_it_alike(here):
    script = Path(sys.executable).with_name("poolbench")
    done = subprocess.run([script, "run", "flagz"], capture_output=True, text=True, check=False, cwd=here)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: no workload named flagz\n"
        "  tip: did you mean flags? Others: loiter, primes, or your own as module:function\n"
    )


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], [], ["run", "--help"], ["serve", "--help"]])
def test_what_is_asked_for_is_no_error(arguments, here, capsys):
    before = sorted(here.iterdir())
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert out
    assert err == ""
    assert sorted(here.iterdir()) == before


def test_the_version_is_that_of_the_package(capsys):
    import poolbench

    main(["--version"])
    assert capsys.readouterr().out == f"{poolbench.__version__}\n"


def test_help_names_every_option_of_run(capsys):
    main(["run", "--help"])
    text = capsys.readouterr().out
    for option in (
        *("--items", "--executor", "--workers", "--tasks", "--set", "--repeats", "--precision", "--budget", "--cold"),
        *("--seed", "--save-to", "--out", "--plots", "--no-plots", "--json", "-q", "--color"),
    ):
        assert option in text


def test_an_interpreter_that_is_not_here(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "loiter", "--python", "python3.99"]) == 2
    first, second = capsys.readouterr().err.splitlines()[:2]
    assert first == "error: no interpreter python3.99"
    assert second.startswith("  tip: name a command or a path; here are ")


def test_a_tune_has_one_count(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", "loiter", "--executor", "processes:2/threads"]) == 2
    assert "processes/threads has two counts; a tune searches one" in capsys.readouterr().err
