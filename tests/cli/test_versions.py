"""A version may be said as every table writes it: `order/0.1`, `car/3`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lhredis.cli import exits
from lhredis.cli.versions import numbered_version, spec_version
from lhredis.errors import InvalidArgument
from lhredis.workflow import Workflow, WorkflowThread
from tests.cli.conftest import Call


def test_a_spec_is_named_with_as_much_of_its_version_as_you_like() -> None:
    assert spec_version("order", None, None) == ("order", None, None)
    assert spec_version("order", 1, 2) == ("order", 1, 2)
    assert spec_version("order/1", None, None) == ("order", 1, None)
    assert spec_version("order/1.2", None, None) == ("order", 1, 2)
    assert numbered_version("car/3", None) == ("car", 3)
    assert numbered_version("car", 3) == ("car", 3)


@pytest.mark.parametrize("word", ["order/", "order/x", "order/1.", "order/1.2.3", "order/-1"])
def test_what_is_no_version_is_told(word: str) -> None:
    with pytest.raises(InvalidArgument, match=r"expected <name>/<major>.<revision>, like order/0\.1; got"):
        spec_version(word, None, None)


def test_a_version_is_said_once() -> None:
    with pytest.raises(InvalidArgument, match="'order/1' names a version already"):
        spec_version("order/1", None, 2)
    with pytest.raises(InvalidArgument, match="'car/1' names a version already"):
        numbered_version("car/1", 1)


def test_what_a_table_says_can_be_asked_for(lhredis: Call, tmp_path: Path) -> None:
    def deploy(text: str) -> str:
        def thread(wf: WorkflowThread) -> None:
            wf.complete(text)

        file = tmp_path / "spec.json"
        file.write_text(json.dumps({"kind": "WfSpec", **Workflow("told", thread).compile().to_json()}))
        return lhredis("deploy", str(file)).out.split()[1]

    old, new = deploy("old"), deploy("new")
    assert old != new
    assert f"wf-spec     {old}" in lhredis("get", "wf-spec", old).out
    assert lhredis("run", old, "--wait", "--json").json["wf_spec_id"]["revision"] == int(old.split(".")[1])
    assert old in lhredis("schedule", "run", old, "5 0 1 8 *", "--id", "told-once").out
    lhredis("schedule", "delete", "told-once")
    assert len(lhredis("search", "wf-runs", "--spec", old, "--json").json["results"]) == 1
    assert lhredis("count", "wf-runs", "--spec", new).out.strip() == "0"
    assert lhredis("count", "node-runs", new).out.strip() == "0"
    assert int(lhredis("count", "node-runs", old).out) > 0
    assert "no searchable variable 'colour'" in lhredis("search", "variables", old, "colour=red").err
    assert lhredis("bulk-delete", new, "--yes", "--wait").out.endswith("COMPLETED  0 deleted\n")
    assert lhredis("bulk-delete", old, "--yes", "--wait").out.endswith("COMPLETED  1 deleted\n")
    assert "which version? Such as told/0.1" in " ".join(lhredis("delete", "wf-spec", "told").err.split())
    assert lhredis("delete", "wf-spec", old).out.split() == ["WfSpec", old, "deleted"]
    assert lhredis("get", "wf-spec", old).code == exits.NOT_FOUND
