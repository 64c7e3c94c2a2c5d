"""operation: one method of one URL: what it takes, what it answers, who does it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from lhredis.api.answers import Answer
from lhredis.api.call import DURABILITY_HEADER, Call, header, read_body, tenant_of
from lhredis.api.parameters import Parameter, read_path, read_query
from lhredis.api.problems import RequestRefused, answer_of
from lhredis.api.services import Services

Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Operation:
    """A row of the table of URLs. The first line of the handler's docstring is its summary.

    `reply` is the model that a `status` answer holds (None: `content_type`, or nothing for 204);
    `errors` are the problems that it may answer beside 400 and 500. `waits` says that it may take
    long by intention, so that it must not hold one of the places for work on Redis meanwhile. `starts`
    says that it commits a step of a run, for which a durability may be asked.
    """

    method: str
    path: str
    handler: Handler
    reply: type[BaseModel] | None = None
    status: int = 200
    query: tuple[Parameter, ...] = ()
    body: type[BaseModel] | None = None
    errors: tuple[int, ...] = (503,)
    waits: bool = False
    starts: bool = False
    content_type: str = "application/json"

    @property
    def tag(self) -> str:
        """The noun that it belongs to: the module of its handler."""
        return self.handler.__module__.rpartition(".")[2]

    async def answer(self, call: Call) -> Answer:
        """What the handler answers. Raises what it raises."""
        if self.waits:
            return await self.handler(call)
        async with call.services.places:
            return await self.handler(call)


class Endpoint:
    """All operations of one path, as an ASGI app."""

    def __init__(self, path: str, operations: Sequence[Operation], services: Services) -> None:
        self._path = path
        self._operations = {operation.method: operation for operation in operations}
        self._allow = ", ".join(sorted(self._operations) + (["HEAD"] if "GET" in self._operations else []))
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        try:
            answer = await self._answer(scope, receive)
        except Exception as error:  # noqa: BLE001 - every error has its answer
            answer = answer_of(error, scope["path"])
        seconds = time.perf_counter() - began
        self._services.requests.count(self._path, scope["method"], answer.status, seconds)
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        method = scope["method"]
        operation = self._operations.get("GET" if method == "HEAD" else method)
        if operation is None:
            detail = f"{scope['path']} has no method {method[:20]}; it has {self._allow}"
            raise RequestRefused(
                405, "UNIMPLEMENTED", "There is no such method", detail, {"Allow": self._allow}
            )
        call = Call(
            self._services,
            tenant_of(scope),
            read_path(scope["path_params"]),
            read_query(scope["query_string"], operation.query),
            await read_body(scope, receive) if operation.body is not None else b"",
            header(scope, DURABILITY_HEADER) if operation.starts else None,
            scope["path"],
        )
        return await operation.answer(call)
