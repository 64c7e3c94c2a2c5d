"""Native arrays and maps: what fits, what operators do, how they are read (F1-F11, E10)."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.errors import InvalidArgument, InvalidSpec
from lhredis.model.enums import VariableType as T
from lhredis.model.native import Array, Map
from lhredis.model.value_types import ArrayType
from tests.engine.play import Play, task_def
from tests.engine.straight import ARRAY_OF_INT, array_of, change, expression, map_of, read, straight


def numbers(*items: int) -> Array:
    return Array("INT", items)


def after(kind: Any, start: Any, *mutations: dict[str, Any]) -> Any:
    """What the variable `x` of this type holds after the mutations."""
    play = Play(straight({"x": kind}, *mutations)).start(x=start)
    assert play.status == "COMPLETED", play.message
    return play.variables["x"]


def refusal(kind: Any, *mutations: dict[str, Any], **more: Any) -> str:
    with pytest.raises(InvalidSpec) as raised:
        Play(straight({"x": kind, **more}, *mutations))
    return str(raised.value)


def test_a_list_from_outside_is_an_array_of_the_declared_type():
    assert after(ARRAY_OF_INT, []) == numbers()
    assert after(ARRAY_OF_INT, [1, 2, 3]) == numbers(1, 2, 3)
    assert after(array_of("DOUBLE"), [1, 2.5]) == Array("DOUBLE", [1.0, 2.5])


def test_what_a_client_says_of_its_items_counts_for_nothing():
    assert after(ARRAY_OF_INT, Array("STR", [1, 2])) == numbers(1, 2)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([1, "two"], "variable 'x' is Array<INT>: [1]: cannot use a value of type STR as INT"),
        (7, "variable 'x' is Array<INT>: cannot use a value of type INT as Array<INT>"),
        (Array("INT", [1, "two"]), "[1]: cannot use a value of type STR as INT"),
        ([{"$array": {"of": "INT", "items": []}}], "[0]: cannot use a value of type Array<INT> as INT"),
    ],
)
def test_mixed_items_are_refused_with_their_place(given: Any, told: str):
    with pytest.raises(InvalidArgument) as raised:
        Play(straight({"x": ARRAY_OF_INT})).start(x=given)
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("start", "mutation", "end"),
    [
        ([1, 2, 3], change("x", "EXTEND", 4), [1, 2, 3, 4]),
        ([1, 2, 3], change("x", "EXTEND", [4, 5, 6]), [1, 2, 3, 4, 5, 6]),
        ([1, 2, 3], change("x", "EXTEND", read("x")), [1, 2, 3, 1, 2, 3]),
        ([1, 2, 3], change("x", "REMOVE_IF_PRESENT", 2), [1, 3]),
        ([1, 2, 3], change("x", "REMOVE_IF_PRESENT", 9), [1, 2, 3]),
        ([1, 2, 3], change("x", "REMOVE_INDEX", 1), [1, 3]),
        ([1, 2, 3], change("x", "ASSIGN", 9, 1), [1, 9, 3]),
        ([1, 2, 3], change("x", "ADD", 9, 1), [1, 11, 3]),
        ([1, 2, 3], change("x", "ASSIGN", []), []),
    ],
)
def test_operators_of_arrays(start: list[int], mutation: dict[str, Any], end: list[int]):
    assert after(ARRAY_OF_INT, start, mutation) == numbers(*end)


def test_an_array_of_arrays_takes_one_more_array():
    nested = array_of(ARRAY_OF_INT)
    inner = ArrayType(T.INT)
    longer = after(nested, [[1, 2, 3]], change("x", "EXTEND", [4, 5, 6]))
    assert longer == Array(inner, [numbers(1, 2, 3), numbers(4, 5, 6)])
    assert after(nested, [[1]], change("x", "EXTEND", [[2], [3]])) == Array(
        inner, [numbers(1), numbers(2), numbers(3)]
    )


@pytest.mark.parametrize(
    ("kind", "mutation", "told"),
    [
        (ARRAY_OF_INT, change("x", "ADD", 1), "cannot ADD to a Array<INT>"),
        (ARRAY_OF_INT, change("x", "SUBTRACT", 1), "cannot SUBTRACT to a Array<INT>"),
        (ARRAY_OF_INT, change("x", "EXTEND", "four"), "cannot EXTEND a STR to a Array<INT>"),
        (ARRAY_OF_INT, change("x", "EXTEND", ["four"]), "cannot use a value of type JSON_ARR as INT"),
        (ARRAY_OF_INT, change("x", "ASSIGN", [1, "two"]), "[1]: cannot use a value of type STR as INT"),
        (ARRAY_OF_INT, change("x", "REMOVE_INDEX", "1"), "cannot REMOVE_INDEX a STR"),
        (ARRAY_OF_INT, change("x", "ASSIGN", 1, "first"), "is found by an index"),
        (map_of("STR", "INT"), change("x", "ADD", 1), "cannot ADD to a Map<STR, INT>"),
        (
            map_of("STR", "INT"),
            change("x", "EXTEND", {"a": "b"}),
            "key 'a': cannot use a value of type STR as INT",
        ),
    ],
)
def test_operators_that_do_not_go_with_a_type_are_refused_at_registration(
    kind: Any, mutation: dict[str, Any], told: str
):
    assert told in refusal(kind, mutation)


def test_a_json_array_is_no_array_without_saying_so():
    told = refusal(ARRAY_OF_INT, change("x", "ASSIGN", read("y")), y="JSON_ARR")
    assert "Cannot assign JSON_ARR to Array<INT> without explicit casting" in told


def test_an_index_that_is_not_there_reads_null_and_cannot_be_removed():
    play = Play(straight({"x": ARRAY_OF_INT, "y": "INT"}, change("y", "ASSIGN", read("x", 1)))).start(
        x=[7, 8]
    )
    assert play.variables["y"] == 8
    play = Play(straight({"x": ARRAY_OF_INT, "y": "INT"}, change("y", "ASSIGN", read("x", 5)))).start(
        x=[7, 8]
    )
    assert play.variables["y"] is None
    play = Play(straight({"x": ARRAY_OF_INT}, change("x", "REMOVE_INDEX", 5))).start(x=[7, 8])
    assert "REMOVE_INDEX 5 is out of range: the array has 2 items" in play.message


def test_the_item_of_an_array_has_its_type_when_a_spec_is_registered():
    spec = straight({"x": ARRAY_OF_INT, "y": "BOOL"}, change("y", "ASSIGN", read("x", 0)))
    with pytest.raises(InvalidSpec, match="Cannot assign INT to BOOL"):
        Play(spec)


@pytest.mark.parametrize(("item", "within"), [(2, True), (9, False), (None, False), ("2", False)])
def test_in_looks_for_an_item(item: Any, within: bool):
    spec = straight(
        {"x": ARRAY_OF_INT, "y": "BOOL"}, change("y", "ASSIGN", expression(item, "IN", read("x")))
    )
    assert Play(spec).start(x=[1, 2]).variables["y"] is within


@pytest.mark.parametrize(("start", "size"), [([1, 2, 3], 3), ([], 0)])
def test_size_counts_items(start: list[int], size: int):
    spec = straight(
        {"x": ARRAY_OF_INT, "y": "INT"}, change("y", "ASSIGN", {"size_of": {"operand": read("x")}})
    )
    assert Play(spec).start(x=start).variables["y"] == size


def test_size_of_a_map_is_refused_at_registration():
    spec = straight(
        {"x": map_of("STR", "INT"), "y": "INT"}, change("y", "ASSIGN", {"size_of": {"operand": read("x")}})
    )
    with pytest.raises(InvalidSpec, match="size\\(\\) goes with STR and arrays; this is Map<STR, INT>"):
        Play(spec)


def test_maps_have_null_keys_and_null_values():
    entries = [["a", 1], [None, 2], ["b", None]]
    assert after(map_of("STR", "INT"), entries) == Map("STR", "INT", {"a": 1, None: 2, "b": None})


def test_keys_of_a_map_may_be_numbers():
    kind = map_of("INT", "STR")
    assert after(kind, [[1, "one"], [2, "two"]]) == Map("INT", "STR", {1: "one", 2: "two"})
    assert after(kind, {"1": "one"}) == Map("INT", "STR", {1: "one"})
    assert after(kind, Map("INT", "STR", {1: "one"}), change("x", "ASSIGN", "uno", 1)).entries == {1: "uno"}


@pytest.mark.parametrize(
    ("mutation", "end"),
    [
        (change("x", "EXTEND", {"b": 3, "c": 4}), {"a": 1, "b": 3, "c": 4}),
        (change("x", "REMOVE_KEY", "a"), {"b": 2}),
        (change("x", "REMOVE_KEY", "z"), {"a": 1, "b": 2}),
        (change("x", "ASSIGN", 7, "new"), {"a": 1, "b": 2, "new": 7}),
        (change("x", "MULTIPLY", 7, "b"), {"a": 1, "b": 14}),
        (change("x", "ASSIGN", {"map_builder": {"entries": []}}), {}),
    ],
)
def test_operators_of_maps(mutation: dict[str, Any], end: dict[str, int]):
    assert after(map_of("STR", "INT"), {"a": 1, "b": 2}, mutation) == Map("STR", "INT", end)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"a": "one"}, "variable 'x' is Map<STR, INT>: key 'a': cannot use a value of type STR as INT"),
        ("no map", "cannot use a value of type STR as Map<STR, INT>"),
        ([["a", 1], ["a", 2]], "the key 'a' is there twice"),
        ([["a"]], "[0]: an entry of a Map is [key, value]"),
    ],
)
def test_what_is_no_map_of_the_type_is_refused(given: Any, told: str):
    with pytest.raises(InvalidArgument) as raised:
        Play(straight({"x": map_of("STR", "INT")})).start(x=given)
    assert told in str(raised.value)


def test_a_key_that_is_not_there_reads_null():
    spec = straight({"x": map_of("STR", "INT"), "y": "INT"}, change("y", "ASSIGN", read("x", "b")))
    assert Play(spec).start(x={"a": 1}).variables["y"] is None


def test_maps_of_arrays():
    inner = ArrayType(T.INT)
    kind = map_of("STR", ARRAY_OF_INT)
    assert after(kind, {"a": [1]}, change("x", "EXTEND", 2, "a")) == Map(T.STR, inner, {"a": numbers(1, 2)})


def test_a_map_is_built_of_values():
    builder = {
        "map_builder": {
            "entries": [
                {"key": {"literal_value": "first"}, "value": read("y")},
                {"key": {"variable_name": "z"}, "value": {"literal_value": 2}},
            ]
        }
    }
    play = Play(straight({"x": map_of("STR", "INT"), "y": "INT", "z": "STR"}, change("x", "ASSIGN", builder)))
    play.start(y=1, z="second")
    assert play.variables["x"] == Map("STR", "INT", {"first": 1, "second": 2})


def test_arrays_go_to_tasks_and_come_back_as_they_are_declared():
    sort = task_def("sort", ARRAY_OF_INT, items=ARRAY_OF_INT)
    spec = straight({"x": ARRAY_OF_INT})
    nodes = spec["entrypoint"]["nodes"]
    nodes["0-start"]["outgoing_edges"] = [{"sink_node_name": "sort"}]
    assigned = {
        "lhs_name": "x",
        "operation": "ASSIGN",
        "rhs_assignment": {"node_output": {"node_name": "sort"}},
    }
    nodes["sort"] = {
        "task": {"task_def_id": {"name": "sort"}, "variables": [read("x")]},
        "outgoing_edges": [{"sink_node_name": "1-exit", "variable_mutations": [assigned]}],
    }
    play = Play(spec, sort).start(x=[3, 1])
    assert play.inputs == {"items": numbers(3, 1)}
    play.succeed([1, 3])
    assert play.variables["x"] == numbers(1, 3)
    play = Play(spec, sort).start(x=[3, 1]).succeed(["a"])
    assert "output of TaskDef 'sort': [0]: cannot use a value of type STR as INT" in play.message


@pytest.mark.parametrize(("left", "right", "equal"), [([1], [1], True), ([1], [2], False)])
def test_arrays_are_equal_by_content(left: list[int], right: list[int], equal: bool):
    compared = expression(read("x"), "EQUALS", right)
    spec = straight({"x": ARRAY_OF_INT, "y": "BOOL"}, change("y", "ASSIGN", compared))
    assert Play(spec).start(x=left).variables["y"] is equal
    with pytest.raises(InvalidSpec, match="Array<INT> has no"):
        Play(
            straight(
                {"x": ARRAY_OF_INT, "y": "BOOL"},
                change("y", "ASSIGN", expression(read("x"), "LESS_THAN", right)),
            )
        )
