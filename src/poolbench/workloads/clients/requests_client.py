"""requests: what most scripts use. It has no asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from poolbench.workloads.clients import ClientOptions


class Client:
    """`requests.Session`."""

    def __init__(self, options: ClientOptions) -> None:
        self._session = requests.Session()
        self._session.trust_env = options.trust_env
        self._timeout_s = options.timeout_s
        # The default pool of 10 would discard the connections of the 11th worker and after.
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=options.connections)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter)
        self.close = self._session.close

    def get(self, url: str) -> tuple[int, bytes]:
        """Status and body."""
        response = self._session.get(url, timeout=self._timeout_s, allow_redirects=False)
        return response.status_code, response.content
