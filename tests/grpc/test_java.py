"""The stories of LittleHorse's Java client (tests/grpc/java), told in a JVM of their own.

They need a JDK of version 17 or newer, Maven, and a registry (or ~/.m2) that has what pom.xml names.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.grpc.lh import Deployment

JAVA = Path(__file__).parent / "java"
JAVA_VERSION_MIN = 17
UNRESOLVED = ("Could not resolve", "could not be resolved", "Could not transfer", "Could not find artifact")
"""What Maven says when a registry does not answer, or has not what is asked for."""


@pytest.mark.timeout(300)  # Maven's downloads, on a machine that has none of them
async def test_a_java_application_runs_unchanged(deployment: Deployment, tmp_path: Path) -> None:
    maven = await _maven()
    environment = os.environ | {"LHC_API_HOST": "127.0.0.1", "LHC_API_PORT": str(deployment.port)}
    arguments = ("-q", "-B", f"-Dbuilt={tmp_path}", "test")
    status, told = await _run(maven, *arguments, environment=environment)
    if status != 0 and "Tests run:" not in told and any(words in told for words in UNRESOLVED):
        pytest.skip(f"Maven found no registry with what pom.xml names: {told[:500]}")
    assert status == 0, told
    assert _stories_told(tmp_path) == _stories_written() > 0


async def _maven() -> str:
    """The command. Skips where something is missing."""
    maven = shutil.which("mvn")
    if maven is None:
        pytest.skip("there is no Maven (mvn) on this machine")
    if shutil.which("javac") is None:
        pytest.skip("there is no JDK (javac) on this machine")
    _, told = await _run("javac", "-version", environment=dict(os.environ))
    version = re.search(r"javac (\d+)", told)
    if version is None or int(version[1]) < JAVA_VERSION_MIN:
        pytest.skip(f"a JDK of version {JAVA_VERSION_MIN} or newer is needed; this one says {told!r}")
    return maven


async def _run(command: str, *arguments: str, environment: dict[str, str]) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        command,
        *arguments,
        cwd=JAVA,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        told, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    return process.returncode, told.decode(errors="replace")


def _stories_told(built: Path) -> int:
    """Tests that ran and were not skipped."""
    reports = [ElementTree.parse(path).getroot() for path in built.glob("surefire-reports/*.xml")]
    return sum(int(report.get("tests", 0)) - int(report.get("skipped", 0)) for report in reports)


def _stories_written() -> int:
    return sum(path.read_text().count("@Test\n") for path in JAVA.rglob("*Test.java"))
