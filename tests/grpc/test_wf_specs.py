"""WfSpecs by LittleHorse's client: what its Workflow compiles is taken, and given back as it was put."""

from __future__ import annotations

from typing import Any

import grpc
import orjson
import pytest
from littlehorse.lh_struct import create_struct_def
from littlehorse.model import (
    AllowedUpdateType,
    CorrelatedEventConfig,
    DeleteTaskDefRequest,
    DeleteWfSpecRequest,
    ExternalEventDefId,
    GetLatestWfSpecRequest,
    LHStatus,
    NodeRunId,
    PutExternalEventDefRequest,
    PutTaskDefRequest,
    PutUserTaskDefRequest,
    PutWfSpecRequest,
    PutWorkflowEventDefRequest,
    ReturnType,
    RunWfRequest,
    SearchWfSpecRequest,
    TaskDefId,
    TypeDefinition,
    UserTaskField,
    VariableDef,
    VariableType,
    WfSpecId,
)
from littlehorse.workflow import Workflow, WorkflowThread

from lhredis.embedded import EmbeddedServer
from tests.grpc import stories
from tests.grpc.lh import LH, Deployment, another_front

STR = TypeDefinition(primitive_type=VariableType.STR)


@pytest.fixture
def workflows() -> dict[str, Workflow]:
    return {workflow.name: workflow for workflow in stories.everything()}


async def define(lh: LH) -> None:
    """What the stories name."""
    greet = PutTaskDefRequest(
        name="greet",
        input_vars=[VariableDef(name="who", type_def=STR)],
        return_type=ReturnType(return_type=STR),
    )
    await lh.stub.PutTaskDef(greet)
    for name in ("paid", "halt"):
        config = CorrelatedEventConfig() if name == "paid" else None
        text = ReturnType(return_type=STR)
        await lh.stub.PutExternalEventDef(
            PutExternalEventDefRequest(name=name, content_type=text, correlated_event_config=config)
        )
    await lh.stub.PutWorkflowEventDef(
        PutWorkflowEventDefRequest(name="sent", content_type=ReturnType(return_type=STR))
    )
    comment = UserTaskField(name="comment", type=VariableType.STR)
    await lh.stub.PutUserTaskDef(PutUserTaskDefRequest(name="approve", fields=[comment]))


async def test_workflows_of_every_kind_are_given_back_as_they_were_put(
    lh: LH, workflows: dict[str, Workflow]
) -> None:
    await define(lh)
    for struct in (stories.Address, stories.Person):
        await lh.in_thread(create_struct_def, struct, lh.config)
    for name, workflow in workflows.items():
        request = workflow.compile()
        put = await lh.stub.PutWfSpec(request)
        assert put.id == WfSpecId(name=name), name
        assert await lh.stub.GetWfSpec(put.id) == put, name
        assert await lh.stub.PutWfSpec(request) == put, name
        assert put.entrypoint_thread_name == request.entrypoint_thread_name
        assert put.retention_policy == request.retention_policy
        pin(request)
        assert put.thread_specs == request.thread_specs, name
        assert put.parent_wf_spec == request.parent_wf_spec


def pin(request: PutWfSpecRequest) -> None:
    """Do what registration does: fill in the versions of what is named without one, write JSON shortly."""
    shorten_json(request)
    for thread in request.thread_specs.values():
        for declared in thread.variable_defs:
            if declared.var_def.type_def.HasField("struct_def_id"):
                declared.var_def.type_def.struct_def_id.version = 0
        for node in thread.nodes.values():
            if node.HasField("user_task"):
                node.user_task.user_task_def_version = 0
            if node.HasField("run_child_wf"):
                node.run_child_wf.major_version = 0


def shorten_json(message: Any) -> None:
    """Write every JSON text without spaces; nothing else is kept as a text of JSON."""
    for field, value in message.ListFields():
        if field.name in ("json_obj", "json_arr"):
            setattr(message, field.name, orjson.dumps(orjson.loads(value)).decode())
        elif field.message_type is not None and not field.is_repeated:
            shorten_json(value)
        elif field.message_type is not None:
            for item in value.values() if hasattr(value, "values") else value:
                shorten_json(item)


def greeting(text: str, public: bool = False) -> Workflow:
    def entrypoint(wf: WorkflowThread) -> None:
        variable = wf.declare_str("text", text)
        if public:
            variable.as_public()

    return Workflow("greeting", entrypoint)


async def test_versions_count_as_the_change_is(lh: LH) -> None:
    first = await lh.stub.PutWfSpec(greeting("hi").compile())
    second = await lh.stub.PutWfSpec(greeting("hello").compile())
    third = await lh.stub.PutWfSpec(greeting("hello", public=True).compile())
    numbers = [(one.id.major_version, one.id.revision) for one in (first, second, third)]
    assert numbers == [(0, 0), (0, 1), (1, 0)]
    assert [one.var_def.name for one in third.frozen_variables] == ["text"]
    assert await lh.stub.GetLatestWfSpec(GetLatestWfSpecRequest(name="greeting")) == third
    latest_of_0 = GetLatestWfSpecRequest(name="greeting", major_version=0)
    assert await lh.stub.GetLatestWfSpec(latest_of_0) == second

    found = await lh.stub.SearchWfSpec(SearchWfSpecRequest(name="greeting", limit=2))
    assert list(found.results) == [first.id, second.id]
    rest = SearchWfSpecRequest(name="greeting", limit=2, bookmark=found.bookmark)
    found = await lh.stub.SearchWfSpec(rest)
    assert list(found.results) == [third.id]
    found = await lh.stub.SearchWfSpec(SearchWfSpecRequest(prefix="greet"))
    assert list(found.results) == [third.id]

    await lh.stub.DeleteWfSpec(DeleteWfSpecRequest(id=third.id))
    await lh.refusal(grpc.StatusCode.NOT_FOUND, call=lh.stub.GetWfSpec(third.id))
    assert await lh.stub.GetLatestWfSpec(GetLatestWfSpecRequest(name="greeting")) == second


async def test_wf_specs_are_found_by_the_task_they_call(lh: LH) -> None:
    await define(lh)
    await lh.stub.PutWfSpec(Workflow("calls", stories.basic).compile())
    await lh.stub.PutWfSpec(greeting("hi").compile())
    found = await lh.stub.SearchWfSpec(SearchWfSpecRequest(task_def_name="greet"))
    assert [one.name for one in found.results] == ["calls"]


async def test_what_may_not_change_is_refused(lh: LH) -> None:
    await lh.stub.PutWfSpec(greeting("hi").compile())
    fixed = greeting("hello").with_update_type(AllowedUpdateType.NO_UPDATES).compile()
    call = lh.stub.PutWfSpec(fixed)
    await lh.refusal(grpc.StatusCode.ALREADY_EXISTS, "WfSpec already exists.", call=call)
    minor = greeting("hi", public=True).with_update_type(AllowedUpdateType.MINOR_REVISION_UPDATES).compile()
    words = "The resulting WfSpec has a breaking change."
    await lh.refusal(grpc.StatusCode.FAILED_PRECONDITION, words, call=lh.stub.PutWfSpec(minor))


async def test_a_bad_spec_is_told_where_it_is_bad(lh: LH) -> None:
    def entrypoint(wf: WorkflowThread) -> None:
        wf.execute("nobody")
        wf.wait_for_event("never")

    call = lh.stub.PutWfSpec(Workflow("bad", entrypoint).compile())
    await lh.refusal(grpc.StatusCode.INVALID_ARGUMENT, "nobody", "never", "1-nobody-TASK", call=call)


async def test_an_unknown_parent_is_refused(lh: LH) -> None:
    call = lh.stub.PutWfSpec(Workflow("orphan", stories.waiting, parent_wf="nobody").compile())
    await lh.refusal(grpc.StatusCode.INVALID_ARGUMENT, "nobody", call=call)


async def test_what_was_put_can_be_used_at_once(lh: LH) -> None:
    for number in range(20):
        name = f"task-{number}"
        await lh.stub.PutTaskDef(PutTaskDefRequest(name=name))

        def entrypoint(wf: WorkflowThread, name: str = name) -> None:
            wf.execute(name)
            wf.wait_for_event(f"{name}-done")

        await lh.stub.PutExternalEventDef(PutExternalEventDefRequest(name=f"{name}-done"))
        await lh.stub.PutWfSpec(Workflow("changing", entrypoint).compile())
        found = await lh.stub.GetLatestWfSpec(GetLatestWfSpecRequest(name="changing"))
        assert found.id.revision == number
        assert await lh.stub.GetExternalEventDef(ExternalEventDefId(name=f"{name}-done"))


async def test_what_one_server_changed_the_others_know_at_once(
    lh: LH, deployment: Deployment, valkey: EmbeddedServer
) -> None:
    """A TaskDef that is deleted and put again, and a WfSpec that is changed, by another server."""
    await lh.stub.PutTaskDef(PutTaskDefRequest(name="gone"))
    await lh.stub.PutWfSpec(Workflow("missing", lambda wf: wf.execute("gone")).compile())
    run = RunWfRequest(wf_spec_name="missing")
    assert (await lh.stub.RunWf(run)).status == LHStatus.RUNNING
    async with (
        another_front(valkey.url) as front,
        Deployment(front.port, deployment.api_url, lh.redis).lh(str(lh.config.tenant_id)) as other,
    ):
        for one, another in ((lh, other), (other, lh), (lh, lh)):
            await one.stub.DeleteTaskDef(DeleteTaskDefRequest(id=TaskDefId(name="gone")))
            missed = await another.stub.RunWf(run)
            assert missed.status == LHStatus.ERROR
            failed = await another.stub.GetNodeRun(NodeRunId(wf_run_id=missed.id, position=1))
            assert failed.failures[0].failure_name == "TASK_ERROR"
            await another.stub.PutTaskDef(PutTaskDefRequest(name="gone"))
            assert (await one.stub.RunWf(run)).status == LHStatus.RUNNING
        await other.stub.PutWfSpec(Workflow("missing", lambda wf: wf.complete()).compile())
        assert (await lh.stub.RunWf(run)).status == LHStatus.COMPLETED
