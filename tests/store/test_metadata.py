"""The story of definitions: registered once, versioned, frozen, deleted, and raced for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis

from lhredis.engine.run import SpecVersion
from lhredis.errors import AlreadyExists, FailedPrecondition, InvalidArgument, InvalidSpec, NotFound
from lhredis.model.task_def import PutTaskDefRequest
from lhredis.model.types import ReturnType, VariableDef
from lhredis.model.wf_spec import PutWfSpecRequest, WfSpec
from lhredis.stepper.programs import Programs
from lhredis.stepper.registration import register_wf_spec
from lhredis.store import keys
from lhredis.store.metadata import Metadata
from lhredis.workflow import Workflow, WorkflowThread

T = "acme"


class Registry:
    """One process that registers and looks up."""

    def __init__(self, redis: Redis) -> None:
        self.metadata = Metadata(redis)
        self.programs = Programs(self.metadata)

    async def task(self, name: str, returns: str | None = None, /, **inputs: str) -> Any:
        variables = tuple(VariableDef(name=word, type_def=kind) for word, kind in inputs.items())
        return_type = ReturnType.model_validate(returns) if returns else None
        return await self.metadata.put_task_def(
            T, PutTaskDefRequest(name=name, input_vars=variables, return_type=return_type)
        )

    async def put(self, story: Any, name: str = "flow", updates: str | None = None) -> WfSpec:
        request = story
        if callable(story):
            workflow = Workflow(name, story)
            request = (workflow.with_update_type(updates) if updates else workflow).compile()
        return await register_wf_spec(self.metadata, self.programs, T, request)


@pytest.fixture
def registry(redis: Redis) -> Registry:
    return Registry(redis)


def version(spec: WfSpec) -> str:
    return f"{spec.id.major_version}.{spec.id.revision}"


def variables(*declared: tuple[str, str], **options: Any) -> Any:
    """A story that only declares these (name, type); `required`, `public` name some of them."""

    def story(wf: WorkflowThread) -> None:
        for name, kind in declared:
            variable = wf.add_variable(name, kind)  # type: ignore[arg-type]
            if name in options.get("required", ()):
                variable.required()
            if name in options.get("public", ()):
                variable.as_public()
            if name in options.get("searchable", ()):
                variable.searchable()
        if "returns" in options:
            wf.complete(options["returns"])

    return story


# TaskDefs


async def test_q7_the_same_task_def_again_changes_nothing(registry: Registry, redis: Redis):
    first = await registry.task("greet", "STR", name="STR")
    epoch = await registry.metadata.epoch(T)
    again = await registry.task("greet", "STR", name="STR")
    assert (again, await registry.metadata.epoch(T)) == (first, epoch)
    assert await registry.metadata.task_def(T, "greet") == first
    assert await redis.smembers(keys.queues()) == {b"acme/greet"}


@pytest.mark.parametrize(
    ("returns", "inputs"),
    [
        (None, {"name": "STR"}),
        ("INT", {"name": "STR"}),
        ("STR", {}),
        ("STR", {"name": "INT"}),
        ("STR", {"other": "STR"}),
        ("STR", {"name": "STR", "more": "STR"}),
    ],
)
async def test_q7_another_signature_is_refused(
    registry: Registry, returns: str | None, inputs: dict[str, str]
):
    first = await registry.task("greet", "STR", name="STR")
    with pytest.raises(AlreadyExists) as caught:
        await registry.task("greet", returns, **inputs)
    assert str(caught.value) == "TaskDef [greet] already exists and is immutable."
    assert await registry.metadata.task_def(T, "greet") == first


@pytest.mark.parametrize(("default", "other"), [(1, True), (1, 1.0), (0, False)])
async def test_a_default_of_another_type_is_another_signature(registry: Registry, default: Any, other: Any):
    def request(value: Any) -> PutTaskDefRequest:
        given = VariableDef(name="x", type_def="JSON_OBJ", default_value={"v": value})
        return PutTaskDefRequest(name="greet", input_vars=(given,))

    await registry.metadata.put_task_def(T, request(default))
    with pytest.raises(AlreadyExists):
        await registry.metadata.put_task_def(T, request(other))


async def test_a_description_is_no_part_of_the_signature(registry: Registry):
    await registry.metadata.put_task_def(T, PutTaskDefRequest(name="greet", description="one"))
    found = await registry.metadata.put_task_def(T, PutTaskDefRequest(name="greet", description="two"))
    assert found.description == "one"


async def test_task_defs_are_found_by_name_and_listed_in_order(registry: Registry):
    for name in ("b", "c", "a"):
        await registry.task(name)
    assert await registry.metadata.task_def_names(T) == ["a", "b", "c"]
    assert sorted(await registry.metadata.task_defs(T, ["a", "c", "missing"])) == ["a", "c"]
    assert await registry.metadata.task_defs(T, []) == {}
    assert await registry.metadata.queues() == [(T, "a"), (T, "b"), (T, "c")]


async def test_what_does_not_exist_is_not_found(registry: Registry):
    for look in (
        registry.metadata.task_def(T, "missing"),
        registry.metadata.newest_of(T, "missing"),
        registry.metadata.newest_of(T, "missing", 0),
        registry.metadata.wf_spec(T, SpecVersion("missing", 0, 0)),
        registry.programs.of(T, SpecVersion("missing", 0, 0)),
    ):
        with pytest.raises(NotFound, match="missing"):
            await look


async def test_a_deleted_task_def_is_gone_and_its_queue_is_still_looked_at(registry: Registry):
    await registry.task("greet", "STR")
    await registry.metadata.delete_task_def(T, "greet")
    await registry.metadata.delete_task_def(T, "greet")
    assert await registry.metadata.task_defs(T, ["greet"]) == {}
    assert await registry.metadata.queues() == [(T, "greet")]
    await registry.task("greet", "INT")


async def test_q7_a_spec_that_calls_a_deleted_task_is_refused(registry: Registry):
    await registry.task("greet")
    await registry.metadata.delete_task_def(T, "greet")
    with pytest.raises(InvalidSpec, match="could not find TaskDef 'greet'"):
        await registry.put(lambda wf: wf.execute("greet"))
    await registry.task("greet")
    assert version(await registry.put(lambda wf: wf.execute("greet"))) == "0.0"


async def test_tenants_see_their_own_definitions_only(registry: Registry):
    await registry.task("greet")
    assert await registry.metadata.task_def_names("other") == []


# Versions of WfSpecs


async def test_q1_the_same_spec_again_is_the_same_version(registry: Registry):
    first = await registry.put(variables(("a", "STR")))
    epoch = await registry.metadata.epoch(T)
    assert await registry.put(variables(("a", "STR"))) == first
    assert (version(first), await registry.metadata.epoch(T)) == ("0.0", epoch)
    assert await Registry(registry.metadata._redis).put(variables(("a", "STR"))) == first


async def test_q1_what_is_said_and_what_is_meant_anyway_is_the_same(registry: Registry):
    first = await registry.put(variables(("a", "STR")))
    form = Workflow("flow", variables(("a", "STR"))).compile().to_json()
    form["thread_specs"]["entrypoint"]["variable_defs"][0] |= {
        "required": False,
        "access_level": "PRIVATE_VAR",
    }
    assert await registry.put(PutWfSpecRequest.model_validate(form)) == first


async def test_q2_an_optional_variable_more_is_a_revision(registry: Registry):
    await registry.put(variables(("a", "STR")))
    assert version(await registry.put(variables(("a", "STR"), ("b", "STR")))) == "0.1"
    assert version(await registry.put(variables(("a", "STR")))) == "0.2"


@pytest.mark.parametrize(("one", "other"), [(1, 1.0), (1, True), (0, False)])
async def test_a_literal_of_another_type_is_another_spec(registry: Registry, one: Any, other: Any):
    """5/2 and 5/2.0 are not the same."""

    def story(value: Any) -> Any:
        def told(wf: WorkflowThread) -> None:
            j = wf.declare_json_obj("j", {})
            j["x"] = value

        return told

    await registry.put(story(one))
    assert version(await registry.put(story(other))) == "0.1"


async def test_q4_no_updates_means_none(registry: Registry):
    first = await registry.put(variables(("a", "STR")))
    with pytest.raises(AlreadyExists) as caught:
        await registry.put(variables(("a", "STR"), ("b", "STR")), updates="NO_UPDATES")
    assert str(caught.value) == "WfSpec already exists."
    assert await registry.put(variables(("a", "STR")), updates="NO_UPDATES") == first


async def test_q5_minor_updates_break_nothing(registry: Registry):
    await registry.put(variables(("a", "STR")))
    with pytest.raises(FailedPrecondition) as caught:
        await registry.put(variables(("a", "STR"), required=["a"]), updates="MINOR_REVISION_UPDATES")
    assert str(caught.value) == "The resulting WfSpec has a breaking change."
    minor = await registry.put(variables(("a", "STR"), ("b", "INT")), updates="MINOR_REVISION_UPDATES")
    assert version(minor) == "0.1"


async def test_a10_what_a_spec_returns_is_part_of_its_interface(registry: Registry):
    assert version(await registry.put(variables(("unused", "STR")))) == "0.0"
    assert version(await registry.put(variables(("unused", "INT")))) == "0.1"
    assert version(await registry.put(variables(("unused", "INT"), returns="x"))) == "1.0"
    assert version(await registry.put(variables(("unused", "INT"), returns="y"))) == "1.1"
    assert version(await registry.put(variables(("unused", "INT"), returns=5))) == "2.0"


async def test_m10_a_searchable_variable_is_not_frozen(registry: Registry):
    first = await registry.put(variables(("a", "STR"), searchable=["a"]))
    assert (version(first), first.frozen_variables) == ("0.0", ())
    assert version(await registry.put(variables(("a", "INT"), searchable=["a"]))) == "0.1"


async def test_m11_a_public_variable_stays_frozen_when_it_is_removed(registry: Registry):
    first = await registry.put(variables(("a", "STR"), public=["a"]))
    assert [each.var_def.name for each in first.frozen_variables] == ["a"]
    second = await registry.put(variables())
    assert (version(second), [each.var_def.name for each in second.frozen_variables]) == ("1.0", ["a"])
    with pytest.raises(InvalidArgument, match="'a' is frozen as STR: it cannot become INT"):
        await registry.put(variables(("a", "INT")))
    assert version(await registry.put(variables(("a", "STR")))) == "1.1"


async def test_m13_a_public_variable_made_private_is_a_breaking_change(registry: Registry):
    first = await registry.put(variables(("a", "STR"), ("b", "INT"), public=["a", "b"]))
    assert len(first.frozen_variables) == 2
    second = await registry.put(variables(("a", "STR"), ("b", "INT"), public=["a"]))
    assert (version(second), len(second.frozen_variables)) == ("1.0", 2)


async def test_a_required_input_is_frozen_too(registry: Registry):
    await registry.put(variables(("a", "STR"), required=["a"]))
    with pytest.raises(InvalidArgument, match="frozen"):
        await registry.put(variables(("a", "INT"), required=["a"]))
    assert version(await registry.put(variables(("a", "STR")))) == "1.0"


async def test_the_newest_version_and_the_newest_of_a_major_are_found(registry: Registry):
    for story in (
        variables(("a", "STR")),
        variables(("a", "INT")),
        variables(("a", "INT"), returns="x"),
        variables(("b", "INT"), returns="x"),
    ):
        await registry.put(story)
    metadata = registry.metadata
    assert await metadata.newest_of(T, "flow") == SpecVersion("flow", 1, 1)
    assert await metadata.newest_of(T, "flow", 0) == SpecVersion("flow", 0, 1)
    with pytest.raises(NotFound, match="major version 2"):
        await metadata.newest_of(T, "flow", 2)
    await registry.put(variables(), name="another")
    assert await metadata.wf_spec_names(T) == [SpecVersion("another", 0, 0), SpecVersion("flow", 1, 1)]


async def test_versions_are_numbers_and_not_texts(registry: Registry):
    for i in range(12):
        spec = await registry.put(variables(("a", ("STR", "INT")[i % 2])))
    assert version(spec) == "0.11"
    assert await registry.metadata.newest_of(T, "flow", 0) == SpecVersion("flow", 0, 11)


async def test_a_stored_version_reads_as_it_was_registered(registry: Registry, redis: Redis):
    def story(wf: WorkflowThread) -> None:
        x = wf.declare_json_obj("x", {"$ref": 1}).masked()
        with wf.if_(x.get("a") > 3):
            wf.handle_any_failure(wf.execute("greet", 2**63 - 1, b"bytes", retries=2), lambda wf: wf.sleep(5))
        wf.complete(wf.format("{0}", x))

    await registry.task("greet", "STR", n="INT", b="BYTES")
    first = await registry.put(story)
    fresh = Registry(redis)
    assert await fresh.metadata.wf_spec(T, SpecVersion("flow", 0, 0)) == first
    assert await fresh.put(story) == first


@pytest.mark.parametrize("processes", [2, 8])
async def test_the_same_spec_from_many_processes_is_one_version(redis: Redis, processes: int):
    registries = [Registry(redis) for _ in range(processes)]
    specs = await asyncio.gather(*(registry.put(variables(("a", "STR"))) for registry in registries))
    assert {version(spec) for spec in specs} == {"0.0"}
    assert await redis.hkeys(keys.wf_spec(T, "flow")) == [b"0.0"]


async def test_different_specs_from_many_processes_get_a_version_each(redis: Redis):
    stories = [variables((f"a{i}", "STR")) for i in range(8)]
    specs = await asyncio.gather(*(Registry(redis).put(story) for story in stories))
    assert sorted(spec.id.revision for spec in specs) == list(range(8))
    assert sorted(int(v.split(b".")[1]) for v in await redis.hkeys(keys.wf_spec(T, "flow"))) == list(range(8))


async def test_the_same_task_def_from_many_processes_is_one(redis: Redis):
    defs = await asyncio.gather(*(Registry(redis).task("greet", "STR", x="INT") for _ in range(8)))
    assert len({each.created_at for each in defs}) == 1


async def test_different_task_defs_of_one_name_from_many_processes_are_one_and_errors(redis: Redis):
    kinds = ["INT", "STR", "BOOL", "DOUBLE"]
    found = await asyncio.gather(
        *(Registry(redis).task("greet", kind) for kind in kinds), return_exceptions=True
    )
    assert sum(isinstance(each, AlreadyExists) for each in found) == 3


# Programs and deletion


async def test_a_program_is_compiled_again_when_definitions_change(registry: Registry, redis: Redis):
    await registry.task("greet")
    await registry.put(lambda wf: wf.execute("greet"))
    here = SpecVersion("flow", 0, 0)
    program = await registry.programs.of(T, here)
    assert program.threads["entrypoint"].nodes["1-greet-TASK"].body.exists
    assert registry.programs.world(T).program(here) is program
    await Registry(redis).metadata.delete_task_def(T, "greet")
    assert registry.programs.world(T).program(here) is program
    await registry.programs.refresh()
    assert here not in registry.programs.world(T).programs
    again = await registry.programs.of(T, here)
    assert not again.threads["entrypoint"].nodes["1-greet-TASK"].body.exists


async def test_deleting_the_newest_version_brings_the_one_before_back(registry: Registry, redis: Redis):
    for kind in ("STR", "INT"):
        await registry.put(variables(("a", kind)))
    await registry.metadata.delete_wf_spec(T, SpecVersion("flow", 0, 1))
    assert await registry.metadata.newest_of(T, "flow") == SpecVersion("flow", 0, 0)
    with pytest.raises(NotFound):
        await Registry(redis).metadata.wf_spec(T, SpecVersion("flow", 0, 1))


async def test_deleting_the_last_version_deletes_the_spec(registry: Registry):
    await registry.put(variables())
    await registry.metadata.delete_wf_spec(T, SpecVersion("flow", 0, 0))
    await registry.metadata.delete_wf_spec(T, SpecVersion("flow", 0, 0))
    assert await registry.metadata.wf_spec_names(T) == []
    with pytest.raises(NotFound):
        await registry.metadata.newest_of(T, "flow")


@pytest.mark.parametrize(("before", "number"), [(0, "1.0"), (1, "0.2")])
async def test_the_number_of_a_deleted_version_is_never_used_again(
    registry: Registry, redis: Redis, before: int, number: str
):
    """Where nothing is left to compare with, the next one counts as a breaking change. Runs of the deleted
    version, and processes that cache it, would take the new one for it."""
    kinds = ["STR", "INT", "BOOL"]
    for kind in kinds[: before + 1]:
        await registry.put(variables(("a", kind)))
    await registry.metadata.delete_wf_spec(T, SpecVersion("flow", 0, before))
    new = await registry.put(variables(("a", kinds[before + 1])))
    assert version(new) == number
    for process in (registry, Registry(redis)):
        assert await process.metadata.wf_spec(T, await process.metadata.newest_of(T, "flow")) == new
