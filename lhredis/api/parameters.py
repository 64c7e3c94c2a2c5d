"""parameters: what stands in paths and queries: how it is read, and its JSON schema."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from lhredis.errors import InvalidArgument, InvalidSpec, Problem
from lhredis.model.bulk_job import BulkJobStatus
from lhredis.model.enums import LHStatus
from lhredis.model.ids import (
    VARIABLE_NAME,
    check_correlation_key,
    check_name,
    check_variable_name,
    check_wf_run_id,
)
from lhredis.model.limits import (
    CORRELATION_KEY_CHARS_MAX,
    NAME_CHARS_MAX,
    NUMBER_MAX,
    PAGE_ITEMS_DEFAULT,
    PAGE_ITEMS_MAX,
    WAIT_MS_MAX,
)

QUERY_CHARS_MAX = 4_096

AWAIT_MS_DEFAULT = 30_000

_WORD = "[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?"
_PREFIX = re.compile("([A-Za-z0-9][-A-Za-z0-9]*)?", re.ASCII)
NAME_SCHEMA = {
    "type": "string",
    "pattern": f"^{_WORD}$",
    "minLength": 1,
    "maxLength": NAME_CHARS_MAX,
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """`read` makes the value of a text; its ValueError says what was expected. With `many`, it may be
    given several times, and the value is a list; `schema` is then that of one of them."""

    name: str
    description: str
    schema: dict[str, Any]
    read: Callable[[str], Any]
    many: bool = False


def _number(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) <= 20 and low <= int(text) <= high):
            raise ValueError(f"expected an integer from {low} to {high}; got {text[:40]!r}")
        return int(text)

    return read


def _integer(name: str, description: str, low: int = 0, high: int = NUMBER_MAX, **schema: Any) -> Parameter:
    shape = {"type": "integer", "minimum": low, "maximum": high, **schema}
    return Parameter(name, description, shape, _number(low, high))


def _version(text: str) -> tuple[int, int]:
    major, _, revision = text.partition(".")
    try:
        read = _number(0, NUMBER_MAX)
        return read(major), read(revision)
    except ValueError:
        raise ValueError(f"expected <major>.<revision>, like 0.3; got {text[:40]!r}") from None


def _guid(text: str) -> tuple[int, int]:
    thread, _, position = text.partition("-")
    try:
        read = _number(0, NUMBER_MAX)
        return read(thread), read(position)
    except ValueError:
        raise ValueError(f"expected <thread>-<position>, like 0-1; got {text[:40]!r}") from None


def _thrown(text: str) -> tuple[str, int]:
    name, _, number = text.rpartition("/")
    try:
        return check_name(name), _number(0, NUMBER_MAX)(number)
    except ValueError:
        raise ValueError(f"expected <def>/<number>, like sent/0; got {text[:40]!r}") from None


def write_name_bookmark(name: str) -> str:
    """The name that a page of definitions ended with, as such a word."""
    return _opaque(f"name/{name}")


def _read_name_bookmark(text: str) -> str:
    try:
        kind, _, name = _clear(text).partition("/")
        if kind == "name":
            return check_name(name)
    except (ValueError, binascii.Error):
        pass
    raise ValueError("is none that this API gave")


def write_schedule_bookmark(entry: str) -> str:
    """The index entry that a page of ScheduledWfRuns ended with, as such a word."""
    return _opaque(f"schedule/{entry}")


def _read_schedule_bookmark(text: str) -> str:
    try:
        kind, name, version, schedule_id = _clear(text).split("/")
        if kind == "schedule":
            major, revision = _version(version)
            return f"{check_name(name)}/{major}.{revision}/{check_name(schedule_id)}"
    except (ValueError, binascii.Error):
        pass
    raise ValueError("is none that this API gave")


def _opaque(content: str) -> str:
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def _clear(text: str) -> str:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")


def _prefix(text: str) -> str:
    if len(text) > NAME_CHARS_MAX or not _PREFIX.fullmatch(text):
        raise ValueError(f"expected the beginning of a name; got {text[:40]!r}")
    return text


MAJOR_VERSION = _integer("major_version", "Major version; without a revision its newest one is meant.")
STRUCT_DEF_VERSION = _integer("version", "Version; without one the newest is meant.")
REVISION = _integer("revision", "Revision of the major version.")
THREAD = _integer("thread_run_number", "Only this ThreadRun.")
LIMIT = _integer("limit", "How many items at most.", 1, PAGE_ITEMS_MAX, default=PAGE_ITEMS_DEFAULT)
WAIT_MS = _integer("wait_ms", "Wait this long, in milliseconds, for the WfRun to end.", 0, WAIT_MS_MAX)
BOOKMARK = Parameter("bookmark", "That of the page before.", {"type": "string"}, str)
NAME_BOOKMARK = Parameter("bookmark", "That of the page before.", {"type": "string"}, _read_name_bookmark)
STATUS = Parameter(
    "status",
    "Only WfRuns that have this status.",
    {"type": "string", "enum": list(LHStatus.__members__)},
    LHStatus.parse,
)
SCHEDULE_BOOKMARK = Parameter(
    "bookmark", "That of the page before.", {"type": "string"}, _read_schedule_bookmark
)
WF_SPEC_NAME = Parameter("wf_spec_name", "Only those of this WfSpec.", NAME_SCHEMA, check_name)
BULK_JOB_STATUS = Parameter(
    "status",
    "Only jobs that have this status.",
    {"type": "string", "enum": list(BulkJobStatus.__members__)},
    BulkJobStatus.parse,
)
TASK_DEF_NAME = Parameter("task_def_name", "Only those that name this TaskDef.", NAME_SCHEMA, check_name)
PREFIX = Parameter(
    "prefix",
    "Only names that start like this.",
    {"type": "string", "pattern": f"^{_PREFIX.pattern}$", "maxLength": NAME_CHARS_MAX},
    _prefix,
)

EVENT_DEF = Parameter(
    "event_def",
    "Events of this WorkflowEventDef; without one, any will do.",
    NAME_SCHEMA,
    check_name,
    many=True,
)
IGNORE = Parameter(
    "ignore",
    "Not this event, as `<def>/<number>`.",
    {"type": "string", "pattern": f"^{_WORD}/[0-9]{{1,9}}$", "example": "sent/0"},
    _thrown,
    many=True,
)
AWAIT_MS = _integer("wait_ms", "Wait this long, in milliseconds.", 0, WAIT_MS_MAX, default=AWAIT_MS_DEFAULT)

USER_ID = Parameter(
    "user_id",
    "Who asks.",
    {"type": "string", "minLength": 1, "maxLength": QUERY_CHARS_MAX},
    str,
)
USER_TASK_DEF_VERSION = _integer("version", "Version; without one the newest is meant.")

IN_PATH = {
    "name": Parameter("name", "Name of the definition.", NAME_SCHEMA, check_name),
    "version": Parameter(
        "version",
        "Version as `<major>.<revision>`.",
        {"type": "string", "pattern": r"^[0-9]{1,9}\.[0-9]{1,9}$", "example": "0.0"},
        _version,
    ),
    "struct_def_version": _integer("struct_def_version", "Number of the version."),
    "wf_run_id": Parameter(
        "wf_run_id",
        "Id of the WfRun.",
        {"type": "string", "pattern": f"^{_WORD}(_{_WORD})*$", "minLength": 1},
        check_wf_run_id,
    ),
    "thread_run_number": _integer("thread_run_number", "Number of the ThreadRun; the entrypoint is 0."),
    "position": _integer("position", "Position in its ThreadRun; the ENTRYPOINT is 0."),
    "task_guid": Parameter(
        "task_guid",
        "Of the TaskRun's id: `<thread>-<position>`.",
        {"type": "string", "pattern": "^[0-9]{1,9}-[0-9]{1,9}$", "example": "0-1"},
        _guid,
    ),
    "user_task_def_version": _integer("user_task_def_version", "Number of the version."),
    "user_task_guid": Parameter(
        "user_task_guid",
        "Of the UserTaskRun's id: `<thread>-<position>`.",
        {"type": "string", "pattern": "^[0-9]{1,9}-[0-9]{1,9}$", "example": "0-1"},
        _guid,
    ),
    "comment_id": _integer("comment_id", "Number of the comment; the first is 1."),
    "event_def": Parameter("event_def", "Name of the event's definition.", NAME_SCHEMA, check_name),
    "guid": Parameter("guid", "Of the ExternalEvent's id.", NAME_SCHEMA, check_name),
    "number": _integer("number", "Counts the events of the same definition from 0."),
    "key": Parameter(
        "key",
        "Key of the CorrelatedEvent.",
        {"type": "string", "pattern": "^[^/~]+$", "minLength": 1, "maxLength": CORRELATION_KEY_CHARS_MAX},
        check_correlation_key,
    ),
    "scheduled_wf_run_id": Parameter(
        "scheduled_wf_run_id", "Id of the ScheduledWfRun.", NAME_SCHEMA, check_name
    ),
    "variable": Parameter(
        "variable",
        "Name of the variable.",
        NAME_SCHEMA | {"pattern": f"^{VARIABLE_NAME.pattern}$"},
        check_variable_name,
    ),
}
"""What the words in curly brackets of a path are."""


def read_path(raw: dict[str, str]) -> dict[str, Any]:
    """The values in a path. InvalidArgument names what breaks the rules of its kind."""
    values = {}
    for name, text in raw.items():
        try:
            values[name] = IN_PATH[name].read(text)
        except ValueError as error:
            raise InvalidArgument(f"{name}: {error}") from None
    return values


def read_query(raw: bytes, known: Sequence[Parameter]) -> dict[str, Any]:
    """The values in a query string, defaults filled in (None without one). InvalidSpec names every
    parameter that is unknown, doubled or wrong."""
    values: dict[str, Any] = {
        parameter.name: [] if parameter.many else parameter.schema.get("default") for parameter in known
    }
    if not raw:
        return values
    by_name = {parameter.name: parameter for parameter in known}
    problems, seen = [], set()
    for name, text in _pairs(raw):
        if name not in by_name:
            wanted = ", ".join(by_name) or "none"
            problems.append(Problem(name, f"there is no such query parameter; known here: {wanted}"))
        elif name in seen and not by_name[name].many:
            problems.append(Problem(name, "is given twice"))
        else:
            seen.add(name)
            try:
                value = by_name[name].read(text)
            except ValueError as error:
                problems.append(Problem(name, str(error)))
                continue
            if by_name[name].many:
                values[name].append(value)
            else:
                values[name] = value
    if problems:
        raise InvalidSpec(problems)
    return values


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    if len(raw) > QUERY_CHARS_MAX:
        raise InvalidArgument(f"a query has at most {QUERY_CHARS_MAX} characters; got {len(raw)}")
    try:
        return parse_qsl(raw.decode("latin-1"), keep_blank_values=True, errors="strict")
    except ValueError as error:
        raise InvalidArgument(f"the query cannot be read: {error}") from None
