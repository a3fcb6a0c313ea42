"""One sweep under several interpreters into one file: block 1 under each of them, then block 2, and so on.

So the machine's drift hits all interpreters alike, as it hits all cells inside a block.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import asdict, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

import poolbench
from poolbench import interrupts, pipeline
from poolbench.analysis.origins import by_origin
from poolbench.analysis.summary import widest_half_width
from poolbench.elsewhere.environments import environment
from poolbench.elsewhere.interpreters import find
from poolbench.errors import Caution, CutShortError, UsageError
from poolbench.measure.plan import seed_of
from poolbench.results.columns import COLUMNS, Span, Trial, from_row
from poolbench.results.store import Store, check_writable, fresh_path
from poolbench.resume import Asked
from poolbench.wishes import wishes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from poolbench.elsewhere.interpreters import Interpreter
    from poolbench.pipeline import Outcome, Request

_FAREWELL_S = 20.0
_CUT = CutShortError("a run does not count, and --fail-fast ends with it", "mend what failed, then start anew")


class _Child:
    """A process under another interpreter, which measures blocks."""

    def __init__(self, interpreter: Interpreter, program: Path, path: str) -> None:
        self.interpreter = interpreter
        self._folder = program.parent.parent
        beside = os.environ.get("PYTHONPATH")
        ours = {"PYTHONPATH": os.pathsep.join(filter(None, [path, beside]))}
        self._process = subprocess.Popen(  # noqa: S603
            [str(program), "-m", "poolbench.elsewhere.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **ours},
            text=True,
            encoding="utf-8",
        )

    def order(self, what: dict[str, Any]) -> None:
        """Sends a line; one that is gone is heard of by its silence."""
        assert self._process.stdin is not None  # noqa: S101  it was asked for
        with suppress(OSError):
            self._process.stdin.write(json.dumps(what) + "\n")
            self._process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        """The next line. UsageError for what it cannot do, or if it has ended."""
        assert self._process.stdout is not None  # noqa: S101
        line = self._process.stdout.readline()
        if not line:
            status = self._process.wait()
            if status == 130:
                raise KeyboardInterrupt
            raise UsageError(f"{self.interpreter.name} ended with status {status}", "its own words stand above")
        told: dict[str, Any] = json.loads(line)
        if "error" in told:
            what, tip = told["error"]
            raise UsageError(f"{self.interpreter.name}: {what}", f"{tip}; its environment is {self._folder}")
        return told

    def stop(self) -> None:
        """Tells it to end at once."""
        self._process.terminate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """No more orders: it closes its workloads and ends, at its own pace or when it is told to."""
        for urge in (None, self._process.terminate, self._process.kill):
            if urge:
                urge()
            # What it still says is read, so that it cannot wait for a reader.
            with suppress(OSError, ValueError, subprocess.TimeoutExpired):
                self._process.communicate(timeout=_FAREWELL_S)
                return


def run(request: Request, pythons: Sequence[str], say: Callable[[str], None]) -> Outcome:
    """As `pipeline.run`, under each of `pythons`, of a request that says what it was `asked`.

    `say` is told what is being done, between trials. UsageError before the first one for whatever cannot be done.
    """
    seed = seed_of(request.seed)
    wishes(request, seed)  # what is wrong with the request itself is said before an environment is made
    for folder in filter(None, (request.out, request.plots)):
        check_writable(folder)
    found = find(pythons)
    programs = [environment(each, say) for each in found]
    name = pipeline.file_name([recipe.name for recipe in request.recipes])
    with ExitStack() as stack:
        path = _linked(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="poolbench-"))))
        children = [
            stack.enter_context(_Child(each, program, path)) for each, program in zip(found, programs, strict=True)
        ]
        plans = _plans(children, _order(request, seed, name, len(children)))
        store = stack.enter_context(Store(fresh_path(request.out, name), _about(plans)))
        trials, interrupted, stopped = _measure(request, children, store, say)
        with interrupts.shielded(), suppress(CutShortError):
            store.describe(finished=not (interrupted or stopped), rows=len(trials))
        for child in children if stopped else ():
            child.stop()
    return _outcome(request, store, trials, plans, interrupted=interrupted, stopped=stopped)


def _measure(
    request: Request, children: Sequence[_Child], store: Store, say: Callable[[str], None]
) -> tuple[list[Trial], bool, UsageError | None]:
    """Rows, whether somebody stopped it, and what else did: then the rows so far."""
    trials: list[Trial] = []
    try:
        _blocks(request, children, store, trials, say)
    except KeyboardInterrupt:
        return trials, True, None
    except UsageError as problem:
        return trials, False, problem
    return trials, False, None


def _linked(folder: Path) -> str:
    """A folder that holds poolbench and nothing else: its neighbours here are built for this interpreter."""
    (folder / "poolbench").symlink_to(Path(poolbench.__file__).parent, target_is_directory=True)
    return str(folder)


def _order(request: Request, seed: int, name: str, children: int) -> dict[str, Any]:
    rule = request.rule
    if rule.budget_s is not None:
        rule = replace(rule, budget_s=rule.budget_s / children)
    return {
        "asked": asdict(request.asked or Asked()),
        "executors": request.executors,
        "workers": request.workers,
        "tasks": request.tasks,
        "settings": list(request.settings),
        "rule": asdict(rule),
        "cold": request.cold,
        "task_timeout_s": request.task_timeout_s,
        "seed": seed,
        "name": name,
    }


def _plans(children: Sequence[_Child], order: dict[str, Any]) -> list[dict[str, Any]]:
    """What each says of itself: one after the other, as each runs a pilot."""
    plans = []
    for child in children:
        child.order(order)
        plans.append(child.hear())
    return plans


def _about(plans: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """For the JSON: the first plan, and the machine as each interpreter sees it."""
    first = plans[0]["about"]
    machines = [plan["about"]["machine"] for plan in plans]
    return {**first, "machines": machines}


def _blocks(
    request: Request, children: Sequence[_Child], store: Store, trials: list[Trial], say: Callable[[str], None]
) -> None:
    """Until the rule of the request says enough, for all interpreters together."""
    began, block = perf_counter(), 0
    while not request.rule.over(block, perf_counter() - began, lambda: _precision(trials)):
        for child in children:
            before = len(trials)
            for trial, spans in _block(child, block):
                with interrupts.shielded():
                    store.add(trial, spans)
                    trials.append(trial)
                if request.fail_fast and trial.outcome != "ok":
                    raise _CUT
            say(f"block {block + 1}, {child.interpreter.name}: {len(trials) - before} runs")
        block += 1


def _block(child: _Child, block: int) -> Iterator[tuple[Trial, list[Span]]]:
    child.order({"block": block})
    while "done" not in (told := child.hear()):
        trial = from_row(list(COLUMNS), told["row"], child.interpreter.name)
        yield trial, [Span(*span) for span in told["spans"]]


def _precision(trials: Sequence[Trial]) -> float:
    return max((widest_half_width(each) for each in by_origin(trials).values()), default=float("inf"))


def _outcome(
    request: Request,
    store: Store,
    trials: list[Trial],
    plans: Sequence[dict[str, Any]],
    *,
    interrupted: bool,
    stopped: UsageError | None,
) -> Outcome:
    from poolbench import gallery

    sheets = gallery.sheets([store.path]) if trials else []
    # Whoever interrupts does not wait for charts.
    drawn = gallery.draw(sheets, request.plots) if sheets and request.plots and not interrupted else []
    said = [*dict.fromkeys(Caution(*each) for plan in plans for each in plan["cautions"]), *store.cautions]
    summaries = [summary for sheet in sheets for summary in sheet.summaries]
    return pipeline.Outcome(trials, summaries, [*store.files, *drawn], said, [], interrupted, stopped)
