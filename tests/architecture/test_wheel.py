"""wheel: that what is installed has everything that it needs to run."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.tree import REPOSITORY

SCRIPTS = {path.name for path in (REPOSITORY / "scripts/lua").glob("*.lua")}


@pytest.mark.skipif(not SCRIPTS, reason="scripts/lua is empty: there is nothing to carry yet")
def test_the_wheel_carries_every_lua_script(tmp_path: Path) -> None:
    build = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=REPOSITORY, capture_output=True, text=True,
    )  # fmt: skip
    assert build.returncode == 0, build.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    carried = {Path(name).name for name in names if name.startswith("lhredis/lua/")}
    assert carried == SCRIPTS
