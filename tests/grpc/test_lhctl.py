"""What LittleHorse's lhctl sends, sent by gRPC for Go (grpcurl), which it is made of."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from littlehorse.model.service_pb2 import DESCRIPTOR
from littlehorse.workflow import WorkflowThread

from tests.grpc.lh import Deployment
from tests.grpc.stage import Stage

GRPCURL = "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4"
INSTALL_S_MAX = 60
CALL_S_MAX = 20

Run = Callable[..., Awaitable[str]]


def flow(wf: WorkflowThread) -> None:
    wf.declare_str("who").required().searchable()
    wf.wait_for_event("go")


@pytest.fixture
async def grpcurl(deployment: Deployment, stage: Stage, tmp_path: Path) -> Run:
    """`await grpcurl(rpc, request)`: the JSON that is answered. Skips where grpcurl cannot be had."""
    binary = _installed(GRPCURL, tmp_path)
    messages = tmp_path / "littlehorse.protoset"
    messages.write_bytes(_files().SerializeToString())
    tenant = f"tenantid: {stage.lh.config.tenant_id}"

    async def run(rpc: str, *requests: dict[str, Any]) -> str:
        words = ("-plaintext", "-protoset", str(messages), "-emit-defaults", "-H", tenant)
        body = "".join(map(json.dumps, requests))
        address = f"127.0.0.1:{deployment.port}"
        return await _output(binary, *words, "-d", body, address, f"littlehorse.LittleHorse/{rpc}")

    return run


async def test_what_lhctl_sends(grpcurl: Run, stage: Stage) -> None:
    await stage.events("go")
    await stage.deploy(flow)
    page = {"limit": 10, "bookmark": ""}
    assert json.loads(await grpcurl("GetServerVersion"))["major_version"] == 1
    assert json.loads(await grpcurl("Whoami"))["id"] == {"id": "anonymous"}
    assert json.loads(await grpcurl("GetLatestWfSpec", {"name": "flow"}))["status"] == "ACTIVE"
    specs = json.loads(await grpcurl("SearchWfSpec", page))["results"]
    assert specs == [{"name": "flow", "major_version": 0, "revision": 0}]

    variables = {"who": {"str": "Ada"}}
    run_id = json.loads(await grpcurl("RunWf", {"wf_spec_name": "flow", "variables": variables}))["id"]
    found = json.loads(await grpcurl("SearchWfRun", {"wf_spec_name": "flow", "status": "RUNNING", **page}))
    assert found["results"] == [run_id]
    nodes = json.loads(await grpcurl("ListNodeRuns", {"wf_run_id": run_id, **page}))["results"]
    assert [node["status"] for node in nodes] == ["COMPLETED", "RUNNING"]
    assert await grpcurl("StopWfRun", {"wf_run_id": run_id, "thread_run_number": 0}) == "{}\n"
    assert await grpcurl("ResumeWfRun", {"wf_run_id": run_id, "thread_run_number": 0}) == "{}\n"
    event = {"wf_run_id": run_id, "external_event_def_id": {"name": "go"}, "content": {"str": "now"}}
    assert json.loads(await grpcurl("PutExternalEvent", event))["claimed"] is True
    assert json.loads(await grpcurl("GetWfRun", run_id))["status"] == "COMPLETED"
    assert "Code: NotFound" in await grpcurl("GetWfRun", {"id": "nobody"})
    assert "Code: InvalidArgument" in await grpcurl("GetWfRun", {"id": "no/id"})


def _installed(package: str, folder: Path) -> str:
    """The program that is on the PATH, or that Go makes."""
    name = package.partition("@")[0].rpartition("/")[2]
    found, go = shutil.which(name), shutil.which("go")
    if found is not None:
        return found
    if go is None:
        pytest.skip(f"needs {name}, or Go to make it")
    environment = os.environ | {"GOBIN": str(folder)}
    command = [go, "install", package]
    try:
        subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=INSTALL_S_MAX, env=environment
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"go has not made {name} within {INSTALL_S_MAX} s")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"go cannot make {name}: {error.stderr.strip()[-500:]}")
    return str(folder / name)


async def _output(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), CALL_S_MAX)
    finally:
        if process.returncode is None:
            process.kill()
    return output.decode()


def _files() -> FileDescriptorSet:
    """LittleHorse's messages, each file after those that it needs."""
    files: dict[str, FileDescriptorProto] = {}

    def add(file: FileDescriptor) -> None:
        if file.name not in files:
            for needed in file.dependencies:
                add(needed)
            files[file.name] = FileDescriptorProto.FromString(file.serialized_pb)

    add(DESCRIPTOR)
    return FileDescriptorSet(file=files.values())
