"""aiohttp: asyncio alone, at about a sixth of the CPU that httpx takes for a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp

from poolbench.workloads.clients import ssl_context

if TYPE_CHECKING:
    from poolbench.workloads.clients import ClientOptions


class AsyncClient:
    """`aiohttp.ClientSession`; it is made on the loop that uses it."""

    def __init__(self, options: ClientOptions) -> None:
        timeout_s = options.timeout_s
        self._session = aiohttp.ClientSession(
            # The default limit of 100 connections would make the 101st worker wait.
            connector=aiohttp.TCPConnector(limit=options.connections, ssl=ssl_context()),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=timeout_s, sock_read=timeout_s),
            trust_env=options.trust_env,
        )
        self.close = self._session.close

    async def get(self, url: str) -> tuple[int, bytes]:
        """Status and body."""
        async with self._session.get(url, allow_redirects=False) as response:
            return response.status, await response.read()
