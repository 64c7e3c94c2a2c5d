"""enums: LittleHorse's enumerations, with its names and its numbers.

Numbers are what Redis holds and what a gRPC front sends; names are what people and HTTP see.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema


class NamedEnum(IntEnum):
    """An IntEnum that pydantic reads and writes by name: `"RUNNING"`, never `1`."""

    __hash__ = int.__hash__  # Enum's own is a Python function, and every step asks for several

    @classmethod
    def parse(cls, value: object) -> Self:
        """The member of this name (or the member itself); ValueError lists the names otherwise."""
        if isinstance(value, cls):
            return value
        if isinstance(value, str) and value in cls.__members__:
            return cls[value]
        raise ValueError(f"expected one of {', '.join(cls.__members__)}; got {value!r}")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda member: member.name, return_schema=core_schema.str_schema()
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "enum": list(cls.__members__)}


class LHStatus(NamedEnum):
    """State of a WfRun, ThreadRun or NodeRun (semantics.md 2.1, 2.2)."""

    STARTING = 0
    RUNNING = 1
    COMPLETED = 2
    HALTING = 3
    HALTED = 4
    ERROR = 5
    EXCEPTION = 6


TERMINAL_STATUSES = frozenset((LHStatus.COMPLETED, LHStatus.ERROR, LHStatus.EXCEPTION))
"""A WfRun or ThreadRun in one of these never moves by itself again."""

FAILED_STATUSES = frozenset((LHStatus.ERROR, LHStatus.EXCEPTION))
"""The terminal ones of what did not go well."""


class TaskStatus(NamedEnum):
    """State of a TaskAttempt; a TaskRun has that of its latest attempt (semantics.md 2.3)."""

    TASK_SCHEDULED = 0
    TASK_RUNNING = 1
    TASK_SUCCESS = 2
    TASK_FAILED = 3
    TASK_TIMEOUT = 4
    TASK_OUTPUT_SERDE_ERROR = 5
    TASK_INPUT_VAR_SUB_ERROR = 6
    TASK_EXCEPTION = 8
    TASK_PENDING = 9


class LHErrorType(NamedEnum):
    """The reserved failure names: a technical ERROR; any other name is a business EXCEPTION."""

    CHILD_FAILURE = 0
    VAR_SUB_ERROR = 1
    VAR_MUTATION_ERROR = 2
    USER_TASK_CANCELLED = 3
    TIMEOUT = 4
    TASK_FAILURE = 5
    VAR_ERROR = 6
    TASK_ERROR = 7
    INTERNAL_ERROR = 8


class LHFailureType(NamedEnum):
    """What a failure handler catches when it names no single failure."""

    FAILURE_TYPE_ERROR = 0
    FAILURE_TYPE_EXCEPTION = 1


class VariableType(NamedEnum):
    """The primitive types."""

    JSON_OBJ = 0
    JSON_ARR = 1
    DOUBLE = 2
    BOOL = 3
    STR = 4
    INT = 5
    BYTES = 6
    WF_RUN_ID = 7
    TIMESTAMP = 8


class StructDefCompatibilityType(NamedEnum):
    """What a new version of a StructDef may change of its fields."""

    NO_SCHEMA_UPDATES = 0
    FULLY_COMPATIBLE_SCHEMA_UPDATES = 1


class WfRunVariableAccessLevel(NamedEnum):
    """Who may see a variable beside its own WfRun."""

    PUBLIC_VAR = 0
    PRIVATE_VAR = 1
    INHERITED_VAR = 2


class VariableMutationType(NamedEnum):
    """Operators of mutations and of expressions."""

    ASSIGN = 0
    ADD = 1
    EXTEND = 2
    SUBTRACT = 3
    MULTIPLY = 4
    DIVIDE = 5
    REMOVE_IF_PRESENT = 6
    REMOVE_INDEX = 7
    REMOVE_KEY = 8
    AND = 9
    OR = 10
    POW = 11


class Comparator(NamedEnum):
    """Comparisons; each gives a BOOL."""

    LESS_THAN = 0
    GREATER_THAN = 1
    LESS_THAN_EQ = 2
    GREATER_THAN_EQ = 3
    EQUALS = 4
    NOT_EQUALS = 5
    IN = 6
    NOT_IN = 7


class ThreadType(NamedEnum):
    """Why a ThreadRun was started."""

    ENTRYPOINT = 0
    CHILD = 1
    INTERRUPT = 2
    FAILURE_HANDLER = 3


class WaitForThreadsStrategy(NamedEnum):
    """When WAIT_FOR_THREADS is done: with all, with the first that ends, with the first that succeeds."""

    WAIT_FOR_ALL = 0
    WAIT_FOR_FIRST = 1
    WAIT_FOR_ANY = 2


class WaitingThreadStatus(NamedEnum):
    """What WAIT_FOR_THREADS knows of one of its threads (semantics.md 2.5)."""

    THREAD_IN_PROGRESS = 0
    THREAD_HANDLING_FAILURE = 1
    THREAD_COMPLETED_OR_FAILURE_HANDLED = 2
    THREAD_UNSUCCESSFUL = 3
    THREAD_STOPPED = 4


class MissedTicks(NamedEnum):
    """What a ScheduledWfRun does about the ticks of a time when everything was down: one late run for all
    of them, or one for each."""

    SKIP = 0
    CATCH_UP = 1


class AllowedUpdateType(NamedEnum):
    """What a new registration of a WfSpec may change."""

    ALL_UPDATES = 0
    MINOR_REVISION_UPDATES = 1
    NO_UPDATES = 2


class UserTaskRunStatus(NamedEnum):
    """State of a UserTaskRun (semantics.md 2.4)."""

    UNASSIGNED = 0
    ASSIGNED = 1
    DONE = 3
    CANCELLED = 4


class UTHook(NamedEnum):
    """From when on the delay of a user task's action counts."""

    ON_ARRIVAL = 0
    ON_TASK_ASSIGNED = 1


class SaveUserTaskRunAssignmentPolicy(NamedEnum):
    """May progress be saved by somebody else than the user who has the UserTaskRun?"""

    FAIL_IF_CLAIMED_BY_OTHER = 0
    IGNORE_CLAIM = 1
