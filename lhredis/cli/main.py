"""main: all commands of `lhredis`."""

from __future__ import annotations

import typer

from lhredis.cli import (
    bulk,
    control,
    count,
    delete,
    deploy,
    dev,
    doctor,
    event_search,
    events,
    exits,
    get,
    get_defs,
    list_defs,
    listing,
    metrics,
    migrations,
    run,
    run_batch,
    schedule,
    scheduler,
    search,
    server,
    status,
    struct_evolution,
    user_tasks,
    worker,
)

app = typer.Typer(
    name="lhredis",
    cls=exits.Commands,
    help="A durable workflow engine on Redis or Valkey.",
    epilog=exits.HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # typer's help with rich takes 0.2 s longer
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.callback()(status.root)
app.command()(dev.dev)
app.command()(server.server)
app.command()(scheduler.scheduler)
app.command()(worker.worker)

app.command()(deploy.deploy)
app.command("validate-evolution")(struct_evolution.validate_evolution)
app.command()(run.run)
app.command("run-batch")(run_batch.run_batch)
app.command("post-event")(events.post_event)
app.command("put-correlated-event")(events.put_correlated_event)
app.command("await-event")(events.await_event)
app.command()(control.stop)
app.command()(control.resume)
app.command()(control.rescue)
app.command()(control.explain)
app.add_typer(schedule.app, name="schedule")
app.add_typer(migrations.app, name="migration")
app.add_typer(user_tasks.app, name="user-task")
get.app.add_typer(get_defs.app)
get.app.command("scheduled-wf-run")(schedule.get)
app.add_typer(get.app, name="get")
listing.app.add_typer(list_defs.app)
listing.app.command("scheduled-wf-runs")(schedule.list_)
app.add_typer(listing.app, name="list")
search.app.add_typer(event_search.app)
app.add_typer(search.app, name="search")
app.add_typer(count.app, name="count")
delete.app.command("scheduled-wf-run")(schedule.delete)
app.add_typer(delete.app, name="delete")
app.command("bulk-delete")(bulk.bulk_delete)
app.command("bulk-rescue")(bulk.bulk_rescue)

app.command()(doctor.doctor)
app.add_typer(metrics.app, name="metrics")
app.command()(status.version)
app.command()(status.health)
