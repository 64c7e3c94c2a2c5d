"""asgi: the API as an ASGI app: what answers the URLs of app.py, and what answers all others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route

from lhredis.api import openapi
from lhredis.api.answers import Answer
from lhredis.api.app import OPERATIONS
from lhredis.api.operation import Endpoint, Operation
from lhredis.api.problems import RequestRefused, answer_of
from lhredis.api.services import Services


def create_app(redis_url: str, partitions: int | None = None) -> Starlette:
    """The API as an ASGI app. Its lifespan joins the cluster (FailedPrecondition, Unavailable: as
    store/connect.py's join_cluster); `app.state.services` are its parts."""
    services = Services(redis_url, partitions)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await services.open()
        try:
            yield
        finally:
            await services.close()

    paths: dict[str, list[Operation]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, []).append(operation)
    # Verbs first: `/v1/wf-runs/{id}` takes `x:stop` for an id.
    routes = [Route(path, Endpoint(path, paths[path], services)) for path in sorted(paths, key=_has_no_verb)]
    handlers: dict[Any, Any] = {HTTPException: _no_route(services)}
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers)
    app.router.redirect_slashes = False
    app.state.services = services
    services.openapi = openapi.document(OPERATIONS)
    return app


def _has_no_verb(path: str) -> bool:
    return ":" not in path


def _no_route(services: Services) -> Callable[[Request, Exception], Awaitable[Answer]]:
    """Answers what no URL of the table matches."""

    async def answer(request: Request, error: Exception) -> Answer:
        services.requests.count("unmatched", request.method, 404, 0.0)
        detail = f"there is no URL {request.url.path[:200]}; /docs lists them all"
        refused = RequestRefused(404, "NOT_FOUND", "There is no such URL", detail)
        return answer_of(refused, request.url.path)

    return answer
