"""tree: the files of a checkout, as the architecture tests look at them.

Every check is a function from the root of a checkout to a list of complaints, so that a test can
give it a small bad checkout and see it complain.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]

Check = Callable[[Path], list[str]]


def modules(root: Path, package: str = "lhredis") -> Iterator[tuple[str, str, ast.Module]]:
    """`(path from the root, dotted name, syntax tree)` of every Python file that is not empty."""
    for path in sorted((root / package).rglob("*.py")):
        text = path.read_text()
        if text.strip():
            relative = path.relative_to(root)
            yield str(relative), dotted(relative), ast.parse(text, str(path))


def dotted(path: Path) -> str:
    """The name of a module: `lhredis/store/__init__.py` is `lhredis.store`."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def docstrings(tree: ast.Module) -> set[int]:
    """The ids of the nodes that are docstrings."""
    return {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }


def plant(root: Path, files: dict[str, str]) -> Path:
    """Write a small checkout for a check to look at."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root
