"""paths_in_docs: that files which README and docs name are there (rule 28)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.tree import REPOSITORY, plant

FOLDERS = ("lhredis", "scripts", "tests", "docs", "examples", "benchmarks", "loadtest", ".ci")
SUFFIXES = (".md", ".toml", ".yaml", ".lock")

_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_QUOTED = re.compile(r"`([^`\s]+)`")


def test_every_path_that_the_docs_name_exists() -> None:
    assert missing_paths(REPOSITORY) == []


def missing_paths(root: Path) -> list[str]:
    """Paths in backticks in README.md and docs/ that are not in the checkout.

    What starts with a folder of the repository is a path, and so is a file name with the suffix of
    those at the top; a `*` stands for at least one file. `path.py:12` and `path.py::name` are read
    as `path.py`. Fenced blocks are not looked at: they show what could be.
    """
    complaints = []
    for document in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        if not document.exists():
            continue
        for quoted in _QUOTED.findall(_FENCE.sub("", document.read_text())):
            path = re.sub(r"(::?[\w.]+)+$", "", quoted).removeprefix("./")
            if _looks_like_a_path(path) and not _exists(root, document.parent, path):
                complaints.append(f"{document.relative_to(root)}: there is no {path}")
    return complaints


def _looks_like_a_path(text: str) -> bool:
    if not re.fullmatch(r"[\w.\-*/]+", text):
        return False
    return text.startswith(tuple(f"{folder}/" for folder in FOLDERS)) or (
        "/" not in text and text.endswith(SUFFIXES)
    )


def _exists(root: Path, beside: Path, path: str) -> bool:
    return any(any(folder.glob(path.rstrip("/"))) for folder in (root, beside))


@pytest.mark.parametrize(
    "text",
    [
        "see `lhredis/gone.py`",
        "run `scripts/gone`",
        "`./docs/gone.md`",
        "`lhredis/gone.py:12`",
        "`tests/gone/*.py`",
        "`gone.yaml`",
    ],
)
def test_a_path_that_is_gone_is_reported(tmp_path: Path, text: str) -> None:
    assert missing_paths(plant(tmp_path / "1", {"README.md": text}))
    assert missing_paths(plant(tmp_path / "2", {"docs/decisions/0001-x.md": text}))


def test_what_is_there_or_is_no_path_is_not(tmp_path: Path) -> None:
    text = """`lhredis/here.py`, `lhredis/here.py:12`, `lhredis/*.py`, `lhredis/`, `other.md`, `api/x.py`,
    `application/json`, `lhredis dev`, `lhredis/<noun>.py`
```
scripts/gone `scripts/gone`
```
"""
    assert (
        missing_paths(plant(tmp_path, {"docs/a.md": text, "docs/other.md": "", "lhredis/here.py": ""})) == []
    )
