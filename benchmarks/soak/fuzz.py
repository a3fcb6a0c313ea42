"""Result, JSON and profile files that somebody broke, through load, plot, report, compare and resume: no traceback."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import random
import sys
import tempfile
import time
import traceback
from pathlib import Path

from common import SLACK, finish, options

from poolbench.cli import main as poolbench
from poolbench.measure.meters import peak_rss_bytes

GOOD = Path(__file__).parents[2] / "results" / "threads.csv"
WORDS = "=cmd|' /C calc'!A0,-1,0,1e308,-1e308,nan,inf,999999999999999999999,4096,4097,true,ok,failed,$\\frac$,<b>x</b>,"
NASTY = (
    *WORDS.split(","),
    "\x1b[2J\x1b]0;x\x07",
    "\u202ereversed",
    "../../x",
    "x" * 5000,
    "[red]x[/red]",
    '"',
    "\x00",
    "é" * 300,
)
COMMANDS = ("plot", "report", "compare", "predict", "resume", "profile")
SLOWEST_S, LARGEST_MB = 2.0, 500


def broken_csv(chance: random.Random, lines: list[str]) -> bytes:
    """A sweep in which cells, lines or bytes are others than they were."""
    head, *body = lines
    cells = [line.split(",") for line in chance.sample(body, min(len(body), chance.randrange(1, 12)))]
    for _ in range(chance.randrange(1, 6)):
        row = chance.choice(cells)
        row[chance.randrange(len(row))] = chance.choice(NASTY)
    if chance.random() < 0.2:
        names = head.split(",")
        chance.shuffle(names)
        head = ",".join(names)
    data = "\n".join([head, *map(",".join, cells), ""]).encode(errors="replace")
    return noise(chance, data) if chance.random() < 0.3 else data


def noise(chance: random.Random, data: bytes) -> bytes:
    """Bytes changed, cut or doubled."""
    found = bytearray(data + b"\n\n")
    for _ in range(chance.randrange(1, 20)):
        found[chance.randrange(len(found))] = chance.randrange(256)
    return bytes(found[: chance.randrange(1, len(found))] if chance.random() < 0.3 else found)


def broken_json(chance: random.Random) -> bytes:
    """Of a shape that nobody expects."""
    kinds = [
        "[" * 100_000,
        "{}",
        "[]",
        "null",
        "1" * 5000,
        '{"schema": 99}',
        '{"machine": 3, "plan": []}',
        '{"entries": 1}',
    ]
    kinds += ['{"schema": 1, "entries": [{"workload": 3}]}', '{"asked": {"workloads": [1]}, "plan": {"seed": "x"}}', ""]
    kinds += ['{"machine": {"text": "\\u001b[2J", "cores": "two", "gil": null}, "asked": {}, "plan": {"seed": 1}}']
    return noise(chance, chance.choice(kinds).encode() or b"x")


def broken_spans(chance: random.Random) -> bytes:
    """Packed noise, or a small file that unpacks to a large one."""
    kind = chance.random()
    if kind < 0.05:
        return gzip.compress(bytes(200_000_000), 1)
    data = gzip.compress(noise(chance, b"workload,params,block,executor,options,workers,task\n" * 20))
    return noise(chance, data) if kind < 0.5 else data


def once(number: int, chance: random.Random, folder: Path, lines: list[str], failures: list[str]) -> float:
    """One file, one command; the seconds it took, if nothing else ran. `--first NUMBER --files 1` repeats it."""
    path = folder / "broken.csv"
    path.write_bytes(broken_csv(chance, lines))
    path.with_suffix(".json").write_bytes(broken_json(chance))
    if chance.random() < 0.3:
        path.with_suffix(".spans.csv.gz").write_bytes(broken_spans(chance))
    os.environ["POOLBENCH_PROFILE"] = str(path.with_suffix(".json"))
    command = chance.choice(COMMANDS)
    arguments = {
        "plot": ["plot", str(path), "--plots", str(folder / "plots")],
        "report": ["report", str(path), "-o", str(folder / "page.html")],
        "compare": ["compare", str(GOOD), str(path), "--plots", str(folder / "plots")],
        "predict": ["predict", str(path), "--latency", "200ms"],
        "resume": ["run", "--resume", str(path), "--no-plots"],
        "profile": ["machine", "--quick"],
    }[command]
    out, began = io.StringIO(), time.monotonic()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            status = poolbench(arguments)
    except BaseException:  # noqa: BLE001  any of them would have been a traceback
        failures.append(f"{number} {command}: {traceback.format_exc()[-700:]}")
        return time.monotonic() - began
    said, took_s = out.getvalue(), time.monotonic() - began
    if "\x1b" in said or "Traceback" in said or status not in (0, 1, 2, 3, 4):
        failures.append(f"{number} {command}: status {status}: {said[-300:]!r}")
    if status == 2 and command != "profile" and "broken" not in said and str(GOOD) not in said:
        failures.append(f"{number} {command}: the file is not named: {said[-300:]!r}")
    if took_s > SLOWEST_S * SLACK:
        failures.append(f"{number} {command}: {took_s:.1f} s")
    return took_s


def main() -> int:
    """So many files."""
    given = options(("files", 10_000), ("first", 0))
    until = time.monotonic() + given.seconds
    lines = GOOD.read_text().splitlines()
    failures: list[str] = []
    times: list[float] = []
    peak = 0.0
    poolbench(["plot", str(GOOD), "--plots", tempfile.mkdtemp(), "-q"])  # imports, and the fonts
    while len(times) < given.files and time.monotonic() < until:
        number = given.first + len(times)
        with tempfile.TemporaryDirectory() as name:
            times.append(once(number, random.Random(f"{given.seed}:{number}"), Path(name), lines, failures))
        peak = max(peak, peak_rss_bytes([os.getpid()]) / 2**20)  # ru_maxrss would be that of whoever started this
    if peak > LARGEST_MB:
        failures.append(f"{peak:.0f} MB")
    times.sort()
    return finish(
        failures[:20],
        files=len(times),
        median_s=f"{times[len(times) // 2]:.3f}",
        slowest_s=f"{times[-1]:.2f}",
        peak_mb=f"{peak:.0f}",
    )


if __name__ == "__main__":
    sys.exit(main())
