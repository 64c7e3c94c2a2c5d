"""TaskDefs by LittleHorse's client: put, get, search, delete, and what each refuses."""

from __future__ import annotations

import grpc
from littlehorse.model import (
    DeleteTaskDefRequest,
    PutTaskDefRequest,
    ReturnType,
    SearchTaskDefRequest,
    TaskDefId,
    TypeDefinition,
    VariableDef,
    VariableType,
)

from tests.grpc.lh import LH

GREET = PutTaskDefRequest(
    name="greet",
    input_vars=[
        VariableDef(name="who", type_def=TypeDefinition(primitive_type=VariableType.STR, masked=True)),
        VariableDef(name="form", type_def=TypeDefinition(primitive_type=VariableType.JSON_OBJ)),
    ],
    return_type=ReturnType(return_type=TypeDefinition(primitive_type=VariableType.STR)),
    description="Says hello",
)


async def test_a_task_def_is_what_was_put(lh: LH) -> None:
    put = await lh.stub.PutTaskDef(GREET)
    assert put.id == TaskDefId(name="greet")
    assert put.created_at.seconds > 1_700_000_000
    assert list(put.input_vars) == list(GREET.input_vars)
    assert put.return_type == GREET.return_type
    assert put.description == "Says hello"
    assert await lh.stub.GetTaskDef(put.id) == put
    assert await lh.stub.PutTaskDef(GREET) == put


async def test_a_type_in_the_old_field_is_one_too(lh: LH) -> None:
    old = PutTaskDefRequest(name="old", input_vars=[VariableDef(name="n", type=VariableType.INT)])
    put = await lh.stub.PutTaskDef(old)
    assert put.input_vars[0].type_def.primitive_type == VariableType.INT
    assert put.input_vars[0].type_def.HasField("primitive_type")


async def test_an_empty_type_is_the_json_object_of_an_older_client(lh: LH) -> None:
    empty = VariableDef(name="form", type_def=TypeDefinition())
    old = PutTaskDefRequest(
        name="old", input_vars=[empty], return_type=ReturnType(return_type=empty.type_def)
    )
    put = await lh.stub.PutTaskDef(old)
    expected = TypeDefinition(primitive_type=VariableType.JSON_OBJ)
    assert (put.input_vars[0].type_def, put.return_type.return_type) == (expected, expected)


async def test_another_signature_is_refused(lh: LH) -> None:
    await lh.stub.PutTaskDef(GREET)
    other = PutTaskDefRequest(name="greet")
    await lh.refusal(grpc.StatusCode.ALREADY_EXISTS, "greet", call=lh.stub.PutTaskDef(other))


async def test_what_is_not_there_is_not_found(lh: LH) -> None:
    await lh.refusal(grpc.StatusCode.NOT_FOUND, "nobody", call=lh.stub.GetTaskDef(TaskDefId(name="nobody")))


async def test_a_bad_name_is_told(lh: LH) -> None:
    bad = PutTaskDefRequest(name="no_underscores")
    await lh.refusal(grpc.StatusCode.INVALID_ARGUMENT, "name", call=lh.stub.PutTaskDef(bad))


async def test_a_deleted_task_def_is_gone(lh: LH) -> None:
    put = await lh.stub.PutTaskDef(GREET)
    await lh.stub.DeleteTaskDef(DeleteTaskDefRequest(id=put.id))
    await lh.refusal(grpc.StatusCode.NOT_FOUND, call=lh.stub.GetTaskDef(put.id))


async def test_pages_have_every_name_once(lh: LH) -> None:
    names = [f"task-{number}" for number in range(10)]
    for name in names:
        await lh.stub.PutTaskDef(PutTaskDefRequest(name=name))
    found, bookmark = [], None
    for _ in range(4):
        page = await lh.stub.SearchTaskDef(SearchTaskDefRequest(limit=4, bookmark=bookmark, prefix="task"))
        assert len(page.results) <= 4
        found += [one.name for one in page.results]
        if not page.HasField("bookmark"):
            break
        bookmark = page.bookmark
    assert found == names
    assert not (await lh.stub.SearchTaskDef(SearchTaskDefRequest(prefix="other"))).results


async def test_a_bookmark_of_somebody_else_is_refused(lh: LH) -> None:
    for bookmark in (b"\xff\xfe", b"stranger"):
        call = lh.stub.SearchTaskDef(SearchTaskDefRequest(bookmark=bookmark))
        await lh.refusal(grpc.StatusCode.INVALID_ARGUMENT, "bookmark", call=call)
