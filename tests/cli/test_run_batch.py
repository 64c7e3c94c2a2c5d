"""`lhredis run-batch` starts many runs, and `run --durability` asks for more than the server gives."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from lhredis.cli import exits
from tests.cli.conftest import Call


def test_each_line_is_a_run(lhredis: Call, tmp_path: Path) -> None:
    id = f"batch-{uuid4().hex[:8]}"
    line = '{"wf_spec_name": "story-greet", "variables": {"name": "Ada"}, "id": "%s"}\n'
    (tmp_path / "runs").write_text(line % f"{id}-1" + "\n" + line % f"{id}-2")
    started = lhredis("run-batch", str(tmp_path / "runs"))
    assert started.code == exits.OK
    assert [text.split()[0] for text in started.out.splitlines()] == [f"{id}-1", f"{id}-2"]
    (tmp_path / "again").write_text(line % f"{id}-1" + line % f"{id}-3")
    again = lhredis("run-batch", str(tmp_path / "again"), "--json")
    assert again.code == exits.USAGE
    first, second = again.json["results"]
    assert first["problem"]["code"] == "ALREADY_EXISTS"
    assert second["wf_run"]["id"] == f"{id}-3"


def test_lines_that_are_no_runs_are_all_named(lhredis: Call, tmp_path: Path) -> None:
    (tmp_path / "runs").write_text('{"wf_spec_name": "a", "id": 3}\nnothing\n')
    refused = lhredis("run-batch", str(tmp_path / "runs"))
    assert refused.code == exits.USAGE
    assert "line 1.id: " in refused.err and "line 2: " in refused.err
    assert lhredis("run-batch", str(tmp_path / "gone")).code == exits.USAGE


def test_a_durability_that_cannot_be_is_told(lhredis: Call) -> None:
    assert lhredis("run", "story-find", "email=x", "age=1", "--durability", "memory").code == exits.OK
    refused = lhredis("run", "story-find", "email=x", "age=1", "--durability", "marble")
    assert refused.code == exits.USAGE
    assert "memory, logged, fsync or replicated:<n>" in refused.err
