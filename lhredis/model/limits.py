"""limits: every bound that users can meet, named with its unit.

A request that goes over one is refused with a message that names the limit and what came.
"""

from __future__ import annotations

NAME_CHARS_MAX = 128
"""Length of a name or an id, in characters."""

NAME_IN_SPEC_CHARS_MAX = 512
"""Length of the name of a ThreadSpec or node, in characters."""

CORRELATION_KEY_CHARS_MAX = 1_024
"""Length of the business key of a CorrelatedEvent, in characters."""

BODY_BYTES_MAX = 4 * 1024 * 1024
"""Body of one HTTP request, in bytes."""

PAYLOAD_BYTES_MAX = 1_047_000
"""One value (a variable, a task's output) encoded as JSON, in bytes; LittleHorse's record limit."""

MESSAGE_CHARS_MAX = 16 * 1024
"""Error message of a task, in characters; longer ones are cut with a mark."""

LOG_CHARS_MAX = 64 * 1024
"""Log output of a TaskAttempt (with the stack trace), in characters; the middle is cut out."""

WORKER_CHARS_MAX = 1_024
"""What a worker calls itself or its version, in characters; the middle of a longer one is cut out."""

JSON_DEPTH_MAX = 100
"""Nesting of a JSON value."""

NATIVE_DEPTH_MAX = 20
"""Nesting of arrays, maps and structs, in types and in values."""

STRUCT_FIELDS_MAX = 200
"""Fields of one StructDef."""

MAP_BUILDER_ENTRIES_MAX = 1_000
LH_PATH_SELECTORS_MAX = 100

NUMBER_MAX = 2**31 - 1
"""Versions, numbers of threads and positions: 32 bits, signed."""

INT_MIN = -(2**63)
INT_MAX = 2**63 - 1
"""Range of INT: 64 bits, signed."""

NODES_PER_THREAD_SPEC_MAX = 5_000
THREAD_SPECS_PER_WF_SPEC_MAX = 500
EDGES_PER_NODE_MAX = 200
VARIABLES_PER_THREAD_SPEC_MAX = 500
MUTATIONS_PER_EDGE_MAX = 500
INTERRUPTS_PER_THREAD_SPEC_MAX = 200
INPUTS_PER_TASK_MAX = 100
ASSIGNMENT_DEPTH_MAX = 50
"""Nesting of expressions inside one VariableAssignment."""

ADVANCES_PER_STEP_MAX = 512
"""Nodes that one event may move a WfRun over: the guard against endless loops."""

THREAD_RUNS_MAX = 65
"""ThreadRuns of one WfRun, the entrypoint included."""

WF_RUN_DEPTH_MAX = 32
"""Levels of WfRuns that are children of each other, the root included."""

TASK_TIMEOUT_SECONDS_DEFAULT = 60
TASK_TIMEOUT_SECONDS_MAX = 365 * 24 * 3600
RETRIES_MAX = 10_000
RETRY_DELAY_MS_MAX = 365 * 24 * 3600 * 1000
CHECKPOINTS_PER_TASK_RUN_MAX = 1_000
"""Values that the attempts of one TaskRun may store on their way."""

SCHEDULE_ID_CHARS_MAX = 80
"""Length of the id of a ScheduledWfRun, in characters: the ids of its runs are longer."""

CRON_CHARS_MAX = 256
"""Length of a cron expression, in characters."""

CATCH_UP_RUNS_MAX = 16
"""Missed ticks of one ScheduledWfRun that start their WfRuns in one commit; more follow in the next."""

BATCH_RUNS_MAX = 1_000
"""WfRuns that one batch start may hold."""

WAIT_MS_MAX = 60_000
"""How long one HTTP request may wait for a WfRun to end, in milliseconds."""

PAGE_ITEMS_MAX = 1_000
PAGE_ITEMS_DEFAULT = 100

VARIABLE_FILTERS_MAX = 20
"""Variables that one search may ask for."""

SLEEP_SECONDS_MAX = 100 * 365 * 24 * 3600
RETENTION_SECONDS_MAX = 2**42
"""How long anything may be kept before it is deleted by itself: its end in milliseconds is still exact as the
score of a sorted set."""

USER_TASK_FIELDS_MAX = 200
"""Fields of one UserTaskDef."""

USER_TASK_ACTIONS_MAX = 50
"""Reminders and deadlines of one USER_TASK node."""

USER_TASK_EVENTS_MAX = 500
"""Events of one UserTaskRun; what ends it always finds room."""

USER_TASK_RESULTS_BYTES_MAX = 64 * 1024
"""What was filled into one UserTaskRun, encoded as JSON, in bytes: each time that it is saved, its WfRun
keeps a copy."""

USER_TASK_TEXT_CHARS_MAX = 4 * 1024
"""A comment on a UserTaskRun, or the name of a user or group, in characters."""

METRIC_WINDOW_MS = 60_000
"""Length of one window of metrics; windows begin at full minutes UTC."""

METRIC_RETENTION_MS = 14 * 24 * 3600 * 1000
"""How long windows are kept, and totals of a definition to which nothing was added meanwhile."""

METRIC_SERIES_MAX = 1_000
"""Definitions (TaskDefs, versions of WfSpecs) that one scrape tells of: those that were used last."""
