"""start_check: whether a WfRun would start, asked before it is to: what only its spec has to say."""

from __future__ import annotations

from collections.abc import Mapping

from lhredis.engine.language.values import VarSubError
from lhredis.engine.program import Program
from lhredis.engine.threads import initial_variables
from lhredis.errors import InvalidArgument
from lhredis.model.values import Value


def check_start(program: Program, variables: Mapping[str, Value], has_parent: bool) -> None:
    """Would a run with these variables start? InvalidArgument. Whether the parent is there shows only at
    each start."""
    if has_parent and program.parent is None:
        raise InvalidArgument("parent_wf_run_id: the runs of this WfSpec have no parent")
    if program.parent is not None and not has_parent:
        raise InvalidArgument(f"parent_wf_run_id is missing: the parent is a WfRun of {program.parent!r}")
    try:
        initial_variables(program.threads[program.entrypoint].variables, variables)
    except VarSubError as error:
        raise InvalidArgument(f"variables: {error}") from None
