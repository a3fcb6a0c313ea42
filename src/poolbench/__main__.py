"""The command `poolbench`, also as `python -m poolbench`."""

from __future__ import annotations

import gc
import sys

from poolbench import __version__
from poolbench.endings import ended


def main() -> int:
    """Answers the shortest questions by itself: whoever asks them should not wait for the rest to be imported."""
    if sys.argv[1:] == ["--version"]:
        return ended(_version)
    gc.disable()  # nothing that is imported is garbage: looking for it takes a fifth of `--help`
    if sys.argv[1:] == ["list"]:
        return ended(_list)
    from poolbench.interrupts import handled, leave
    from poolbench.statuses import INTERRUPTED

    with handled():
        try:
            from poolbench.cli import main as command

            gc.freeze()  # nor later
            gc.enable()
            return leave(command())
        except KeyboardInterrupt:  # also one that comes when all is done
            return leave(INTERRUPTED)


def _version() -> int:
    sys.stdout.write(f"{__version__}\n")
    return 0


def _list() -> int:
    from poolbench.commands.asking import list_

    status = list_()
    gc.freeze()  # nor when all of it goes
    return status


if __name__ == "__main__":
    sys.exit(main())
