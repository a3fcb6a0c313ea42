"""The server's own process: `python -m poolbench.flagserver '{"options": {...}, "parent": 4711}'`.

Prints one line of JSON: its base URL, or why it cannot listen. Ends with the parent.
"""

from __future__ import annotations

import signal

# Ctrl-C in a terminal goes to the whole group; the parent decides. Before the imports, which take a while.
signal.signal(signal.SIGINT, signal.SIG_IGN)

import json  # noqa: E402
import sys  # noqa: E402
from functools import partial  # noqa: E402

from poolbench.errors import UsageError  # noqa: E402
from poolbench.flagserver.lifeline import watch_parent  # noqa: E402
from poolbench.flagserver.options import ServerOptions  # noqa: E402
from poolbench.flagserver.serving import run  # noqa: E402


def main(order: str) -> int:
    """Serve as `order` says; returns the exit status."""
    wanted = json.loads(order)
    options = ServerOptions(**{**wanted["options"], "faults": tuple(wanted["options"]["faults"])})
    try:
        run(options, lambda url: _say({"url": url}), partial(watch_parent, wanted["parent"]))
    except UsageError as error:
        _say({"error": error.message, "tip": error.tip})
        return 2
    return 0


def _say(message: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
