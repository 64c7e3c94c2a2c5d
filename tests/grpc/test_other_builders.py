"""What other builders than Python's write into a WfSpec: older forms, paths, builders of structs and maps."""

from __future__ import annotations

import grpc
from littlehorse.model import (
    Comparator,
    Edge,
    EntrypointNode,
    ExitNode,
    InlineArrayDef,
    InlineMapDef,
    InlineStructBuilder,
    InlineStructDef,
    InlineStructFieldValue,
    LegacyEdgeCondition,
    LHPath,
    MapBuilder,
    Node,
    NopNode,
    PutStructDefRequest,
    PutTaskDefRequest,
    PutWfSpecRequest,
    ReturnType,
    RunChildWfNode,
    StructBuilder,
    StructDefId,
    StructFieldDef,
    TaskDefId,
    TaskNode,
    ThreadRetentionPolicy,
    ThreadSpec,
    ThreadVarDef,
    TypeDefinition,
    VariableAssignment,
    VariableDef,
    VariableMutation,
    VariableMutationType,
    VariableType,
    VariableValue,
    WaitForConditionNode,
    WfSpec,
    WorkflowRetentionPolicy,
)

from tests.grpc.lh import LH

STR = TypeDefinition(primitive_type=VariableType.STR)
INT = TypeDefinition(primitive_type=VariableType.INT)
CAR = StructDefId(name="car", version=0)
SCORES = InlineMapDef(key_type=STR, value_type=INT)


def literal(value: VariableValue) -> VariableAssignment:
    return VariableAssignment(literal_value=value)


def variable(name: str, **more: object) -> VariableAssignment:
    return VariableAssignment(variable_name=name, **more)


def declared(name: str, type_def: TypeDefinition) -> ThreadVarDef:
    return ThreadVarDef(var_def=VariableDef(name=name, type_def=type_def))


def request(
    edge: Edge, *variables: ThreadVarDef, step: Node | None = None, name: str = "made"
) -> PutWfSpecRequest:
    """start → step → `edge` → end."""
    step = step or Node(nop=NopNode())
    edge.sink_node_name = "end"
    step.outgoing_edges.append(edge)
    nodes = {
        "start": Node(entrypoint=EntrypointNode(), outgoing_edges=[Edge(sink_node_name="step")]),
        "step": step,
        "end": Node(exit=ExitNode()),
    }
    return PutWfSpecRequest(
        name=name,
        entrypoint_thread_name="main",
        thread_specs={"main": ThreadSpec(nodes=nodes, variable_defs=variables)},
    )


def edge_of(spec: WfSpec) -> Edge:
    (edge,) = spec.thread_specs["main"].nodes["step"].outgoing_edges
    return edge


async def test_a_legacy_condition_is_an_expression(lh: LH) -> None:
    three = literal(VariableValue(int=3))
    legacy = LegacyEdgeCondition(comparator=Comparator.LESS_THAN, left=variable("n"), right=three)
    expression = VariableAssignment(
        expression=VariableAssignment.Expression(
            comparator=Comparator.LESS_THAN, lhs=variable("n"), rhs=three
        )
    )
    waiting = Node(wait_for_condition=WaitForConditionNode(legacy_condition=legacy))
    put = await lh.stub.PutWfSpec(request(Edge(legacy_condition=legacy), declared("n", INT), step=waiting))
    assert edge_of(put).condition == expression
    assert put.thread_specs["main"].nodes["step"].wait_for_condition.condition == expression


async def test_the_right_side_of_a_mutation_is_an_assignment(lh: LH) -> None:
    output = ReturnType(return_type=TypeDefinition(primitive_type=VariableType.JSON_OBJ))
    await lh.stub.PutTaskDef(PutTaskDefRequest(name="work", return_type=output))
    edge = Edge(
        variable_mutations=[
            VariableMutation(lhs_name="n", literal_value=VariableValue(int=1)),
            VariableMutation(lhs_name="n", literal_value=VariableValue()),
            VariableMutation(lhs_name="n", node_output=VariableMutation.NodeOutputSource(jsonpath="$.n")),
        ]
    )
    work = Node(task=TaskNode(task_def_id=TaskDefId(name="work")))
    put = await lh.stub.PutWfSpec(request(edge, declared("n", INT), step=work))
    one, null, said = (mutation.rhs_assignment for mutation in edge_of(put).variable_mutations)
    assert one == literal(VariableValue(int=1))
    assert null == literal(VariableValue())
    assert said == VariableAssignment(
        node_output=VariableAssignment.NodeOutputReference(node_name="step"), json_path="$.n"
    )


async def test_paths_and_builders_are_given_back_as_they_were_put(lh: LH) -> None:
    field = StructFieldDef(field_type=STR)
    await lh.stub.PutStructDef(
        PutStructDefRequest(name="car", struct_def=InlineStructDef(fields={"make": field}))
    )
    selector = LHPath.Selector
    made = InlineStructBuilder(
        fields={"make": InlineStructFieldValue(simple_value=literal(VariableValue(str="Honda")))}
    )
    mutations = [
        VariableMutation(
            lhs_name="cars",
            operation=VariableMutationType.EXTEND,
            rhs_assignment=VariableAssignment(struct_builder=StructBuilder(struct_def_id=CAR, value=made)),
        ),
        VariableMutation(
            lhs_name="car",
            lhs_lh_path=LHPath(path=[selector(key="make")]),
            rhs_assignment=variable(
                "cars",
                lh_path=LHPath(path=[selector(dynamic=variable("n")), selector(key="make")]),
            ),
        ),
        VariableMutation(
            lhs_name="scores",
            rhs_assignment=VariableAssignment(
                map_builder=MapBuilder(
                    entries=[MapBuilder.Entry(key=literal(VariableValue(str="a")), value=variable("n"))],
                    map_type=SCORES,
                )
            ),
        ),
        VariableMutation(
            lhs_name="n",
            rhs_assignment=VariableAssignment(size_of=VariableAssignment.SizeOf(operand=variable("cars"))),
        ),
    ]
    put_request = request(
        Edge(variable_mutations=mutations),
        declared("n", INT),
        declared("car", TypeDefinition(struct_def_id=CAR)),
        declared(
            "cars",
            TypeDefinition(inline_array_def=InlineArrayDef(array_type=TypeDefinition(struct_def_id=CAR))),
        ),
        declared("scores", TypeDefinition(inline_map_def=SCORES)),
    )
    put = await lh.stub.PutWfSpec(put_request)
    assert put.thread_specs == put_request.thread_specs


async def test_a_policy_that_tells_no_time_is_none(lh: LH) -> None:
    keeping = request(Edge())
    keeping.retention_policy.CopyFrom(WorkflowRetentionPolicy())
    keeping.thread_specs["main"].retention_policy.CopyFrom(ThreadRetentionPolicy())
    put = await lh.stub.PutWfSpec(keeping)
    assert not put.HasField("retention_policy")


async def test_a_child_is_of_the_newest_major_version_or_of_one(lh: LH) -> None:
    for text in (STR, INT):
        required = declared("x", text)
        required.required = True
        await lh.stub.PutWfSpec(request(Edge(), *([required] if text is STR else []), name="child"))
    for wanted, pinned in ((-1, 1), (0, 0)):
        child = RunChildWfNode(wf_spec_name="child", major_version=wanted)
        if wanted == 0:
            child.inputs["x"].CopyFrom(literal(VariableValue(str="y")))
        put = await lh.stub.PutWfSpec(request(Edge(), step=Node(run_child_wf=child)))
        assert put.thread_specs["main"].nodes["step"].run_child_wf.major_version == pinned


async def test_an_enum_of_another_version_is_refused(lh: LH) -> None:
    odd = VariableMutation(lhs_name="n", operation=99, literal_value=VariableValue(int=1))
    call = lh.stub.PutWfSpec(request(Edge(variable_mutations=[odd]), declared("n", INT)))
    path = "thread_specs.main.nodes.step.outgoing_edges[0].variable_mutations[0].operation"
    await lh.refusal(grpc.StatusCode.INVALID_ARGUMENT, path, "99", call=call)
