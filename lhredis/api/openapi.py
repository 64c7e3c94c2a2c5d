"""openapi: the API described for machines (OpenAPI 3.1), made from the table of URLs, and for people."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from pydantic.json_schema import models_json_schema

import lhredis
from lhredis.api.answers import JSON, Answer, text_answer
from lhredis.api.call import DURABILITY_HEADER, TENANT_HEADER
from lhredis.api.parameters import IN_PATH, NAME_SCHEMA, Parameter
from lhredis.api.replies import ProblemDetails
from lhredis.api.validation import may_be_left_out

if TYPE_CHECKING:
    from lhredis.api.call import Call
    from lhredis.api.operation import Operation

DESCRIPTION = """Workflows and tasks on Redis or Valkey. Values are plain JSON; BYTES, TIMESTAMP and WF_RUN_ID
are written `{"$bytes": base64}`, `{"$timestamp": RFC 3339}` and `{"$wf_run_id": id}`. Every error is a problem
(RFC 9457) with a `code`."""

DURABILITY_WORD = {"type": "string", "pattern": "^(memory|logged|fsync|replicated:[1-9][0-9]?)$"}

_PAGE = Path(__file__).with_name("docs.html")


async def get_openapi(call: Call) -> Answer:
    """Read this description"""
    return Answer(call.services.openapi, JSON)


async def get_docs(call: Call) -> Answer:
    """Browse this description

    One page that needs nothing but this server.
    """
    return text_answer(_PAGE.read_bytes(), "text/html; charset=utf-8")


def document(operations: Sequence[Operation]) -> bytes:
    """The OpenAPI document of these operations."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return orjson.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "lhredis", "version": lhredis.__version__, "description": DESCRIPTION},
            "paths": paths,
            "components": {"schemas": _schemas(operations)},
        }
    )


def _schemas(operations: Sequence[Operation]) -> dict[str, Any]:
    models = {model for operation in operations for model in (operation.body, operation.reply) if model}
    wanted = sorted(models | {ProblemDetails}, key=lambda model: model.__name__)
    _, schema = models_json_schema(
        [(model, "validation") for model in wanted], ref_template="#/components/schemas/{model}"
    )
    return dict(schema["$defs"])


def _operation(operation: Operation) -> dict[str, Any]:
    summary, _, description = inspect.getdoc(operation.handler).partition("\n\n")  # type: ignore[union-attr]
    found: dict[str, Any] = {
        "operationId": operation.handler.__name__,
        "tags": [operation.tag],
        "summary": summary,
        "parameters": _parameters(operation),
        "responses": _responses(operation),
    }
    if description:
        found["description"] = " ".join(description.split())
    if operation.body is not None:
        content = {"application/json": {"schema": _ref(operation.body)}}
        found["requestBody"] = {"required": not may_be_left_out(operation.body), "content": content}
    return found


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    names = re.findall(r"\{(\w+)\}", operation.path)
    found = [_parameter(IN_PATH[name], "path") for name in names]
    found += [_parameter(parameter, "query") for parameter in operation.query]
    if operation.path.startswith("/v1/"):
        schema = {**NAME_SCHEMA, "default": "default"}
        found.append(
            {
                "name": TENANT_HEADER,
                "in": "header",
                "description": "Whose data is meant.",
                "schema": schema,
            }
        )
    if operation.starts:
        found.append(
            {
                "name": DURABILITY_HEADER,
                "in": "header",
                "description": "What must hold before the answer, if it is more than the server gives anyway.",
                "schema": DURABILITY_WORD,
            }
        )
    return found


def _parameter(parameter: Parameter, place: str) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": place,
        "required": place == "path",
        "description": parameter.description,
        "schema": {"type": "array", "items": parameter.schema} if parameter.many else parameter.schema,
    }


def _responses(operation: Operation) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": HTTPStatus(operation.status).phrase}
    if operation.reply is not None:
        answer["content"] = {"application/json": {"schema": _ref(operation.reply)}}
    elif operation.status != 204:
        answer["content"] = {operation.content_type: {}}
    if operation.starts:
        text = {"description": "What holds for what was written.", "schema": DURABILITY_WORD}
        answer["headers"] = {DURABILITY_HEADER: text}
    if operation.status == 201:
        place = {"description": "URL of what was made.", "schema": {"type": "string"}}
        answer["headers"] = {**answer.get("headers", {}), "Location": place}
    responses = {str(operation.status): answer}
    problem = {"application/problem+json": {"schema": _ref(ProblemDetails)}}
    for status in sorted({400, 500, *operation.errors}):
        responses[str(status)] = {"description": HTTPStatus(status).phrase, "content": problem}
    return responses


def _ref(model: type) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
