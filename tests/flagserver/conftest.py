from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from poolbench.flagserver.options import ServerOptions
from poolbench.flagserver.serving import listening

FLAGS = {"CN": bytes(range(200)) * 20, "IN": b"india" * 500, "US": b"stars" * 700}


class Client:
    """One raw connection to a server."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def get(self, path, version="1.1", method="GET", headers=""):
        await self.send(f"{method} {path} HTTP/{version}\r\nHost: x\r\n{headers}\r\n".encode())
        return await self.answer(bare=method == "HEAD")

    async def answer(self, bare=False):
        """(status, headers in lower case, body)."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ") for line in head[1:] if line)
        length = 0 if bare else int(headers["content-length"])
        return int(head[0].split()[1]), headers, await self.reader.readexactly(length)

    async def rest(self):
        return await self.reader.read()


class Site:
    """A server on the running loop, and its clients."""

    def __init__(self, url):
        self.host, self.port = urlsplit(url).hostname, urlsplit(url).port
        self.clients = []

    async def connect(self):
        client = Client(*await asyncio.open_connection(self.host, self.port))
        self.clients.append(client)
        return client

    async def json(self, path):
        status, headers, body = await (await self.connect()).get(path)
        assert (status, headers["content-type"]) == (200, "application/json")
        return json.loads(body)

    async def close(self):
        for client in self.clients:
            client.writer.close()
        for client in self.clients:
            await asyncio.gather(client.writer.wait_closed(), return_exceptions=True)


@asynccontextmanager
async def site(**options):
    async with listening(ServerOptions(**{"latency_s": 0.0, **options}), FLAGS) as url:
        found = Site(url)
        try:
            yield found
        finally:
            await found.close()


@pytest.fixture
def visit():
    """Run a test of a server with these options: `visit(story, **options)`, where `story` takes a `Site`."""

    def run(story, **options):
        async def told():
            async with site(**options) as found:
                await story(found)

        asyncio.run(asyncio.wait_for(told(), 30))

    return run


@pytest.fixture
def flags():
    return FLAGS
