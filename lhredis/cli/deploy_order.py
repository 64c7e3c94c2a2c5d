"""deploy_order: put registrations in an order in which each finds what it refers to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lhredis.errors import InvalidArgument


def in_order(requests: Sequence[Any]) -> list[Any]:
    """The same requests: TaskDefs and events first, each once, then every WfSpec after its parent and after
    those that it runs as children. Otherwise the order stays; so it does where WfSpecs refer in a circle.
    """
    from lhredis.model.wf_spec import PutWfSpecRequest

    others = [request for request in requests if not isinstance(request, PutWfSpecRequest)]
    specs: dict[str, PutWfSpecRequest] = {}
    for request in requests:
        if isinstance(request, PutWfSpecRequest) and specs.setdefault(request.name, request) != request:
            raise InvalidArgument(f"there are two different WfSpecs called {request.name!r}")
    ordered: dict[str, Any] = {}
    for name in specs:
        _visit(name, specs, ordered, ())
    return [*_once(others), *ordered.values()]


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


def _visit(name: str, specs: dict[str, Any], ordered: dict[str, Any], path: tuple[str, ...]) -> None:
    if name not in specs or name in ordered or name in path:
        return
    for referred in _referred(specs[name]):
        _visit(referred, specs, ordered, (*path, name))
    ordered[name] = specs[name]


def _referred(request: Any) -> Iterator[str]:
    """The names of the WfSpecs that have to be there before this one."""
    if request.parent_wf_spec is not None:
        yield request.parent_wf_spec.wf_spec_name
    for thread in request.thread_specs.values():
        for node in thread.nodes.values():
            if node.run_child_wf is not None and node.run_child_wf.wf_spec_name is not None:
                yield node.run_child_wf.wf_spec_name
