"""mapper: a protobuf message as the JSON of our API, and back, told by its descriptor.

Fields go by their names, enums by the names of their values, a Timestamp is RFC 3339, `bytes` (which only
bookmarks are; clients in Go send an empty one for none) UTF-8. A field with presence is there when it was
set. One without, and a bookmark, is there unless it is an empty string, list or map, or false: the zero of a
number or an enum may mean something.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

from lhredis.errors import InvalidSpec, Problem

Form = Any
"""What orjson reads and writes."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """How messages of one type differ. `read` makes the form of a message, `write` fills a new message with
    a form; both raise ValueError. `ours` changes the form that was read by the descriptor, `theirs` the
    one that is about to be written by it."""

    read: Callable[[Message], Form] | None = None
    write: Callable[[Form, Message], None] | None = None
    ours: Callable[[Form], Form] | None = None
    theirs: Callable[[Form], Form] | None = None


_MAPPINGS: dict[str, Mapping] = {}
_NO_MAPPING = Mapping()


def register(message: type[Message], mapping: Mapping) -> None:
    """Say how messages of a type differ; once, while its module is imported."""
    name = message.DESCRIPTOR.full_name
    assert name not in _MAPPINGS, f"{name} has a mapping"
    _MAPPINGS[name] = mapping


def renamed(form: Form, old: str, new: str) -> Form:
    """The form with another name for one of its fields, if it has that."""
    return {new if name == old else name: value for name, value in form.items()}


def to_json(message: Message) -> Form:
    """The form of a message. InvalidSpec names the field that no form can hold."""
    try:
        return _read(message)
    except _Wrong as wrong:
        raise InvalidSpec([Problem(wrong.path, wrong.reason)]) from None
    except ValueError as error:
        raise InvalidSpec([Problem("", str(error))]) from None


def from_json(form: Form, message: type[Message]) -> Any:
    """A message of this type. What our form has and the message has not is left out; ValueError when a
    field cannot hold what the form says."""
    made = message()
    _write(form, made)
    return made


class _Wrong(ValueError):
    """A value that cannot be mapped, and the way to it."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def enum_name(message: Message, field: str) -> str:
    """The name of the value that a field has. InvalidSpec when it has a number that is none."""
    read, _ = _enum(message.DESCRIPTOR.fields_by_name[field].enum_type)
    try:
        return read(getattr(message, field))
    except ValueError as error:
        raise InvalidSpec([Problem(field, str(error))]) from None


def _read(message: Message) -> Form:
    mapping = _MAPPINGS.get(message.DESCRIPTOR.full_name, _NO_MAPPING)
    if mapping.read is not None:
        return mapping.read(message)
    form = {}
    for field in _fields(message.DESCRIPTOR):
        if field.is_there(message):
            try:
                form[field.name] = field.read(getattr(message, field.name))
            except ValueError as error:
                raise _at(field.name, error) from None
    return form if mapping.ours is None else mapping.ours(form)


def _write(form: Form, message: Any) -> None:
    mapping = _MAPPINGS.get(message.DESCRIPTOR.full_name, _NO_MAPPING)
    if mapping.write is not None:
        mapping.write(form, message)
        return
    if mapping.theirs is not None:
        form = mapping.theirs(form)
    for field in _fields(message.DESCRIPTOR):
        if field.name in form:
            try:
                field.write(form[field.name], message)
            except (ValueError, TypeError) as error:
                raise _at(field.name, error) from None


def _at(name: str, error: Exception) -> _Wrong:
    if not isinstance(error, _Wrong):
        return _Wrong(name, str(error))
    dot = "" if error.path.startswith("[") else "."
    return _Wrong(f"{name}{dot}{error.path}", error.reason)


@dataclass(frozen=True, slots=True)
class _Field:
    """`read` makes the form of the field's value, `write` puts a form into the field of a message."""

    name: str
    is_there: Callable[[Any], bool]
    read: Callable[[Any], Form]
    write: Callable[[Form, Any], None]


@cache
def _fields(descriptor: Descriptor) -> tuple[_Field, ...]:
    return tuple(_field(field) for field in descriptor.fields)


def _field(field: FieldDescriptor) -> _Field:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return _map_field(field)
    if field.is_repeated:
        return _list_field(field)
    name, (read, parse) = field.name, _scalar(field)
    counts_zero = field.cpp_type not in (FieldDescriptor.CPPTYPE_STRING, FieldDescriptor.CPPTYPE_BOOL)
    tells_presence = field.has_presence and field.type != FieldDescriptor.TYPE_BYTES

    def is_there(message: Any) -> bool:
        if tells_presence:
            return bool(message.HasField(name))
        return counts_zero or bool(getattr(message, name))

    def write(form: Form, message: Any) -> None:
        if field.message_type is not None:
            if form is not None or field.message_type.full_name == NULLABLE:
                inside = getattr(message, name)
                inside.SetInParent()
                _write(form, inside)
        elif form is not None:
            setattr(message, name, parse(form))

    return _Field(name, is_there, read, write)


NULLABLE = "littlehorse.VariableValue"
"""The message of which null is a value: any other is not there when its form is null."""


def _list_field(field: FieldDescriptor) -> _Field:
    name, (read_one, parse_one) = field.name, _scalar(field)

    def read(values: Any) -> Form:
        return [_inside(f"[{index}]", read_one, value) for index, value in enumerate(values)]

    def write(form: Form, message: Any) -> None:
        items = getattr(message, name)
        for index, item in enumerate(form or ()):
            if field.message_type is not None:
                _inside(f"[{index}]", _write, item, items.add())
            else:
                items.append(_inside(f"[{index}]", parse_one, item))

    return _Field(name, lambda message: bool(getattr(message, name)), read, write)


def _map_field(field: FieldDescriptor) -> _Field:
    name, entry = field.name, field.message_type.fields_by_name
    of = entry["value"]
    read_one, parse_one = _scalar(of)
    key = str if entry["key"].cpp_type == FieldDescriptor.CPPTYPE_STRING else int

    def read(values: Any) -> Form:
        return {str(word): _inside(str(word), read_one, values[word]) for word in values}

    def write(form: Form, message: Any) -> None:
        entries = getattr(message, name)
        for word, item in (form or {}).items():
            if of.message_type is not None:
                _inside(word, _write, item, entries[key(word)])
            else:
                entries[key(word)] = _inside(word, parse_one, item)

    return _Field(name, lambda message: bool(getattr(message, name)), read, write)


def _inside(name: str, convert: Callable[..., Any], *values: Any) -> Any:
    try:
        return convert(*values)
    except (ValueError, TypeError) as error:
        raise _at(name, error) from None


def _scalar(field: FieldDescriptor) -> tuple[Callable[[Any], Form], Callable[[Form], Any]]:
    """How one value is read and parsed; messages are filled in place and need no parsing."""
    if field.message_type is not None:
        return _read, _unparsed
    if field.enum_type is not None:
        return _enum(field.enum_type)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _utf8, str.encode
    return _same, _same


def _enum(kind: EnumDescriptor) -> tuple[Callable[[int], str], Callable[[str], int]]:
    numbers: dict[str, int] = {value.name: value.number for value in kind.values}
    names: dict[int, str] = {number: name for name, number in numbers.items()}

    def read(number: int) -> str:
        if number not in names:
            raise ValueError(f"{kind.name} has no value {number}")
        return names[number]

    def parse(name: str) -> int:
        if name not in numbers:
            raise ValueError(f"{kind.name} has no value {name!r}")
        return numbers[name]

    return read, parse


def _utf8(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise ValueError("is none that this server gave") from None


def _same(value: Any) -> Any:
    return value


def _unparsed(form: Form) -> Any:
    raise AssertionError("a message is filled in place")
