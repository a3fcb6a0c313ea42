"""Every fault of a task and of the target, three executors each: the outcome, status 3, other cells, no orphan."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from common import SLACK, Run, finish, options, rows
from faulty_jobs import FAULTS
from faulty_server import MODES, FaultyServer

HERE = Path(__file__).parent
TASK_WAYS = {"plain": "threads,processes:start=fork,processes:start=spawn", "coroutine": "asyncio"}


def command(folder: Path, arguments: list[str], failures: list[str], what: str) -> tuple[int, str]:
    """Its status and stdout; nothing may live afterwards."""
    run = Run(folder, arguments)
    child = run.start()
    try:
        out, err = child.communicate(timeout=120 * SLACK)
    except subprocess.TimeoutExpired:
        failures.append(f"{what}: it does not end")
        child.kill()
        out, err = "{}", child.communicate()[1]
    if "Traceback" in err:
        failures.append(f"{what}: a traceback: {err[-500:]}")
    if (gone_s := run.gone_after_s()) > 3 * SLACK:
        failures.append(f"{what}: something lived {gone_s:.1f} s longer")
    return child.returncode, out


def task_fault(name: str, job: str, failures: list[str]) -> Counter[str]:
    """One fault on all executors of a kind; returns the outcomes by executor."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        shutil.copy(HERE / "faulty_jobs.py", folder)
        os.environ["POOLBENCH_FAULT"] = name
        line = f"run faulty_jobs.py:{job} --items range(6) --executor {TASK_WAYS[job]} --workers 2 --repeats 2"
        more = "--task-timeout 700ms --no-plots --json --out out"
        status, out = command(folder, [*line.split(), *more.split()], failures, f"{name} {job}")
        right = FAULTS[name][1].split()
        trials = rows(folder / "out")[1]
        found = Counter(f"{each.executor} {each.outcome}" for each in trials)
        expected = 2 * (2 + TASK_WAYS[job].count(","))
        if {each.outcome for each in trials} - {*right} or len(trials) != expected:
            cut_short = name == "endless_deaf" and trials and trials[-1].executor == "threads"
            if not cut_short:
                failures.append(f"{name} {job}: {dict(found)}, status {status}")
        if status != (0 if right == ["ok"] else 3):
            failures.append(f"{name} {job}: status {status}")
        if any(each.throughput_per_s for each in trials if each.outcome != "ok"):
            failures.append(f"{name} {job}: a throughput of a run that failed")
        json.loads(out)  # whatever tasks print
        return found


def target_fault(mode: str, failures: list[str]) -> Counter[str]:
    """One fault of a server, met after the preflight by one country."""
    with tempfile.TemporaryDirectory() as place, FaultyServer(mode) as server:
        folder = Path(place)
        line = f"run flags --set url={server.url} --set timeout=500ms --tasks 20 --workers 4 --repeats 2 --out out"
        more = "--executor threads,processes,asyncio --no-plots -q"
        status, _ = command(folder, [*line.split(), *more.split()], failures, mode)
        trials = rows(folder / "out")[1]
        found = Counter(f"{each.executor} {each.outcome}" for each in trials)
        outcomes = {each.outcome for each in trials}
        right = MODES[mode]
        if len(trials) != 8 or not outcomes <= {*right} or status != 3:
            failures.append(f"{mode}: {dict(found)}, status {status}: {trials[0].reason if trials else ''}")
        bad = [each for each in trials if each.outcome != "ok"]
        if any(each.throughput_per_s or not each.reason for each in bad):
            failures.append(f"{mode}: a throughput of a run that failed, or no reason")
        return found


def main() -> int:
    """All, as far as the time goes."""
    given = options(("some", 0))
    until = time.monotonic() + given.seconds
    failures: list[str] = []
    done = 0
    cases = [(task_fault, name, job) for name in FAULTS for job in TASK_WAYS]
    cases += [(target_fault, mode) for mode in MODES]  # type: ignore[misc]
    for case, *arguments in cases[:: given.some or 1]:
        if time.monotonic() > until:
            break
        found = case(*arguments, failures)
        print(f"{' '.join(arguments):34} {', '.join(f'{count} {key}' for key, count in sorted(found.items()))}")
        done += 1
    return finish(failures, faults=done, of=len(cases))


if __name__ == "__main__":
    sys.exit(main())
