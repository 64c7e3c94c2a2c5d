"""Properties of native values: what is written is read again, and what fits once fits always."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from lhredis.engine.language.types import resolve
from lhredis.engine.language.values import coerce, same
from lhredis.model.enums import VariableType as T
from lhredis.model.limits import INT_MAX, INT_MIN
from lhredis.model.native import Array, Map, Struct
from lhredis.model.types import TypeDefinition
from lhredis.model.value_types import (
    KEY_TYPES,
    ArrayType,
    FieldType,
    InlineStructType,
    MapType,
    StructType,
    ValueType,
    read_type_form,
    type_form,
)
from lhredis.model.values import WfRunId, decode_value, encode_value

NAMES = st.sampled_from(["a", "make", "brandName9734", "x1"])

PRIMITIVES: dict[T, st.SearchStrategy[Any]] = {
    T.INT: st.integers(INT_MIN, INT_MAX),
    T.DOUBLE: st.floats(allow_nan=False, allow_infinity=False),
    T.BOOL: st.booleans(),
    T.STR: st.text(st.characters(exclude_categories=("Cs",)), max_size=5),
    T.BYTES: st.binary(max_size=5),
    T.TIMESTAMP: st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(
        lambda m: m.replace(tzinfo=UTC)
    ),
    T.WF_RUN_ID: st.sampled_from(["root", "parent_child"]).map(WfRunId),
}
JSON = {
    T.JSON_OBJ: st.dictionaries(st.sampled_from(["a", "$b"]), st.integers(0, 9), max_size=2),
    T.JSON_ARR: st.lists(st.integers(0, 9), max_size=3),
}


def fields_of(kinds: st.SearchStrategy[ValueType]) -> st.SearchStrategy[tuple[FieldType, ...]]:
    named = st.dictionaries(NAMES, st.tuples(kinds, st.booleans()), max_size=3)
    return named.map(
        lambda found: tuple(
            FieldType(name, kind, nullable=True, masked=masked) for name, (kind, masked) in found.items()
        )
    )


def bigger(kinds: st.SearchStrategy[ValueType]) -> st.SearchStrategy[ValueType]:
    return st.one_of(
        kinds.map(ArrayType),
        st.builds(MapType, st.sampled_from(sorted(KEY_TYPES)), kinds),
        fields_of(kinds).map(lambda fields: InlineStructType.of(*fields)),
        st.builds(StructType, st.sampled_from(["car", "person"]), st.integers(0, 3), fields_of(kinds)),
    )


TYPES: st.SearchStrategy[ValueType] = st.recursive(st.sampled_from(sorted(T)), bigger, max_leaves=5)


def values_of(kind: ValueType) -> st.SearchStrategy[Any]:
    if isinstance(kind, T):
        return {**PRIMITIVES, **JSON}[kind]
    if isinstance(kind, ArrayType):
        return st.lists(st.none() | values_of(kind.element), max_size=3).map(
            lambda items: Array(kind.element, items)
        )
    if isinstance(kind, MapType):
        entries = st.dictionaries(
            st.none() | values_of(kind.key), st.none() | values_of(kind.value), max_size=3
        )
        return entries.map(lambda found: Map(kind.key, kind.value, found))
    assert kind.fields is not None
    name, version = (kind.struct_def, kind.version) if isinstance(kind, StructType) else (None, -1)
    masked = frozenset(field.name for field in kind.fields if field.masked)
    fields = st.fixed_dictionaries({field.name: st.none() | values_of(field.type) for field in kind.fields})
    return fields.map(lambda found: Struct(name, found, version, masked))


TYPED = TYPES.flatmap(lambda kind: st.tuples(st.just(kind), values_of(kind)))


@given(TYPED)
def test_a_value_survives_its_json(typed: tuple[ValueType, Any]):
    _, value = typed
    again = decode_value(orjson.loads(orjson.dumps(encode_value(value))))
    assert same(again, value)
    if isinstance(value, Struct):
        assert again.masked == value.masked


@given(TYPED)
def test_a_value_of_a_type_fits_it_as_it_is(typed: tuple[ValueType, Any]):
    kind, value = typed
    assert same(coerce(value, kind), value)
    assert same(coerce(coerce(value, kind), kind), value)


@given(TYPES)
def test_a_type_survives_its_json(kind: ValueType):
    assert read_type_form(orjson.loads(orjson.dumps(type_form(kind)))) == kind
    assert TypeDefinition.of(kind).value_type == kind
    assert resolve(kind, {}, []) == kind
    assert hash(kind) == hash(read_type_form(type_form(kind)))
