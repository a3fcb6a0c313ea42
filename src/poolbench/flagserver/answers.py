"""The bytes that the server sends, head and body in one piece, made once before the first request."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from hashlib import blake2b
from typing import TYPE_CHECKING

from poolbench.flagserver.delays import stream

if TYPE_CHECKING:
    from collections.abc import Mapping

_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}
_INVERT = bytes(255 - each for each in range(256))


class End(Enum):
    """What happens to the connection once an answer's bytes are written."""

    KEEP = "keep"
    CLOSE = "close"
    RESET = "reset"
    NEVER = "never"
    """Nothing is written, and nothing happens until the client leaves."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The bytes of one answer, the length of the body among them, and what comes after."""

    data: bytes
    body: int
    end: End


@dataclass(slots=True)
class Flag:
    """One country's answers: by kind, whether only the head is asked for, whether the connection is kept."""

    cc: str
    start: int
    """Of the country's random sequence."""
    answers: dict[tuple[str, bool, bool], Answer]
    served: int = 0
    """Requests without a task's index so far: each takes the next place in the sequence."""


def head(status: int, kind: str, length: int, keep: bool) -> bytes:
    """Return the status line and headers of an answer with a body of `length` bytes."""
    connection = "keep-alive" if keep else "close"
    allow = "Allow: GET, HEAD\r\n" if status == 405 else ""
    return (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n"
        f"{allow}Connection: {connection}\r\n\r\n"
    ).encode()


def answer(status: int, kind: str, body: bytes, keep: bool, bare: bool = False) -> Answer:
    """Return a whole answer; `bare` leaves out the body, as for HEAD, and keeps its length in the head."""
    sent = b"" if bare else body
    return Answer(head(status, kind, len(body), keep) + sent, len(sent), End.KEEP if keep else End.CLOSE)


def refusal(status: int, keep: bool = False, bare: bool = False) -> Answer:
    """Return a plain answer that says only what its status means."""
    return answer(status, "text/plain", f"{_REASONS[status]}\n".encode(), keep, bare)


def flag_answers(data: bytes) -> dict[tuple[str, bool, bool], Answer]:
    """Every answer to a request for one flag: the good one under "", and one for each kind of fault."""
    answers = {}
    for bare in (False, True):
        cut = head(200, "image/gif", len(data), keep=True) + (b"" if bare else data[: len(data) // 2])
        for keep in (False, True):
            answers["", bare, keep] = answer(200, "image/gif", data, keep, bare)
            answers["status", bare, keep] = refusal(503, keep, bare)
            answers["reset", bare, keep] = Answer(b"", 0, End.RESET)
            answers["truncated", bare, keep] = Answer(cut, 0 if bare else len(data) // 2, End.CLOSE)
            answers["wrong", bare, keep] = answer(200, "image/gif", data.translate(_INVERT), keep, bare)
            answers["hang", bare, keep] = Answer(b"", 0, End.NEVER)
    return answers


def routes(flags: Mapping[str, bytes], seed: int) -> dict[bytes, Flag]:
    """Each flag by its paths: `/CN/CN.gif` and `/cn/cn.gif`."""
    found = {}
    for cc, data in flags.items():
        flag = Flag(cc, stream(seed, cc), flag_answers(data))
        for name in (cc.upper(), cc.lower()):
            found[f"/{name}/{name}.gif".encode()] = flag
    return found


def manifest(flags: Mapping[str, bytes]) -> bytes:
    """Return the JSON of `/manifest`: each flag's length in bytes and its digest."""
    entries = {
        cc: {"length": len(data), "digest": blake2b(data, digest_size=16).hexdigest()} for cc, data in flags.items()
    }
    return json.dumps(entries).encode()
