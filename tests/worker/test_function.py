"""The story of `@task`: a TaskDef from type hints, and the signatures that cannot be one."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, Optional, Union
from uuid import UUID

import pytest
from pydantic import BaseModel
from typing_extensions import TypedDict

from lhredis.model.enums import VariableType
from lhredis.worker import LHType, TaskSignatureError, WfRunId, WorkerContext, task
from lhredis.worker.convert import ConversionError, input_converter, output_converter, variable_type

T = VariableType


class Person(BaseModel):
    name: str
    age: int = 0


class Tree(BaseModel):
    children: list[Tree] = []


@dataclass
class Point:
    x: int
    y: int


class Row(TypedDict):
    id: int


class Colour(Enum):
    RED = "red"


def test_the_name_is_that_of_the_function_with_hyphens():
    @task
    def send_the_mail() -> None: ...

    @task("other-name")
    async def named() -> None: ...

    @task
    def _private_(x: int) -> None: ...

    assert send_the_mail.task_def_name == "send-the-mail"
    assert named.task_def_name == "other-name"
    assert _private_.task_def_name == "private"


@pytest.mark.parametrize("name", ["not a name", "a_b", "-a", "x" * 200, "ü"])
def test_a_name_that_is_none_is_refused(name: str):
    with pytest.raises(TaskSignatureError):

        @task(name)
        def function() -> None: ...


@pytest.mark.parametrize(
    ("hint", "kind"),
    [
        (str, T.STR), (int, T.INT), (float, T.DOUBLE), (bool, T.BOOL), (bytes, T.BYTES), (datetime, T.TIMESTAMP),
        (WfRunId, T.WF_RUN_ID), (dict, T.JSON_OBJ), (list, T.JSON_ARR), (dict[str, int], T.JSON_OBJ),
        (dict[str, Any], T.JSON_OBJ), (list[Person], T.JSON_ARR), (tuple[int, str], T.JSON_ARR), (set[int], T.JSON_ARR),
        (Person, T.JSON_OBJ), (Point, T.JSON_OBJ), (Row, T.JSON_OBJ), (Tree, T.JSON_OBJ), (Colour, T.STR),
        (Literal["a", "b"], T.STR), (Literal[1, 2], T.INT), (UUID, T.STR), (date, T.STR),
        (Optional[int], T.INT), (int | None, T.INT), (Person | None, T.JSON_OBJ), (Union[str, None], T.STR),  # noqa: UP007, UP045
        (Person | Point, T.JSON_OBJ),
    ],
    ids=str,
)  # fmt: skip
def test_every_type_hint_that_fits_a_variable(hint: Any, kind: VariableType):
    assert variable_type(hint) is kind


@pytest.mark.parametrize(
    "hint", [Any, object, int | str, None, Decimal, type, Literal[1, "a"], Person | int], ids=str
)
def test_a_type_hint_that_fits_no_variable(hint: Any):
    with pytest.raises(TypeError, match="no variable type fits"):
        variable_type(hint)


def test_a_signature_becomes_a_task_def():
    @task
    async def greet(
        full_name: str,
        card: Annotated[str, LHType(name="card-number", masked=True)],
        person: Person,
        times: int = 3,
        *,
        flag: bool = False,
        ctx: WorkerContext,
    ) -> Annotated[dict[str, int], LHType(masked=True)]:
        """Say hello."""

    request = greet.task_def
    assert (request.name, request.description) == ("greet", "Say hello.")
    assert [(each.name, each.type.name, each.masked, each.default_value) for each in request.input_vars] == [
        ("full-name", "STR", False, None),
        ("card-number", "STR", True, None),
        ("person", "JSON_OBJ", False, None),
        ("times", "INT", False, 3),
        ("flag", "BOOL", False, False),
    ]
    returned = request.return_type.return_type
    assert (returned.primitive_type, returned.masked) == (T.JSON_OBJ, True)
    assert greet.wants_context and greet.is_async


def test_a_function_that_returns_nothing_has_no_return_type():
    @task
    def silent() -> None: ...

    @task
    def untold(): ...

    assert silent.task_def.return_type is None and untold.task_def.return_type is None


def test_a_task_can_still_be_called_as_a_function():
    @task
    def double(x: int) -> int:
        """Twice."""
        return 2 * x

    assert double(4) == double(x=4) == 8
    assert (double.__name__, double.__doc__) == ("double", "Twice.")


def no_hint(x) -> None: ...  # type: ignore[no-untyped-def]


def some(*args: int) -> None: ...


def more(**kwargs: int) -> None: ...


def positional(x: int, /) -> None: ...


def anything(x: Any) -> None: ...


def either(x: int | str) -> None: ...


def returns_anything() -> Any: ...


def bad_default(x: Person = Person(name="a")) -> None: ...  # noqa: B008


def wrong_default(x: int = "text") -> None: ...  # type: ignore[assignment]


def endless_default(x: float = float("inf")) -> None: ...


def bad_name(x: Annotated[int, LHType(name="no name")]) -> None: ...


def no_name(_: int) -> None: ...


def twice(a_b: int, a: Annotated[int, LHType(name="a-b")]) -> None: ...


@pytest.mark.parametrize(
    ("function", "word"),
    [
        (no_hint, "'x' has no type hint"), (some, "args"), (more, "kwargs"), (positional, "'x'"), (anything, "x"),
        (either, "x"), (returns_anything, "return"), (bad_default, "x"), (wrong_default, "x"),
        (endless_default, "x"), (bad_name, "x"), (no_name, "_"), (twice, "a-b"),
    ],
)  # fmt: skip
def test_a_signature_that_cannot_be_a_task_is_refused_by_the_name_of_the_parameter(function: Any, word: str):
    with pytest.raises(TaskSignatureError, match=word) as caught:
        task(function)
    assert function.__name__.replace("_", "-") in str(caught.value)


@pytest.mark.parametrize(
    ("hint", "value", "found"),
    [
        (int, 3, 3), (float, 3, 3.0), (float, 2.5, 2.5), (str, "", ""), (bool, True, True), (bytes, b"a", b"a"),
        (dict, {"a": 1}, {"a": 1}), (list, [1], [1]), (datetime, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        (WfRunId, WfRunId("a"), WfRunId("a")), (int | None, None, None), (int | None, 3, 3),
        (Person, {"name": "Leia"}, Person(name="Leia")), (Person | None, None, None), (Point, {"x": 1, "y": 2}, Point(1, 2)),
        (Row, {"id": 1}, {"id": 1}), (list[Point], [{"x": 1, "y": 2}], [Point(1, 2)]), (tuple[int, str], [1, "a"], (1, "a")),
        (set[int], [1, 1], {1}), (dict[str, int], {"a": 1}, {"a": 1}), (Colour, "red", Colour.RED),
        (date, "2026-01-02", date(2026, 1, 2)), (Literal["a"], "a", "a"),
    ],
    ids=str,
)  # fmt: skip
def test_an_input_becomes_what_the_hint_asks_for(hint: Any, value: Any, found: Any):
    converted = input_converter(hint)(value)
    assert (converted, type(converted)) == (found, type(found))


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (int, None), (int, "3"), (int, 3.0), (int, True), (float, "1"), (float, True), (str, 3), (str, None), (bool, 1),
        (bytes, "a"), (dict, []), (list, {}), (datetime, "2026-01-01"), (WfRunId, "a"), (str, WfRunId("a")),
        (Person, {"age": 1}), (Person, None), (Person, []), (Point, {"x": 1}), (list[int], ["x"]), (Colour, "blue"),
        (Literal["a"], "b"), (dict[str, int], {"a": "x"}),
    ],
    ids=str,
)  # fmt: skip
def test_b8_an_input_that_does_not_fit_is_refused(hint: Any, value: Any):
    with pytest.raises(ConversionError):
        input_converter(hint)(value)


@pytest.mark.parametrize(
    ("hint", "value", "found"),
    [
        (int, 3, 3), (int, None, None), (float, 3, 3.0), (str, "a", "a"), (None, None, None), (type(None), None, None),
        (dict, {"a": 1}, {"a": 1}), (Person, Person(name="Leia"), {"name": "Leia", "age": 0}), (Person, None, None),
        (Person, {"name": "Leia"}, {"name": "Leia", "age": 0}), (Point, Point(1, 2), {"x": 1, "y": 2}),
        (list[Point], [Point(1, 2)], [{"x": 1, "y": 2}]), (tuple[int, str], (1, "a"), [1, "a"]), (set[int], {1}, [1]),
        (Colour, Colour.RED, "red"), (date, date(2026, 1, 2), "2026-01-02"),
        (dict, OrderedDict(a=1), {"a": 1}),
    ],
    ids=str,
)  # fmt: skip
def test_what_a_function_returns_becomes_a_value(hint: Any, value: Any, found: Any):
    converted = output_converter(hint)(value)
    assert (converted, type(converted)) == (found, type(found))


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (int, "3"),
        (int, True),
        (int, 3.5),
        (str, 3),
        (None, 3),
        (dict, []),
        (Person, 3),
        (list[int], ["x"]),
        (bool, 1),
    ],
    ids=str,
)
def test_what_does_not_fit_the_return_type_is_refused(hint: Any, value: Any):
    with pytest.raises(ConversionError):
        output_converter(hint)(value)
