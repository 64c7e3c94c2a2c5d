"""imports: who may import whom (style.md, rules 1 and 2), and that the engine is pure (rule 11)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import REPOSITORY, dotted, modules, plant

# Modules at the top level that every module may import; they import nothing else of ours.
SHARED = {"errors", "config", "logs"}

# A name stands for the module and all that is below it.
MAY_IMPORT: dict[str, set[str]] = {
    "model": set(),
    "engine": {"model"},
    "store": {
        "model",
        "engine.run",
        "engine.node_state",
        "engine.correlation",
        "engine.schedule",
        "engine.events",
        "engine.effects",
    },
    "stepper": {"engine", "store", "model"},
    # What happened is theirs to say, in the engine's words.
    "scheduler": {
        "stepper",
        "store",
        "model",
        "engine.events",
        "engine.correlation",
        "engine.run",
        "engine.schedule",
        "engine.wakers",
    },
    "api": {
        "stepper",
        "store",
        "model",
        "engine.program",
        "engine.language.declared",
        "engine.definitions",
        "engine.user_tasks.events",
        "engine.migrations",
        "engine.migration_plan",
        "engine.migration_forecast",
        "engine.events",
        "engine.run",
        "engine.node_state",
        "engine.correlation",
        "engine.schedule",
        "engine.start_check",
        "engine.outlook",
    },
    # Beside the handlers of the API: what claims tasks for workers, and knows what they hold.
    "grpc": {
        "api",
        "model",
        "engine.run",
        "stepper.counters",
        "store.keys",
        "store.consumers",
        "store.tasks",
        "store.task_results",
        "store.task_workers",
        "store.live_schedulers",
        "store.checkpoints",
        "store.runs",
        "store.commands.put_checkpoint",
        "store.commands.release_task",
        "store.commands.drop_consumer",
        "store.connect",
        "store.wire",
    },
    "workflow": {"model"},
    "client": {"model"},
    "worker": {
        "client",
        "model",
        "store.keys",
        "store.tasks",
        "store.task_results",
        "store.checkpoints",
        "store.commands.put_checkpoint",
        "store.connect",
        "store.outage",
        "store.wire",
    },
    "__main__": {"cli"},
    "cli": {
        "client",
        "model",
        "workflow",
        "embedded",
        "worker",
        "scheduler.process",
        "api.process",
        "api.app",
        "doctor",
        "grpc.front",
    },
    "doctor": {"client", "store"},
    "embedded": set(),
    **{name: set() for name in SHARED},
    "": {"client", "model", "worker", "workflow"},  # lhredis/__init__.py: what users import
}

IMPURE = {
    "aiohttp", "asyncio", "concurrent", "glob", "httpx", "io", "locale", "logging", "multiprocessing",
    "os", "pathlib", "random", "redis", "secrets", "select", "shutil", "signal", "socket", "sqlite3",
    "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid", "warnings", "zoneinfo",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input", "now", "utcnow", "today"}


def test_nobody_imports_what_is_not_theirs() -> None:
    assert forbidden_imports(REPOSITORY) == []


def test_only_the_cli_tests_and_benchmarks_use_the_embedded_server() -> None:
    assert embedded_outside(REPOSITORY) == []


def test_the_engine_is_pure() -> None:
    assert impurities(REPOSITORY) == []


def forbidden_imports(root: Path) -> list[str]:
    """Imports in `lhredis/` that rule 2 does not allow, inside functions and for type checking too."""
    complaints = []
    for path, name, tree in modules(root):
        part = name.split(".")[1] if "." in name else ""
        if part not in MAY_IMPORT:
            complaints.append(f"{path}: {part} is not in rule 2: nobody knows what it may import")
            continue
        allowed = MAY_IMPORT[part] | SHARED | ({part} if part else set())
        for line, imported in imports(root, path, tree):
            target = imported.removeprefix("lhredis").removeprefix(".")
            if imported == "lhredis" and part:  # __version__: the package itself holds nothing else
                continue
            if _is_ours(imported) and not (target and _is_below(target, allowed)):
                complaints.append(f"{path}:{line}: {part or 'lhredis'} may not import {imported}")
    return sorted(set(complaints))


def embedded_outside(root: Path) -> list[str]:
    """Imports of the embedded server where a server must be one that the user chose."""
    return [
        f"{path}:{line}: examples may not import {imported}"
        for path, _, tree in modules(root, "examples")
        for line, imported in imports(root, path, tree)
        if imported == "lhredis.embedded"
    ]


def impurities(root: Path) -> list[str]:
    """What in `lhredis/engine` can see or touch the world: modules, calls, anything async."""
    complaints = []
    for path, name, tree in modules(root):
        if not _is_below(name, {"lhredis.engine"}):
            continue
        for line, imported in imports(root, path, tree):
            if imported.split(".")[0] in IMPURE:
                complaints.append(f"{path}:{line}: the engine may not import {imported}")
        for node in ast.walk(tree):
            if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
                complaints.append(f"{path}:{node.lineno}: the engine may not wait")
            if isinstance(node, ast.Call) and (called := _called(node)) in IMPURE_CALLS:
                complaints.append(f"{path}:{node.lineno}: the engine may not call {called}()")
    return complaints


def imports(root: Path, path: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """`(line, module)` of everything that a file imports, wherever and however it does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            source = _source(path, node)
            for alias in node.names:
                yield node.lineno, _module(root, source, alias.name)
        elif isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__"):
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield node.lineno, argument.value


def _source(path: str, node: ast.ImportFrom) -> str:
    if node.level == 0:
        return node.module or ""
    package = Path(path).parents[node.level - 1]
    return dotted(package / (node.module or "__init__").replace(".", "/"))


def _module(root: Path, source: str, name: str) -> str:
    folder = root / source.replace(".", "/")
    is_module = (folder / f"{name}.py").exists() or (folder / name).is_dir()
    return f"{source}.{name}" if is_module or (source == "lhredis" and name != "__version__") else source


def _is_ours(module: str) -> bool:
    return _is_below(module, {"lhredis"})


def _is_below(module: str, allowed: set[str]) -> bool:
    return any(module == name or module.startswith(name + ".") for name in allowed)


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


@pytest.mark.parametrize(
    ("path", "line", "complaint"),
    [
        ("lhredis/model/a.py", "import lhredis.engine.step", "model may not import lhredis.engine.step"),
        ("lhredis/engine/a.py", "from lhredis.store import keys", "may not import lhredis.store"),
        ("lhredis/engine/nodes/a.py", "from ...store.keys import x", "may not import lhredis.store.keys"),
        ("lhredis/store/a.py", "from lhredis.engine.step import step", "may not import lhredis.engine.step"),
        ("lhredis/store/a.py", "from lhredis import engine", "may not import lhredis.engine"),
        ("lhredis/scheduler/a.py", "def f():\n    import lhredis.api", "may not import lhredis.api"),
        ("lhredis/worker/a.py", "from lhredis.store.runs import x", "may not import lhredis.store.runs"),
        (
            "lhredis/client/a.py",
            "import importlib\nimportlib.import_module('lhredis.store')",
            "lhredis.store",
        ),
        (
            "lhredis/api/a.py",
            "from lhredis.embedded import EmbeddedServer",
            "may not import lhredis.embedded",
        ),
        ("lhredis/errors.py", "from lhredis.model.ids import x", "may not import lhredis.model.ids"),
        ("lhredis/gadgets/a.py", "x = 1", "gadgets is not in rule 2"),
    ],
)
def test_a_forbidden_import_is_reported(tmp_path: Path, path: str, line: str, complaint: str) -> None:
    (found,) = forbidden_imports(plant(tmp_path, {path: line}))
    assert found.startswith(path)
    assert complaint in found


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("lhredis/engine/a.py", "from lhredis.model.ids import x\nfrom lhredis.errors import y"),
        ("lhredis/engine/nodes/a.py", "from ..run import Run\nfrom . import task"),
        ("lhredis/store/a.py", "from lhredis.engine.run import Run\nimport redis"),
        ("lhredis/cli/a.py", "from lhredis.embedded import EmbeddedServer"),
        ("lhredis/worker/a.py", "from lhredis.store.tasks import x\nfrom lhredis.client import y"),
        ("lhredis/model/a.py", ""),
    ],
)
def test_an_allowed_import_is_not(tmp_path: Path, path: str, line: str) -> None:
    assert forbidden_imports(plant(tmp_path, {path: line})) == []


def test_an_example_with_the_embedded_server_is_reported(tmp_path: Path) -> None:
    assert embedded_outside(plant(tmp_path, {"examples/a.py": "from lhredis.embedded import x"}))


@pytest.mark.parametrize(
    "line",
    [
        "import time",
        "def f():\n    from os import environ",
        "import redis.asyncio",
        "async def f(): pass",
        "print(1)",
        "from datetime import datetime\ndatetime.now()",
    ],
)
def test_an_impure_engine_is_reported(tmp_path: Path, line: str) -> None:
    (complaint,) = impurities(plant(tmp_path, {"lhredis/engine/a.py": line}))
    assert complaint.startswith("lhredis/engine/a.py:")
    assert impurities(plant(tmp_path / "2", {"lhredis/store/a.py": line})) == []
