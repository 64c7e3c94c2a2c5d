"""Values and ids: each of LittleHorse's as our form, and back."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from littlehorse.model import (
    Array,
    InlineMapDef,
    InlineStruct,
    Map,
    Struct,
    StructDefId,
    StructField,
    TypeDefinition,
    VariableType,
    VariableValue,
    WfRunId,
)

from lhredis.errors import InvalidSpec
from lhredis.grpc.messages import from_json, to_json
from lhredis.model.values import decode_value, encode_value

INT = TypeDefinition(primitive_type=VariableType.INT)
STR = TypeDefinition(primitive_type=VariableType.STR)
CAR = StructDefId(name="car", version=2)

VALUES: list[tuple[VariableValue, Any]] = [
    (VariableValue(), None),
    (VariableValue(str=""), ""),
    (VariableValue(str="$.x"), "$.x"),
    (VariableValue(bool=False), False),
    (VariableValue(int=2**63 - 1), 2**63 - 1),
    (VariableValue(int=-(2**63)), -(2**63)),
    (VariableValue(double=3.0), 3.0),
    (VariableValue(bytes=b"\x00\xff"), {"$bytes": "AP8="}),
    (VariableValue(json_obj='{"a":[1,2.5,null]}'), {"a": [1, 2.5, None]}),
    (VariableValue(json_obj='{"$bytes":"x"}'), {"$json_obj": {"$bytes": "x"}}),
    (VariableValue(json_arr='[{"$x":1}]'), [{"$x": 1}]),
    (
        VariableValue(utc_timestamp=Timestamp(seconds=1_767_323_045, nanos=123_456_000)),
        {"$timestamp": "2026-01-02T03:04:05.123456Z"},
    ),
    (
        VariableValue(wf_run_id=WfRunId(id="child", parent_wf_run_id=WfRunId(id="parent"))),
        {"$wf_run_id": "parent_child"},
    ),
    (
        VariableValue(array=Array(items=[VariableValue(int=1), VariableValue()], element_type=INT)),
        {"$array": {"of": "INT", "items": [1, None]}},
    ),
    (
        VariableValue(
            map=Map(
                entries=[Map.Entry(key=VariableValue(str="a"), value=VariableValue(int=1))],
                map_type=InlineMapDef(key_type=STR, value_type=INT),
            )
        ),
        {"$map": {"key": "STR", "value": "INT", "entries": [["a", 1]]}},
    ),
    (
        VariableValue(
            struct=Struct(
                struct_def_id=CAR,
                struct=InlineStruct(
                    fields={
                        "make": StructField(value=VariableValue(str="Honda")),
                        "vin": StructField(value=VariableValue(int=7), masked=True),
                    }
                ),
            )
        ),
        {
            "$struct": {
                "name": "car",
                "version": 2,
                "fields": {"make": "Honda", "vin": 7},
                "masked": ["vin"],
            }
        },
    ),
]


@pytest.mark.parametrize(("value", "form"), VALUES, ids=lambda one: None)
def test_a_value_is_the_same_after_both_ways(value: VariableValue, form: Any) -> None:
    assert to_json(value) == form
    assert type(to_json(value)) is type(form)
    assert encode_value(decode_value(form)) == form
    assert from_json(form, VariableValue) == value


@pytest.mark.parametrize(
    ("array", "of"),
    [
        (Array(), "STR"),
        (Array(items=[VariableValue(int=1)], element_type=TypeDefinition()), "INT"),
        (Array(items=[VariableValue(), VariableValue(double=1)]), "DOUBLE"),
        (Array(items=[VariableValue(array=Array(items=[VariableValue(bool=True)]))]), {"array": "BOOL"}),
        (Array(items=[VariableValue(struct=Struct(struct_def_id=CAR))]), {"struct": "car/2"}),
    ],
)
def test_an_array_that_does_not_tell_its_type_is_one(array: Array, of: Any) -> None:
    form = to_json(VariableValue(array=array))
    assert form["$array"]["of"] == of
    decode_value(form)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (VariableValue(json_obj="{"), "is no JSON"),
        (VariableValue(json_obj="[]"), "an object"),
        (VariableValue(json_arr="{}"), "an array"),
        (VariableValue(double=float("nan")), "finite"),
        (VariableValue(utc_timestamp=Timestamp(seconds=10**15)), "imestamp"),
        (VariableValue(wf_run_id=WfRunId(id="a_b")), "letters, digits"),
        (
            VariableValue(array=Array(element_type=TypeDefinition(inline_map_def=InlineMapDef()))),
            "inline_map_def.key_type: is required",
        ),
    ],
)
def test_what_no_variable_holds_is_refused(value: VariableValue, words: str) -> None:
    with pytest.raises(InvalidSpec, match=words):
        to_json(value)
