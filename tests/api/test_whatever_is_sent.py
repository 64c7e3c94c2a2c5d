"""Whatever is sent to any URL, the answer is one that the API's description tells of, and never a 5xx.

`LHREDIS_SENT_MAX=300 pytest tests/api/test_whatever_is_sent.py` sends more to each URL, other things each
time, and all that schemathesis calls coverage: each constraint of each parameter and field broken by itself,
methods that a URL has not. That is about 9,000 requests, too many for every day; of the ENDLESS ones it never
came to an end (more than 200,000 for a WfSpec, one for each way to nest an expression). The stateful phase
follows links between operations, which it has to guess here: most of what it sends meets nothing. The names
in NAMED do that better.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from random import Random
from typing import Any
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
from lhredis.scheduler.process import Scheduler
from lhredis.store.connect import connect
from lhredis.worker import Worker
from tests.api.conftest import PARTITIONS, serving
from tests.api.furnished import (
    BULK_JOBS,
    EXTERNAL_EVENT_DEFS,
    MIGRATION_PLANS,
    SCHEDULES,
    STRUCT_DEFS,
    TASK_DEFS,
    USER_TASK_DEFS,
    WF_RUNS,
    WF_SPECS,
    WORKFLOW_EVENT_DEFS,
    furnish,
)
from tests.api.specs import double

SENT_MAX = int(os.environ.get("LHREDIS_SENT_MAX", "0"))
SENT_DEFAULT = 8
"""Requests to each URL, the same ones each time."""

LED = 0.6
"""How many requests go to what is there, and..."""

LED_EACH = 0.9
"""... which part of each of those."""

TENANT = "default"
DOOMED = "doomed"
"""Whose things are deleted, so that those of the other one are there for all that is sent."""

WAIT_MS_MAX = 20
TIMEOUT_S = 30

NAMED = {
    "wf_run_id": tuple(WF_RUNS),
    "parent_wf_run_id": ("parent",),
    "thread_run_number": (0, 1),
    "position": (1, 0, 2),
    "task_guid": ("0-1",),
    "user_task_guid": ("0-1",),
    "comment_id": (1,),
    "scheduled_wf_run_id": SCHEDULES,
    "event_def": (*EXTERNAL_EVENT_DEFS, *WORKFLOW_EVENT_DEFS),
    "key": ("key", "awaited"),
    "guid": ("guid",),
    "number": (0,),
    "variable": ("n",),
    "version": ("0.0", "0.1"),
    "struct_def_version": (0,),
    "user_task_def_version": (0,),
    "wf_spec_name": WF_SPECS,
    "task_def_name": TASK_DEFS,
    "user_task_def_name": USER_TASK_DEFS,
    "major_version": (0,),
    "revision": (0, 1),
    "user_id": ("ann",),
    "/v1/wf-specs": WF_SPECS,
    "/v1/task-defs": TASK_DEFS,
    "/v1/user-task-defs": USER_TASK_DEFS,
    "/v1/struct-defs": STRUCT_DEFS,
    "/v1/external-event-defs": EXTERNAL_EVENT_DEFS,
    "/v1/workflow-event-defs": WORKFLOW_EVENT_DEFS,
    "/v1/workflow-migration-plans": MIGRATION_PLANS,
    "/v1/bulk-jobs": BULK_JOBS,
    "wf_spec": WF_SPECS,
    "old_wf_spec": WF_SPECS,
    "wf_spec_id": WF_SPECS,
    "task_def": TASK_DEFS,
    "task_def_id": TASK_DEFS,
    "struct_def_id": STRUCT_DEFS,
    "external_event_def_id": EXTERNAL_EVENT_DEFS,
    "workflow_event_def_id": WORKFLOW_EVENT_DEFS,
    "workflow_migration_plan_id": MIGRATION_PLANS,
    "bulk_job_id": BULK_JOBS,
}
"""What leads somewhere, by the word that stands before it in a URL, a query or a body. A `name` has before it
the URL's collection, or the field that holds it."""

ENDLESS = ("put_wf_spec", "create_bulk_job", "apply_workflow_migration_plan", "try_workflow_migration_plan")
"""Handlers whose bodies hold VariableAssignments, which hold each other."""

CONFIG = {
    "phases": {"coverage": {"enabled": bool(SENT_MAX)}, "stateful": {"enabled": False}},
    "operations": [
        {"include-operation-id": name, "phases": {"coverage": {"enabled": False}}} for name in ENDLESS
    ],
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
                "unsupported_method",
                "allow_header_conformance",
            )
        },
    },
}
schema = schemathesis.openapi.from_dict(
    orjson.loads(document(OPERATIONS)), config=SchemathesisConfig.from_dict(CONFIG)
)


@pytest.fixture(scope="module")
def api_url() -> Iterator[str]:
    """A whole deployment in a thread of its own, with something of everything."""
    stopping = threading.Event()
    listening: Future[str] = Future()

    async def run(redis_url: str) -> None:
        async with serving(redis_url) as url, connect(redis_url) as redis:
            over = asyncio.Event()
            at_work = [asyncio.create_task(Scheduler(redis, PARTITIONS, "s1").run(over))]
            for tenant in (TENANT, DOOMED):
                worker = Worker(double, drain_s=0)
                at_work.append(asyncio.create_task(worker.run(over, redis_url, tenant)))
                async with Client(url, tenant) as client:
                    await furnish(client)
            listening.set_result(url)
            await asyncio.to_thread(stopping.wait)
            over.set()
            await asyncio.gather(*at_work)

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
    chance = Random(crc32(repr((case.path, case.path_parameters, case.query, case.body)).encode()))
    if chance.random() < LED:
        of = next((prefix for prefix in NAMED if prefix[0] == "/" and case.path.startswith(prefix)), "")
        for place in (case.path_parameters, case.query, case.body):
            _put_names(place, of, chance)
        if case.method == "DELETE":
            case.headers["LHRedis-Tenant"] = DOOMED
    if str(case.headers.get("LHRedis-Durability")).startswith("replicated"):
        case.headers["LHRedis-Durability"] = (
            "memory"  # there is no replica: a confirmation would take 2 s to fail
        )
    if str(case.query.get("wait_ms")).isdecimal():
        case.query["wait_ms"] = int(case.query["wait_ms"]) % WAIT_MS_MAX
    elif case.path.endswith(":await"):
        case.query.setdefault("wait_ms", WAIT_MS_MAX)


def _put_names(form: Any, of: str, chance: Random) -> None:
    """Put what leads somewhere in the place of what does not, as deep as it goes."""
    if isinstance(form, list):
        for item in form:
            _put_names(item, of, chance)
    elif isinstance(form, dict):
        for word, value in form.items():
            known = NAMED.get(of if word == "name" else word, ())
            if isinstance(value, dict | list):
                _put_names(value, word, chance)
            elif known and chance.random() < LED_EACH:
                form[word] = chance.choice(known)
