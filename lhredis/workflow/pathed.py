"""pathed: values that can be looked into: by fields, keys and indexes, or by a JSONPath."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from lhredis.model.assignments import LHPath, Selector
from lhredis.workflow.build_errors import WorkflowBuildError, make
from lhredis.workflow.json_paths import check_path, step
from lhredis.workflow.operand import Operand

if TYPE_CHECKING:
    from lhredis.workflow.thread_draft import ThreadDraft

PathStep = str | int | Operand
"""A field or key, an index, or a value of the WfRun that tells one."""


class Pathed(Operand):
    """A variable or a node's output, or (`has_path`) a place inside of it."""

    json_path: str | None = None
    lh_path: tuple[PathStep, ...] = ()

    @property
    def has_path(self) -> bool:
        return self.json_path is not None or bool(self.lh_path)

    def _at(self, json_path: str | None, lh_path: tuple[PathStep, ...]) -> Self:
        """The same value at another path; one of the two is given."""
        raise NotImplementedError

    def with_json_path(self, json_path: str) -> Self:
        """What is at `json_path` (`$.address.city`); a missing path reads as null."""
        if self.has_path:
            raise WorkflowBuildError(
                f"this is already at the path {self._path_text()}; use get() to go on from there"
            )
        return self._at(check_path(json_path), ())

    def get(self, field: PathStep) -> Self:
        """The field or key of this name, or the item of this index, of JSON, a struct, a map or an array.
        Chains: `x.get("address").get("city")`. A variable or expression tells it while the WfRun runs."""
        if self.json_path is not None:
            if isinstance(field, Operand):
                raise WorkflowBuildError(
                    f"behind the JSONPath {self.json_path}, a field is a str, an index an int"
                )
            return self._at(step(self.json_path, field), ())
        if not isinstance(field, str | int | Operand) or isinstance(field, bool):
            raise WorkflowBuildError(f"a field is a str, an index an int; got {field!r}")
        return self._at(None, (*self.lh_path, field))

    def __getitem__(self, field: PathStep) -> Self:
        return self.get(field)

    def _path_given(self, thread: ThreadDraft, prefix: str = "") -> dict[str, Any]:
        """The path as `thread` reads it, for a model whose fields for paths have this prefix."""
        if self.json_path is not None:
            return {f"{prefix}json_path": self.json_path}
        if not self.lh_path:
            return {}
        selectors = tuple(_selector(field, thread) for field in self.lh_path)
        return {f"{prefix}lh_path": make(LHPath, path=selectors)}

    def _path_text(self) -> str:
        """The path for people."""
        if self.json_path is not None:
            return self.json_path
        text = "$"
        for each in self.lh_path:
            text = f"{text}[…]" if isinstance(each, Operand) else step(text, each)
        return text


def _selector(field: PathStep, thread: ThreadDraft) -> Selector:
    if isinstance(field, Operand):
        return make(Selector, dynamic=field.assignment_in(thread))
    return make(Selector, key=field) if isinstance(field, str) else make(Selector, index=field)


def same_path(one: Pathed, other: Pathed) -> bool:
    """Do both stand for the same place, as far as that is known while the workflow is built?"""
    if one.json_path != other.json_path or len(one.lh_path) != len(other.lh_path):
        return False
    for a, b in zip(one.lh_path, other.lh_path, strict=True):
        known = not isinstance(a, Operand) and not isinstance(b, Operand)
        if a is not b and not (known and type(a) is type(b) and a == b):
            return False
    return True
