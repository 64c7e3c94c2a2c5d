"""migration_plans: register WorkflowMigrationPlans, try them, and apply them to WfRuns."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson

from lhredis.api.answers import Answer, json_answer, no_content
from lhredis.api.bookmarks import read_bookmark, write_bookmark
from lhredis.api.call import Call
from lhredis.api.commands import Command
from lhredis.api.parameters import write_name_bookmark
from lhredis.api.run_control import do_and_show
from lhredis.api.validation import parse_body
from lhredis.engine.events import Event, MigrationApplied
from lhredis.engine.migration_forecast import forecast
from lhredis.engine.migration_plan import migration_of, plan_of
from lhredis.engine.run import Run, SpecVersion
from lhredis.errors import AlreadyExists, InvalidArgument, NotFound
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus
from lhredis.model.ids import WfSpecId
from lhredis.model.migration import (
    ApplyWorkflowMigrationPlanRequest,
    MigrationOutcome,
    PutWorkflowMigrationPlanRequest,
    TryWorkflowMigrationPlanRequest,
    WorkflowMigrationPlan,
)
from lhredis.model.wf_spec import WfSpec
from lhredis.store import keys
from lhredis.store.definitions import now_text
from lhredis.store.runs import load_readable
from lhredis.store.search import Search, find_page

GOING_ON = tuple(status.name for status in LHStatus if status not in TERMINAL_STATUSES)
"""Statuses in which a WfRun can be migrated."""


async def put_workflow_migration_plan(call: Call) -> Answer:
    """Register a WorkflowMigrationPlan

    The same request again changes nothing; another plan of the name is ALREADY_EXISTS.
    """
    request = parse_body(PutWorkflowMigrationPlanRequest, call.body)
    old = await _wf_spec(call, "old_wf_spec", request.old_wf_spec)
    version = WfSpecId(
        name=request.old_wf_spec.name, major_version=request.major_version, revision=request.revision
    )
    new = await _wf_spec(call, "major_version", version)
    plan = plan_of(request, old, new, now_text())
    found = await call.services.metadata.migration_plans.put_new(call.tenant, request.name, plan)
    if found is not None and _content(found) != _content(plan):
        raise AlreadyExists(f"WorkflowMigrationPlan [{request.name}] already exists and is immutable.")
    return json_answer((found or plan).to_json())


async def list_workflow_migration_plans(call: Call) -> Answer:
    """List WorkflowMigrationPlans, by name

    With `wf_spec_name`, those of one WfSpec.
    """
    limit: int = call.query["limit"]
    wanted, plans = call.query["wf_spec_name"], call.services.metadata.migration_plans
    names = await plans.names(call.tenant, call.query["prefix"] or "", call.query["bookmark"] or "")
    if wanted is not None:
        found = await plans.some(call.tenant, names)
        names = [name for name in names if name in found and found[name].old_wf_spec.name == wanted]
    reply: dict[str, Any] = {"results": [{"name": name} for name in names[:limit]]}
    if len(names) > limit:
        reply["bookmark"] = write_name_bookmark(names[limit - 1])
    return json_answer(reply)


async def get_workflow_migration_plan(call: Call) -> Answer:
    """Read a WorkflowMigrationPlan"""
    return json_answer((await _plan(call)).to_json())


async def delete_workflow_migration_plan(call: Call) -> Answer:
    """Delete a WorkflowMigrationPlan

    WfRuns that it was applied to go on with it. Deleting what is not there is fine.
    """
    await call.services.metadata.migration_plans.delete(call.tenant, call.path["name"])
    return no_content()


async def apply_workflow_migration_plan(call: Call) -> Answer:
    """Apply a WorkflowMigrationPlan to a WfRun

    ThreadRuns that wait where the plan says so go over at once, the others when they would come to such a
    node. Refused when the WfRun has ended, or is being migrated already.
    """
    request = parse_body(ApplyWorkflowMigrationPlanRequest, call.body)
    migration = migration_of(await _plan(call), request.migration_vars_by_thread)

    def make(now_ms: int, nonce: str) -> Event:
        return MigrationApplied(now_ms, nonce, migration)

    return await do_and_show(call, Command(call.tenant, request.wf_run_id, make))


async def try_workflow_migration_plan(call: Call) -> Answer:
    """Tell what a WorkflowMigrationPlan would do

    To the WfRuns of its old version that have not ended, page by page, the oldest first. Nothing changes.
    """
    request = parse_body(TryWorkflowMigrationPlanRequest, call.body)
    plan, services = await _plan(call), call.services
    migration = migration_of(plan, request.migration_vars_by_thread)
    old = await services.programs.of(call.tenant, migration.old)
    new = await services.programs.of(call.tenant, migration.new)
    kind = f"migration {call.path['name']}"
    began = read_bookmark(kind, request.bookmark)

    def sets(partition: int) -> list[str]:
        return [keys.index_status(partition, call.tenant, migration.old, status) for status in GOING_ON]

    search = Search([sets], range(services.partitions), newest_first=False)
    after = began[0] if began is not None else None
    found = await find_page(services.redis, search, after, request.limit)
    results, counts = [], Counter({outcome.name: 0 for outcome in MigrationOutcome})
    of = [(partition, call.tenant, wf_run_id) for _, wf_run_id, partition in found.rows]
    for stored in await load_readable(services.redis, of):
        if stored is not None:
            await _forget_plan_to_nowhere(call, stored.run)
            outcome, why = forecast(stored.run, migration, old, new)
            results.append({"wf_run_id": stored.run.id, "outcome": outcome.name, "why": why})
            counts[outcome.name] += 1
    reply: dict[str, Any] = {"results": results, "counts": dict(counts)}
    if found.more is not None:
        reply["bookmark"] = write_bookmark(kind, found.more)
    return json_answer(reply)


async def _forget_plan_to_nowhere(call: Call, run: Run) -> None:
    """A plan whose version was deleted is no hindrance: the next step of the run forgets it."""
    if run.migration is not None:
        try:
            await call.services.programs.of(call.tenant, run.migration.new)
        except NotFound:
            run.migration = None


async def _plan(call: Call) -> WorkflowMigrationPlan:
    return await call.services.metadata.migration_plans.get(call.tenant, call.path["name"])


async def _wf_spec(call: Call, path: str, version: WfSpecId) -> WfSpec:
    """The WfSpec that a plan names. InvalidArgument when there is none."""
    number = SpecVersion(version.name, version.major_version, version.revision)
    try:
        found = await call.services.metadata.find_version(call.tenant, *number)
        return await call.services.metadata.wf_spec(call.tenant, found)
    except NotFound as error:
        raise InvalidArgument(f"{path}: {error}") from None


def _content(plan: WorkflowMigrationPlan) -> bytes:
    return orjson.dumps(plan.model_dump(mode="json", exclude={"created_at"}), option=orjson.OPT_SORT_KEYS)
