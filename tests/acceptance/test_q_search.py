"""B16, Q8, Q11: search and count."""

from __future__ import annotations

from typing import Any

from lhredis.model.search import (
    CountNodeRunRequest,
    SearchVariableRequest,
    SearchWfRunRequest,
    VariableMatch,
)
from lhredis.workflow import WorkflowThread
from tests.acceptance.town import Town


async def found(town: Town, where: dict[str, Any] | None = None, **filters: Any) -> list[str]:
    """The ids of the runs of `flow` that are found."""
    matches = tuple(VariableMatch(var_name=name, value=value) for name, value in (where or {}).items())
    request = SearchWfRunRequest.model_validate(
        {"wf_spec_name": "flow", "variable_filters": matches, **filters}
    )
    return [run.id for run in (await town.client.search_wf_runs(request)).items]


async def test_b16_a_run_is_found_once_by_each_item_of_an_array(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.declare_json_arr("words").searchable()

    await town.deploy(story)
    run = await town.play({"words": ["asdf", "fdsa", "asdf"]})
    assert await found(town, {"words": "asdf"}) == [run.id]
    assert await found(town, {"words": "fdsa"}) == [run.id]
    assert await found(town, {"words": "other"}) == []


async def test_q8_a_run_is_found_by_what_it_is_now(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.declare_str("name").searchable()
        wf.wait_for_event("go")

    await town.events("go")
    await town.deploy(story)
    run = await town.run({"name": "Ada"})
    assert await found(town, status="RUNNING") == [run.id]
    assert await found(town, status="COMPLETED") == []
    await town.client.post_event(run.id, "go")
    await town.ended(run)
    assert await found(town, status="RUNNING") == []
    assert await found(town, status="COMPLETED") == [run.id]
    assert await found(town, {"name": "Ada"}) == [run.id]
    assert await found(town, {"name": "Bob"}) == []
    for value, expected in (("Ada", [(run.id, 0)]), ("Bob", [])):
        request = SearchVariableRequest(wf_spec_name="flow", var_name="name", value=value)
        page = await town.client.search_variables(request)
        assert [(one.wf_run_id, one.thread_run_number) for one in page.items] == expected


async def test_q11_node_runs_are_counted_by_version(town: Town) -> None:
    def version(number: int) -> Any:
        def story(wf: WorkflowThread) -> None:
            if number == 2:
                wf.declare_str("needed").required()
            wf.sleep(0)
            wf.complete(number)

        return story

    counts: dict[str, int] = {}
    for number in range(3):
        spec = await town.deploy(version(number))
        for _ in range(3):
            await town.play({"needed": "x"} if number == 2 else {})
        counts[f"{spec.id.major_version}.{spec.id.revision}"] = 9
    client = town.client
    assert await client.count_node_runs(CountNodeRunRequest(wf_spec_name="flow")) == 27
    majors: dict[int, int] = {}
    for text, expected in counts.items():
        major, revision = map(int, text.split("."))
        majors[major] = majors.get(major, 0) + expected
        exact = CountNodeRunRequest(
            wf_spec_name="flow", wf_spec_major_version=major, wf_spec_revision=revision
        )
        assert await client.count_node_runs(exact) == expected
    for major, expected in majors.items():
        request = CountNodeRunRequest(wf_spec_name="flow", wf_spec_major_version=major)
        assert await client.count_node_runs(request) == expected
