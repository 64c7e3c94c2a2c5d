"""Structs, arrays and maps in task functions: type hints to types, values to instances and back."""

from __future__ import annotations

from functools import reduce
from typing import Annotated

import pytest

from lhredis.model.limits import NATIVE_DEPTH_MAX
from lhredis.model.native import Array, Map, Struct
from lhredis.model.struct_class import struct_def_request
from lhredis.worker import (
    LHStructField,
    LHStructIgnore,
    LHType,
    TaskFunction,
    TaskSignatureError,
    WfRunId,
    lh_struct_def,
    task,
)
from lhredis.worker.function import InputError


@lh_struct_def("engine")
class Engine:
    power: int


@lh_struct_def("car", description="four wheels")
class Car:
    make: str
    engine: Engine
    previous_owners: list[str]
    extras: dict[str, float]
    vin_number: Annotated[str | None, LHStructField(masked=True)] = None
    year: Annotated[int, LHStructField(name="builtIn", description="when")] = 2000
    seen: Annotated[int, LHStructIgnore()] = 0


Weights = Annotated[list[int], LHType(array=True)]


@task
async def repaint(car: Car, weights: Weights, plain: list[int]) -> Car:
    assert isinstance(car.engine, Engine)
    return Car(car.make.upper(), car.engine, [*car.previous_owners, "me"], car.extras)


CAR = Struct(
    "car",
    {
        "make": "Honda",
        "engine": Struct("engine", {"power": 90}, 0),
        "previousOwners": Array("STR", ["you"]),
        "extras": Map("STR", "DOUBLE", {"radio": 1.5}),
        "vinNumber": None,
        "builtIn": 1999,
    },
    0,
)


def test_a_class_is_a_struct_def():
    request = struct_def_request(Car)
    assert (request.name, request.description) == ("car", "four wheels")
    fields = request.struct_def.fields
    assert {name: field.field_type.value_type.name for name, field in fields.items()} == {
        "make": "STR",
        "engine": "Struct<engine>",
        "previousOwners": "Array<STR>",
        "extras": "Map<STR, DOUBLE>",
        "vinNumber": "STR",
        "builtIn": "INT",
    }
    assert fields["vinNumber"].field_type.masked and fields["vinNumber"].is_nullable
    assert (fields["builtIn"].default_value, fields["builtIn"].description) == (2000, "when")
    assert [name for name, field in fields.items() if field.required] == [
        "make",
        "engine",
        "previousOwners",
        "extras",
    ]


def test_type_hints_are_types_of_the_task_def():
    inputs = {variable.name: variable.type.name for variable in repaint.task_def.input_vars}
    assert inputs == {"car": "Struct<car>", "weights": "Array<INT>", "plain": "JSON_ARR"}
    returned = repaint.task_def.return_type
    assert returned is not None and returned.return_type is not None
    assert returned.return_type.value_type.name == "Struct<car>"


async def test_a_function_gets_instances_and_returns_them():
    arguments = repaint.arguments({"car": CAR, "weights": Array("INT", [1]), "plain": [1]}, None)
    assert (arguments["car"].year, arguments["weights"], arguments["plain"]) == (1999, [1], [1])
    output = repaint.output(await repaint(**arguments))
    assert output == Struct(
        "car",
        {
            **CAR.fields,
            "make": "HONDA",
            "engine": Struct("engine", {"power": 90}),
            "previousOwners": Array("STR", ["you", "me"]),
            "builtIn": 2000,
        },
    )


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"car": "Honda"}, "input 'car': Car was wanted; got 'Honda'"),
        ({"car": None}, "input 'car': Car was wanted; got null"),
        ({"car": Struct("car", {**CAR.fields, "make": 7})}, "field 'make': str was wanted; got 7"),
        ({"car": Struct("car", {})}, "missing"),
        ({"weights": ["x"]}, "input 'weights'"),
    ],
)
def test_what_does_not_fit_is_an_input_error(inputs: dict, told: str):
    with pytest.raises(InputError, match=told):
        repaint.arguments({"car": CAR, "weights": Array("INT", [1]), "plain": []} | inputs, None)


def test_a_default_may_be_native():
    async def weigh(weights: Weights = [1, 2], engine: Engine = Engine(5)) -> None: ...  # noqa: B006, B008

    defaults = [variable.default_value for variable in TaskFunction(weigh).task_def.input_vars]
    assert defaults == [Array("INT", [1, 2]), Struct("engine", {"power": 5})]


def test_maps_and_ids_inside():
    @task
    async def count(runs: Annotated[dict[str, WfRunId], LHType(map=True)]) -> None: ...

    assert count.task_def.input_vars[0].type.name == "Map<STR, WF_RUN_ID>"


TOO_DEEP = reduce(lambda inside, _: list[inside], range(NATIVE_DEPTH_MAX + 1), int)


@pytest.mark.parametrize(
    ("hint", "extra", "problem"),
    [
        (TOO_DEEP, LHType(array=True), f"types nest at most {NATIVE_DEPTH_MAX} levels deep"),
        (
            dict[bytes, dict[dict, int]],
            LHType(map=True),
            "keys of a Map are of a primitive type other than JSON; got JSON_OBJ",
        ),
    ],
)
def test_a_type_that_cannot_be_is_told_with_the_place(hint, extra, problem):
    async def wash(things) -> None: ...

    wash.__annotations__["things"] = Annotated[hint, extra]
    with pytest.raises(TaskSignatureError) as given:
        task(wash)
    assert str(given.value) == f"task 'wash', things: {problem}"

    async def look() -> None: ...

    look.__annotations__["return"] = Annotated[hint, extra]
    with pytest.raises(TaskSignatureError) as returned:
        task(look)
    assert str(returned.value) == f"task 'look', return: {problem}"

    class Washed:
        things: int

    Washed.__annotations__["things"] = hint
    with pytest.raises(TypeError, match=f"^Washed.things: {problem}$"):
        struct_def_request(lh_struct_def("washed")(Washed))


def test_a_hint_that_no_type_fits_is_named():
    with pytest.raises(TaskSignatureError, match=r"wash.*things.*no type of a value fits"):

        @task
        async def wash(things: Annotated[list[object], LHType(array=True)]) -> None: ...
