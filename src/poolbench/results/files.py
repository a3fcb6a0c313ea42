"""Appending so that a crash, a full disk or a second writer harms nothing that is there already."""

from __future__ import annotations

import os
import time
import zlib
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from poolbench.errors import UsageError

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator
    from pathlib import Path

_CHUNK = 1 << 16
_LARGEST = 100_000_000
"""Bytes of spans when unpacked: 200,000 rows have not half as many."""
_GZIP = 31
"""For zlib: the largest window, in gzip's wrapping."""
_PATIENCE_S = 3.0
"""For forked workers of a sweep that was killed: they hold its files until they notice."""


def append(file: io.FileIO, data: bytes, *, sync: bool = True) -> None:
    """All of `data`, on the disk; none of it where there is no room for all."""
    before = os.fstat(file.fileno()).st_size
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) :]
        if sync:
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            os.ftruncate(file.fileno(), before)
        raise


def lock(file: IO[bytes], path: Path, *, alone: bool) -> bool:
    """Makes this process known as a writer of the file; whether it is the only one that is known.

    UsageError if it must be `alone` and is not.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not alone:
                return False
            if time.monotonic() > until:
                raise UsageError(f"another poolbench writes to {path}", "wait until it has ended") from None
            time.sleep(0.05)
        except OSError:  # a file system that has no locks
            return True
        else:
            return True


def sync_folder(folder: Path) -> None:
    """A new file's name is on the disk too."""
    with suppress(OSError):  # Windows opens no folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def drop_torn_line(path: Path) -> None:
    """What a crash cut short; the next row would go on in that line."""
    with path.open("rb+") as file:
        file.truncate(file.read().rfind(b"\n") + 1)


def whole_spans(path: Path) -> int:
    """Cuts off what follows the last whole member of a gzip file; returns how many lines those before it hold."""
    if not path.exists():
        return 0
    lines, whole = 0, 0
    for data, end in members(path):
        lines, whole = lines + data.count(b"\n"), end
    os.truncate(path, whole)
    return lines


def members(path: Path) -> Iterator[tuple[bytes, int]]:
    """What each member of a gzip file holds, one a trial, and the offset of its end.

    The first that is torn, or too large for spans of ours, and all behind it are left out.
    """
    room = _LARGEST
    with suppress(zlib.error), path.open("rb") as file:
        data = file.read(_CHUNK)
        while data:
            member, parts = zlib.decompressobj(_GZIP), []
            while data and not member.eof:
                parts.append(member.decompress(data, room + 1))
                room -= len(parts[-1])
                if room < 0:  # a small file that would fill the memory
                    return
                data = member.unconsumed_tail or member.unused_data or file.read(_CHUNK)
            if member.eof:
                yield b"".join(parts), file.tell() - len(data)
