"""Whatever is sent to any URL, the answer is one that the API's description tells of, and never a 5xx.

`LHREDIS_SENT_MAX=300 pytest tests/api/test_whatever_is_sent.py` sends more to each URL, and other things each time.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from zlib import crc32

import orjson
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from lhredis.api.app import OPERATIONS
from lhredis.api.openapi import document
from lhredis.client import Client
from lhredis.embedded import EmbeddedServer
from lhredis.model.event_def import PutExternalEventDefRequest, PutWorkflowEventDefRequest
from lhredis.model.user_task_def import PutUserTaskDefRequest
from lhredis.scheduler.process import Scheduler
from lhredis.store.connect import connect
from lhredis.workflow import Workflow, WorkflowThread
from tests.api.conftest import PARTITIONS, serving
from tests.api.specs import put_doubling, put_instant

SENT_MAX = int(os.environ.get("LHREDIS_SENT_MAX", "0"))
SENT_DEFAULT = 8
"""Requests to each URL, the same ones each time."""

WAIT_MS_MAX = 20
TIMEOUT_S = 30

KNOWN = {
    "wf_run_id": "run",
    "thread_run_number": 0,
    "position": 1,
    "task_guid": "0-1",
    "user_task_guid": "0-1",
    "comment_id": 1,
    "scheduled_wf_run_id": "schedule",
    "event_def": "happened",
    "key": "key",
    "guid": "guid",
    "number": 0,
    "variable": "n",
    "version": "0.0",
}
"""Parameters of URLs that lead somewhere; names of definitions are told by the URL."""

NAMES = {
    "/v1/wf-specs": "asks",
    "/v1/task-defs": "double",
    "/v1/user-task-defs": "form",
    "/v1/external-event-defs": "happened",
    "/v1/workflow-event-defs": "thrown",
}
CONFIG = {
    "phases": {"coverage": {"enabled": False}, "stateful": {"enabled": False}},
    "generation": {"mode": "all", "allow-x00": True},
    "checks": {
        "enabled": False,
        **{
            name: {"enabled": True}
            for name in (
                "status_code_conformance",
                "content_type_conformance",
                "response_headers_conformance",
                "response_schema_conformance",
            )
        },
    },
}
schema = schemathesis.openapi.from_dict(
    orjson.loads(document(OPERATIONS)), config=SchemathesisConfig.from_dict(CONFIG)
)


@pytest.fixture(scope="module")
def api_url() -> Iterator[str]:
    """A whole deployment in a thread of its own, with a run that waits for a form, and what it needs."""
    stopping = threading.Event()
    listening: Future[str] = Future()

    async def run(redis_url: str) -> None:
        async with serving(redis_url) as url, connect(redis_url) as redis, Client(url, "default") as client:
            over = asyncio.Event()
            scheduler = asyncio.create_task(Scheduler(redis, PARTITIONS, "s1").run(over))
            await _furnish(client)
            listening.set_result(url)
            await asyncio.to_thread(stopping.wait)
            over.set()
            await scheduler

    def in_thread(redis_url: str) -> None:
        try:
            asyncio.run(run(redis_url))
        except BaseException as error:
            if listening.done():
                raise
            listening.set_exception(error)

    with EmbeddedServer(durability="memory") as server:
        thread = threading.Thread(target=in_thread, args=(server.url,))
        thread.start()
        try:
            yield listening.result(TIMEOUT_S)
        finally:
            stopping.set()
            thread.join()


async def _furnish(client: Client) -> None:
    await put_instant(client)
    await put_doubling(client)
    fields = [{"name": "amount", "type": "INT"}]
    await client.put_user_task_def(PutUserTaskDefRequest.model_validate({"name": "form", "fields": fields}))
    await client.put_external_event_def(PutExternalEventDefRequest(name="happened"))
    await client.put_workflow_event_def(PutWorkflowEventDefRequest(name="thrown"))

    def asks(wf: WorkflowThread) -> None:
        wf.declare_int("n", 1).searchable()
        wf.complete(wf.assign_user_task("form", "ann"))

    await client.put_wf_spec(Workflow("asks", asks).compile())
    await client.run_wf("asks", {}, id=str(KNOWN["wf_run_id"]))
    await client.schedule_wf("asks", "0 0 1 1 *", id=str(KNOWN["scheduled_wf_run_id"]))


@pytest.mark.filterwarnings("ignore:Do not use the `random` module")  # schemathesis does
@schema.parametrize()
@settings(
    max_examples=SENT_MAX or SENT_DEFAULT,
    derandomize=not SENT_MAX,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_is_described(case: schemathesis.Case, api_url: str) -> None:
    _lead_somewhere(case)
    answer = case.call(base_url=api_url, timeout=TIMEOUT_S)
    assert answer.status_code < 500 or answer.status_code == 504, answer.text
    case.validate_response(answer)


def _lead_somewhere(case: schemathesis.Case) -> None:
    """Every other request goes to what is there; none waits for long."""
    named = next((name for prefix, name in NAMES.items() if case.path.startswith(prefix)), None)
    known = KNOWN | {"name": named}
    if crc32(repr((case.path_parameters, case.query, case.body)).encode()) % 2:
        for parameter in case.path_parameters:
            if known.get(parameter) is not None:
                case.path_parameters[parameter] = known[parameter]
    if isinstance(case.query.get("wait_ms"), int):
        case.query["wait_ms"] %= WAIT_MS_MAX
    elif case.path.endswith(":await"):
        case.query.setdefault("wait_ms", WAIT_MS_MAX)
