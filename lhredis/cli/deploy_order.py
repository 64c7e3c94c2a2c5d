"""deploy_order: put registrations in an order in which each finds what it refers to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lhredis.errors import InvalidArgument

NamesIn = Callable[[Any], Iterator[str]]
"""What a request refers to, by name."""


def in_order(requests: Sequence[Any]) -> list[Any]:
    """The same requests: StructDefs first, each after those that its fields name, then TaskDefs and events,
    each once, then every WfSpec after its parent and after those that it runs as children. Otherwise the
    order stays; so it does where WfSpecs refer in a circle."""
    from lhredis.model.struct_def import PutStructDefRequest
    from lhredis.model.wf_spec import PutWfSpecRequest

    structs = {one.name: one for one in requests if isinstance(one, PutStructDefRequest)}
    others = [one for one in requests if not isinstance(one, PutWfSpecRequest | PutStructDefRequest)]
    specs: dict[str, PutWfSpecRequest] = {}
    for request in requests:
        if isinstance(request, PutWfSpecRequest) and specs.setdefault(request.name, request) != request:
            raise InvalidArgument(f"there are two different WfSpecs called {request.name!r}")
    return [*_referred_first(structs, _structs_in), *_once(others), *_referred_first(specs, _specs_in)]


def _once(requests: Sequence[Any]) -> Iterator[Any]:
    """What several workflows say of one event, put together."""
    from lhredis.model.event_def import PutExternalEventDefRequest, PutWorkflowEventDefRequest
    from lhredis.workflow.event_defs import add_def

    found: dict[type, dict[str, Any]] = {PutExternalEventDefRequest: {}, PutWorkflowEventDefRequest: {}}
    for request in requests:
        if type(request) in found:
            add_def(found[type(request)], request)
        else:
            yield request
    for defs in found.values():
        yield from defs.values()


def _referred_first(requests: dict[str, Any], names_in: NamesIn) -> list[Any]:
    """The requests, each after those that it names."""
    ordered: dict[str, Any] = {}
    for name in requests:
        _visit(name, requests, names_in, ordered, ())
    return list(ordered.values())


def _visit(
    name: str, requests: dict[str, Any], names_in: NamesIn, ordered: dict[str, Any], path: tuple[str, ...]
) -> None:
    if name not in requests or name in ordered or name in path:
        return
    for referred in names_in(requests[name]):
        _visit(referred, requests, names_in, ordered, (*path, name))
    ordered[name] = requests[name]


def _structs_in(part: Any) -> Iterator[str]:
    """The names of the StructDefs that have to be there before this one."""
    from pydantic import BaseModel

    from lhredis.model.ids import StructDefId

    if isinstance(part, StructDefId):
        yield part.name
    elif isinstance(part, BaseModel):
        for name in part.model_fields_set:
            yield from _structs_in(getattr(part, name))
    elif isinstance(part, dict):
        for inside in part.values():
            yield from _structs_in(inside)


def _specs_in(request: Any) -> Iterator[str]:
    """The names of the WfSpecs that have to be there before this one."""
    if request.parent_wf_spec is not None:
        yield request.parent_wf_spec.wf_spec_name
    for thread in request.thread_specs.values():
        for node in thread.nodes.values():
            if node.run_child_wf is not None and node.run_child_wf.wf_spec_name is not None:
                yield node.run_child_wf.wf_spec_name
