"""event_tables: events and their definitions as tables for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from lhredis.cli.spec_tables import returned_type
from lhredis.cli.tables import grid, listed, shown
from lhredis.model.event_def import CorrelatedEventConfig, ExternalEventDef, WorkflowEventDef
from lhredis.model.events import CorrelatedEvent, ExternalEvent, WorkflowEvent


def external_event_def_table(event_def: ExternalEventDef) -> RenderableType:
    content = event_def.type_information
    kept_s = event_def.retention_policy.seconds_after_put
    return grid(
        [
            ("external-event-def", Text(event_def.id.name, style="bold")),
            ("content", Text("anything" if content is None else returned_type(content))),
            ("kept unclaimed", Text("for ever" if kept_s is None else f"{kept_s} s")),
            ("correlated", Text(_correlated(event_def.correlated_event_config))),
            ("registered", Text(event_def.created_at)),
        ]
    )


def _correlated(config: CorrelatedEventConfig | None) -> str:
    if config is None:
        return "no"
    kept = "for ever" if config.ttl_seconds is None else f"for {config.ttl_seconds} s"
    return kept + (", deleted after the first correlation" if config.delete_after_first_correlation else "")


def workflow_event_def_table(event_def: WorkflowEventDef) -> RenderableType:
    return grid(
        [
            ("workflow-event-def", Text(event_def.id.name, style="bold")),
            ("content", Text(returned_type(event_def.content_type))),
            ("registered", Text(event_def.created_at)),
        ]
    )


def external_event(event: ExternalEvent) -> RenderableType:
    return grid(
        [
            (
                "external-event",
                Text(f"{event.id.wf_run_id} {event.id.external_event_def_id.name} {event.id.guid}", "bold"),
            ),
            ("posted", Text(event.created_at)),
            ("claimed", Text(_yes_no(event.claimed))),
            ("only for", Text(_only_for(event))),
            ("content", shown(event.content)),
        ]
    )


def external_events(events: Sequence[ExternalEvent]) -> RenderableType:
    """A line for each event that was posted."""
    return listed(
        ("def", "guid", "posted", "claimed", "only for", "content"),
        (
            (
                one.id.external_event_def_id.name, one.id.guid, one.created_at, _yes_no(one.claimed),
                _only_for(one), shown(one.content),
            )
            for one in events
        ),
    )  # fmt: skip


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"


def _only_for(event: ExternalEvent) -> str:
    """Who alone may claim an event; nothing when anybody may."""
    thread, position = event.thread_run_number, event.node_run_position
    words = ("" if thread is None else f"thread {thread}", "" if position is None else f"position {position}")
    return ", ".join(filter(None, words))


def correlated_event(event: CorrelatedEvent) -> RenderableType:
    head = grid(
        [
            (
                "correlated-event",
                Text(f"{event.id.external_event_def_id.name} {event.id.key}", style="bold"),
            ),
            ("posted", Text(event.created_at)),
            ("content", shown(event.content)),
        ]
    )
    became = listed(
        ("wf-run", "external event"),
        ((one.wf_run_id, one.guid) for one in event.external_events),
        empty="nobody has waited for it",
    )
    return Group(head, "", became)


def workflow_event(event: WorkflowEvent) -> RenderableType:
    name = f"{event.id.wf_run_id} {event.id.workflow_event_def_id.name} {event.id.number}"
    return grid(
        [
            ("workflow-event", Text(name, style="bold")),
            ("thrown", Text(event.created_at)),
            ("by", Text(_node(event))),
            ("content", shown(event.content)),
        ]
    )


def workflow_events(events: Sequence[WorkflowEvent]) -> RenderableType:
    """A line for each event that was thrown."""
    return listed(
        ("def", "number", "thrown", "by", "content"),
        (
            (one.id.workflow_event_def_id.name, one.id.number, one.created_at, _node(one), shown(one.content))
            for one in events
        ),
    )


def _node(event: WorkflowEvent) -> str:
    return f"{event.node_run_id.thread_run_number}/{event.node_run_id.position}"
