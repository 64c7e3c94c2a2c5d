"""StructDefs, UserTaskDefs and the defs of events by LittleHorse's client."""

from __future__ import annotations

import grpc
from littlehorse.model import (
    CorrelatedEventConfig,
    DeleteExternalEventDefRequest,
    DeleteStructDefRequest,
    DeleteUserTaskDefRequest,
    DeleteWorkflowEventDefRequest,
    ExternalEventDefId,
    ExternalEventRetentionPolicy,
    GetLatestUserTaskDefRequest,
    InlineStructDef,
    PutExternalEventDefRequest,
    PutStructDefRequest,
    PutUserTaskDefRequest,
    PutWorkflowEventDefRequest,
    ReturnType,
    SearchExternalEventDefRequest,
    SearchStructDefRequest,
    SearchUserTaskDefRequest,
    SearchWorkflowEventDefRequest,
    StructDefCompatibilityType,
    StructDefId,
    StructFieldDef,
    TypeDefinition,
    UserTaskDefId,
    UserTaskField,
    ValidateStructDefEvolutionRequest,
    VariableType,
    VariableValue,
    WorkflowEventDefId,
)

from tests.grpc.lh import LH

STR = TypeDefinition(primitive_type=VariableType.STR)
INT = TypeDefinition(primitive_type=VariableType.INT)
MAKE = StructFieldDef(field_type=STR)
YEAR = StructFieldDef(field_type=INT, default_value=VariableValue(int=1999))
NOTE = StructFieldDef(field_type=STR, default_value=VariableValue(), is_nullable=True, description="Any")
CAR = InlineStructDef(fields={"make": MAKE, "note": NOTE})
NEWER_CAR = InlineStructDef(fields={"make": MAKE, "note": NOTE, "year": YEAR})
COMPATIBLE = StructDefCompatibilityType.FULLY_COMPATIBLE_SCHEMA_UPDATES


async def test_a_struct_def_evolves_where_it_may(lh: LH) -> None:
    first = await lh.stub.PutStructDef(PutStructDefRequest(name="car", struct_def=CAR, description="Drives"))
    assert first.id == StructDefId(name="car", version=0)
    assert first.struct_def == CAR
    assert first.description == "Drives"
    assert await lh.stub.GetStructDef(first.id) == first

    newer = PutStructDefRequest(name="car", struct_def=NEWER_CAR, description="Drives")
    await lh.refusal(grpc.StatusCode.INVALID_ARGUMENT, "[year]", call=lh.stub.PutStructDef(newer))
    newer.allowed_updates = COMPATIBLE
    second = await lh.stub.PutStructDef(newer)
    assert second.id.version == 1
    assert second.struct_def == NEWER_CAR
    assert await lh.stub.PutStructDef(newer) == second
    assert await lh.stub.GetStructDef(StructDefId(name="car", version=-1)) == second
    assert await lh.stub.GetStructDef(StructDefId(name="car", version=0)) == first

    await lh.stub.DeleteStructDef(DeleteStructDefRequest(id=second.id))
    await lh.refusal(grpc.StatusCode.NOT_FOUND, call=lh.stub.GetStructDef(second.id))


async def test_a_struct_may_have_no_fields(lh: LH) -> None:
    put = await lh.stub.PutStructDef(PutStructDefRequest(name="unit", struct_def=InlineStructDef()))
    assert put.struct_def == InlineStructDef()


async def test_an_evolution_is_checked_without_being_made(lh: LH) -> None:
    await lh.stub.PutStructDef(PutStructDefRequest(name="car", struct_def=CAR))
    ask = ValidateStructDefEvolutionRequest(
        struct_def_id=StructDefId(name="car", version=0), struct_def=NEWER_CAR
    )
    assert not (await lh.stub.ValidateStructDefEvolution(ask)).is_valid
    ask.compatibility_type = COMPATIBLE
    assert (await lh.stub.ValidateStructDefEvolution(ask)).is_valid
    call = lh.stub.GetStructDef(StructDefId(name="car", version=1))
    await lh.refusal(grpc.StatusCode.NOT_FOUND, call=call)


async def test_struct_defs_are_found_by_prefix_and_by_name(lh: LH) -> None:
    for name in ("car", "carpet", "house"):
        for struct in (CAR, NEWER_CAR):
            put = PutStructDefRequest(name=name, struct_def=struct, allowed_updates=COMPATIBLE)
            await lh.stub.PutStructDef(put)
    newest = [StructDefId(name=name, version=1) for name in ("car", "carpet")]
    assert list((await lh.stub.SearchStructDef(SearchStructDefRequest(prefix="car"))).results) == newest
    page = await lh.stub.SearchStructDef(SearchStructDefRequest(name="car", limit=1))
    assert list(page.results) == [StructDefId(name="car", version=0)]
    rest = await lh.stub.SearchStructDef(SearchStructDefRequest(name="car", limit=1, bookmark=page.bookmark))
    assert list(rest.results) == [StructDefId(name="car", version=1)]
    assert not rest.HasField("bookmark")
    assert not (await lh.stub.SearchStructDef(SearchStructDefRequest(name="nothing"))).results


APPROVE = PutUserTaskDefRequest(
    name="approve",
    description="Yes or no",
    fields=[
        UserTaskField(name="isApproved", type=VariableType.BOOL, display_name="Approved?", required=True),
        UserTaskField(name="comment", type=VariableType.STR, description="Why"),
    ],
)


async def test_a_user_task_def_has_versions(lh: LH) -> None:
    first = await lh.stub.PutUserTaskDef(APPROVE)
    assert (first.name, first.version, first.description) == ("approve", 0, "Yes or no")
    assert list(first.fields) == list(APPROVE.fields)
    assert await lh.stub.PutUserTaskDef(APPROVE) == first
    second = await lh.stub.PutUserTaskDef(PutUserTaskDefRequest(name="approve", fields=APPROVE.fields[:1]))
    assert second.version == 1
    assert await lh.stub.GetUserTaskDef(UserTaskDefId(name="approve", version=0)) == first
    assert await lh.stub.GetLatestUserTaskDef(GetLatestUserTaskDefRequest(name="approve")) == second

    found = await lh.stub.SearchUserTaskDef(SearchUserTaskDefRequest(name="approve"))
    assert [one.version for one in found.results] == [0, 1]
    found = await lh.stub.SearchUserTaskDef(SearchUserTaskDefRequest(prefix="app"))
    assert list(found.results) == [UserTaskDefId(name="approve", version=1)]

    await lh.stub.DeleteUserTaskDef(DeleteUserTaskDefRequest(id=UserTaskDefId(name="approve", version=1)))
    assert await lh.stub.GetLatestUserTaskDef(GetLatestUserTaskDefRequest(name="approve")) == first


async def test_a_form_may_only_ask_for_what_people_can_write(lh: LH) -> None:
    odd = PutUserTaskDefRequest(name="odd", fields=[UserTaskField(name="x", type=VariableType.JSON_OBJ)])
    await lh.refusal(grpc.StatusCode.INVALID_ARGUMENT, "fields[0]", call=lh.stub.PutUserTaskDef(odd))


async def test_an_external_event_def_is_replaced(lh: LH) -> None:
    request = PutExternalEventDefRequest(
        name="paid",
        content_type=ReturnType(return_type=STR),
        retention_policy=ExternalEventRetentionPolicy(seconds_after_put=60),
        correlated_event_config=CorrelatedEventConfig(ttl_seconds=5, delete_after_first_correlation=True),
    )
    put = await lh.stub.PutExternalEventDef(request)
    assert put.id.name == "paid"
    assert put.type_information == request.content_type
    assert put.retention_policy == request.retention_policy
    assert put.correlated_event_config == request.correlated_event_config
    assert await lh.stub.GetExternalEventDef(put.id) == put

    again = await lh.stub.PutExternalEventDef(PutExternalEventDefRequest(name="paid"))
    assert not again.HasField("type_information")
    assert not again.HasField("correlated_event_config")
    void = PutExternalEventDefRequest(name="paid", content_type=ReturnType())
    put = await lh.stub.PutExternalEventDef(void)
    assert put.HasField("type_information")
    assert not put.type_information.HasField("return_type")

    found = await lh.stub.SearchExternalEventDef(SearchExternalEventDefRequest(prefix="pa"))
    assert list(found.results) == [ExternalEventDefId(name="paid")]
    await lh.stub.DeleteExternalEventDef(DeleteExternalEventDefRequest(id=put.id))
    await lh.refusal(grpc.StatusCode.NOT_FOUND, call=lh.stub.GetExternalEventDef(put.id))


async def test_a_workflow_event_def_stays_what_it_is(lh: LH) -> None:
    request = PutWorkflowEventDefRequest(name="sent", content_type=ReturnType(return_type=STR))
    put = await lh.stub.PutWorkflowEventDef(request)
    assert put.content_type == request.content_type
    assert await lh.stub.PutWorkflowEventDef(request) == put
    assert await lh.stub.GetWorkflowEventDef(put.id) == put
    other = PutWorkflowEventDefRequest(name="sent", content_type=ReturnType(return_type=INT))
    await lh.refusal(grpc.StatusCode.ALREADY_EXISTS, "sent", call=lh.stub.PutWorkflowEventDef(other))
    found = await lh.stub.SearchWorkflowEventDef(SearchWorkflowEventDefRequest())
    assert list(found.results) == [WorkflowEventDefId(name="sent")]
    await lh.stub.DeleteWorkflowEventDef(DeleteWorkflowEventDefRequest(id=put.id))
    await lh.refusal(grpc.StatusCode.NOT_FOUND, call=lh.stub.GetWorkflowEventDef(put.id))
