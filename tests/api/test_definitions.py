"""Registering, reading and deleting TaskDefs and WfSpecs."""

from __future__ import annotations

import pytest

from lhredis.client import Client
from lhredis.errors import AlreadyExists, InvalidSpec, NotFound
from lhredis.model.enums import VariableType
from lhredis.model.task_def import PutTaskDefRequest
from lhredis.model.types import TypeDefinition, VariableDef
from tests.api.specs import compiled, double, instant, put_doubling, put_instant


async def test_a_task_def_is_read_as_it_was_registered(client: Client) -> None:
    put = await client.put_task_def(double.task_def)
    assert put.id.name == "double" and put.created_at.endswith("Z")
    assert await client.get_task_def("double") == put
    assert (await client.list_task_defs()).items == ["double"]


async def test_the_same_task_def_again_changes_nothing_and_another_is_refused(client: Client) -> None:
    put = await client.put_task_def(double.task_def)
    assert await client.put_task_def(double.task_def) == put
    text = VariableDef(name="n", type_def=TypeDefinition(primitive_type=VariableType.STR))
    with pytest.raises(AlreadyExists, match=r"TaskDef \[double\] already exists"):
        await client.put_task_def(PutTaskDefRequest(name="double", input_vars=(text,)))


async def test_a_deleted_task_def_is_gone_and_deleting_again_is_fine(client: Client) -> None:
    await client.put_task_def(double.task_def)
    await client.delete_task_def("double")
    await client.delete_task_def("double")
    with pytest.raises(NotFound, match="there is no TaskDef 'double'"):
        await client.get_task_def("double")
    assert (await client.list_task_defs()).items == []


async def test_a_changed_wf_spec_is_a_new_version(client: Client) -> None:
    first = await client.put_wf_spec(compiled("flow", instant))
    assert await client.put_wf_spec(compiled("flow", instant)) == first
    second = await client.put_wf_spec(compiled("flow", lambda wf: wf.complete(wf.declare_int("n", 2))))
    assert [str(spec.id) for spec in (first, second)] == ["flow/0.0", "flow/0.1"]
    assert (await client.list_wf_specs()).items == [second.id]
    assert await client.list_wf_spec_versions("flow") == [first.id, second.id]
    assert await client.get_wf_spec("flow") == second
    assert await client.get_wf_spec("flow", 0) == second
    assert await client.get_wf_spec("flow", 0, 0) == first


async def test_a_deleted_version_is_gone_at_once(client: Client) -> None:
    first = await client.put_wf_spec(compiled("flow", instant))
    await client.put_wf_spec(compiled("flow", lambda wf: wf.complete(wf.declare_int("n", 2))))
    await client.get_wf_spec("flow", 0, 1)
    await client.delete_wf_spec("flow", 0, 1)
    with pytest.raises(NotFound, match=r"'flow' 0\.1"):
        await client.get_wf_spec("flow", 0, 1)
    assert await client.get_wf_spec("flow") == first
    await client.delete_wf_spec("flow", 0, 0)
    with pytest.raises(NotFound, match="there is no WfSpec 'flow'"):
        await client.list_wf_spec_versions("flow")
    assert (await client.list_wf_specs()).items == []


async def test_every_problem_of_a_spec_is_named_with_its_path(client: Client) -> None:
    def broken(wf) -> None:  # type: ignore[no-untyped-def]
        wf.execute("nobody")
        wf.execute("no-one")

    with pytest.raises(InvalidSpec) as caught:
        await client.put_wf_spec(compiled("broken", broken))
    assert [problem.path for problem in caught.value.problems] == [
        "thread_specs.entrypoint.nodes.1-nobody-TASK.task.task_def_id",
        "thread_specs.entrypoint.nodes.2-no-one-TASK.task.task_def_id",
    ]
    with pytest.raises(NotFound):
        await client.get_wf_spec("broken")


async def test_a_spec_may_name_what_is_registered(client: Client) -> None:
    await put_doubling(client)
    spec = await client.get_wf_spec("doubling")
    assert "1-double-TASK" in spec.thread_specs["entrypoint"].nodes


async def test_q10_every_task_def_is_on_one_page(client: Client) -> None:
    names = [f"task-{number}" for number in range(10)]
    for name in [*names, "other"]:
        await client.put_task_def(PutTaskDefRequest(name=name))
    seen: list[str] = []
    bookmark = None
    while True:
        page = await client.list_task_defs("task", 4, bookmark)
        assert len(page.items) <= 4
        seen += page.items
        bookmark = page.bookmark
        if bookmark is None:
            break
    assert seen == names


async def test_wf_specs_are_found_by_prefix_and_by_the_tasks_that_they_name(client: Client) -> None:
    await put_doubling(client)
    await put_instant(client)
    for wanted, names in (
        ({}, ["doubling", "instant"]),
        ({"prefix": "inst"}, ["instant"]),
        ({"task_def_name": "double"}, ["doubling"]),
        ({"task_def_name": "double", "prefix": "inst"}, []),
    ):
        assert [one.name for one in (await client.list_wf_specs(**wanted)).items] == names  # type: ignore[arg-type]
    first = await client.list_wf_specs(limit=1)
    second = await client.list_wf_specs(limit=1, bookmark=first.bookmark)
    assert [one.name for one in (*first.items, *second.items)] == ["doubling", "instant"]
    assert second.bookmark is None
