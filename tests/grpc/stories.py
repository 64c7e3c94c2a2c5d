"""stories: workflows of every kind, as applications write them with LittleHorse's own Workflow."""

from __future__ import annotations

from typing import Any

from littlehorse.lh_struct import lh_struct_def
from littlehorse.model import (
    AllowedUpdateType,
    Comparator,
    ExponentialBackoffRetryPolicy,
    LHErrorType,
    ThreadRetentionPolicy,
    VariableMutationType,
    VariableType,
    WaitForThreadsStrategy,
    WorkflowRetentionPolicy,
)
from littlehorse.workflow import SpawnedThreads, Workflow, WorkflowThread


def basic(wf: WorkflowThread) -> None:
    who = wf.declare_str("who").required().searchable()
    wf.execute("greet", who, timeout_seconds=30, retries=2)


def retries(wf: WorkflowThread) -> None:
    policy = ExponentialBackoffRetryPolicy(base_interval_ms=100, max_delay_ms=2**34, multiplier=1.5)
    wf.execute("greet", "you", retries=5, exponential_backoff=policy)
    wf.execute(wf.declare_str("task"), "dynamic")
    wf.execute(wf.format("greet-{0}", "you"), "dynamic")


def variables(wf: WorkflowThread) -> None:
    wf.declare_bool("flag", True).as_public()
    wf.declare_int("count", 2**62).searchable()
    wf.declare_double("ratio", 0.5).masked()
    wf.declare_bytes("raw", b"\x00\xff")
    wf.declare_json_arr("list", [1, {"$bytes": "no"}])
    wf.declare_json_obj("object", {"$bytes": "no"}).searchable_on("$.name", VariableType.STR)
    wf.declare_timestamp("moment")
    wf.declare_wf_run_id("run")
    wf.declare_str("empty", "").as_public().required()


def conditionals(wf: WorkflowThread) -> None:
    age = wf.declare_int("age")
    wf.do_if(
        age.is_less_than(18).do_and(age.is_greater_than_eq(0)), lambda body: body.execute("greet", "child")
    ).do_else_if(age.is_in([18, 19]), lambda body: body.execute("greet", "teen")).do_else(
        lambda body: body.execute("greet", "grown")
    )


def loop(wf: WorkflowThread) -> None:
    count = wf.declare_int("count", 3)

    def body(wf: WorkflowThread) -> None:
        wf.execute("greet", wf.format("{0} left", count))
        count.assign(count.subtract(1))

    wf.do_while(wf.condition(count, Comparator.GREATER_THAN, 0), body)


def mutations(wf: WorkflowThread) -> None:
    number, text = wf.declare_int("number", 1), wf.declare_str("text", "")
    person = wf.declare_json_obj("person", {"name": "Ada", "tags": []})
    said = wf.execute("greet", person.with_json_path("$.name"))
    wf.mutate(number, VariableMutationType.ADD, 1)
    wf.mutate(text, VariableMutationType.ASSIGN, said)
    wf.mutate(person.with_json_path("$.age"), VariableMutationType.ASSIGN, None)
    wf.mutate(person, VariableMutationType.REMOVE_KEY, "name")
    number.assign(number.add(2).multiply(number).pow(2).divide(3))
    text.assign(number.cast_to_str().extend("!"))
    number.assign(text.cast_to_int())


def threads(wf: WorkflowThread) -> None:
    def child(wf: WorkflowThread) -> None:
        wf.execute("greet", wf.declare_str("name"))
        wf.with_retention_policy(ThreadRetentionPolicy(seconds_after_thread_termination=60))

    def for_item(wf: WorkflowThread) -> None:
        wf.execute("greet", wf.declare_str("INPUT"))

    one = wf.spawn_thread(child, "child", {"name": "Ada"})
    done = wf.wait_for_threads(SpawnedThreads.from_list(one))
    done.handle_exception_on_child(lambda wf: wf.execute("greet", "sorry"), "no-thanks")
    done.handle_error_on_child(lambda wf: wf.execute("greet", "oh"))
    many = wf.spawn_thread_for_each(wf.declare_json_arr("names"), for_item, "for-item")
    wf.wait_for_threads(many, WaitForThreadsStrategy.WAIT_FOR_ANY)


def events(wf: WorkflowThread) -> None:
    key = wf.declare_str("key").masked()

    def interrupted(wf: WorkflowThread) -> None:
        wf.declare_str("INPUT")
        wf.execute("greet", "interrupted")

    wf.add_interrupt_handler("halt", interrupted)
    paid = wf.wait_for_event("paid", timeout=60, correlation_id=key)
    wf.handle_error(paid, lambda wf: wf.fail("not-paid", "Too late", 7), LHErrorType.TIMEOUT)
    wf.wait_for_event("paid", correlation_id=key, mask_correlation_id=False)
    wf.throw_event("sent", wf.format("paid {0}", paid))


def failures(wf: WorkflowThread) -> None:
    said = wf.execute("greet", "you")
    wf.handle_exception(said, lambda wf: wf.execute("greet", "sorry"), "shy")
    wf.handle_exception(said, lambda wf: wf.execute("greet", "sorry"))
    wf.handle_error(said, lambda wf: wf.execute("greet", "broken"))
    wf.handle_any_failure(wf.execute("greet", "again"), lambda wf: wf.complete())
    wf.complete(said)


def waiting(wf: WorkflowThread) -> None:
    ready = wf.declare_bool("ready", False)
    wf.sleep(5)
    wf.sleep(wf.declare_int("pause"))
    wf.sleep_until(wf.declare_int("until"))
    wf.wait_for_condition(ready.is_equal_to(True))


def user_tasks(wf: WorkflowThread) -> None:
    boss = wf.declare_str("boss")
    approved = (
        wf.assign_user_task("approve", user_id=boss, user_group="sales")
        .with_notes(wf.format("For {0}", boss))
        .with_on_cancellation_exception("refused")
    )
    wf.schedule_reminder_task(approved, 10, "greet", boss)
    wf.reassign_user_task_on_deadline(approved, 20, user_group="bosses")
    wf.release_to_group_on_deadline(approved, 30)
    wf.cancel_user_task_run_after(approved, 40)
    wf.cancel_user_task_run_after_assignment(approved, wf.declare_int("patience"))
    wf.execute("greet", approved.with_json_path("$.comment"))


def child_workflows(wf: WorkflowThread) -> None:
    child = wf.run_wf("variables", {"empty": "given"})
    wf.wait_for_child_wf(child)
    wf.run_wf("variables", {"empty": "given"}, child_id=wf.format("child-{0}", 2))


def inheriting(wf: WorkflowThread) -> None:
    flag = wf.declare_bool("flag").as_inherited()
    flag.assign(False)


@lh_struct_def("address")
class Address:
    """Where somebody lives."""

    street: str
    zip_code: int = 1


@lh_struct_def("person")
class Person:
    """Somebody."""

    name: str
    address: Address


def structs(wf: WorkflowThread) -> None:
    person = wf.declare_struct("person", Person)
    wf.execute("greet", person.get("name"))
    wf.execute("greet", person.get("address").get("street"))


def everything() -> list[Workflow]:
    """In the order in which they need each other."""
    simple: list[Any] = [
        basic, retries, variables, conditionals, loop, mutations, threads, events, failures, waiting,
        user_tasks, child_workflows, structs,
    ]  # fmt: skip
    kept = Workflow("kept", basic).with_retention_policy(
        WorkflowRetentionPolicy(seconds_after_wf_termination=2**40)
    )
    kept.with_update_type(AllowedUpdateType.MINOR_REVISION_UPDATES)
    return [
        *(Workflow(story.__name__.replace("_", "-"), story) for story in simple),
        Workflow("inheriting", inheriting, parent_wf="variables"),
        kept,
    ]
