"""The table of RPCs in docs/littlehorse.md is what the service is."""

from __future__ import annotations

from lhredis.grpc.front import SERVICE
from lhredis.grpc.service import MISSING, RPCS
from tests.architecture.tree import REPOSITORY

DOC = REPOSITORY / "docs/littlehorse.md"
MARK = "<!-- made by tests/grpc/test_rpc_table.py -->\n"


def test_the_table_tells_every_rpc_as_it_is() -> None:
    told = DOC.read_text().partition(MARK)[2].strip()
    assert told == table(), f"put this under the mark in {DOC}:\n\n{table()}"


def test_the_count_above_it_is_right() -> None:
    assert f"\n{len(SERVICE.methods)} of them." in DOC.read_text()


def table() -> str:
    rows = [f"| `{method.name}` | {_state(method.name)} |" for method in SERVICE.methods]
    return "\n".join(["| RPC | answered by |", "|---|---|", *rows])


def _state(name: str) -> str:
    if name in RPCS:
        return f"`{RPCS[name].__module__.replace('.', '/')}.py`"
    return f"UNIMPLEMENTED: {MISSING[name]}"
