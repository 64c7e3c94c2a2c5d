"""migration_tables: WorkflowMigrationPlans, and what they would do, as tables for people."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from lhredis.cli.tables import grid, listed
from lhredis.model.migration import MigrationForecasts, WorkflowMigrationPlan


def plan_table(plan: WorkflowMigrationPlan) -> RenderableType:
    head = grid(
        [
            ("plan", Text(plan.workflow_migration_plan_id.name, style="bold")),
            ("from", Text(str(plan.old_wf_spec))),
            ("to", Text(f"{plan.old_wf_spec.name}/{plan.major_version}.{plan.revision}")),
            ("created", Text(plan.created_at)),
        ]
    )
    rows = [
        (name, node, thread.new_thread_name, to.new_node_name, ", ".join(thread.thread_spec_dependencies))
        for name, thread in plan.thread_migrations.items()
        for node, to in thread.node_migrations.items()
    ]
    return Group(head, "", listed(("thread", "node", "new thread", "new node", "after"), rows))


def forecasts_table(found: MigrationForecasts) -> RenderableType:
    counts = ", ".join(f"{count} {name}" for name, count in found.counts.items() if count)
    rows = ((one.wf_run_id, one.outcome.name, one.why) for one in found.results)
    return Group(
        listed(("wf-run", "outcome", "why"), rows), "", Text(counts or "no WfRun of the old version")
    )
