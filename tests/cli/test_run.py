"""`lhredis run` starts a run, follows it, and tells by its exit code how it ended."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from lhredis.cli import exits
from tests.cli.conftest import Call


def test_a_run_that_completes_is_code_0_and_shows_its_output(lhredis: Call) -> None:
    outcome = lhredis("run", "story-greet", "name=Ada", "times=2", "--wait")
    assert outcome.code == exits.OK
    assert "COMPLETED" in outcome.out
    assert "Hello, Ada! Hello, Ada!" in outcome.out
    assert "1-story-greet-TASK" in outcome.err, "progress goes to stderr"


def test_without_wait_the_id_is_printed(lhredis: Call) -> None:
    id = f"run-{uuid4().hex[:8]}"
    outcome = lhredis("run", "story-wait", "--id", id)
    assert outcome.code == exits.OK
    assert outcome.out.split() == [id, "story-wait/0.0", "RUNNING"]


def test_with_json_only_the_run_as_it_ended_is_printed(lhredis: Call) -> None:
    outcome = lhredis("run", "story-greet", "name=Ada", "--wait", "--json")
    assert outcome.code == exits.OK
    assert outcome.err == ""
    assert outcome.json["status"] == "COMPLETED"
    assert outcome.json["thread_runs"][0]["output"] == "Hello, Ada!"


def test_a_run_that_fails_is_code_1_and_shows_the_stack_trace(lhredis: Call) -> None:
    outcome = lhredis("run", "story-break", "--wait")
    assert outcome.code == exits.RUN_FAILED
    assert "ERROR" in outcome.out
    assert "2 of 2" in outcome.out, "both attempts are told"
    assert "about to break" in outcome.out
    assert 'raise RuntimeError("broken on purpose")' in outcome.out


def test_a_run_that_ends_in_an_exception_is_code_1_too(lhredis: Call) -> None:
    outcome = lhredis("run", "story-refuse", "--wait", "--json")
    assert outcome.code == exits.RUN_FAILED
    assert outcome.json["status"] == "EXCEPTION"


def test_a_run_that_takes_longer_than_the_timeout_is_code_5(lhredis: Call) -> None:
    outcome = lhredis("run", "story-wait", "--wait", "--timeout-s", "0.1")
    assert outcome.code == exits.TIMEOUT
    assert "RUNNING" in outcome.err
    assert "it goes on" in outcome.err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "name: required (STR)"),
        (["nam=Ada"], "did you mean 'name'?"),
        (["name=Ada", "times=often"], "times: an INT is wanted"),
    ],
)
def test_wrong_variables_are_named_and_nothing_is_started(
    lhredis: Call, words: list[str], complaint: str
) -> None:
    id = f"run-{uuid4().hex[:8]}"
    outcome = lhredis("run", "story-greet", *words, "--id", id)
    assert outcome.code == exits.USAGE
    assert complaint in outcome.err
    assert lhredis("get", "wf-run", id).code == exits.NOT_FOUND


def test_what_does_not_exist_is_code_3(lhredis: Call) -> None:
    assert lhredis("run", "nobody-knows").code == exits.NOT_FOUND
    outcome = lhredis("run", "story-greet", "--major-version", "7", "--json")
    assert outcome.code == exits.NOT_FOUND
    assert json.loads(outcome.err)["code"] == "NOT_FOUND"


def test_an_id_that_is_taken_is_refused(lhredis: Call) -> None:
    id = f"run-{uuid4().hex[:8]}"
    assert lhredis("run", "story-wait", "--id", id).code == exits.OK
    assert lhredis("run", "story-wait", "--id", id).code == exits.USAGE
