"""pathed: values that can be looked into by a JSONPath."""

from __future__ import annotations

from typing import Self

from lhredis.workflow.build_errors import WorkflowBuildError
from lhredis.workflow.json_paths import check_path, step
from lhredis.workflow.operand import Operand


class Pathed(Operand):
    """A variable or a node's output; `json_path` is where inside of it, or None for all of it."""

    json_path: str | None = None

    def _at(self, path: str) -> Self:
        """The same value at another path."""
        raise NotImplementedError

    def with_json_path(self, json_path: str) -> Self:
        """What is at `json_path` (`$.address.city`); a missing path reads as null."""
        if self.json_path is not None:
            raise WorkflowBuildError(
                f"this is already at the path {self.json_path}; use get() to go on from there"
            )
        return self._at(check_path(json_path))

    def get(self, field: str | int) -> Self:
        """The field of this name, or the item of this index. Chains: `x.get("address").get("city")`."""
        return self._at(step(self.json_path or "$", field))

    def __getitem__(self, field: str | int) -> Self:
        return self.get(field)
