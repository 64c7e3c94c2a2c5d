"""Forms on the command line: deployed, shown, handed over, filled in with words or field by field."""

from __future__ import annotations

import json
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lhredis.cli import exits, forms
from lhredis.cli.forms import parse_fields
from lhredis.cli.main import app
from lhredis.errors import InvalidSpec
from lhredis.model.user_task_def import UserTaskDef
from lhredis.workflow import Workflow, WorkflowThread
from tests.cli.conftest import Call
from tests.cli.processes import Dev
from tests.cli.terminal import ANSWER_S_MAX, at_terminal

HEARD_S_MAX = 5

FIELDS: list[dict[str, Any]] = [
    {"name": "amount", "type": "INT", "required": True, "display_name": "How much"},
    {"name": "sure", "type": "BOOL", "required": True, "description": "think twice"},
    {"name": "remark", "type": "STR"},
]


def deployed(lhredis: Call, folder: Path) -> None:
    """The form, and a workflow that asks for it."""
    form = folder / "form.json"
    form.write_text(json.dumps({"name": "story-form", "description": "a form", "fields": FIELDS}))
    assert lhredis("deploy", str(form)).code == exits.OK
    spec = folder / "spec.json"
    flow = Workflow("story-asks", lambda wf: wf.complete(wf.assign_user_task("story-form", "ann", "staff")))
    spec.write_text(json.dumps({"kind": "WfSpec", **flow.compile().to_json()}))
    assert lhredis("deploy", str(spec)).code == exits.OK


def started(lhredis: Call, folder: Path) -> str:
    deployed(lhredis, folder)
    return str(lhredis("run", "story-asks", "--json").json["id"])


def test_a_form_is_deployed_changed_shown_and_deleted(lhredis: Call, tmp_path: Path) -> None:
    deployed(lhredis, tmp_path)
    assert "unchanged" in lhredis("deploy", str(tmp_path / "form.json")).out
    text = lhredis("get", "user-task-def", "story-form").out
    for part in ("story-form/", "amount", "INT", "required", "How much", "think twice"):
        assert part in text
    (tmp_path / "form.json").write_text(json.dumps({"kind": "UserTaskDef", "name": "story-form"}))
    assert "registered" in lhredis("deploy", str(tmp_path / "form.json")).out
    found = lhredis("list", "user-task-defs", "story-form", "--json").json["results"]
    version = str(found[-1]["version"])
    assert "deleted" in lhredis("delete", "user-task-def", "story-form", version).out
    assert lhredis("get", "user-task-def", "story-form", "--version", version).code == exits.NOT_FOUND


def test_a_form_is_handed_over_saved_and_filled_in(lhredis: Call, tmp_path: Path) -> None:
    run = started(lhredis, tmp_path)
    of = f"{run}/0-1"
    assert of in lhredis("user-task", "list", run).out
    assert lhredis("user-task", "assign", of, "--user", "bob").code == exits.USAGE
    assert lhredis("user-task", "assign", run, "--user", "bob", "--group", "staff", "--override").out.split() == [
        of, "ASSIGNED", "bob", "(staff)",
    ]  # fmt: skip
    assert lhredis("user-task", "release", run).out.split() == [of, "UNASSIGNED", "(staff)"]
    assert "say who you are" in lhredis("user-task", "save", run, "amount=3").err
    assert "--user, --group or both" in lhredis("user-task", "assign", run).err
    claimed = lhredis("user-task", "claim", run, "--user", "bob").out.split()
    assert claimed == [of, "ASSIGNED", "bob", "(staff)"]
    assert lhredis("user-task", "claim", run, "--user", "eve").code == exits.USAGE
    assert lhredis("user-task", "claim", run, "--user", "eve", "--override").code == exits.OK
    lhredis("user-task", "release", run)
    assert lhredis("user-task", "save", run, "amount=3", "--user", "bob").code == exits.OK
    lhredis("user-task", "comment", run, "wait", "--user", "bob")
    lhredis("user-task", "comment", run, "wait!", "--user", "bob", "--edit", "1")
    lhredis("user-task", "delete-comment", run, "1", "--user", "bob")
    wrong = lhredis("user-task", "complete", run, "amount=x", "amout=1", "--user", "bob")
    assert wrong.code == exits.USAGE
    for part in ("an INT is wanted", "did you mean 'amount'?", "sure: required (BOOL)"):
        assert part in wrong.err
    done = lhredis("user-task", "complete", run, "amount=7", "sure=true", "--user", "bob", "--json").json
    assert (done["status"], done["results"]) == ("DONE", {"amount": 7, "sure": True})
    text = lhredis("user-task", "get", of).out
    for part in (
        "DONE",
        "bob",
        "ann (staff) → bob (staff)",
        "1 by bob: wait!",
        "by bob: amount",
        "completed",
    ):
        assert part in text
    assert lhredis("user-task", "cancel", of).code == exits.USAGE
    assert "user task" in lhredis("get", "node-run", run, "0", "1").out


def test_forms_are_found_by_who_has_them(lhredis: Call, tmp_path: Path) -> None:
    run = started(lhredis, tmp_path)
    user = f"eve-{run}"
    lhredis("user-task", "assign", run, "--user", user, "--override")
    search = ("search", "user-task-runs", "--user", user, "--def", "story-form", "--since", "1h")
    assert lhredis(*search, "--status", "ASSIGNED", "--json").json == {
        "results": [{"wf_run_id": run, "user_task_guid": "0-1"}]
    }
    assert lhredis(*search, "--group", "staff", "--json").json == {"results": []}
    id, form, status, who, *_ = lhredis(*search, "--status", "assigned").out.splitlines()[1].split()
    assert (id, form.split("/")[0], status, who) == (f"{run}/0-1", "story-form", "ASSIGNED", user)
    assert lhredis("search", "user-task-runs", "--status", "LOST").code == exits.USAGE
    assert f"{run}/0-1" in lhredis("list", "user-task-runs", run).out
    assert user in lhredis("get", "user-task-run", run).out


def test_what_was_saved_need_not_be_said_again(lhredis: Call, tmp_path: Path) -> None:
    run = started(lhredis, tmp_path)
    lhredis("user-task", "save", run, "amount=3", "remark=soon")
    assert "sure: required" in lhredis("user-task", "complete", run).err
    done = lhredis("user-task", "complete", run, "sure=true", "remark=now", "--json").json
    assert done["results"] == {"amount": 3, "sure": True, "remark": "now"}


def test_a_form_that_has_ended_asks_nobody(lhredis: Call, tmp_path: Path) -> None:
    run = started(lhredis, tmp_path)
    lhredis("user-task", "complete", run, "amount=3", "sure=true")
    for verb in ("complete", "save"):
        refused = lhredis("user-task", verb, run, "amount=4", "sure=true")
        assert refused.code == exits.USAGE
        assert f"{run}/0-1 is DONE already" in refused.err


@pytest.mark.parametrize("wrong", ["/0", "/0/1", "/one", "/"])
def test_an_id_of_no_form_says_how_one_looks(lhredis: Call, wrong: str) -> None:
    refused = lhredis("user-task", "get", f"some-run{wrong}")
    assert refused.code == exits.USAGE
    assert (
        f"expected <wf-run-id>/<thread>-<position>, like some-run/0-1; got 'some-run{wrong}'" in refused.err
    )


def test_a_form_is_filled_in_field_by_field(
    lhredis: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = started(lhredis, tmp_path)
    lhredis("user-task", "save", run, "amount=3")
    monkeypatch.setattr(forms, "at_terminal", lambda: True)
    typed = "\nperhaps\ntrue\n\n"
    result = CliRunner().invoke(app, ["user-task", "complete", run, "--json"], input=typed)
    assert result.exit_code == exits.OK, result.output
    typed_and_printed = result.stdout  # the runner echoes what is typed
    assert json.loads(typed_and_printed[typed_and_printed.index("{") :])["results"] == {
        "amount": 3,
        "sure": True,
    }
    for part in (
        "a form",
        "How much (INT) [3]",
        "think twice",
        "true or false",
        "remark (STR, may be empty)",
    ):
        assert part in result.stderr


def test_a_person_fills_in_a_form_at_a_terminal(lhredis: Call, dev: Dev, tmp_path: Path) -> None:
    run = started(lhredis, tmp_path)
    with at_terminal(["user-task", "complete", run], dev.environment) as (process, terminal):
        for question, answer in (
            ("How much (INT)", "much\n"), ("an INT is wanted", ""), ("How much (INT)", "7\n"),
            ("sure (BOOL)", "\n"), ("this field is required", ""), ("sure (BOOL)", "yes\n"),
            ("remark (STR, may be empty)", "\n"),
        ):  # fmt: skip
            terminal.read_until(question)
            terminal.type(answer)
        terminal.read_until("DONE")
        assert process.wait(ANSWER_S_MAX) == exits.OK
    done = lhredis("get", "user-task-run", run, "--json").json
    assert (done["user_id"], done["results"]) == ("ann", {"amount": 7, "sure": True})


def pressed_ctrl_c(process: subprocess.Popen[bytes]) -> int:
    """How it ended. A Ctrl-C that comes while readline prepares the prompt is heard with the next key only:
    people press it again."""
    for _ in range(ANSWER_S_MAX // HEARD_S_MAX):
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            return process.wait(HEARD_S_MAX)
    raise AssertionError("Ctrl-C was not heard")


def test_a_form_may_be_left_as_it_is(lhredis: Call, dev: Dev, tmp_path: Path) -> None:
    run = started(lhredis, tmp_path)
    with at_terminal(["user-task", "complete", run], dev.environment) as (process, terminal):
        terminal.read_until("How much (INT)")
        assert pressed_ctrl_c(process) == exits.INTERRUPTED
    assert lhredis("get", "user-task-run", run, "--json").json["status"] == "ASSIGNED"


def test_a_form_of_nobody_is_not_found(lhredis: Call) -> None:
    assert lhredis("user-task", "get", "nobody").code == exits.NOT_FOUND


def test_words_are_typed_as_the_form_says() -> None:
    form = UserTaskDef.model_validate({"name": "f", "version": 0, "fields": FIELDS, "created_at": ""})
    assert parse_fields(["amount=3", "sure=False", "remark=a=b"], form, partial=False) == {
        "amount": 3,
        "sure": False,
        "remark": "a=b",
    }
    assert parse_fields(["remark=x"], form, partial=True) == {"remark": "x"}
    with pytest.raises(InvalidSpec) as refused:
        parse_fields(["amount", "sure=true", "sure=true"], form, partial=False)
    assert [str(one) for one in refused.value.problems] == [
        "amount: write field=value",
        "sure: given twice",
        "amount: required (INT): amount=…",
    ]


def test_a_form_without_fields_asks_who_fills_it_in(
    lhredis: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in (
        ("form.json", {"kind": "UserTaskDef", "name": "story-nod"}),
        ("spec.json", {"kind": "WfSpec", **Workflow("story-nods", _nod).compile().to_json()}),
    ):
        (tmp_path / name).write_text(json.dumps(content))
        assert lhredis("deploy", str(tmp_path / name)).code == exits.OK
    run = lhredis("run", "story-nods", "--json").json["id"]
    monkeypatch.setattr(forms, "at_terminal", lambda: True)
    result = CliRunner().invoke(app, ["user-task", "complete", run], input="zoe\n")
    assert result.exit_code == exits.OK, result.output
    assert f"{run}/0-1  DONE  zoe" in result.stdout


def _nod(wf: WorkflowThread) -> None:
    wf.assign_user_task("story-nod", user_group="staff")
