"""Structs: fields of a StructDef, defaults, builders, paths (F10, F13, F14, F16, D10, E17)."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.errors import InvalidArgument, InvalidSpec
from lhredis.model.native import Array, Map, Struct
from lhredis.workflow import WorkflowThread
from tests.engine.play import Play, struct_def, task_def
from tests.engine.straight import CAR, PERSON, array_of, change, expression, map_of, read, straight

CAR_DEF = struct_def(
    "car", make="STR", model="STR", mileage="INT", sold={"field_type": "BOOL", "default_value": False}
)
ADDRESS = {
    "inline_struct_def": {"fields": {"street": {"field_type": "STR"}, "number": {"field_type": "INT"}}}
}
PERSON_DEF = struct_def(
    "person", name="STR", friends=array_of("STR"), phoneNumbers=map_of("STR", "STR"), address=ADDRESS
)
HONDA = {"make": "Honda", "model": "Civic", "mileage": 20_000_000}
OBI_WAN = {
    "name": "Obi-Wan Kenobi",
    "friends": ["Yoda"],
    "phoneNumbers": {"home": "111-222-3344"},
    "address": {"street": "Sand Lane", "number": 1},
}


def car(**fields: Any) -> Struct:
    return Struct("car", {**HONDA, "sold": False, **fields}, 0)


def play(variables: dict[str, Any], *mutations: dict[str, Any]) -> Play:
    return Play(straight(variables, *mutations), struct_defs=[CAR_DEF, PERSON_DEF])


def test_an_object_from_outside_is_a_struct_and_gets_its_defaults():
    assert play({"x": CAR}).start(x=HONDA).variables["x"] == car()
    assert play({"x": CAR}).start(x=Struct("car", HONDA)).variables["x"] == car()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"make": "Honda", "model": "Civic"}, "variable 'x' is Struct<car/0>: field 'mileage': missing"),
        ({**HONDA, "mileage": "far"}, "field 'mileage': cannot use a value of type STR as INT"),
        ({**HONDA, "mileage": None}, "field 'mileage': may not be null"),
        ({**HONDA, "colour": "red"}, "there is no field 'colour' in Struct<car/0>"),
        (Struct("person", HONDA), "cannot use a value of type Struct<person> as Struct<car/0>"),
        ("Honda", "cannot use a value of type STR as Struct<car/0>"),
    ],
)
def test_what_is_no_struct_of_the_type_is_refused(given: Any, told: str):
    with pytest.raises(InvalidArgument) as raised:
        play({"x": CAR}).start(x=given)
    assert told in str(raised.value)


def test_maps_and_arrays_hold_structs():
    started = play({"x": map_of("STR", CAR), "y": array_of(CAR)}).start(x={"a": HONDA}, y=[HONDA])
    assert started.variables["x"].entries == {"a": car()}
    assert started.variables["y"].items == (car(),)
    with pytest.raises(InvalidArgument, match=r"\[1\]: field 'make': missing"):
        play({"y": array_of(CAR)}).start(y=[HONDA, {}])


@pytest.mark.parametrize(("other", "equal"), [(HONDA, True), ({**HONDA, "make": "Tesla"}, False)])
def test_structs_are_equal_by_content(other: Any, equal: bool):
    compared = change("y", "ASSIGN", expression(read("x"), "EQUALS", other))
    assert play({"x": CAR, "y": "BOOL"}, compared).start(x=HONDA).variables["y"] is equal
    compared = change("y", "ASSIGN", expression(read("x"), "EQUALS", read("z")))
    started = play({"x": CAR, "y": "BOOL", "z": CAR}, compared).start(x=HONDA, z=other)
    assert started.variables["y"] is equal


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("name",), "Obi-Wan Kenobi"),
        (("friends", 0), "Yoda"),
        (("friends", 7), None),
        (("phoneNumbers", "home"), "111-222-3344"),
        (("phoneNumbers", "work"), None),
        (("address", "street"), "Sand Lane"),
    ],
)
@pytest.mark.parametrize("kind", [PERSON, "JSON_OBJ"])
def test_a_path_reads_structs_and_json_alike(kind: Any, path: tuple[Any, ...], found: Any):
    started = play({"x": kind, "y": "STR"}, change("y", "ASSIGN", read("x", *path))).start(x=OBI_WAN)
    assert started.variables["y"] == found


def test_a_path_may_be_found_while_the_run_moves():
    dynamic = {"variable_name": "x", "lh_path": {"path": [{"dynamic": read("which")}]}}
    spec = {"x": PERSON, "y": "STR", "which": "STR"}
    assert (
        play(spec, change("y", "ASSIGN", dynamic)).start(x=OBI_WAN, which="name").variables["y"]
        == "Obi-Wan Kenobi"
    )
    failed = play(spec, change("y", "ASSIGN", dynamic)).start(x=OBI_WAN, which="rank")
    assert "there is no field 'rank' in Struct<person/0>" in failed.message


@pytest.mark.parametrize("step", [["name"], {"name": 1}, 0, None])
def test_a_path_that_is_found_and_leads_nowhere_is_a_var_sub_error(step: Any):
    found = [{"dynamic": {"variable_name": "j", "json_path": "$.step"}}]
    reading = change("y", "ASSIGN", {"variable_name": "x", "lh_path": {"path": found}})
    writing = change("x", "ASSIGN", "Yoda") | {"lhs_lh_path": {"path": found}}
    for mutation in (reading, writing):
        failed = play({"x": PERSON, "y": "STR", "j": "JSON_OBJ"}, mutation).start(x=OBI_WAN, j={"step": step})
        assert (failed.status, failed.failure(0).name) == ("ERROR", "VAR_SUB_ERROR")
        assert f"there is no field {step!r} in Struct<person/0>" in failed.message


@pytest.mark.parametrize(
    ("mutation", "told"),
    [
        (change("y", "ASSIGN", read("x", "rank")), "there is no field 'rank' in Struct<person/0>"),
        (change("y", "ASSIGN", read("x", "friends")), "Cannot assign Array<STR> to STR"),
        (
            change("y", "ASSIGN", read("x", "name", "first")),
            "a path goes into structs, maps, arrays and JSON",
        ),
        (change("x", "ASSIGN", True, "address", "number"), "Cannot assign BOOL to INT"),
        (change("x", "ASSIGN", "x", "rank"), "there is no field 'rank'"),
        (change("x", "EXTEND", {}), "cannot EXTEND to a Struct<person/0>"),
        (change("x", "ASSIGN", {"name": "Yoda"}), "field 'friends': missing"),
    ],
)
def test_a_path_that_cannot_be_is_refused_at_registration(mutation: dict[str, Any], told: str):
    with pytest.raises(InvalidSpec) as raised:
        play({"x": PERSON, "y": "STR"}, mutation)
    assert told in str(raised.value)


def test_fields_items_and_entries_are_written_in_place():
    started = play(
        {"x": PERSON},
        change("x", "ASSIGN", "Ben", "name"),
        change("x", "EXTEND", "Luke", "friends"),
        change("x", "ASSIGN", "999", "phoneNumbers", "work"),
        change("x", "ADD", 41, "address", "number"),
    ).start(x=OBI_WAN)
    assert started.status == "COMPLETED", started.message
    found = started.variables["x"]
    assert found.fields["name"] == "Ben"
    assert found.fields["friends"] == Array("STR", ["Yoda", "Luke"])
    assert found.fields["phoneNumbers"] == Map("STR", "STR", {"home": "111-222-3344", "work": "999"})
    assert found.fields["address"] == Struct(None, {"street": "Sand Lane", "number": 42})


def test_a_struct_is_built_of_inputs_and_a_task_output():
    mileage = task_def("mileage", "INT")
    builder = {
        "struct_builder": {
            "struct_def_id": {"name": "car", "version": 0},
            "value": {
                "fields": {
                    "make": {"simple_value": read("make")},
                    "model": {"simple_value": read("model")},
                    "mileage": {"simple_value": {"node_output": {"node_name": "mileage"}}},
                }
            },
        }
    }
    spec = straight({"x": CAR, "make": "STR", "model": "STR"})
    nodes = spec["entrypoint"]["nodes"]
    nodes["0-start"]["outgoing_edges"] = [{"sink_node_name": "mileage"}]
    nodes["mileage"] = {
        "task": {"task_def_id": {"name": "mileage"}},
        "outgoing_edges": [
            {"sink_node_name": "1-exit", "variable_mutations": [change("x", "ASSIGN", builder)]}
        ],
    }
    ended = Play(spec, mileage, struct_defs=[CAR_DEF]).start(make="Honda", model="Civic").succeed(42)
    assert ended.variables["x"] == car(mileage=42)


def test_a_struct_inside_of_a_struct_is_built_of_its_own_fields():
    def simple(value: Any) -> dict[str, Any]:
        return {"simple_value": {"literal_value": value}}

    fields = {
        "name": simple("Obi-Wan Kenobi"),
        "friends": simple(["Yoda"]),
        "phoneNumbers": simple({"home": "111-222-3344"}),
        "address": {"sub_structure": {"fields": {"street": simple("Sand Lane"), "number": simple(1)}}},
    }
    builder = {
        "struct_builder": {"struct_def_id": {"name": "person", "version": 0}, "value": {"fields": fields}}
    }
    built = play({"x": PERSON}, change("x", "ASSIGN", builder)).start().variables["x"]
    assert built == play({"x": PERSON}).start(x=OBI_WAN).variables["x"]

    fields["address"]["sub_structure"]["fields"] = {"street": simple(1.5), "town": simple("Mos Eisley")}
    with pytest.raises(InvalidSpec) as raised:
        play({"x": PERSON}, change("x", "ASSIGN", builder))
    told = str(raised.value)
    assert "value.fields.address.fields.town: there is no field 'town'" in told
    assert "field 'number' of Struct<number: INT, street: STR> is missing" in told


def test_a_type_that_names_an_unknown_struct_def_is_refused():
    with pytest.raises(InvalidSpec, match="could not find StructDef 'car' 0"):
        Play(straight({"x": CAR}))


def test_a_run_goes_on_when_its_struct_def_was_deleted():
    spec = straight({"x": CAR, "y": "STR"}, change("y", "ASSIGN", read("x", "make")))
    ended = Play(spec, strict=False).start(x=car())
    assert ended.variables["y"] == "Honda"
    with pytest.raises(InvalidArgument, match="its StructDef was deleted"):
        Play(spec, strict=False).start(x=HONDA)


def test_what_is_written_of_a_struct_def_that_was_deleted_fails_who_comes_there():
    def story(wf: WorkflowThread) -> None:
        bought = wf.declare_struct("bought", "car", 0)
        wf.wait_for_event("e")
        bought.assign(HONDA)

    waiting = Play(story, struct_defs=[CAR_DEF]).start()
    waiting.world.struct_defs.clear()
    waiting.program = waiting.compiled()
    waiting.post("e")
    assert (waiting.status, waiting.failure(1).name) == ("ERROR", "VAR_SUB_ERROR")
    assert "its StructDef was deleted" in waiting.message


def test_a_default_of_a_struct_def_that_was_deleted_is_needed_by_new_threads_alone():
    def story(wf: WorkflowThread) -> None:
        wf.declare_struct("bought", "car", 0, HONDA)
        wf.wait_for_event("e")

    waiting = Play(story, struct_defs=[CAR_DEF]).start()
    waiting.world.struct_defs.clear()
    waiting.program = waiting.compiled()
    assert waiting.post("e").status == "COMPLETED"
    late = Play(story, struct_defs=[CAR_DEF])
    late.program = waiting.program
    with pytest.raises(InvalidArgument, match="its StructDef was deleted"):
        late.start()


def test_a_value_of_another_version_becomes_the_declared_one():
    second = struct_def("car", 1, make="STR", year={"field_type": "INT", "default_value": 2000})
    newer = {"struct_def_id": {"name": "car", "version": 1}}
    spec = straight({"x": CAR, "y": newer}, change("y", "ASSIGN", read("x")))
    ended = Play(spec, struct_defs=[CAR_DEF, second]).start(x=HONDA)
    assert ended.variables["y"] == Struct("car", {"make": "Honda", "year": 2000}, 1)


def test_masked_fields_are_told_by_the_value():
    secret = struct_def("car", make="STR", vin={"field_type": {"primitive_type": "STR", "masked": True}})
    started = Play(straight({"x": CAR}), struct_defs=[secret]).start(x={"make": "Honda", "vin": "1HG"})
    assert started.variables["x"].masked == {"vin"}


def test_a_task_that_is_named_at_run_time_takes_and_gives_structs():
    drive = task_def("drive", CAR, car=CAR)
    spec = straight({"x": CAR, "y": "JSON_OBJ"})
    nodes = spec["entrypoint"]["nodes"]
    nodes["0-start"]["outgoing_edges"] = [{"sink_node_name": "drive"}]
    nodes["drive"] = {
        "task": {"dynamic_task": {"literal_value": "drive"}, "variables": [read("y")]},
        "outgoing_edges": [
            {
                "sink_node_name": "1-exit",
                "variable_mutations": [change("x", "ASSIGN", {"node_output": {"node_name": "drive"}})],
            }
        ],
    }
    called = Play(spec, drive, struct_defs=[CAR_DEF]).start(y=HONDA)
    assert called.inputs == {"car": car()}
    called.succeed({**HONDA, "sold": True})
    assert called.variables["x"] == car(sold=True)
