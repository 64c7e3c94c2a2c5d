"""`--json` is what the API answers, no more and no less."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from lhredis.cli import exits
from tests.cli.conftest import Call
from tests.cli.processes import Dev


@pytest.fixture(scope="module")
def run_id() -> str:
    return f"json-{uuid4().hex[:8]}"


@pytest.mark.parametrize(
    ("words", "url"),
    [
        ("get wf-run {id}", "/v1/wf-runs/{id}"),
        ("explain {id}", "/v1/wf-runs/{id}/explain"),
        ("get thread-run {id} 0", "/v1/wf-runs/{id}/threads/0"),
        ("list node-runs {id}", "/v1/wf-runs/{id}/node-runs"),
        ("list task-runs {id}", "/v1/wf-runs/{id}/task-runs"),
        ("list variables {id}", "/v1/wf-runs/{id}/variables"),
        ("get wf-spec story-greet", "/v1/wf-specs/story-greet"),
        ("get task-def story-greet", "/v1/task-defs/story-greet"),
        ("list task-defs", "/v1/task-defs?limit=20"),
    ],
)
def test_json_is_what_the_api_answers(lhredis: Call, dev: Dev, run_id: str, words: str, url: str) -> None:
    lhredis("run", "story-greet", "name=Ada", "--wait", "--id", run_id)  # the first time starts it
    shown = lhredis(*words.format(id=run_id).split(), "--json")
    assert shown.code == exits.OK
    assert shown.json == httpx.get(dev.where["api_url"] + url.format(id=run_id)).json()
