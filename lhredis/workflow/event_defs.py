"""event_defs: the defs of events that are registered together with a workflow."""

from __future__ import annotations

from typing import TypeVar

from lhredis.model.event_def import (
    CorrelatedEventConfig,
    ExternalEventRetentionPolicy,
    PutExternalEventDefRequest,
    PutWorkflowEventDefRequest,
)
from lhredis.workflow.build_errors import WorkflowBuildError, make
from lhredis.workflow.event_types import ContentType, content_type

ExternalEventDefs = dict[str, PutExternalEventDefRequest]
WorkflowEventDefs = dict[str, PutWorkflowEventDefRequest]
Request = TypeVar("Request", PutExternalEventDefRequest, PutWorkflowEventDefRequest)


def external_event_def(
    name: str,
    written: ContentType = None,
    correlated_event_config: CorrelatedEventConfig | None = None,
    retention_policy: ExternalEventRetentionPolicy | None = None,
) -> PutExternalEventDefRequest:
    """What registers it; without a type, any content may be posted."""
    given = {
        "content_type": content_type(written),
        "correlated_event_config": correlated_event_config,
        "retention_policy": retention_policy,
    }
    said = {key: value for key, value in given.items() if value is not None}
    return make(PutExternalEventDefRequest, name=name, **said)


def workflow_event_def(name: str, written: ContentType) -> PutWorkflowEventDefRequest:
    """What registers it; the type has to be said, `type(None)` for no content."""
    said = content_type(written)
    if said is None:
        raise WorkflowBuildError(f"the event {name!r} is registered with its type: give return_type")
    return make(PutWorkflowEventDefRequest, name=name, content_type=said)


def add_def(defs: dict[str, Request], request: Request) -> None:
    """Put `request` to the others. Said twice, the two must go together: one may say more."""
    before = defs.get(request.name)
    if before is None or before == request:
        defs[request.name] = request
        return
    merged = {**before.to_json()}
    for field, said in request.to_json().items():
        if merged.setdefault(field, said) != said:
            raise WorkflowBuildError(
                f"the event {request.name!r} is registered with another {field} already: "
                f"{merged[field]}, not {said}"
            )
    defs[request.name] = type(request).model_validate(merged)
