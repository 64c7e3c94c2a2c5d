"""Whatever a client sends, it is answered or refused for a reason: no request is a bug of the server's."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from littlehorse import create_workflow_spec
from littlehorse.model import CorrelatedEventConfig, PutTaskDefRequest, RunWfRequest
from littlehorse.workflow import Workflow, WorkflowThread

from lhredis.grpc.front import SERVICE
from lhredis.grpc.service import RPCS
from tests.grpc.lh import LH

REQUESTS = 24
"""Of each RPC."""

ODDITIES = (0.0, 0.02, 0.2)
"""How likely a value is one that makes no sense; a request has one of these."""

LEFT_OUT, MOSTLY_LEFT_OUT = 0.1, 0.9
PAGING = ("bookmark", "limit")

DEPTH_MAX = 6
WAITS_S = 0.3
"""The deadline: some RPCs wait for something to happen."""

REASONS = {
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.UNIMPLEMENTED,
}

WORDS = ("flow", "flow", "a", "0-1")
"""Names of things that are there."""

NUMBERS = (0, 1)
FRACTIONS = (0.5, 2.0)
BYTES = (b"bookmark",)
ODD_WORDS = ("", "b", "no_id", "a/b", "~", "-", "é", "\0", "{", "{}", '{"$int": 1}', "$.a", "{0}", "x" * 200)
ODD_NUMBERS = (-1, 1000, 2**31 - 1, -(2**31))
ODD_LONG_NUMBERS = (2**63 - 1, -(2**63))
ODD_FRACTIONS = (0.0, -1.5, float("nan"), float("inf"), 1e308)
ODD_BYTES = (b"", b"\xff", b"{}")

UNARY = [method for method in SERVICE.methods if method.name in RPCS and not method.client_streaming]


@pytest.mark.parametrize("method", UNARY, ids=lambda method: method.name)
async def test_any_request_has_an_answer(lh: LH, method: MethodDescriptor) -> None:
    await put_something(lh)
    rpc = getattr(lh.stub, method.name)
    for number in range(REQUESTS):
        chance = Chance(f"{method.name} {number}", ODDITIES[number % len(ODDITIES)])
        request = any_message(method.input_type, chance)
        try:
            await rpc(request, timeout=WAITS_S)
        except grpc.aio.AioRpcError as refused:
            assert refused.code() in REASONS, f"{refused.details()}\n{request}"


async def put_something(lh: LH) -> None:
    """A WfRun `a` of a WfSpec `flow` that waits for the event `flow`, and a TaskDef of the same name."""

    def story(wf: WorkflowThread) -> None:
        wf.declare_int("a", 1).searchable()
        wf.wait_for_event("flow", correlation_id="a", correlated_event_config=CorrelatedEventConfig())

    await lh.stub.PutTaskDef(PutTaskDefRequest(name="flow"))
    await asyncio.to_thread(create_workflow_spec, Workflow("flow", story), lh.config)
    await lh.stub.RunWf(RunWfRequest(wf_spec_name="flow", id="a"))


class Chance(random.Random):
    """`odd` tells whether the next value is one that makes no sense."""

    def __init__(self, seed: str, oddity: float) -> None:
        super().__init__(seed)
        self._oddity = oddity

    def __new__(cls, seed: str, oddity: float) -> Chance:
        return super().__new__(cls)

    def pick(self, sound: Sequence[Any], odd: Sequence[Any]) -> Any:
        return self.choice(odd if self.random() < self._oddity else sound)


def any_message(kind: Descriptor, chance: Chance, depth: int = 0) -> Any:
    """A message of any content, as deep as DEPTH_MAX."""
    message = GetMessageClass(kind)()
    for field in kind.fields:
        if depth >= DEPTH_MAX and field.message_type is not None:
            continue
        if chance.random() < (MOSTLY_LEFT_OUT if field.name in PAGING else LEFT_OUT):
            continue
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            _fill_map(getattr(message, field.name), field, chance, depth)
        elif field.is_repeated:
            values = [_any_value(field, chance, depth) for _ in range(chance.randrange(3))]
            getattr(message, field.name).extend(values)
        elif field.message_type is not None:
            getattr(message, field.name).CopyFrom(_any_value(field, chance, depth))
        else:
            setattr(message, field.name, _any_value(field, chance, depth))
    return message


def _fill_map(entries: Any, field: FieldDescriptor, chance: Chance, depth: int) -> None:
    by_name = field.message_type.fields_by_name
    for _ in range(chance.randrange(3)):
        key, value = (_any_value(by_name[name], chance, depth) for name in ("key", "value"))
        if by_name["value"].message_type is not None:
            entries[key].CopyFrom(value)
        else:
            entries[key] = value


def _any_value(field: FieldDescriptor, chance: Chance, depth: int) -> Any:
    if field.message_type is not None:
        return any_message(field.message_type, chance, depth + 1)
    if field.enum_type is not None:
        return chance.pick([value.number for value in field.enum_type.values], [99])
    if field.type == FieldDescriptor.TYPE_BYTES:
        return chance.pick(BYTES, ODD_BYTES)
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return chance.pick(WORDS, ODD_WORDS)
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return chance.random() < 0.5
    if field.cpp_type in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        return chance.pick(FRACTIONS, ODD_FRACTIONS)
    is_long = field.cpp_type == FieldDescriptor.CPPTYPE_INT64
    return chance.pick(NUMBERS, ODD_NUMBERS + ODD_LONG_NUMBERS if is_long else ODD_NUMBERS)
