"""C: values that become other types by themselves, by a cast, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lhredis.errors import InvalidArgument, NotFound
from lhredis.model.enums import LHStatus, VariableType
from lhredis.worker import WfRunId, task
from lhredis.workflow import WorkflowThread
from tests.acceptance.town import Town

T = VariableType
COMPLETED, ERROR = LHStatus.COMPLETED, LHStatus.ERROR


@task
async def take_int(number: int) -> int:
    return 2 * number


@task
async def take_double(number: float) -> float:
    return number * 1.5


@task
async def take_str(text: str) -> str:
    return f"processed-{text}"


@task
async def take_bool(flag: bool) -> bool:
    return not flag


@task
async def take_bytes(data: bytes) -> bytes:
    return data


@task
async def take_run(run: WfRunId) -> WfRunId:
    return run


TAKES = {T.INT: take_int, T.DOUBLE: take_double, T.STR: take_str, T.BOOL: take_bool}
TAKES |= {T.BYTES: take_bytes, T.WF_RUN_ID: take_run}


@pytest.mark.parametrize(
    ("source", "value", "target", "output"),
    [
        pytest.param(T.INT, 42, T.STR, "processed-42", id="c1"),
        pytest.param(T.INT, -5432, T.STR, "processed--5432", id="c1-below-zero"),
        pytest.param(T.INT, 4, T.DOUBLE, 6.0, id="c2"),
        pytest.param(T.DOUBLE, 1.5, T.STR, "processed-1.5", id="double-to-str"),
        pytest.param(T.BOOL, True, T.STR, "processed-true", id="c4"),
        pytest.param(T.BOOL, False, T.STR, "processed-false", id="c4-false"),
        pytest.param(T.BYTES, b"hi", T.STR, "processed-hi", id="bytes-to-str"),
        pytest.param(T.WF_RUN_ID, WfRunId("a_b"), T.STR, "processed-a_b", id="wf-run-id-to-str"),
    ],
)
async def test_c1_to_c4_what_casts_itself(
    town: Town, source: VariableType, value: Any, target: VariableType, output: Any
) -> None:
    await town.work(TAKES[target])
    await town.deploy(lambda wf: wf.complete(wf.execute(TAKES[target], wf.add_variable("v", source))))
    run = await town.play({"v": value})
    assert run.status is COMPLETED
    (found,) = await town.outputs(run)
    assert found == output and type(found) is type(output)


@pytest.mark.parametrize(
    ("source", "value", "target", "output"),
    [
        pytest.param(T.STR, "123", T.INT, 246, id="c5"),
        pytest.param(T.STR, "-7", T.INT, -14, id="c5-below-zero"),
        pytest.param(T.STR, "2.5", T.DOUBLE, 3.75, id="str-to-double"),
        pytest.param(T.STR, "false", T.BOOL, True, id="c7"),
        pytest.param(T.STR, "true", T.BOOL, False, id="c7-true"),
        pytest.param(T.DOUBLE, 4.4, T.INT, 8, id="c8"),
        pytest.param(T.DOUBLE, -4.6, T.INT, -8, id="c8-below-zero"),
        pytest.param(T.STR, "hi", T.BYTES, b"hi", id="str-to-bytes"),
        pytest.param(T.STR, "a_b", T.WF_RUN_ID, WfRunId("a_b"), id="str-to-wf-run-id"),
        pytest.param(T.INT, 3, T.DOUBLE, 4.5, id="asked-for-though-it-casts-itself"),
        pytest.param(T.INT, 3, T.INT, 6, id="to-its-own-type"),
        pytest.param(T.JSON_OBJ, {"v": "12"}, T.INT, 24, id="from-json"),
        pytest.param(T.JSON_OBJ, {"v": 4.9}, T.INT, 8, id="from-json-double"),
    ],
)
async def test_c5_to_c8_what_a_cast_makes(
    town: Town, source: VariableType, value: Any, target: VariableType, output: Any
) -> None:
    await town.work(TAKES[target])

    def story(wf: WorkflowThread) -> None:
        variable = wf.add_variable("v", source)
        operand = variable["v"] if source is T.JSON_OBJ else variable
        wf.execute(TAKES[target], operand.cast_to(target))

    await town.deploy(story)
    run = await town.play({"v": value})
    assert run.status is COMPLETED
    (found,) = await town.outputs(run)
    assert found == output and type(found) is type(output)


@pytest.mark.parametrize(
    ("value", "target"),
    [("abc", T.INT), ("1.5", T.INT), ("", T.INT), ("abc", T.DOUBLE), ("yes", T.BOOL), ("a/b", T.WF_RUN_ID)],
)
async def test_c5_what_cannot_be_parsed(town: Town, value: str, target: VariableType) -> None:
    await town.work(TAKES[target])
    await town.deploy(lambda wf: wf.execute(TAKES[target], wf.declare_str("v").cast_to(target)))
    run = await town.run({"v": value})
    assert run.status is ERROR
    failure = await town.failure(run, 0, 1)
    assert failure.failure_name == "VAR_SUB_ERROR"
    assert f"Cannot parse '{value}' as {target.name}" in failure.message


async def test_c10_chain(town: Town) -> None:
    await town.work(take_int, take_double, take_str)

    def story(wf: WorkflowThread) -> None:
        doubled = wf.execute(take_int, wf.declare_str("text").cast_to_int())
        grown = wf.execute(take_double, doubled)
        again = wf.execute(take_int, grown.cast_to_int())
        wf.execute(take_str, again)

    await town.deploy(story)
    run = await town.play({"text": "100"})
    assert run.status is COMPLETED
    assert await town.outputs(run) == [200, 300.0, 600, "processed-600"]


# What is refused when the workflow is registered

Story = Callable[[WorkflowThread], Any]


async def refused(town: Town, story: Story, match: str) -> None:
    await town.work(*TAKES.values())
    with pytest.raises(InvalidArgument, match=match):
        await town.deploy(story)
    with pytest.raises(NotFound):
        await town.client.get_wf_spec("flow")


@pytest.mark.parametrize(
    ("source", "target"),
    [
        pytest.param(T.DOUBLE, T.BOOL, id="c11"),
        (T.INT, T.BOOL),
        (T.BOOL, T.INT),
        (T.BOOL, T.DOUBLE),
        (T.JSON_OBJ, T.STR),
        (T.TIMESTAMP, T.INT),
        (T.BYTES, T.INT),
    ],
)
async def test_c11_casts_that_do_not_exist(town: Town, source: VariableType, target: VariableType) -> None:
    await refused(
        town,
        lambda wf: wf.execute(TAKES[target], wf.add_variable("v", source).cast_to(target)),
        rf"Cannot cast from {source.name} to {target.name}.*not supported",
    )


@pytest.mark.parametrize(
    ("source", "target"),
    [
        pytest.param(T.STR, T.INT, id="c13"),
        (T.STR, T.DOUBLE),
        (T.STR, T.BOOL),
        (T.DOUBLE, T.INT),
        (T.STR, T.BYTES),
        (T.STR, T.WF_RUN_ID),
    ],
)
async def test_c13_what_needs_a_cast(town: Town, source: VariableType, target: VariableType) -> None:
    await refused(
        town,
        lambda wf: wf.execute(TAKES[target], wf.add_variable("v", source)),
        f"{source.name} to {target.name} without explicit casting",
    )


@pytest.mark.parametrize(
    ("target", "source"),
    [pytest.param(T.INT, T.STR, id="c14"), (T.INT, T.DOUBLE), (T.BOOL, T.STR), (T.JSON_OBJ, T.STR)],
)
async def test_c14_variable_of_another_type(town: Town, target: VariableType, source: VariableType) -> None:
    await refused(
        town,
        lambda wf: wf.add_variable("a", target).assign(wf.add_variable("b", source)),
        f"Cannot assign {source.name} to {target.name}",
    )


async def test_c16_double_output_into_str_task(town: Town) -> None:
    await town.work(take_double, take_str)
    await town.deploy(lambda wf: wf.execute(take_str, wf.execute(take_double, 3.0)))
    assert await town.outputs(await town.play()) == [4.5, "processed-4.5"]


async def test_c17_str_output_into_double_task(town: Town) -> None:
    await refused(
        town,
        lambda wf: wf.execute(take_double, wf.execute(take_str, "3.0")),
        "STR to DOUBLE without explicit casting",
    )


def multiply_in_place(wf: WorkflowThread) -> None:
    s = wf.declare_str("s")
    s *= 5


@pytest.mark.parametrize(
    "story",
    [
        lambda wf: wf.execute(take_str, wf.declare_str("s").multiply(5)),
        lambda wf: wf.declare_str("s").assign(wf.find_variable("s").multiply(5)),
        multiply_in_place,
    ],
)
async def test_c19_multiply_a_text(town: Town, story: Story) -> None:
    await refused(town, story, "(?i)cannot multiply to a STR")


async def test_c19_multiply_a_text_past_the_builder(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        s = wf.declare_str("s")
        s += 5

    def multiply(form: Any) -> None:
        for node in form["thread_specs"]["entrypoint"]["nodes"].values():
            for edge in node.get("outgoing_edges", ()):
                for mutation in edge.get("variable_mutations", ()):
                    mutation["operation"] = "MULTIPLY"

    with pytest.raises(InvalidArgument, match=r"(?i)cannot multiply to a STR"):
        await town.deploy_changed(story, multiply)


async def test_c20_node_output_naming_a_missing_node(town: Town) -> None:
    await town.work(take_str)

    def story(wf: WorkflowThread) -> None:
        wf.execute(take_str, wf.execute(take_str, "x"))

    def name_nobody(form: Any) -> None:
        nodes = form["thread_specs"]["entrypoint"]["nodes"]
        (second,) = (node for name, node in nodes.items() if name.startswith("2-"))
        second["task"]["variables"][0]["node_output"]["node_name"] = "who-is-that"

    with pytest.raises(InvalidArgument, match="who-is-that"):
        await town.deploy_changed(story, name_nobody)
