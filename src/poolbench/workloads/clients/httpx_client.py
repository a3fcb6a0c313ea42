"""httpx: one family for threads, processes and asyncio, so that these can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from poolbench.workloads.clients import ssl_context

if TYPE_CHECKING:
    from poolbench.workloads.clients import ClientOptions


def _settings(options: ClientOptions) -> dict[str, Any]:
    # The default limits (100 connections, 20 kept alive) would close and reopen connections above 20 workers.
    limits = httpx.Limits(max_connections=options.connections, max_keepalive_connections=options.connections)
    return {
        "limits": limits,
        "timeout": options.timeout_s,
        "trust_env": options.trust_env,
        "verify": ssl_context(),
    }


class Client:
    """`httpx.Client`."""

    def __init__(self, options: ClientOptions) -> None:
        self._client = httpx.Client(**_settings(options))
        self.close = self._client.close

    def get(self, url: str) -> tuple[int, bytes]:
        """Status and body."""
        response = self._client.get(url)
        return response.status_code, response.content


class AsyncClient:
    """`httpx.AsyncClient`."""

    def __init__(self, options: ClientOptions) -> None:
        self._client = httpx.AsyncClient(**_settings(options))
        self.close = self._client.aclose

    async def get(self, url: str) -> tuple[int, bytes]:
        """Status and body."""
        response = await self._client.get(url)
        return response.status_code, response.content
