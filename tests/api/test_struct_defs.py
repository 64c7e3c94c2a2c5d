"""StructDefs: registered, evolved, read, listed, deleted, and named by other definitions (F16-F25)."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.client import Client
from lhredis.errors import AlreadyExists, InvalidArgument, InvalidSpec, NotFound
from lhredis.model.event_def import PutExternalEventDefRequest, PutWorkflowEventDefRequest
from lhredis.model.ids import StructDefId
from lhredis.model.native import Array, Struct
from lhredis.model.struct_def import PutStructDefRequest, ValidateStructDefEvolutionRequest
from lhredis.model.task_def import PutTaskDefRequest
from lhredis.model.wf_spec import PutWfSpecRequest
from tests.engine.straight import array_of, change, read, straight

NEWEST_CAR = {"struct_def_id": {"name": "car"}}


def put(
    name: str = "car", allowed: str = "NO_SCHEMA_UPDATES", description: str | None = None, /, **fields: Any
) -> PutStructDefRequest:
    """A registration; a field is a type, or (type, default)."""
    defined = {
        field: {"field_type": kind[0], "default_value": kind[1]}
        if isinstance(kind, tuple)
        else {"field_type": kind}
        for field, kind in fields.items()
    }
    body: dict[str, Any] = {"name": name, "struct_def": {"fields": defined}, "allowed_updates": allowed}
    return PutStructDefRequest.model_validate(body | ({"description": description} if description else {}))


COMPATIBLE = "FULLY_COMPATIBLE_SCHEMA_UPDATES"


async def test_the_description_is_kept_with_each_version(client: Client) -> None:
    first = await client.put_struct_def(put("car", "NO_SCHEMA_UPDATES", "four wheels", make="STR"))
    assert (first.id, first.description) == (StructDefId(name="car", version=0), "four wheels")
    assert await client.put_struct_def(put("car", "NO_SCHEMA_UPDATES", "four wheels", make="STR")) == first
    second = await client.put_struct_def(put("car", "NO_SCHEMA_UPDATES", "a vehicle", make="STR"))
    assert (second.id.version, second.description) == (1, "a vehicle")
    assert await client.get_struct_def("car", 0) == first
    assert await client.get_struct_def("car") == second


async def test_a_field_more_is_refused_unless_it_is_allowed(client: Client) -> None:
    await client.put_struct_def(put(make="STR"))
    with pytest.raises(InvalidArgument, match=r"NO_SCHEMA_UPDATES does not allow .*: \[year\]"):
        await client.put_struct_def(put(make="STR", year=("INT", 2000)))
    grown = await client.put_struct_def(put("car", COMPATIBLE, make="STR", year=("INT", 2000)))
    assert grown.id.version == 1
    shrunk = await client.put_struct_def(put("car", COMPATIBLE, make="STR"))
    assert shrunk.id.version == 2


async def test_every_change_that_is_not_compatible_is_listed(client: Client) -> None:
    await client.put_struct_def(put(make="STR", model="STR", year=("INT", 2000)))
    with pytest.raises(InvalidArgument, match=r"\[make, model, owner\]"):
        await client.put_struct_def(put("car", COMPATIBLE, make="INT", owner="STR", year=("INT", 2001)))


async def test_a_change_can_be_tried_without_registering_it(client: Client) -> None:
    await client.put_struct_def(put(make="STR"))

    async def tried(allowed: str) -> Any:
        asked = put(make="STR", year=("INT", 2000))
        request = {
            "struct_def_id": {"name": "car"},
            "struct_def": asked.struct_def.to_json(),
            "compatibility_type": allowed,
        }
        answer = await client.validate_struct_def_evolution(
            ValidateStructDefEvolutionRequest.model_validate(request)
        )
        return answer.is_valid, answer.fields

    assert await tried("NO_SCHEMA_UPDATES") == (False, ("year",))
    assert await tried(COMPATIBLE) == (True, ())
    assert (await client.get_struct_def("car")).id.version == 0


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("brand_name", "has a '_'"),
        ("8D", "starts with a digit"),
        ("BrandName", "starts with a capital one"),
        ("brandName$", "has a '$'"),
    ],
)
async def test_a_name_that_no_field_can_have_is_refused_with_the_reason(
    client: Client, name: str, reason: str
) -> None:
    with pytest.raises(InvalidSpec) as raised:
        await client.put_struct_def(put("car", **{name: "STR"}))
    assert reason in str(raised.value)


async def test_names_of_letters_and_digits_are_fine(client: Client) -> None:
    assert (await client.put_struct_def(put(brandName9734="STR"))).id.version == 0


@pytest.mark.parametrize(
    "kind", ["JSON_OBJ", "JSON_ARR", array_of("JSON_OBJ"), array_of(array_of("JSON_ARR"))]
)
async def test_json_is_not_allowed_inside(client: Client, kind: Any) -> None:
    with pytest.raises(InvalidSpec, match="is not allowed in a StructDef"):
        await client.put_struct_def(put(extras=kind))


async def test_a_default_has_to_fit(client: Client) -> None:
    with pytest.raises(InvalidSpec, match=r"fields.year: the default does not fit"):
        await client.put_struct_def(put(year=("INT", "two thousand")))


async def test_versions_are_listed_and_deleted_and_no_number_comes_twice(client: Client) -> None:
    for text in ("a", "b", "c"):
        await client.put_struct_def(put("car", "NO_SCHEMA_UPDATES", text, make="STR"))
    await client.put_struct_def(put("cat", make="STR"))
    assert [str(one) for one in await client.list_struct_def_versions("car")] == ["car/0", "car/1", "car/2"]
    assert [str(one) for one in (await client.list_struct_defs("ca")).items] == ["car/2", "cat/0"]
    page = await client.list_struct_defs(limit=1)
    assert [str(one) for one in (await client.list_struct_defs(bookmark=page.bookmark)).items] == ["cat/0"]
    for _ in range(2):
        await client.delete_struct_def("car", 2)
    assert (await client.get_struct_def("car")).id.version == 1
    with pytest.raises(NotFound, match="there is no StructDef 'car' 2"):
        await client.get_struct_def("car", 2)
    again = await client.put_struct_def(put("car", "NO_SCHEMA_UPDATES", "d", make="STR"))
    assert again.id.version == 3


async def test_a_struct_def_that_is_not_there_is_named_by_who_refers_to_it(client: Client) -> None:
    with pytest.raises(InvalidArgument, match="could not find StructDef 'car'"):
        body = {"name": "wash", "input_vars": [{"name": "car", "type_def": NEWEST_CAR}]}
        await client.put_task_def(PutTaskDefRequest.model_validate(body))
    with pytest.raises(InvalidArgument, match="could not find StructDef 'car'"):
        await client.put_external_event_def(
            PutExternalEventDefRequest.model_validate({"name": "sold", "content_type": NEWEST_CAR})
        )
    with pytest.raises(InvalidArgument, match="could not find StructDef 'car'"):
        await client.put_workflow_event_def(
            PutWorkflowEventDefRequest.model_validate({"name": "sold", "content_type": array_of(NEWEST_CAR)})
        )
    with pytest.raises(InvalidSpec, match="could not find StructDef 'car'"):
        await client.put_wf_spec(spec({"x": NEWEST_CAR}))
    with pytest.raises(InvalidSpec, match="could not find StructDef 'engine'"):
        await client.put_struct_def(put(engine={"struct_def_id": {"name": "engine"}}))


async def test_who_refers_to_a_struct_def_keeps_the_version_that_was_the_newest(client: Client) -> None:
    await client.put_struct_def(put(make="STR"))
    wash = PutTaskDefRequest.model_validate(
        {"name": "wash", "input_vars": [{"name": "car", "type_def": NEWEST_CAR}]}
    )
    registered = await client.put_task_def(wash)
    assert registered.input_vars[0].type.name == "Struct<car/0>"
    sold = PutWorkflowEventDefRequest.model_validate({"name": "sold", "content_type": NEWEST_CAR})
    thrown = await client.put_workflow_event_def(sold)
    await client.put_struct_def(put("car", COMPATIBLE, make="STR", year=("INT", 2000)))
    assert await client.put_task_def(wash) == registered
    assert await client.put_workflow_event_def(sold) == thrown
    newer = wash.model_copy(update={"name": "wash-again"})
    assert (await client.put_task_def(newer)).input_vars[0].type.name == "Struct<car/1>"
    asked = PutTaskDefRequest.model_validate(
        {
            "name": "wash",
            "input_vars": [{"name": "car", "type_def": {"struct_def_id": {"name": "car", "version": 1}}}],
        }
    )
    with pytest.raises(AlreadyExists):
        await client.put_task_def(asked)


def spec(variables: dict[str, Any], *mutations: dict[str, Any], required: tuple[str, ...] = ()) -> Any:
    threads = straight(variables, *mutations)
    for variable in threads["entrypoint"]["variable_defs"]:
        variable["required"] = variable["var_def"]["name"] in required
    return PutWfSpecRequest.model_validate(
        {"name": "flow", "thread_specs": threads, "entrypoint_thread_name": "entrypoint"}
    )


async def test_a_run_takes_a_good_struct_and_no_other(client: Client) -> None:
    await client.put_struct_def(put(make="STR", year=("INT", 2000)))
    await client.put_wf_spec(spec({"x": NEWEST_CAR, "y": "STR"}, change("y", "ASSIGN", read("x", "make"))))
    with pytest.raises(InvalidArgument, match="variable 'x' is Struct<car/0>: field 'make': missing"):
        await client.run_wf("flow", {"x": {"year": 1999}})
    with pytest.raises(InvalidArgument, match="field 'year': cannot use a value of type STR as INT"):
        await client.run_wf("flow", {"x": {"make": "Honda", "year": "new"}})
    run = await client.run_wf("flow", {"x": {"make": "Honda"}})
    assert run.status.name == "COMPLETED"
    assert (await client.get_variable(run.id, 0, "x")).value == Struct(
        "car", {"make": "Honda", "year": 2000}, 0
    )
    assert (await client.get_variable(run.id, 0, "y")).value == "Honda"


async def test_a_new_version_makes_a_new_revision_and_old_runs_keep_theirs(client: Client) -> None:
    await client.put_struct_def(put(make="STR"))
    request = spec({"x": NEWEST_CAR}, required=("x",))
    assert str((await client.put_wf_spec(request)).id) == "flow/0.0"
    assert str((await client.put_wf_spec(request)).id) == "flow/0.0"
    await client.put_struct_def(put("car", COMPATIBLE, make="STR", year=("INT", 2000)))
    assert str((await client.put_wf_spec(request)).id) == "flow/0.1"
    run = await client.run_wf("flow", {"x": {"make": "Honda"}}, major_version=0, revision=0)
    assert (await client.get_variable(run.id, 0, "x")).value == Struct("car", {"make": "Honda"}, 0)


async def test_a_mixed_array_is_refused_with_the_variable(client: Client) -> None:
    await client.put_wf_spec(spec({"x": array_of("INT")}))
    with pytest.raises(InvalidArgument, match=r"variable 'x' is Array<INT>: \[1\]"):
        await client.run_wf("flow", {"x": [1, "two"]})
    run = await client.run_wf("flow", {"x": [1, 2]})
    assert (await client.get_variable(run.id, 0, "x")).value == Array("INT", [1, 2])


async def test_masked_fields_are_not_shown(client: Client) -> None:
    secret = {"field_type": {"primitive_type": "STR", "masked": True}}
    body = {"name": "car", "struct_def": {"fields": {"make": {"field_type": "STR"}, "vin": secret}}}
    await client.put_struct_def(PutStructDefRequest.model_validate(body))
    await client.put_wf_spec(spec({"x": array_of(NEWEST_CAR)}))
    run = await client.run_wf("flow", {"x": [{"make": "Honda", "vin": "1HGCM82633A"}]})
    shown = (await client.get_variable(run.id, 0, "x")).value
    assert shown.items[0].fields == {"make": "Honda", "vin": "*****"}
