"""errors: what a client is told of an error: the status whose name is the code of the HTTP API's problem."""

from __future__ import annotations

from dataclasses import dataclass

import grpc

from lhredis.api.problems import problem_of


@dataclass(frozen=True, slots=True)
class Refusal:
    """`status` and `detail` are for the client, `http_status` is for our metrics."""

    status: grpc.StatusCode
    detail: str
    http_status: int


class Unimplemented(Exception):
    """An RPC whose capability lhredis does not have; says so in a sentence."""


def refusal_of(error: Exception, method: str) -> Refusal:
    """What is told of an error in this method; a bug is logged, and says nothing of itself."""
    if isinstance(error, Unimplemented):
        return Refusal(grpc.StatusCode.UNIMPLEMENTED, str(error), 501)
    problem = problem_of(error, method)
    return Refusal(grpc.StatusCode[problem["code"]], problem["detail"], problem["status"])
