"""WfRuns whose variables are native Arrays, Maps and inline Structs, as LittleHorse's other builders declare
them."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from littlehorse.model import (
    Array,
    InlineArrayDef,
    InlineMapDef,
    LHStatus,
    ListVariablesRequest,
    Map,
    PutWfSpecRequest,
    RunWfRequest,
    SearchWfRunRequest,
    StructDefId,
    TypeDefinition,
    VariableId,
    VariableType,
    VariableValue,
    WfRun,
)
from littlehorse.workflow import Workflow

from tests.grpc.stage import Stage

INT, STR = TypeDefinition(primitive_type=VariableType.INT), TypeDefinition(primitive_type=VariableType.STR)
INTS = TypeDefinition(inline_array_def=InlineArrayDef(array_type=INT))
COUNTS = TypeDefinition(inline_map_def=InlineMapDef(key_type=STR, value_type=INT))


def number(value: int) -> VariableValue:
    return VariableValue(int=value)


def text(value: str) -> VariableValue:
    return VariableValue(str=value)


def ints(*values: int) -> VariableValue:
    return VariableValue(array=Array(items=[number(value) for value in values], element_type=INT))


async def deploy(stage: Stage, kind: TypeDefinition) -> None:
    """A workflow with one variable `v` of this type, which Python's builder cannot declare."""
    request: PutWfSpecRequest = Workflow("flow", lambda wf: wf.declare_str("v")).compile()
    (variable,) = request.thread_specs["entrypoint"].variable_defs
    variable.var_def.type_def.CopyFrom(kind)
    await stage.stub.PutWfSpec(request)


async def run(stage: Stage, value: VariableValue) -> WfRun:
    return await stage.stub.RunWf(RunWfRequest(wf_spec_name="flow", variables={"v": value}))


async def kept(stage: Stage, value: VariableValue) -> VariableValue:
    started = await run(stage, value)
    assert started.status == LHStatus.COMPLETED
    variable_id = VariableId(wf_run_id=started.id, thread_run_number=0, name="v")
    found = await stage.stub.GetVariable(variable_id)
    listed = await stage.stub.ListVariables(ListVariablesRequest(wf_run_id=started.id))
    assert list(listed.results) == [found]
    return found.value


async def test_an_array(stage: Stage) -> None:
    await deploy(stage, INTS)
    assert await kept(stage, ints(1, 2, 3)) == ints(1, 2, 3)
    assert await kept(stage, ints()) == ints()
    untold = VariableValue(array=Array(items=[number(1)]))
    assert await kept(stage, untold) == ints(1)
    null = VariableValue(array=Array(items=[number(1), VariableValue()], element_type=INT))
    assert await kept(stage, null) == null


async def test_an_array_of_arrays(stage: Stage) -> None:
    await deploy(stage, TypeDefinition(inline_array_def=InlineArrayDef(array_type=INTS)))
    nested = VariableValue(array=Array(items=[ints(1, 2), ints()], element_type=INTS))
    assert await kept(stage, nested) == nested


@pytest.mark.parametrize(
    "wrong",
    [VariableValue(array=Array(items=[number(1), text("two")])), text("no array"), VariableValue(map=Map())],
    ids=["mixed", "text", "map"],
)
async def test_what_is_no_such_array_is_refused(stage: Stage, wrong: VariableValue) -> None:
    await deploy(stage, INTS)
    await stage.lh.refusal(grpc.StatusCode.INVALID_ARGUMENT, "'v'", call=run(stage, wrong))


def counts(entries: list[tuple[VariableValue, VariableValue]]) -> VariableValue:
    made: Any = Map(map_type=COUNTS.inline_map_def)
    for key, value in entries:
        made.entries.add(key=key, value=value)
    return VariableValue(map=made)


async def test_a_map(stage: Stage) -> None:
    await deploy(stage, COUNTS)
    given = counts([(text("a"), number(1)), (VariableValue(), number(2)), (text("c"), VariableValue())])
    assert await kept(stage, given) == given
    assert await kept(stage, counts([])) == counts([])
    wrong = counts([(text("a"), text("no number"))])
    await stage.lh.refusal(grpc.StatusCode.INVALID_ARGUMENT, "'v'", call=run(stage, wrong))


async def test_a_struct_of_an_unknown_def_is_refused(stage: Stage) -> None:
    unknown = TypeDefinition(struct_def_id=StructDefId(name="not-there", version=-1))
    await stage.lh.refusal(grpc.StatusCode.INVALID_ARGUMENT, "not-there", call=deploy(stage, unknown))
    found = await stage.stub.SearchWfRun(SearchWfRunRequest(wf_spec_name="flow"))
    assert list(found.results) == []
