"""A disk of 1 MB that fills up in the midst of a sweep: a clear error, and the rows before it are whole."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from common import Run, finish, options, rows


def main() -> int:
    """Once; says so where nothing can be mounted."""
    options()
    failures: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "small")
        folder.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, check=False
        )
        if mounted.returncode:
            print("skipped: no tmpfs can be mounted here")
            return 0
        try:
            return _fill(folder, failures)
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=False)


def _fill(folder: Path, failures: list[str]) -> int:
    line = (
        "run loiter --set unit=1us --tasks 400 --workers 1,2 --executor threads --repeats 2000 --out out --no-plots -q"
    )
    (folder / "ballast").write_bytes(os.urandom(600_000))
    child = Run(folder, line.split()).start()
    _, said = child.communicate(timeout=120)
    path, kept = rows(folder / "out")
    if child.returncode != 3 or "no space left" not in said or "Traceback" in said or not kept or path is None:
        failures.append(f"status {child.returncode}, {len(kept)} rows: {said[-300:]}")
        return finish(failures)
    if not path.read_bytes().endswith(b"\n"):
        failures.append("the last row is torn")
    (folder / "ballast").unlink()
    again = Run(folder, ["run", "--resume", str(path.relative_to(folder)), "--no-plots", "-q", "--fail-fast"]).start()
    again.communicate(timeout=120)
    more = rows(folder / "out")[1]
    if more[: len(kept)] != kept or len(more) <= len(kept):
        failures.append(f"{len(more)} rows after --resume, {len(kept)} before")
    return finish(failures, rows_before_the_disk_was_full=len(kept), rows_after_resume_with_room=len(more))


if __name__ == "__main__":
    sys.exit(main())
