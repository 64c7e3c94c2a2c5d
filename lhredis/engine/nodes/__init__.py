"""nodes: one file per node type, the same functions in each, dispatched here and nowhere else.

    has_output(node, scope) -> bool           may another node refer to its output?
    output_type(node, scope) -> type | None   of which type, if that is known before the run
    compile(spec, scope, path)                what the two below need, checked
    arrive(step, thread, node_run, body)      the thread has come to stand on the node
    check(step, thread, node_run, body)       is the node done? called whenever the run moves

`arrive` and `check` raise NodeFailed or VarSubError when the node fails. What else may happen to a
node (a task's report, a timer) is a function of its file that `step.py` calls with the event.
"""

from __future__ import annotations

from types import ModuleType

from lhredis.engine.nodes import (
    entrypoint,
    exit,
    external_event,
    nop,
    run_child_wf,
    sleep,
    start_multiple_threads,
    start_thread,
    task,
    throw_event,
    user_task,
    wait_for_child_wf,
    wait_for_condition,
    wait_for_threads,
)

NODE_TYPES: dict[str, ModuleType] = {
    "entrypoint": entrypoint,
    "exit": exit,
    "external_event": external_event,
    "nop": nop,
    "run_child_wf": run_child_wf,
    "sleep": sleep,
    "start_multiple_threads": start_multiple_threads,
    "start_thread": start_thread,
    "task": task,
    "throw_event": throw_event,
    "user_task": user_task,
    "wait_for_child_wf": wait_for_child_wf,
    "wait_for_condition": wait_for_condition,
    "wait_for_threads": wait_for_threads,
}
