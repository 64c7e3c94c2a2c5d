"""The words of `lhredis run` become what the WfSpec declares, or are refused by name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lhredis.cli.arguments import parse_value, parse_variables
from lhredis.errors import InvalidSpec
from lhredis.model.enums import VariableType
from lhredis.model.types import ThreadVarDef, TypeDefinition, VariableDef
from lhredis.model.values import WfRunId

T = VariableType


def declared(name: str, kind: VariableType, required: bool = False) -> ThreadVarDef:
    definition = VariableDef(name=name, type_def=TypeDefinition(primitive_type=kind))
    return ThreadVarDef(var_def=definition, required=required)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("42", T.STR, "42"),
        ("null", T.STR, "null"),
        ("", T.STR, ""),
        ("null", T.INT, None),
        ("-9223372036854775808", T.INT, -(2**63)),
        ("3", T.DOUBLE, 3.0),
        ("1e3", T.DOUBLE, 1000.0),
        ("TRUE", T.BOOL, True),
        ("false", T.BOOL, False),
        ('{"a": [1]}', T.JSON_OBJ, {"a": [1]}),
        ("[1, null]", T.JSON_ARR, [1, None]),
        ("aGk=", T.BYTES, b"hi"),
        ("2026-01-02T04:04:05+01:00", T.TIMESTAMP, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("parent_child", T.WF_RUN_ID, WfRunId("parent_child")),
    ],
)
def test_a_word_becomes_a_value_of_the_declared_type(text: str, kind: VariableType, value: Any) -> None:
    parsed = parse_value(text, kind)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("text", "kind", "wanted"),
    [
        ("1.5", T.INT, "an INT"),
        ("9223372036854775808", T.INT, "64 bits"),
        ("many", T.DOUBLE, "a DOUBLE"),
        ("nan", T.DOUBLE, "finite"),
        ("yes", T.BOOL, "true or false"),
        ("[1]", T.JSON_OBJ, '{"a": 1}'),
        ("{", T.JSON_OBJ, "JSON is wanted"),
        ('{"a": 1}', T.JSON_ARR, "[1, 2]"),
        ("hi!", T.BYTES, "base64"),
        ("2026-01-02T03:04:05", T.TIMESTAMP, "time zone"),
        ("a b", T.WF_RUN_ID, "letters"),
    ],
)
def test_a_word_that_does_not_fit_is_refused_with_what_is_wanted(
    text: str, kind: VariableType, wanted: str
) -> None:
    with pytest.raises(ValueError, match=wanted.replace("{", r"\{").replace("[", r"\[")):
        parse_value(text, kind)


def test_everything_that_is_wrong_is_named_at_once() -> None:
    spec = [declared("name", T.STR, required=True), declared("count", T.INT), declared("email", T.STR)]
    with pytest.raises(InvalidSpec) as raised:
        parse_variables(["nam=Ada", "count=x", "loose", "email=a", "email=b", "zzz=1"], spec)
    assert [str(problem) for problem in raised.value.problems] == [
        "nam: no such variable; did you mean 'name'?",
        "count: an INT is wanted, such as 42; got 'x'",
        "loose: write key=value",
        "email: given twice",
        "zzz: no such variable; there are: name, count, email",
        "name: required (STR): name=…",
    ]


def test_a_value_may_contain_an_equals_sign_and_optional_ones_may_be_left_out() -> None:
    spec = [declared("formula", T.STR), declared("other", T.INT)]
    assert parse_variables(["formula=a=b"], spec) == {"formula": "a=b"}
