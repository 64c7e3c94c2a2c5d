"""connection: one HTTP exchange with the API: a path and a body in, JSON or an error out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import orjson

from lhredis.client.replies import error_of_response
from lhredis.errors import DeadlineExceeded, InvalidArgument, LHRedisError, Unavailable

TENANT_HEADER = "LHRedis-Tenant"
DURABILITY_HEADER = "LHRedis-Durability"
CONNECTIONS_MAX = 100

Query = str | int | Sequence[str] | None
"""The value of a query parameter: several, one, or (None) the parameter is not sent."""


class Connection:
    """A pool of HTTP connections to one API, for one tenant."""

    def __init__(
        self, base_url: str, tenant: str, timeout_s: float, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._timeout_s = timeout_s
        try:
            self._http = httpx.AsyncClient(
                base_url=base_url,
                headers={TENANT_HEADER: tenant, "Accept": "application/json"},
                limits=httpx.Limits(
                    max_connections=CONNECTIONS_MAX, max_keepalive_connections=CONNECTIONS_MAX
                ),
                transport=transport,
                timeout=timeout_s,
                trust_env=False,
            )
        except httpx.InvalidURL as error:
            raise InvalidArgument(f"{base_url!r} is no URL of an API: {error}") from None
        if self._http.base_url.scheme not in ("http", "https") or not self._http.base_url.host:
            raise InvalidArgument(f"{base_url!r} is no URL of an API, such as http://127.0.0.1:8000")

    async def close(self) -> None:
        await self._http.aclose()

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Query] | None = None,
        headers: Mapping[str, str] | None = None,
        wait_ms: int | None = None,
    ) -> Any:
        """The JSON that the API answers, None for an empty answer. Raises the error that a problem
        tells of, Unavailable when nobody answers, DeadlineExceeded when the answer takes too long
        (`timeout_s`, and `wait_ms` on top for a request that waits)."""
        response = await self.send(method, path, body, query, headers, wait_ms)
        try:
            return orjson.loads(response.content) if response.content else None
        except orjson.JSONDecodeError as error:
            raise LHRedisError(f"{method} {path} answered something that is no JSON: {error}") from None

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Query] | None = None,
        headers: Mapping[str, str] | None = None,
        wait_ms: int | None = None,
    ) -> httpx.Response:
        """As `call`, but the whole answer."""
        content = None if body is None else _encoded(body)
        params = {name: value for name, value in (query or {}).items() if value is not None}
        sent = dict(headers or {})
        if content is not None:
            sent["Content-Type"] = "application/json"
        timeout_s = self._timeout_s + (wait_ms or 0) / 1000
        try:
            response = await self._http.request(
                method, path, content=content, params=params, headers=sent, timeout=timeout_s
            )
        except httpx.ConnectTimeout as error:
            raise Unavailable(
                f"{self._http.base_url} cannot be reached within {self._timeout_s:g} s"
            ) from error
        except httpx.TimeoutException as error:
            raise DeadlineExceeded(f"{method} {path} was not answered within {timeout_s:g} s") from error
        except httpx.LocalProtocolError as error:
            raise InvalidArgument(f"the request cannot be sent: {error}") from None
        except (httpx.TransportError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise Unavailable(f"{self._http.base_url} cannot be reached: {reason}") from error
        if not response.is_success:
            raise error_of_response(response)
        return response


def _encoded(body: Any) -> bytes:
    try:
        return orjson.dumps(body)
    except TypeError as error:
        raise InvalidArgument(f"the request cannot be written as JSON: {error}") from None
