"""The command `poolbench`, also as `python -m poolbench`."""

from __future__ import annotations

import sys

from poolbench import __version__


def main() -> int:
    """Answers `--version` by itself: whoever asks for it should not wait for the rest to be imported."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"{__version__}\n")
        return 0
    from poolbench.interrupts import INTERRUPTED, handled, leave

    with handled():
        try:
            from poolbench.cli import main as command

            status = command()
        except KeyboardInterrupt:
            status = INTERRUPTED
        return leave(status)


if __name__ == "__main__":
    sys.exit(main())
