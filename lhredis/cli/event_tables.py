"""event_tables: definitions of events as tables for people."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from lhredis.cli.spec_tables import returned_type
from lhredis.cli.tables import grid
from lhredis.model.event_def import CorrelatedEventConfig, ExternalEventDef, WorkflowEventDef


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
