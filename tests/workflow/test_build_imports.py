"""The rule of the package: it needs the model, the errors and Python, and nothing else."""

import ast
import sys
from pathlib import Path

import pytest

import lhredis.workflow

FILES = sorted(Path(lhredis.workflow.__file__).parent.glob("*.py"))
ALLOWED = ("lhredis.model", "lhredis.errors", "lhredis.workflow")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_builder_imports_only_the_model_the_errors_and_the_standard_library(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names = [node.module or ""]
        for name in names:
            ours = any(name == allowed or name.startswith(allowed + ".") for allowed in ALLOWED)
            assert ours or name.split(".")[0] in sys.stdlib_module_names, f"{file.name} imports {name}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_of_the_builder_says_its_job_and_keeps_below_300_lines(file):
    text = file.read_text(encoding="utf-8")
    package_or_file = "workflow" if file.stem == "__init__" else file.stem
    assert text.startswith(f'"""{package_or_file}: ')
    assert text.count("\n") < 300
