"""strange: messages that hardly a client sends: any field may be missing, empty, huge, or mean nothing, and
what means something may not fit together."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

DEPTH_MAX = 6
MISSING_SHARE = 0.1
PAGING_MISSING_SHARE = 0.9

TEXTS = ("greet", "greet", "a", "0-1")
"""What something may be called that is there."""

NUMBERS = (0, 1)
DOUBLES = (0.5, 2.0)
ODD_TEXTS = (
    *("", "main", "A B", "a_b", "no/id", "..", "../x", "%", "-", "-1", "1.0", "9" * 11 + "-1", "~", "{0}"),
    *("x" * 300, "é", "🐎", "\x00", "\u2028", "* * * * *", "$.a", "{", "[1]", '{"a":1}', '{"$int":1}'),
)  # fmt: skip
ODD_DOUBLES = (0.0, -1e308, float("nan"), float("inf"))
BYTES = (b"", b"\xff\xfe", b"abc", b"5", b"{}", b"[1,2]")
UNKNOWN_ENUM = 77


class Chance(Random):
    """Picks what stands in a message; the share `oddity` of it means nothing."""

    oddity = 1.0

    def pick(self, sound: Sequence[Any], odd: Sequence[Any]) -> Any:
        return self.choice(odd if self.random() < self.oddity else sound)


def fill(message: Any, chance: Chance, depth: int = 0) -> None:
    """Put anything into any field; of a oneof into one at most."""
    taken = set()
    for field in message.DESCRIPTOR.fields:
        of = field.containing_oneof
        missing = PAGING_MISSING_SHARE if field.name in ("bookmark", "limit") else MISSING_SHARE
        if chance.random() < missing or (of is not None and of.name in taken):
            continue
        if field.message_type is not None and depth > DEPTH_MAX:
            continue
        if of is not None:
            taken.add(of.name)
        _put(message, field, chance, depth)


def _put(message: Any, field: FieldDescriptor, chance: Chance, depth: int) -> None:
    kind = field.message_type
    if kind is not None and kind.GetOptions().map_entry:
        _put_entries(getattr(message, field.name), kind.fields_by_name, chance, depth)
    elif field.is_repeated:
        for _ in range(chance.randrange(3)):
            if kind is not None:
                fill(getattr(message, field.name).add(), chance, depth + 1)
            else:
                getattr(message, field.name).append(_scalar(field, chance))
    elif kind is not None:
        inside: Message = getattr(message, field.name)
        inside.SetInParent()
        fill(inside, chance, depth + 1)
    else:
        setattr(message, field.name, _scalar(field, chance))


def _put_entries(entries: Any, fields: Any, chance: Chance, depth: int) -> None:
    for _ in range(chance.randrange(3)):
        key = _scalar(fields["key"], chance)
        if fields["value"].message_type is not None:
            fill(entries[key], chance, depth + 1)
        else:
            entries[key] = _scalar(fields["value"], chance)


def _scalar(field: FieldDescriptor, chance: Chance) -> Any:
    if field.enum_type is not None:
        return chance.pick([value.number for value in field.enum_type.values], [UNKNOWN_ENUM])
    if field.type == FieldDescriptor.TYPE_BYTES:
        return chance.choice(BYTES)
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return chance.pick(TEXTS, ODD_TEXTS)
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return chance.random() < 0.5
    if field.cpp_type in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        return chance.pick(DOUBLES, ODD_DOUBLES)
    bits = 32 if field.cpp_type == FieldDescriptor.CPPTYPE_INT32 else 64
    return chance.pick(NUMBERS, (-1, 5, 2**31 - 1, 2 ** (bits - 1) - 1, -(2 ** (bits - 1))))
