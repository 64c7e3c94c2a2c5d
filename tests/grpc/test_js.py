"""LittleHorse's JavaScript client, unchanged, as its dashboard uses it: the stories are in js/."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.grpc.lh import Deployment
from tests.grpc.stage import Stage

STORIES = Path(__file__).with_name("js")
INSTALL_S_MAX = 60
STORY_S_MAX = 60


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stories beside the client that npm has installed; skips where it cannot."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("needs node and npm")
    folder = tmp_path_factory.mktemp("js")
    shutil.copytree(STORIES, folder, dirs_exist_ok=True)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=INSTALL_S_MAX)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm has not installed littlehorse-client within {INSTALL_S_MAX} s")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"npm cannot install littlehorse-client: {error.stderr.strip()[-500:]}")
    return folder


async def greet(who: str) -> str:
    return f"hello {who}"


@pytest.mark.parametrize("story", ["dashboard", "refusals"])
async def test_the_client_of_javascript(
    story: str, stage: Stage, deployment: Deployment, folder: Path
) -> None:
    await stage.work(greet)
    environment = {
        "LHC_API_HOST": "127.0.0.1",
        "LHC_API_PORT": str(deployment.port),
        "LHC_TENANT_ID": str(stage.lh.config.tenant_id),
    }
    node = await asyncio.create_subprocess_exec(
        "node",
        f"{story}.mjs",
        cwd=folder,
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(node.communicate(), STORY_S_MAX)
    finally:
        if node.returncode is None:
            node.kill()
    assert node.returncode == 0, output.decode()
