"""StructDefs on the command line: deployed from a class or a file, shown, listed, deleted, given to runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lhredis.cli import exits
from tests.cli.conftest import Call

MODULE = """
from lhredis.worker import lh_struct_def
from lhredis.workflow import Workflow, WorkflowThread

@lh_struct_def("outer-thing")
class Outer:
    inner: "Inner"
    count: int = 1

@lh_struct_def("inner-thing")
class Inner:
    name: str

def story(wf: WorkflowThread) -> None:
    outer = wf.declare_struct("outer", Outer).required()
    numbers = wf.declare_array("numbers", int, default_value=[])
    wf.complete(outer["inner"]["name"])

workflow = Workflow("struct-story", story)
"""


def test_the_classes_of_a_module_are_deployed_in_the_order_that_they_need(
    lhredis: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "struct_story.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    lines = lhredis("deploy", "struct_story").out.splitlines()
    assert [line.split()[1] for line in lines] == ["inner-thing/0", "outer-thing/0", "struct-story/0.0"]
    assert lhredis("deploy", "struct_story").out.count("unchanged") == 3

    shown = lhredis("get", "struct-def", "outer-thing").out
    for part in ("outer-thing/0", "Struct<inner-thing/0>", "required", "count"):
        assert part in shown
    assert "inner-thing" in lhredis("list", "struct-defs", "--prefix", "inner").out
    assert lhredis("list", "struct-defs", "inner-thing", "--json").json == {
        "results": [{"name": "inner-thing", "version": 0}]
    }

    run = lhredis("run", "struct-story", 'outer={"inner": {"name": "Ada"}}', "numbers=[1, 2]", "--wait")
    assert "Ada" in run.out
    refused = lhredis("run", "struct-story", "outer=7")
    assert refused.code == exits.USAGE
    assert "Struct<outer-thing/0> is wanted as JSON" in refused.err


def test_a_file_may_hold_a_struct_def(lhredis: Call, tmp_path: Path) -> None:
    file = tmp_path / "definition.json"
    body = {"name": "filed-thing", "struct_def": {"fields": {"a": {"field_type": "INT"}}}}
    file.write_text(json.dumps(body))
    assert "registered" in lhredis("deploy", str(file)).out
    assert "unchanged" in lhredis("deploy", str(file)).out
    body["struct_def"]["fields"]["b"] = {"field_type": "INT"}  # type: ignore[index]
    file.write_text(json.dumps(body))
    refused = lhredis("deploy", str(file))
    assert refused.code == exits.USAGE
    assert "[b]" in refused.err

    assert "deleted" in lhredis("delete", "struct-def", "filed-thing", "0").out
    assert lhredis("get", "struct-def", "filed-thing").code == exits.NOT_FOUND


def test_a_change_is_asked_about_before_it_is_deployed(lhredis: Call, tmp_path: Path) -> None:
    def definition(**fields: str) -> str:
        path = tmp_path / "asked.json"
        typed = {name: {"field_type": {"primitive_type": kind}} for name, kind in fields.items()}
        path.write_text(json.dumps({"name": "asked-thing", "struct_def": {"fields": typed}}))
        return str(path)

    assert lhredis("validate-evolution", definition(a="STR")).code == exits.NOT_FOUND
    assert lhredis("deploy", definition(a="STR")).code == exits.OK
    assert "may change" in lhredis("validate-evolution", definition(a="STR")).out
    refused = lhredis("validate-evolution", definition(a="INT"), "--allow", "FULLY_COMPATIBLE_SCHEMA_UPDATES")
    assert refused.code == exits.USAGE
    assert refused.out.strip() == "StructDef asked-thing  may not change: a"
    asked = lhredis("validate-evolution", definition(a="INT"), "--json").json["results"]
    assert asked == [{"name": "asked-thing", "is_valid": False, "fields": ["a"]}]
    assert (
        "expected one of NO_SCHEMA"
        in lhredis("validate-evolution", definition(a="INT"), "--allow", "ALL").err
    )
