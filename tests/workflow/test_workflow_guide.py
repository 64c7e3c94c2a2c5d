"""The story of docs/workflows.md: every snippet of it builds."""

import re
from pathlib import Path

import pytest

import lhredis.workflow
from lhredis.workflow import Workflow

GUIDE = Path(__file__).parents[2] / "docs" / "workflows.md"
SNIPPETS = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
NAMES = {name: getattr(lhredis.workflow, name) for name in lhredis.workflow.__all__}


@pytest.mark.parametrize("number", range(len(SNIPPETS)))
def test_a_snippet_of_the_guide_is_the_body_of_a_workflow(number):
    def story(wf):
        exec(SNIPPETS[number], {**NAMES, "wf": wf, "__name__": "snippet"})

    assert Workflow("snippet", story).compile().thread_specs


def test_the_guide_names_every_step():
    text = GUIDE.read_text(encoding="utf-8")
    steps = [name for name in dir(lhredis.workflow.WorkflowThread) if not name.startswith("_")]
    arithmetic = vars(lhredis.workflow.thread.Calculations)
    assert [name for name in steps if name not in text and name not in arithmetic] == []
