"""From errors to problems, and back in the client."""

from __future__ import annotations

import logging

import pytest
from redis import exceptions as redis_errors

from lhredis import errors
from lhredis.api.problems import problem_of
from lhredis.client.replies import CODES, error_of

LONG_COMMAND = f"Command # 1 (ZREVRANGEBYSCORE lh:{{p0}}:index:{'a' * 100}:runs)"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.InvalidArgument, 400),
        (errors.NotFound, 404),
        (errors.AlreadyExists, 409),
        (errors.FailedPrecondition, 412),
        (errors.ResourceExhausted, 429),
        (errors.Unavailable, 503),
        (errors.DeadlineExceeded, 504),
    ],
)
def test_the_client_raises_what_the_server_raised(kind: type[errors.LHRedisError], status: int) -> None:
    problem = problem_of(kind("because"), "/here")
    assert (problem["status"], problem["instance"]) == (status, "/here")
    again = error_of(problem)
    assert type(again) is kind and str(again) == "because"


def test_every_error_that_a_server_raises_has_a_code() -> None:
    raised = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.LHRedisError)
    } - {errors.LHRedisError, errors.InvalidSpec, errors.LHTaskException}
    codes = {kind: problem_of(kind("because"), "/")["code"] for kind in raised}
    assert set(codes.values()) == set(CODES)
    assert all(issubclass(kind, CODES[code]) for kind, code in codes.items())


def test_problems_of_a_spec_arrive_one_by_one() -> None:
    sent = errors.InvalidSpec([errors.Problem("a.b[0]", "is odd"), errors.Problem("", "is empty")])
    again = error_of(problem_of(sent, "/"))
    assert isinstance(again, errors.InvalidSpec) and again.problems == sent.problems


def test_a_bug_is_logged_and_says_nothing_of_itself(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        problem = problem_of(KeyError("secret"), "/here")
    assert (problem["status"], problem["code"]) == (500, "INTERNAL")
    assert "secret" not in str(problem)
    assert "secret" in caplog.text
    assert type(error_of(problem)) is errors.LHRedisError


@pytest.mark.parametrize(
    "error",
    [
        redis_errors.ConnectionError("x"),
        redis_errors.TimeoutError("x"),
        redis_errors.BusyLoadingError("x"),
        redis_errors.ReadOnlyError("x"),
        redis_errors.OutOfMemoryError("x"),
        redis_errors.ResponseError("MISCONF Redis is configured to save RDB snapshots"),
        redis_errors.ResponseError(
            f"{LONG_COMMAND} of pipeline caused error: ('BUSY Valkey is busy running a script.',)"
        ),
        ConnectionRefusedError(111, "Connect call failed ('10.0.0.7', 6379)"),
    ],
)
def test_a_redis_that_is_away_is_no_bug(error: Exception) -> None:
    problem = problem_of(error, "/")
    assert (problem["status"], problem["code"]) == (503, "UNAVAILABLE")
    assert "10.0.0.7" not in str(problem)


@pytest.mark.parametrize(
    "said",
    ["WRONGTYPE Operation", "Command # 1 (HGETALL OOM) of pipeline caused error: ('WRONGTYPE Operation',)"],
)
def test_a_redis_that_answers_nonsense_is_a_bug(said: str) -> None:
    assert problem_of(redis_errors.ResponseError(said), "/")["status"] == 500
