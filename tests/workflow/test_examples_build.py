"""The story of the examples: each builds, calls the tasks that are beside it, and says how to run it."""

import importlib
import re
from pathlib import Path

import pytest

from lhredis.worker import TaskFunction
from lhredis.workflow import Workflow

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/workflow.py"))


def named_in(module, kind):
    return [value for value in vars(module).values() if isinstance(value, kind)]


def called_by(node):
    """The tasks that a node calls: its own, or reminders of a user task."""
    if node.task is not None:
        return [node.task]
    actions = node.user_task.actions if node.user_task is not None else ()
    return [action.task.task for action in actions if action.task is not None]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_builds_and_calls_the_tasks_beside_it_with_all_their_inputs(name):
    module = importlib.import_module(f"examples.{name}.workflow")
    tasks = importlib.import_module(f"examples.{name}.tasks")
    inputs = {task.task_def.name: task.task_def.input_vars for task in named_in(tasks, TaskFunction)}
    called = set()
    assert isinstance(module.workflow, Workflow)
    for workflow in named_in(module, Workflow):
        for thread in workflow.compile().thread_specs.values():
            for task in (task for node in thread.nodes.values() for task in called_by(node)):
                if task.task_def_id is not None:
                    called.add(task.task_def_id.name)
                    assert len(task.variables) == len(inputs[task.task_def_id.name])
    assert called == set(inputs), "no task is left over"


@pytest.mark.parametrize("name", NAMES)
def test_an_example_says_how_to_run_what_it_defines(name):
    module = importlib.import_module(f"examples.{name}.workflow")
    readme = EXAMPLES / name / "README.md"
    text = f"{module.__doc__}\n{readme.read_text() if readme.exists() else ''}"
    assert f"lhredis deploy examples.{name}.workflow" in text
    assert f"lhredis worker examples.{name}.tasks" in text
    assert set(re.findall(r"lhredis run (\S+)", text)) <= {one.name for one in named_in(module, Workflow)}


def test_the_list_of_examples_is_whole():
    listed = re.findall(r"^\| `(\w+)` \|", (EXAMPLES / "README.md").read_text(), re.MULTILINE)
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir() and list(path.glob("*.py"))}
    assert sorted(listed) == sorted(folders)


def test_no_two_examples_disagree_about_a_task():
    seen = {}
    for name in NAMES:
        for task in named_in(importlib.import_module(f"examples.{name}.tasks"), TaskFunction):
            assert seen.setdefault(task.task_def.name, task.task_def) == task.task_def
