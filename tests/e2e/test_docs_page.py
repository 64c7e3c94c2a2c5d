"""docs page: `/docs` in a real headless Chromium, from a real server."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.crowd import Crowd

QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=5000",
]


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium on this machine: apt install it")
async def test_the_docs_page_shows_every_url_without_the_internet(tmp_path: Path):
    async with Crowd() as crowd:
        page = await _dom_of(f"{crowd.client.base_url}/docs", tmp_path)
    for path in ("/v1/wf-runs", "/v1/wf-runs:batch", "/v1/wf-specs/{name}", "/v1/task-defs", "/metrics"):
        assert f">{path}<" in page, f"{path} is not on the page"
    assert "http://" not in page.replace(crowd.client.base_url, "")
    assert "https://" not in page.replace("https://lhredis.dev/problems/", "")


async def _dom_of(url: str, folder: Path) -> str:
    """The page as Chromium has it once its scripts have run."""
    command = ["chromium", *QUIET, f"--user-data-dir={folder}", "--dump-dom", url]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    return out.decode()
