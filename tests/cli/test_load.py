"""Task functions and workflows are found in the user's modules, and what is missing is said."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lhredis.cli.load import all_of, load
from lhredis.cli.worker import find_worker
from lhredis.errors import InvalidArgument
from lhredis.worker import TaskFunction

MODULE = """
from lhredis.worker import Worker, task

@task
def first() -> None: ...

@task("other-name")
def second() -> None: ...

worker = Worker(first, concurrency=3)
number = 3
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the module `loaded`."""
    (tmp_path / "loaded.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "loaded", raising=False)
    return tmp_path


def test_a_module_stands_for_all_its_tasks(folder: Path) -> None:
    module, found = load("loaded")
    assert found is None
    assert [one.task_def_name for one in all_of(module, TaskFunction)] == ["first", "other-name"]
    assert list(find_worker("loaded").functions) == ["first", "other-name"]


def test_an_object_stands_for_itself(folder: Path) -> None:
    assert list(find_worker("loaded:second").functions) == ["other-name"]
    assert find_worker("loaded:worker").concurrency == 3
    assert find_worker("loaded:worker", concurrency=5).concurrency == 5


def test_a_path_of_a_file_is_a_module_too(folder: Path) -> None:
    (folder / "deeper").mkdir()
    (folder / "deeper" / "nested_tasks.py").write_text(MODULE)
    assert list(find_worker("deeper/nested_tasks.py:first").functions) == ["first"]


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        ("nowhere", "there is no module 'nowhere'"),
        ("nowhere.deeper:x", "there is no module 'nowhere.deeper'"),
        ("nowhere.py", "there is no file nowhere.py"),
        ("loaded:third", "the module loaded has no 'third'"),
        ("loaded:number", "loaded:number is a int"),
        ("json", "json has no task"),
    ],
)
def test_what_is_not_there_is_said(folder: Path, target: str, complaint: str) -> None:
    with pytest.raises(InvalidArgument, match=complaint):
        find_worker(target)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("import not_installed", "No module named 'not_installed'"),
        ("x = 1\ny = x / 0", r"ZeroDivisionError: division by zero \(.*broken.py:2\)"),
        ("def f(:", "SyntaxError"),
    ],
)
def test_a_module_that_cannot_be_imported_says_why_and_where(
    folder: Path, text: str, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "broken.py").write_text(text)
    monkeypatch.delitem(sys.modules, "broken", raising=False)
    with pytest.raises(InvalidArgument, match=complaint):
        load("broken")
