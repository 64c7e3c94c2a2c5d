"""The story of docs/client.md: all its snippets, one after the other, at a real server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.processes import Dev

GUIDE = Path(__file__).parents[2] / "docs" / "client.md"
SNIPPETS = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_guide_runs_as_it_stands(
    dev: Dev, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LHREDIS_API_URL", dev.where["api_url"])
    names: dict[str, Any] = {"__name__": "guide"}
    for number, snippet in enumerate(SNIPPETS):
        exec(compile(snippet, f"{GUIDE.name}, snippet {number}", "exec"), names)
    said = capsys.readouterr().out
    for line in (
        "variable 'item' is required",
        "there is no WfRun 'nobody'",
        "already exists!",
        "claimed by user 'ada'; override_claim takes it from them",
        "DONE {'sure': True}",
        "is HALTED (MANUAL_HALT)",
        "COMPLETED 1",
    ):
        assert line in said, said
