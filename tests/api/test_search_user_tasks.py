"""L20: UserTaskRuns are found by any combination of status, def, user and group."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from lhredis.client import Client
from lhredis.model.enums import UserTaskRunStatus
from lhredis.model.search import SearchUserTaskRunRequest
from lhredis.model.user_task_def import PutUserTaskDefRequest
from tests.api.specs import compiled, put_instant

FILTERS: dict[str, tuple[Any, Any]] = {
    "status": (UserTaskRunStatus.ASSIGNED, UserTaskRunStatus.DONE),
    "user_task_def_name": ("form", "other"),
    "user_id": ("ann", "bob"),
    "user_group": ("jedi", "sith"),
}
"""Each with a value that fits, and one that does not."""


async def found(client: Client, **filters: Any) -> list[str]:
    page = await client.search_user_task_runs(SearchUserTaskRunRequest(**filters))
    assert page.bookmark is None
    return sorted(one.wf_run_id for one in page.items)


async def test_l20_every_subset_of_the_filters(client: Client) -> None:
    await put_instant(client)
    await client.run_wf("instant")
    await client.put_user_task_def(PutUserTaskDefRequest(name="form"))
    await client.put_wf_spec(compiled("asks", lambda wf: wf.assign_user_task("form", "ann", "jedi")))
    await client.put_wf_spec(compiled("idle", lambda wf: wf.assign_user_task("form", None, "council")))
    await client.run_wf("asks", id="r1")
    await client.run_wf("idle", id="r2")
    assert await found(client) == ["r1", "r2"]
    assert await found(client, status=UserTaskRunStatus.UNASSIGNED) == ["r2"]
    for size in range(1, 5):
        for names in combinations(FILTERS, size):
            fits = {name: FILTERS[name][0] for name in names}
            expected = ["r1", "r2"] if names == ("user_task_def_name",) else ["r1"]
            assert await found(client, **fits) == expected, names
            for name in names:
                assert await found(client, **{**fits, name: FILTERS[name][1]}) == [], (names, name)
