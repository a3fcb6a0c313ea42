"""A look at a server that is not ours before a sweep loads it: at most 20 requests, one at a time."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from poolbench.errors import Caution, UsageError
from poolbench.executors.base import describe
from poolbench.executors.patience import TaskTimeoutError, watched
from poolbench.flagserver import POP20
from poolbench.workloads.clients import ClientOptions, lacks_plain, open_client
from poolbench.workloads.downloads import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_NAGLE_S = 0.03
"""Answers on kept connections that take this much longer than on new ones wait for a delayed acknowledgement."""
_HOPELESS = 3
"""First requests that all fail: nobody waits for the other 17 to time out."""


@dataclass
class _Asked:
    """What the requests of one manner came to."""

    latencies_s: list[float] = field(default_factory=list)
    flags: dict[str, tuple[int, str]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Requests that have ended."""
        return len(self.latencies_s) + len(self.errors)


@dataclass(frozen=True)
class Preflight:
    """What a foreign server answered."""

    flags: Mapping[str, tuple[int, str]]
    """Length and digest of each flag that came, by country."""
    cautions: tuple[Caution, ...]


def preflight(base: str, client: str, timeout_s: float, patience_s: float | None = None) -> Preflight:
    """Downloads each of the 20 flags once, half of them on a kept connection and half on new ones.

    UsageError if nobody answers, or nobody who has flags, or a flag takes longer than `patience_s`.
    """
    if lacks_plain(client):
        client = "httpx"  # what is looked at is the server, and one request at a time needs no loop
    options = ClientOptions(connections=1, timeout_s=timeout_s, trust_env=True)
    kept, new = _Asked(), _Asked()
    keeper = open_client(client, options)
    try:
        with watched(lambda: kept.count + new.count, patience_s, "a flag"):
            for number, cc in enumerate(POP20):
                if number % 2:
                    _ask(new, base, cc, lambda: open_client(client, options), keep=False)
                else:
                    _ask(kept, base, cc, lambda: keeper, keep=True)
                if len(kept.errors) + len(new.errors) == _HOPELESS == number + 1:
                    break
    except TaskTimeoutError as problem:
        raise UsageError(f"no flags at {base} ({problem})", "give its timeout more seconds") from None
    finally:
        keeper.close()
    flags = kept.flags | new.flags
    if not flags:
        raise UsageError(f"no flags at {base} ({kept.errors[0]})", "it must answer /cn/cn.gif; poolbench serve does")
    return Preflight(flags, tuple(_cautions(base, kept, new)))


def _ask(asked: _Asked, base: str, cc: str, client: Callable[[], Any], *, keep: bool) -> None:
    code = cc.lower()
    user = client()
    began = perf_counter()
    try:
        status, body = user.get(f"{base}/{code}/{code}.gif")
    except Exception as problem:  # noqa: BLE001  each client has its own errors, and any of them is an answer
        refused = _refused(base, problem)
        if refused is not None:
            raise refused from None
        asked.errors.append(f"{cc}: {describe(problem)}")
    else:
        asked.latencies_s.append(perf_counter() - began)
        if status == 200:
            asked.flags[cc] = (len(body), digest(body))
        else:
            asked.errors.append(f"{cc}: status {status}")
    finally:
        if not keep:
            user.close()


def _refused(base: str, problem: BaseException | None) -> UsageError | None:
    """The error for an address where nobody listens, found in what the client's error was caused by."""
    while problem is not None and not isinstance(problem, ConnectionRefusedError):
        inner = [each for each in problem.args if isinstance(each, BaseException)]
        problem = problem.__cause__ or problem.__context__ or (inner[0] if inner else None)
    if problem is None:
        return None
    why = os.strerror(problem.errno).lower() if problem.errno else "connection refused"
    return UsageError(
        f"no answer from {urlsplit(base).netloc} ({why})",
        "drop url to use the built-in server, or start yours with poolbench serve",
    )


def _cautions(base: str, kept: _Asked, new: _Asked) -> Iterator[Caution]:
    errors = kept.errors + new.errors
    if errors:
        yield Caution(
            "preflight",
            f"{len(errors)} of {len(POP20)} first requests to {base} failed ({errors[0]})",
            "trials in which a task fails have no throughput",
        )
    if kept.latencies_s and new.latencies_s:
        kept_s, new_s = median(kept.latencies_s[1:] or kept.latencies_s), median(new.latencies_s)
        if kept_s - new_s > _NAGLE_S:
            yield Caution(
                "keep-alive",
                f"{base} takes {(kept_s - new_s) * 1e3:.0f} ms longer on a kept connection than on a new one",
                "set TCP_NODELAY on the server, or measure with --set reuse=fresh",
            )
