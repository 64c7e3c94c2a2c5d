"""strange: messages that no sane client sends: any field may be missing, empty, huge, or mean nothing."""

from __future__ import annotations

from random import Random
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

DEPTH_MAX = 6
MISSING_SHARE = 0.3

TEXTS = (
    *("", "a", "greet", "main", "A B", "a_b", "no/id", "..", "../x", "%", "-", "-1", "1.0", "0-1", "9" * 11 + "-1"),
    *("x" * 300, "é", "🐎", "\x00", "\u2028", "* * * * *", "$.a", "{", "[1]", '{"a":1}'),
)  # fmt: skip
BYTES = (b"", b"\xff\xfe", b"abc", b"5", b"{}", b"[1,2]")
DOUBLES = (0.0, 1.5, -1e308, float("nan"), float("inf"))
UNKNOWN_ENUM = 77


def fill(message: Any, random: Random, depth: int = 0) -> None:
    """Put anything into any field; of a oneof into one at most."""
    taken = set()
    for field in message.DESCRIPTOR.fields:
        of = field.containing_oneof
        if random.random() < MISSING_SHARE or (of is not None and of.name in taken):
            continue
        if field.message_type is not None and depth > DEPTH_MAX:
            continue
        if of is not None:
            taken.add(of.name)
        _put(message, field, random, depth)


def _put(message: Any, field: FieldDescriptor, random: Random, depth: int) -> None:
    kind = field.message_type
    if kind is not None and kind.GetOptions().map_entry:
        _put_entries(getattr(message, field.name), kind.fields_by_name, random, depth)
    elif field.is_repeated:
        for _ in range(random.randrange(3)):
            if kind is not None:
                fill(getattr(message, field.name).add(), random, depth + 1)
            else:
                getattr(message, field.name).append(_scalar(field, random))
    elif kind is not None:
        inside: Message = getattr(message, field.name)
        inside.SetInParent()
        fill(inside, random, depth + 1)
    else:
        setattr(message, field.name, _scalar(field, random))


def _put_entries(entries: Any, fields: Any, random: Random, depth: int) -> None:
    for _ in range(random.randrange(3)):
        key = _scalar(fields["key"], random)
        if fields["value"].message_type is not None:
            fill(entries[key], random, depth + 1)
        else:
            entries[key] = _scalar(fields["value"], random)


def _scalar(field: FieldDescriptor, random: Random) -> Any:
    if field.enum_type is not None:
        return random.choice([value.number for value in field.enum_type.values] + [UNKNOWN_ENUM])
    if field.type == FieldDescriptor.TYPE_BYTES:
        return random.choice(BYTES)
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return random.choice(TEXTS)
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return random.random() < 0.5
    if field.cpp_type in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        return random.choice(DOUBLES)
    bits = 32 if field.cpp_type == FieldDescriptor.CPPTYPE_INT32 else 64
    return random.choice((0, 1, -1, 5, 2**31 - 1, 2 ** (bits - 1) - 1, -(2 ** (bits - 1))))
