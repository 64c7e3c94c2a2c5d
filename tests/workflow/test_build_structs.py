"""Structs, native arrays and maps in workflows: declared, built, read and changed in place."""

from __future__ import annotations

from functools import reduce

import pytest

from lhredis.model.enums import VariableType
from lhredis.model.limits import NATIVE_DEPTH_MAX
from lhredis.model.native import Array, Map, Struct
from lhredis.model.value_types import ArrayType, StructType
from lhredis.workflow import Workflow, WorkflowBuildError, WorkflowThread, lh_struct_def
from tests.engine.play import Play, struct_def


@lh_struct_def("car")
class Car:
    make: str
    mileage: int = 0


CAR = struct_def("car", 0, make="STR", mileage={"field_type": "INT", "default_value": 0})


def declared(story):
    """The types of the variables, as JSON."""
    spec = Workflow("flow", story).compile().thread_specs["entrypoint"]
    return [variable.var_def.type_def.to_json() for variable in spec.variable_defs]


def test_types_are_written_in_python_or_by_name():
    def story(wf: WorkflowThread) -> None:
        wf.declare_array("a", int)
        wf.declare_array("b", VariableType.STR)
        wf.declare_array("c", list[int])
        wf.declare_map("d", str, Car)
        wf.declare_struct("e", "car", version=3)
        wf.declare_struct("f", Car).masked()

    integer, text = {"primitive_type": "INT"}, {"primitive_type": "STR"}
    car = {"struct_def_id": {"name": "car", "version": -1}}
    assert declared(story) == [
        {"inline_array_def": {"array_type": integer}},
        {"inline_array_def": {"array_type": text}},
        {"inline_array_def": {"array_type": {"inline_array_def": {"array_type": integer}}}},
        {"inline_map_def": {"key_type": text, "value_type": car}},
        {"struct_def_id": {"name": "car", "version": 3}},
        {**car, "masked": True},
    ]


def wash(wf: WorkflowThread) -> None:
    make = wf.declare_str("make", default_value="Honda")
    car = wf.declare_struct("car", Car, version=0)
    cars = wf.declare_array("cars", wf_type(0))
    prices = wf.declare_map("prices", str, int)
    which = wf.declare_int("which", default_value=0)
    car.assign(wf.build_struct(Car, version=0).put("make", make))
    car["mileage"] += 7
    cars.assign([])
    cars.assign(cars.extend(car).extend(Car("Tesla", 3)))
    prices.assign(wf.build_map().put("first", 10).put(make, cars.size()))
    prices["second"] = cars[which]["mileage"]
    wf.wait_for_condition(prices[make] == 2)
    wf.complete(cars.get(-1))


def wf_type(version: int) -> StructType:
    return StructType("car", version)


def test_a_story_of_all_of_them_runs():
    ended = Play(wash, struct_defs=[CAR]).start()
    assert ended.status == "COMPLETED", ended.message
    honda, tesla = (
        Struct("car", {"make": "Honda", "mileage": 7}, 0),
        Struct("car", {"make": "Tesla", "mileage": 3}, 0),
    )
    assert ended.variables["car"] == honda
    assert ended.variables["cars"] == Array(wf_type(0), [honda, tesla])
    assert ended.variables["prices"] == Map("STR", "INT", {"first": 10, "Honda": 2, "second": 7})
    assert ended.output == tesla


def test_an_inline_struct_is_built_inside_of_another_one():
    def story(wf: WorkflowThread) -> None:
        address = wf.build_inline_struct().put("street", "Sand Lane")
        wf.complete(wf.build_struct("person", 0).put("name", "Obi-Wan").put("address", address))

    street = {"inline_struct_def": {"fields": {"street": {"field_type": "STR"}}}}
    person = struct_def("person", 0, name="STR", address=street)
    ended = Play(story, struct_defs=[person]).start()
    assert ended.output.fields["address"] == Struct(None, {"street": "Sand Lane"})


LEVELS = range(NATIVE_DEPTH_MAX + 1)
TOO_DEEP = reduce(lambda inside, _: ArrayType(inside), LEVELS, VariableType.INT)
TOO_DEEP_HINT = reduce(lambda inside, _: list[inside], LEVELS, int)


@pytest.mark.parametrize(
    ("build", "problem"),
    [
        (lambda wf: wf.declare_array("x", TOO_DEEP), f": types nest at most {NATIVE_DEPTH_MAX} levels deep$"),
        (
            lambda wf: wf.declare_array("x", TOO_DEEP_HINT),
            f": types nest at most {NATIVE_DEPTH_MAX} levels deep$",
        ),
        (lambda wf: wf.declare_array("x", "INTEGER"), "expected one of"),
        (lambda wf: wf.declare_array("x", object), "no type of a value fits"),
        (lambda wf: wf.declare_map("x", dict, int), "keys of a Map are of a primitive type"),
        (lambda wf: wf.declare_struct("x", int), "a StructDef is named"),
        (lambda wf: wf.build_struct("car").put("make", 1).put("make", 2), "the field 'make' is put already"),
        (lambda wf: wf.build_map(str), "give both, or none"),
        (lambda wf: wf.declare_array("x", int).with_json_path("$[0]"), "needs JSON_OBJ or JSON_ARR"),
        (lambda wf: wf.declare_int("x").get("y"), "a path into it needs a struct"),
        (lambda wf: wf.declare_struct("x", "car").get(True), "a field is a str, an index an int"),
        (lambda wf: wf.mutate(wf.declare_array("x", int), "ADD", 1), "cannot ADD to a Array<INT>"),
        (lambda wf: wf.mutate(wf.declare_struct("x", "car"), "EXTEND", 1), "cannot EXTEND to a Struct<car>"),
    ],
)
def test_what_cannot_be_is_told_with_the_line(build, problem):
    with pytest.raises(WorkflowBuildError, match=problem) as raised:
        Workflow("flow", build).compile()
    assert raised.value.file == __file__
