"""keys: the only place that spells a Redis key, each with its type and fields.

A key of a partition carries the hash tag `{p<N>}`, so that one script touches one slot.
"""

from __future__ import annotations

from binascii import crc_hqx

WORKERS = "workers"
"""The consumer group of every task stream."""


def partition_of(wf_run_id: str, partitions: int) -> int:
    """The partition of a run: that of its root, so that a whole tree of runs lives in one."""
    return crc_hqx(wf_run_id.partition("_")[0].encode(), 0) % partitions


def partition_of_key(event_def: str, key: str, partitions: int) -> int:
    """The partition that the correlation of this key lives in."""
    return crc_hqx(f"{event_def}/{key}".encode(), 0) % partitions


def results(partition: int) -> str:
    """stream: what workers report. Fields: `result` (JSON), once or more in an entry."""
    return f"lh:{{p{partition}}}:results"


def inbox(partition: int) -> str:
    """stream: messages to the owner of the partition. Fields: `wake`: a timer was set from outside;
    `waits`, `delivers`, `starts` (JSON): to be carried to another partition."""
    return f"lh:{{p{partition}}}:inbox"


def tasks(partition: int, tenant: str, task_def: str) -> str:
    """stream with the group `workers`: scheduled attempts. Field: `task` (JSON)."""
    return f"lh:{{p{partition}}}:tasks:{tenant}:{task_def}"


def run(partition: int, tenant: str, wf_run_id: str) -> str:
    """hash: `version`, `state`, `v:<thread>:<name>` a variable, `o:<thread>:<node>` a node's output,
    `e:<sequence>` an ExternalEvent that nobody claimed, `x:<thread>:<name>` what the run is found by because
    of a searchable variable, `claim:<thread>` the entry of the task stream that the thread's latest attempt
    is in, `reminder:<number>` the same of a reminder, `halts_since_ms` when it last came to HALTING or
    HALTED. Before the run was started there are only events."""
    return f"lh:{{p{partition}}}:run:{tenant}:{wf_run_id}"


def history(partition: int, tenant: str, wf_run_id: str) -> str:
    """hash: `<thread>:<position>` a NodeRun that the thread has left, `t:<thread>` a ThreadRun that was
    archived, `r:<number>` a reminder of a user task that is through."""
    return f"lh:{{p{partition}}}:history:{tenant}:{wf_run_id}"


def events(partition: int, tenant: str, wf_run_id: str) -> str:
    """hash: `<def>/<guid>` an ExternalEvent that was claimed, `thrown:<def>/<number>` a WorkflowEvent."""
    return f"lh:{{p{partition}}}:events:{tenant}:{wf_run_id}"


def correlation(partition: int, tenant: str, event_def: str, key: str) -> str:
    """hash: `version`, `state`: the CorrelatedEvent of a key, and who waits for one."""
    return f"lh:{{p{partition}}}:correlation:{tenant}:{event_def}:{key}"


def schedule(partition: int, tenant: str, schedule_id: str) -> str:
    """hash: `version`, `state`: a ScheduledWfRun. Its partition is that of its id."""
    return f"lh:{{p{partition}}}:schedule:{tenant}:{schedule_id}"


def checkpoints(partition: int, tenant: str, wf_run_id: str) -> str:
    """hash: `<thread>:<position>:<number>` a value (JSON) that a task stored; goes with the run."""
    return f"lh:{{p{partition}}}:checkpoints:{tenant}:{wf_run_id}"


def receipt(partition: int, tenant: str, word: str) -> str:
    """string: there for a while after a command of this word was committed."""
    return f"lh:{{p{partition}}}:receipt:{tenant}:{word}"


def timers(partition: int) -> str:
    """zset: `<kind>/<tenant>/<wf_run_id>/<thread>/<position>/<attempt>` by due time in epoch ms; of a
    ScheduledWfRun `schedule/<tenant>/<id>/0/0/0`."""
    return f"lh:{{p{partition}}}:timers"


def changes(partition: int) -> str:
    """stream, capped: what awaiters look for. Fields: `run` (`<tenant>/<wf_run_id>`), and `status`,
    `thrown` (`<def>/<number>`) or `deleted`."""
    return f"lh:{{p{partition}}}:changes"


def quarantine(partition: int) -> str:
    """stream: events whose step raised. Fields: `run`, `event`, `traceback`, `at_ms`."""
    return f"lh:{{p{partition}}}:quarantine"


def owner(partition: int) -> str:
    """string, expiring: the id of the scheduler that works the partition."""
    return f"lh:{{p{partition}}}:owner"


def index_runs(partition: int, tenant: str) -> str:
    """zset: ids of the tenant's runs by start time in epoch ms."""
    return f"lh:{{p{partition}}}:index:{tenant}:runs"


def index_schedules(partition: int, tenant: str) -> str:
    """zset, all scores 0: `<WfSpec>/<major>.<revision>/<id>` of the tenant's ScheduledWfRuns."""
    return f"lh:{{p{partition}}}:index:{tenant}:schedules"


def tenants() -> str:
    """set: every tenant that has ever registered a WfSpec."""
    return "lh:meta:tenants"


def index_status(partition: int, tenant: str, spec: tuple[str, int, int], status: str) -> str:
    """zset: ids of the runs of a version of a WfSpec that have this status, by start time."""
    name, major, revision = spec
    return f"lh:{{p{partition}}}:index:{tenant}:runs:{name}:{major}.{revision}:{status}"


def index_tree(partition: int, tenant: str, root: str) -> str:
    """zset: ids of all runs below a root run, by start time."""
    return f"lh:{{p{partition}}}:index:{tenant}:tree:{root}"


def index_variable(partition: int, tenant: str, wf_spec_name: str, word: str) -> str:
    """zset: ids of the runs of a WfSpec of which a searchable variable has a value (`word` is both, as
    store/index_words.py makes it), by start time."""
    return f"lh:{{p{partition}}}:index:{tenant}:var:{wf_spec_name}:{word}"


def index_external_events(partition: int, tenant: str, event_def: str, claimed: bool) -> str:
    """zset: `<wf_run_id>/<guid>` of the ExternalEvents of a def, by the time they were posted."""
    state = "claimed" if claimed else "unclaimed"
    return f"lh:{{p{partition}}}:index:{tenant}:events:{event_def}:{state}"


def index_workflow_events(partition: int, tenant: str, event_def: str) -> str:
    """zset: `<wf_run_id>/<number>` of the WorkflowEvents of a def, by the time they were thrown."""
    return f"lh:{{p{partition}}}:index:{tenant}:thrown:{event_def}"


def index_correlated_events(partition: int, tenant: str, event_def: str) -> str:
    """zset: the keys that have a CorrelatedEvent of a def, by the time it was posted."""
    return f"lh:{{p{partition}}}:index:{tenant}:correlated:{event_def}"


def bulk_portions(partition: int) -> str:
    """hash: `<tenant>/<job>` → how far a bulk job is in the partition (JSON)."""
    return f"lh:{{p{partition}}}:bulk"


def bulk_jobs(tenant: str) -> str:
    """hash: a bulk job's id → what it is to do (JSON)."""
    return f"lh:{{meta:{tenant}}}:bulk_jobs"


def cluster() -> str:
    """hash: `partitions`, fixed when the cluster was first started."""
    return "lh:meta:cluster"


def schedulers() -> str:
    """zset: ids of live schedulers by the epoch ms of Redis' clock at which they count as dead."""
    return "lh:meta:schedulers"


def counters() -> str:
    """hash: running totals that schedulers add to, for /metrics."""
    return "lh:meta:counters"


def metric_series() -> str:
    """zset: `<tenant>/task/<TaskDef>` and `<tenant>/wf/<WfSpec>/<major>.<revision>`, by the epoch ms at which
    something was counted of it last."""
    return "lh:meta:metric_series"


def metric_totals(tenant: str, series: str) -> str:
    """hash, expiring: what was counted of a definition (`task/greet`), for /metrics. Its fields are those of
    store/metric_series.py."""
    return f"lh:{{meta:{tenant}}}:metrics:{series}"


def metric_windows(tenant: str, series: str, hour_ms: int) -> str:
    """hash, expiring: `<minute>.<metric>` → `<count> <total> <min> <max>` in ms; the minute is that of the
    hour, the metric the number of its field in LittleHorse's message."""
    return f"lh:{{meta:{tenant}}}:metrics:{series}:{hour_ms}"


def queues() -> str:
    """set: `<tenant>/<task_def>` of every task stream that there may be; a deleted TaskDef stays,
    because its stream may still hold claims."""
    return "lh:meta:queues"


def metadata_epoch(tenant: str) -> str:
    """string: another number after every change of the tenant's definitions."""
    return f"lh:{{meta:{tenant}}}:epoch"


def task_workers(tenant: str, task_def: str) -> str:
    """zset, expiring: `[<worker id>, <host>, <port>]` (JSON) of the workers that registered through a front,
    by the epoch ms at which they last did."""
    return f"lh:{{meta:{tenant}}}:task_workers:{task_def}"


def task_defs(tenant: str) -> str:
    """hash: a TaskDef's name → its JSON."""
    return f"lh:{{meta:{tenant}}}:task_defs"


def external_event_defs(tenant: str) -> str:
    """hash: an ExternalEventDef's name → its JSON."""
    return f"lh:{{meta:{tenant}}}:external_event_defs"


def workflow_event_defs(tenant: str) -> str:
    """hash: a WorkflowEventDef's name → its JSON."""
    return f"lh:{{meta:{tenant}}}:workflow_event_defs"


def migration_plans(tenant: str) -> str:
    """hash: a WorkflowMigrationPlan's name → its JSON."""
    return f"lh:{{meta:{tenant}}}:migration_plans"


def struct_defs(tenant: str) -> str:
    """hash: a StructDef's name → its newest version."""
    return f"lh:{{meta:{tenant}}}:struct_defs"


def struct_def(tenant: str, name: str) -> str:
    """hash: version → that version's JSON; `deleted:<version>` for each that was deleted."""
    return f"lh:{{meta:{tenant}}}:struct_def:{name}"


def user_task_defs(tenant: str) -> str:
    """hash: a UserTaskDef's name → its newest version."""
    return f"lh:{{meta:{tenant}}}:user_task_defs"


def user_task_def(tenant: str, name: str) -> str:
    """hash: version → that version's JSON; `deleted:<version>` for each that was deleted."""
    return f"lh:{{meta:{tenant}}}:user_task_def:{name}"


def wf_specs(tenant: str) -> str:
    """hash: a WfSpec's name → its newest version, `<major>.<revision>`."""
    return f"lh:{{meta:{tenant}}}:wf_specs"


def wf_spec(tenant: str, name: str) -> str:
    """hash: `<major>.<revision>` → that version's JSON; `deleted:<major>.<revision>` for each version
    that was deleted, so that its number is not given again."""
    return f"lh:{{meta:{tenant}}}:wf_spec:{name}"


def deleted_wf_specs(tenant: str) -> str:
    """set: names of WfSpecs of which a version was deleted: there may be none left, but WfRuns."""
    return f"lh:{{meta:{tenant}}}:deleted_wf_specs"


def of_run(partition: int, tenant: str, wf_run_id: str) -> tuple[str, ...]:
    """Every key that belongs to one run and goes with it."""
    of = (partition, tenant, wf_run_id)
    return run(*of), history(*of), events(*of), checkpoints(*of)
