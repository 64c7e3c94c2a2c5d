"""wf_spec: a process, described once."""

from __future__ import annotations

from pydantic import Field

from lhredis.model.enums import AllowedUpdateType
from lhredis.model.ids import Model, Name, WfSpecId
from lhredis.model.limits import (
    NODES_PER_THREAD_SPEC_MAX,
    THREAD_SPECS_PER_WF_SPEC_MAX,
    VARIABLES_PER_THREAD_SPEC_MAX,
)
from lhredis.model.nodes import Node
from lhredis.model.types import ThreadVarDef


class ThreadSpec(Model):
    """One thread of a process: named nodes, and the variables that its ThreadRuns own."""

    nodes: dict[str, Node] = Field(max_length=NODES_PER_THREAD_SPEC_MAX)
    variable_defs: tuple[ThreadVarDef, ...] = Field(default=(), max_length=VARIABLES_PER_THREAD_SPEC_MAX)


class PutWfSpecRequest(Model):
    """What registers a WfSpec, or a new version of it."""

    name: Name
    thread_specs: dict[str, ThreadSpec] = Field(max_length=THREAD_SPECS_PER_WF_SPEC_MAX)
    entrypoint_thread_name: str
    allowed_updates: AllowedUpdateType = AllowedUpdateType.ALL_UPDATES


class WfSpec(Model):
    """One version of a process; immutable once registered. `created_at` is RFC 3339."""

    id: WfSpecId
    created_at: str
    thread_specs: dict[str, ThreadSpec]
    entrypoint_thread_name: str
    frozen_variables: tuple[ThreadVarDef, ...] = ()
