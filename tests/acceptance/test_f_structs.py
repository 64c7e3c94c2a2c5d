"""F13 to F25: structs, and the life of StructDefs."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.errors import AlreadyExists, InvalidArgument, NotFound
from lhredis.model.enums import LHStatus, TaskStatus
from lhredis.model.event_def import PutExternalEventDefRequest, PutWorkflowEventDefRequest
from lhredis.model.native import Struct
from lhredis.model.struct_def import PutStructDefRequest, StructDef
from lhredis.model.task_def import PutTaskDefRequest
from lhredis.worker import task
from lhredis.workflow import WorkflowThread
from tests.acceptance.cars import OBI_WAN, PERSON, Car, car
from tests.acceptance.town import Town

COMPLETED, ERROR = LHStatus.COMPLETED, LHStatus.ERROR


def array_of(element: Any) -> dict[str, Any]:
    return {"inline_array_def": {"array_type": element}}


async def test_f13_a_struct_is_built(town: Town) -> None:
    @task
    async def mileage() -> int:
        return 42

    await town.struct_defs(Car)
    await town.work(mileage)

    def story(wf: WorkflowThread) -> None:
        make, model, built = wf.declare_str("make"), wf.declare_str("model"), wf.declare_struct("built", Car)
        driven = wf.execute(mileage)
        built.assign(wf.build_struct(Car).put("make", make).put("model", model).put("mileage", driven))
        wf.complete(built)

    await town.deploy(story)
    run = await town.play({"make": "Honda", "model": "Civic"})
    assert run.status is COMPLETED
    assert run.thread_runs[0].output == car("Honda", "Civic", 42)


@pytest.mark.parametrize(
    "build",
    [
        lambda wf: wf.build_struct(Car).put("make", "Honda").put("model", "Civic"),
        lambda wf: wf.build_struct(Car).put("make", "Honda").put("model", "Civic").put("mileage", "far"),
        lambda wf: (
            wf.build_struct(Car).put("make", "a").put("model", "b").put("mileage", 1).put("colour", "red")
        ),
    ],
)
async def test_f13_a_struct_that_cannot_be_built_is_refused(town: Town, build: Any) -> None:
    await town.struct_defs(Car)
    with pytest.raises(InvalidArgument, match=r"mileage|colour"):
        await town.deploy(lambda wf: wf.complete(build(wf)))


async def test_f14_a_nested_inline_struct_is_built(town: Town) -> None:
    await town.struct_defs(person=PERSON)

    def story(wf: WorkflowThread) -> None:
        street = wf.declare_str("street")
        address = wf.build_inline_struct().put("street", street).put("number", 1)
        person = wf.build_struct("person").put("name", "Obi-Wan Kenobi").put("friends", ["Yoda", "Luke"])
        phones = wf.build_map(str, str).put("home", "111-222-3344")
        wf.complete(person.put("phoneNumbers", phones).put("address", address))

    await town.deploy(story)
    person = (await town.run({"street": "Sand Lane"})).thread_runs[0].output
    await town.deploy(lambda wf: wf.complete(wf.declare_struct("person", "person")), "given")
    assert person == (await town.run({"person": OBI_WAN}, "given")).thread_runs[0].output
    assert person.fields["address"] == Struct(None, {"street": "Sand Lane", "number": 1})


GOOD = {"make": "Honda", "model": "Civic", "mileage": 7}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (GOOD | {"mileage": "far"}, "mileage"),
        (GOOD | {"mileage": 7.5}, "mileage"),
        (GOOD | {"mileage": None}, "mileage"),
        ({"make": "Honda", "model": "Civic"}, "mileage"),
        (GOOD | {"colour": "red"}, "colour"),
        ({}, "make"),
        ("Honda", "my-car"),
        ([GOOD], "my-car"),
    ],
)
async def test_f16_what_is_no_good_struct(town: Town, given: Any, named: str) -> None:
    await town.struct_defs(Car)
    await town.deploy(lambda wf: wf.declare_struct("my-car", Car))
    with pytest.raises(InvalidArgument, match=named):
        await town.run({"my-car": given}, id="f16")
    with pytest.raises(NotFound):
        await town.client.get_wf_run("f16")


async def test_f16_a_good_struct(town: Town) -> None:
    await town.struct_defs(Car)
    await town.deploy(lambda wf: wf.declare_struct("my-car", Car))
    run = await town.run({"my-car": GOOD})
    assert run.status is COMPLETED
    assert await town.variable(run, "my-car") == car("Honda", "Civic", 7)


async def test_f16_a_default_stands_in_for_a_missing_field(town: Town) -> None:
    year = {"field_type": "INT", "default_value": 2000}
    await town.struct_defs(bike={"make": {"field_type": "STR"}, "year": year})
    await town.deploy(lambda wf: wf.complete(wf.declare_struct("bike", "bike")["year"]))
    assert (await town.run({"bike": {"make": "Gazelle"}})).thread_runs[0].output == 2000
    assert (await town.run({"bike": {"make": "Gazelle", "year": 7}})).thread_runs[0].output == 7


async def test_f15_structs_in_structs(town: Town) -> None:
    await town.struct_defs(Car)
    owner = {"name": {"field_type": "STR"}, "car": {"field_type": {"struct_def_id": {"name": "car"}}}}
    await town.struct_defs(
        owner=owner | {"old": {"field_type": array_of({"struct_def_id": {"name": "car"}})}}
    )

    def story(wf: WorkflowThread) -> None:
        owner = wf.declare_struct("owner", "owner")
        owner["old"] = owner["old"].extend(owner["car"])
        owner["car"]["mileage"] = 0
        wf.complete(owner["old"][0]["mileage"])

    await town.deploy(story)
    given = {"name": "Ada", "car": GOOD, "old": []}
    run = await town.run({"owner": given})
    assert run.status is COMPLETED and run.thread_runs[0].output == 7
    found = await town.variable(run, "owner")
    assert found.fields["car"] == car("Honda", "Civic", 0)
    assert list(found.fields["old"].items) == [car("Honda", "Civic", 7)]
    with pytest.raises(InvalidArgument, match="mileage"):
        await town.run({"owner": given | {"car": {"make": "Honda", "model": "Civic"}}})


async def test_f15_a_worker_that_reports_a_bad_struct(town: Town) -> None:
    await town.struct_defs(Car)
    body = {"name": "raw", "return_type": {"return_type": {"struct_def_id": {"name": "car"}}}}
    await town.client.put_task_def(PutTaskDefRequest.model_validate(body))
    await town.deploy(lambda wf: wf.execute("raw"))
    for output, status in (
        (GOOD, COMPLETED),
        ({"make": "Honda"}, ERROR),
        ("Honda", ERROR),
        (None, COMPLETED),
    ):
        run = await town.run()
        (claimed,) = await town.hand.claim("raw")
        await town.hand.report(claimed, output=output)
        assert (await town.ended(run)).status is status
        if status is ERROR:
            assert (await town.task_run(run, 1)).status is TaskStatus.TASK_OUTPUT_SERDE_ERROR


async def test_f15_structs_in_events(town: Town) -> None:
    await town.struct_defs(Car)

    def story(wf: WorkflowThread) -> None:
        came = wf.wait_for_event("came", return_type=Car)
        wf.throw_event("went", came, return_type=Car)
        wf.complete(came["make"])

    await town.deploy(story)
    run = await town.run()
    with pytest.raises(InvalidArgument, match="came"):
        await town.client.post_event(run.id, "came", {"make": "Honda"})
    await town.client.post_event(run.id, "came", Car("Honda", "Civic", 7))
    run = await town.ended(run)
    assert run.status is COMPLETED and run.thread_runs[0].output == "Honda"
    (thrown,) = await town.client.list_workflow_events(run.id)
    assert thrown.content == car("Honda", "Civic", 7)


# The life of StructDefs

COMPATIBLE = "FULLY_COMPATIBLE_SCHEMA_UPDATES"


async def put_bike(
    town: Town, /, allowed: str | None = None, about: str | None = None, **fields: Any
) -> StructDef:
    """Register the StructDef `bike`; a field is a type, or (type, default)."""
    defined = {
        name: {"field_type": kind[0], "default_value": kind[1]}
        if isinstance(kind, tuple)
        else {"field_type": kind}
        for name, kind in fields.items()
    }
    body: dict[str, Any] = {"name": "bike", "struct_def": {"fields": defined}}
    if allowed is not None:
        body["allowed_updates"] = allowed
    if about is not None:
        body["description"] = about
    return await town.client.put_struct_def(PutStructDefRequest.model_validate(body))


async def test_f17_descriptions(town: Town) -> None:
    first = await put_bike(town, about="two wheels", make="STR")
    assert (first.id.version, first.description) == (0, "two wheels")
    assert (await put_bike(town, about="two wheels", make="STR")).id.version == 0
    second = await put_bike(town, about="a vehicle", make="STR")
    assert (second.id.version, second.description) == (1, "a vehicle")
    assert (await town.client.get_struct_def("bike", 0)).description == "two wheels"
    assert (await town.client.get_struct_def("bike")).description == "a vehicle"


@pytest.mark.parametrize("allowed", [None, "NO_SCHEMA_UPDATES"])
async def test_f19_no_schema_updates(town: Town, allowed: str | None) -> None:
    await put_bike(town, make="STR")
    with pytest.raises(InvalidArgument, match=r"\[year\]"):
        await put_bike(town, allowed, make="STR", year=("INT", 2000))
    assert (await town.client.get_struct_def("bike")).id.version == 0


async def test_f20_what_is_not_compatible_is_listed(town: Town) -> None:
    await put_bike(town, make="STR", model="STR", year=("INT", 2000))
    with pytest.raises(InvalidArgument) as raised:
        await put_bike(town, COMPATIBLE, make="INT", owner="STR", year=("INT", 2000))
    assert all(field in str(raised.value) for field in ("make", "model", "owner"))
    assert "year" not in str(raised.value)


async def test_f20_fields_with_a_default_come_and_go(town: Town) -> None:
    await put_bike(town, make="STR")
    assert (await put_bike(town, COMPATIBLE, make="STR", year=("INT", 2000))).id.version == 1
    assert (await put_bike(town, COMPATIBLE, make="STR")).id.version == 2


async def test_f22_field_names(town: Town) -> None:
    assert (await put_bike(town, brandName9734="STR")).id.version == 0
    reasons = set()
    for name in ("brand_name", "8D", "BrandName", "brandName$"):
        with pytest.raises(InvalidArgument) as raised:
            await put_bike(town, COMPATIBLE, **{name: "STR"})
        assert name in str(raised.value)
        reasons.add(str(raised.value).replace(name, "it"))
    assert len(reasons) == 4


@pytest.mark.parametrize(
    "kind",
    [
        "JSON_OBJ",
        "JSON_ARR",
        array_of("JSON_OBJ"),
        array_of(array_of("JSON_ARR")),
        {"inline_map_def": {"key_type": "STR", "value_type": "JSON_OBJ"}},
        {"inline_struct_def": {"fields": {"inner": {"field_type": "JSON_OBJ"}}}},
    ],
)
async def test_f23_json_inside(town: Town, kind: Any) -> None:
    with pytest.raises(InvalidArgument, match="JSON_"):
        await put_bike(town, extras=kind)
    with pytest.raises(NotFound):
        await town.client.get_struct_def("bike")


UNKNOWN = {"struct_def_id": {"name": "nobodys-struct"}}


@pytest.mark.parametrize(
    "kind", [UNKNOWN, array_of(UNKNOWN), {"struct_def_id": {"name": "nobodys-struct", "version": 3}}]
)
@pytest.mark.parametrize(
    "what", ["task input", "task output", "external event", "workflow event", "variable", "field"]
)
async def test_f25_an_unknown_struct_def_is_named(town: Town, what: str, kind: Any) -> None:
    client = town.client
    with pytest.raises(InvalidArgument, match="nobodys-struct"):
        if what == "task input":
            body = {"name": "wash", "input_vars": [{"name": "x", "type_def": kind}]}
            await client.put_task_def(PutTaskDefRequest.model_validate(body))
        elif what == "task output":
            body = {"name": "wash", "return_type": {"return_type": kind}}
            await client.put_task_def(PutTaskDefRequest.model_validate(body))
        elif what == "external event":
            body = {"name": "sold", "content_type": {"return_type": kind}}
            await client.put_external_event_def(PutExternalEventDefRequest.model_validate(body))
        elif what == "workflow event":
            body = {"name": "sold", "content_type": {"return_type": kind}}
            await client.put_workflow_event_def(PutWorkflowEventDefRequest.model_validate(body))
        elif what == "field":
            await put_bike(town, part=kind)
        else:

            def retype(form: Any) -> None:
                (variable,) = form["thread_specs"]["entrypoint"]["variable_defs"]
                variable["var_def"]["type_def"] = kind

            await town.deploy_changed(lambda wf: wf.declare_int("x"), retype)


async def test_f25_definitions_keep_the_version_that_was_the_newest(town: Town) -> None:
    await put_bike(town, make="STR")
    body = {"name": "wash", "input_vars": [{"name": "x", "type_def": {"struct_def_id": {"name": "bike"}}}]}
    wash = await town.client.put_task_def(PutTaskDefRequest.model_validate(body))
    assert wash.input_vars[0].type.name == "Struct<bike/0>"
    await put_bike(town, COMPATIBLE, make="STR", year=("INT", 2000))
    assert await town.client.put_task_def(PutTaskDefRequest.model_validate(body)) == wash
    body["input_vars"] = [{"name": "x", "type_def": {"struct_def_id": {"name": "bike", "version": 1}}}]
    with pytest.raises(AlreadyExists):
        await town.client.put_task_def(PutTaskDefRequest.model_validate(body))
