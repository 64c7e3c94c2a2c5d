"""versions: which version a changed WfSpec gets, and which variables are frozen (semantics.md 14)."""

from __future__ import annotations

import orjson

from lhredis.engine.program import Program
from lhredis.errors import FailedPrecondition, InvalidArgument
from lhredis.model.enums import AllowedUpdateType, WfRunVariableAccessLevel
from lhredis.model.types import ThreadVarDef
from lhredis.model.value_types import ValueType, unversioned
from lhredis.model.wf_spec import PutWfSpecRequest, WfSpec

Interface = frozenset[tuple[str, ValueType, bool]]


def same_spec(newest: WfSpec, request: PutWfSpecRequest) -> bool:
    """Would registering the request change nothing? Ids and times do not count; types of literals do."""
    return (
        newest.thread_specs == request.thread_specs
        and newest.entrypoint_thread_name == request.entrypoint_thread_name
        and newest.parent_wf_spec == request.parent_wf_spec
        and newest.retention_policy == request.retention_policy
        and _json(newest) == _json(request)  # to Python, 1 == 1.0 == True
    )


def _json(spec: WfSpec | PutWfSpecRequest) -> bytes:
    threads = {name: thread.model_dump(mode="json") for name, thread in spec.thread_specs.items()}
    return orjson.dumps(threads, option=orjson.OPT_SORT_KEYS)


def frozen_variables(request: PutWfSpecRequest, before: tuple[ThreadVarDef, ...]) -> tuple[ThreadVarDef, ...]:
    """The variables whose type is fixed for ever: PUBLIC ones, required ones of the entrypoint, and
    all that were frozen before. InvalidArgument when one of those has another type now."""
    frozen = {variable.var_def.name: variable for variable in before}
    for thread, variable in _variables(request):
        name = variable.var_def.name
        was = frozen.get(name)
        if was is not None and unversioned(was.var_def.type) != unversioned(variable.var_def.type):
            raise InvalidArgument(
                f"variable {name!r} is frozen as {was.var_def.type.name}: it cannot become {variable.var_def.type.name}"
            )
        if variable.access_level is WfRunVariableAccessLevel.PUBLIC_VAR or (
            variable.required and thread == request.entrypoint_thread_name
        ):
            frozen[name] = variable
    return tuple(frozen.values())


def next_version(
    newest: tuple[WfSpec, Program] | None,
    used: set[tuple[int, int]],
    request: PutWfSpecRequest,
    program: Program,
) -> tuple[int, int]:
    """(major, revision): a breaking change makes a new major version, any other a new revision.

    `used` are all numbers that ever were: one whose version was deleted is never given again, because
    any process may have that version cached. FailedPrecondition when the change is breaking and only
    minor ones are allowed.
    """
    new_major = max((major for major, _ in used), default=-1) + 1
    if newest is None:
        return new_major, 0
    spec, before = newest
    if _interface(spec) == _interface(request) and _returns(before) == _returns(program):
        major = spec.id.major_version
        return major, max(revision for of, revision in used if of == major) + 1
    if request.allowed_updates is AllowedUpdateType.MINOR_REVISION_UPDATES:
        raise FailedPrecondition("The resulting WfSpec has a breaking change.")
    return new_major, 0


def _variables(spec: WfSpec | PutWfSpecRequest) -> list[tuple[str, ThreadVarDef]]:
    return [
        (name, variable) for name, thread in spec.thread_specs.items() for variable in thread.variable_defs
    ]


def _interface(spec: WfSpec | PutWfSpecRequest) -> Interface:
    """What callers rely on: PUBLIC variables, and required ones of the entrypoint, with their types."""
    return frozenset(
        (variable.var_def.name, unversioned(variable.var_def.type), public)
        for thread, variable in _variables(spec)
        if (public := variable.access_level is WfRunVariableAccessLevel.PUBLIC_VAR)
        or (variable.required and thread == spec.entrypoint_thread_name)
    )


def _returns(program: Program) -> str:
    return program.threads[program.entrypoint].returns
