"""modules: what a file says it does, how long it may be, and what it may not be called (rules 4, 6)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.tree import REPOSITORY, modules, plant

LINES_MAX = 400
FORBIDDEN = {
    "util", "utils", "common", "helper", "helpers", "base", "bases", "manager", "managers", "misc"
}  # fmt: skip
FOLDERS = ("lhredis", "scripts", "tests", "benchmarks", "loadtest", "examples")


def test_every_module_says_what_it_does() -> None:
    assert missing_docstrings(REPOSITORY) == []


def test_no_file_is_too_long_to_read() -> None:
    assert long_files(REPOSITORY) == []


def test_no_name_is_a_drawer_for_anything() -> None:
    assert forbidden_names(REPOSITORY) == []


def missing_docstrings(root: Path) -> list[str]:
    """Modules whose docstring's first line is neither `<module>: …` nor a sentence."""
    complaints = []
    for path, name, tree in modules(root):
        docstring = ast.get_docstring(tree) or ""
        first_line = docstring.partition("\n")[0].strip()
        first_paragraph = docstring.partition("\n\n")[0].strip()
        own_name = name.rpartition(".")[2]
        is_named = first_line.startswith((f"{own_name}: ", f"{own_name} "))
        is_sentence = len(first_line.split()) > 2 and first_paragraph.endswith((".", ":", "?"))
        if not (is_named or is_sentence):
            complaints.append(f"{path}: its docstring must start with what it does, not {first_line!r}")
    return complaints


def long_files(root: Path) -> list[str]:
    """Python files of the package with more lines than anybody reads."""
    return [
        f"{path}: {lines} lines, and {LINES_MAX} are the most: it has more than one job"
        for path, _, _ in modules(root)
        if (lines := len((root / path).read_text().splitlines())) > LINES_MAX
    ]


def forbidden_names(root: Path) -> list[str]:
    """Files, folders and classes whose name says nothing about what is in them."""
    complaints = []
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if "__pycache__" not in path.parts and FORBIDDEN & set(re.split(r"[_\-.]", path.stem.lower())):
                complaints.append(f"{path.relative_to(root)}: call it by what it does")
    for shown, _, tree in modules(root):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and FORBIDDEN & set(_words(node.name)):
                complaints.append(f"{shown}:{node.lineno}: call {node.name} by what it does")
    return complaints


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)]


@pytest.mark.parametrize("text", ["x = 1", '"""stuff"""', '"""Two words."""', '"""\nother thing\n"""'])
def test_a_module_that_does_not_say_what_it_does_is_reported(tmp_path: Path, text: str) -> None:
    assert missing_docstrings(plant(tmp_path, {"lhredis/a.py": text}))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("lhredis/store/runs.py", '"""runs: reads and writes runs."""'),
        ("lhredis/store/__init__.py", '"""store: everything that knows Redis."""'),
        ("lhredis/a.py", '"""Reads what is there,\nand writes it again.\n\nMore."""'),
        ("lhredis/empty.py", ""),
    ],
)
def test_a_module_that_does_is_not(tmp_path: Path, path: str, text: str) -> None:
    assert missing_docstrings(plant(tmp_path, {path: text})) == []


def test_a_long_file_is_reported(tmp_path: Path) -> None:
    files = {"lhredis/a.py": "x = 1\n" * LINES_MAX, "lhredis/b.py": "x = 1\n" * (LINES_MAX + 1)}
    (complaint,) = long_files(plant(tmp_path, files))
    assert complaint.startswith("lhredis/b.py: 401 lines")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("lhredis/store/utils.py", ""),
        ("tests/redis_helpers.py", ""),
        ("lhredis/common/runs.py", ""),
        ("lhredis/runs.py", "class RunManager: pass"),
        ("lhredis/runs.py", "def f():\n    class NodeBase: pass"),
    ],
)
def test_a_name_that_says_nothing_is_reported(tmp_path: Path, path: str, text: str) -> None:
    assert forbidden_names(plant(tmp_path, {path: text}))


def test_a_name_that_only_contains_such_letters_is_not(tmp_path: Path) -> None:
    files = {"lhredis/database.py": "class Database(BaseModel): pass\nclass CommonMark: pass"}
    assert forbidden_names(plant(tmp_path, files)) == [
        "lhredis/database.py:2: call CommonMark by what it does"
    ]
