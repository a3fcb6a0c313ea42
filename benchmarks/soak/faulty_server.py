"""A server of flags on a raw socket that is good until the preflight is over, then fails one country in one way."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress

BODY = b"GIF89a" + bytes(range(256)) * 16
BAD = b"/br/"
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/gif\r\nContent-Length: %d\r\n\r\n"
_GOOD = _HEAD % len(BODY) + BODY
MODES = {
    "refused": ("failed",),
    "reset": ("failed",),
    "reset in mid-body": ("failed",),
    "truncated": ("failed",),
    "wrong length": ("failed",),
    "wrong content": ("failed",),
    "status 404": ("failed",),
    "status 500": ("failed",),
    "redirect loop": ("failed",),
    "no http": ("failed",),
    "trickle": ("timeout",),
    "hang": ("timeout",),
    "dies and returns": ("failed", "ok"),
}
"""By name: the outcomes that are right."""
_EMPTY = b"Content-Length: 0\r\n\r\n"
_ANSWERS = {
    "status 404": b"HTTP/1.1 404 No\r\n" + _EMPTY,
    "status 500": b"HTTP/1.1 500 No\r\n" + _EMPTY,
    "redirect loop": b"HTTP/1.1 302 Found\r\nLocation: /br/br.gif\r\n" + _EMPTY,
    "wrong content": _HEAD % len(BODY) + BODY[::-1],
    "wrong length": _HEAD % (len(BODY) - 9) + BODY[:-9],
    "truncated": _HEAD % len(BODY) + BODY[:1000],
    "no http": b"\x16\x03\x01 not http at all\r\n\r\n",
}
_LAST, _RESET = ("truncated", "no http"), ("reset", "reset in mid-body")


class FaultyServer:
    """A context manager; `url` is its address."""

    def __init__(self, mode: str) -> None:
        self._mode, self._served, self._over = mode, 0, False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> FaultyServer:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._listener.close()

    def _accept(self, listener: socket.socket) -> None:
        while not self._over:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with suppress(OSError), line:
            waiting = b""
            while not self._over:
                while b"\r\n\r\n" not in waiting:
                    data = line.recv(65536)
                    if not data:
                        return
                    waiting += data
                head, _, waiting = waiting.partition(b"\r\n\r\n")
                self._served += 1
                bad = BAD in head and self._served > 20
                if not bad:
                    line.sendall(_GOOD)
                elif not self._fail(line):
                    return

    def _fail(self, line: socket.socket) -> bool:
        """In its way; whether the connection goes on."""
        mode = self._mode
        if mode in _ANSWERS:
            line.sendall(_ANSWERS[mode])
            return mode not in _LAST
        if mode == "reset in mid-body":
            line.sendall(_HEAD % len(BODY) + BODY[:1000])
        elif mode == "trickle":
            line.sendall(_HEAD % len(BODY))
            for each in BODY:
                line.sendall(bytes([each]))
                time.sleep(0.1)
        elif mode == "hang":
            time.sleep(30)
        elif mode in ("refused", "dies and returns"):
            self._close(returns=mode != "refused")
        if mode in _RESET:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    def _close(self, *, returns: bool) -> None:
        """Nobody listens any more; after a moment somebody does, who stays."""
        self._listener.close()
        if returns:
            self._mode = "none"
            time.sleep(0.3)
            self._listener = socket.create_server(("127.0.0.1", self._port), backlog=256)
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
