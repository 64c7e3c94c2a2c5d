"""context: one call of an RPC: who asks, and the handlers of the HTTP API that do its work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson

from lhredis import config
from lhredis.api.app import OPERATIONS
from lhredis.api.call import Call
from lhredis.api.operation import Handler
from lhredis.api.parameters import read_path, read_query
from lhredis.api.services import Services
from lhredis.errors import InvalidArgument, ResourceExhausted
from lhredis.grpc.workers.dispatch import Dispatch
from lhredis.model.ids import check_name
from lhredis.model.limits import BODY_BYTES_MAX

TENANT_KEY = "tenantid"
DURABILITY_KEY = "lhredis-durability"

_OPERATIONS = {operation.handler: operation for operation in OPERATIONS}


@dataclass(slots=True)
class Front:
    """What all calls of one server share. Workers are told to come to `host` and `port`, and get their tasks
    from `dispatch`."""

    services: Services
    host: str
    port: int
    dispatch: Dispatch


@dataclass(frozen=True, slots=True)
class Context:
    """`method` is the RPC's path, for logs; `durability` is what was asked for, if anything; `remaining_ms`
    is how long the client waits for the answer, None without a deadline."""

    front: Front
    method: str
    tenant: str
    durability: str | None
    remaining_ms: int | None

    @property
    def services(self) -> Services:
        return self.front.services

    async def call(
        self,
        handler: Handler,
        path: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
    ) -> Any:
        """The JSON of a handler's answer (None if it has none) to a request with these values in its URL
        and this form as its body; values of the query that are None are not given. Raises what the handler
        raises, and what breaks the rules of URLs and bodies: InvalidArgument, ResourceExhausted."""
        operation = _OPERATIONS[handler]
        given = {name: value for name, value in (query or {}).items() if value is not None}
        content = b"" if body is None else orjson.dumps(body)
        if len(content) > BODY_BYTES_MAX:
            raise ResourceExhausted(
                f"a request has at most {BODY_BYTES_MAX} bytes (BODY_BYTES_MAX); got {len(content)}"
            )
        call = Call(
            self.services,
            self.tenant,
            read_path({name: str(value) for name, value in (path or {}).items()}),
            read_query(urlencode(given, doseq=True).encode(), operation.query),
            content,
            self.durability if operation.starts else None,
            self.method,
        )
        answer = await operation.answer(call)
        return orjson.loads(answer.body) if answer.body else None


def context_of(front: Front, method: str, call: Any) -> Context:
    """The context of gRPC's call of an RPC. InvalidArgument when the tenant is no name."""
    given = dict(call.invocation_metadata() or ())
    remaining_s = call.time_remaining()
    remaining_ms = int(remaining_s * 1000) if remaining_s is not None else None
    return Context(front, method, _tenant(given), given.get(DURABILITY_KEY), remaining_ms)


def _tenant(given: Mapping[str, Any]) -> str:
    name = given.get(TENANT_KEY)
    if name is None:
        return config.TENANT_DEFAULT
    try:
        return check_name(name)
    except ValueError as error:
        raise InvalidArgument(f"metadata {TENANT_KEY}: {error}") from None
