"""json_paths: write the JSONPath of a place inside a JSON value."""

from __future__ import annotations

import re

from lhredis.workflow.build_errors import WorkflowBuildError

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_ESCAPES = {"\\": "\\\\", "'": "\\'"}


def check_path(path: str) -> str:
    """Return `path`, or raise WorkflowBuildError unless it starts at the root, `$`."""
    if not isinstance(path, str) or not path.startswith("$"):
        raise WorkflowBuildError(f"a JSONPath starts with $ ($.address.city); got {path!r}")
    return path


def step(path: str, field: str | int) -> str:
    """`path` one step further: `$.a` and `b` → `$.a.b`; an int is the index of an item."""
    if isinstance(field, int) and not isinstance(field, bool):
        return f"{path}[{field}]"
    if not isinstance(field, str):
        raise WorkflowBuildError(f"a field is a str, an index an int; got {field!r}")
    if _PLAIN_KEY.fullmatch(field):
        return f"{path}.{field}"
    escaped = "".join(
        _ESCAPES.get(char) or (char if char >= " " else f"\\u{ord(char):04x}") for char in field
    )
    return f"{path}['{escaped}']"
