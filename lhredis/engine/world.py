"""world: what a step may look up beside its run: definitions, and other runs of the same tree.

The engine fetches nothing. It asks the World, which answers from memory or raises Unknown; then the
shell fetches what is missing and steps again from the runs as they are stored. The answers are part
of the input: same answers, same effects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lhredis.engine.language.types import StructDefs
from lhredis.engine.run import SpecVersion
from lhredis.model.task_def import TaskDef

if TYPE_CHECKING:
    from lhredis.engine.program import Program


@dataclass(frozen=True, slots=True)
class ProgramOf:
    """The program of a version of a WfSpec."""

    version: SpecVersion


@dataclass(frozen=True, slots=True)
class FateOf:
    """Whether a version of a WfSpec is still there."""

    version: SpecVersion


@dataclass(frozen=True, slots=True)
class NewestOf:
    """The newest version of a WfSpec, or of one of its major versions; None when there is none."""

    name: str
    major: int | None


@dataclass(frozen=True, slots=True)
class TaskDefOf:
    """A TaskDef by its name; None when there is none."""

    name: str


@dataclass(frozen=True, slots=True)
class RunOf:
    """Another WfRun of the same tree; None when there is none."""

    wf_run_id: str


Need = ProgramOf | FateOf | NewestOf | TaskDefOf | RunOf


class Unknown(Exception):
    """A step needs what the shell has not fetched: fetch `need`, and step again from the stored runs."""

    def __init__(self, need: Need) -> None:
        super().__init__(need)
        self.need = need


class World(Protocol):
    """The definitions of one tenant. Each method raises Unknown when the answer is not at hand."""

    def program(self, version: SpecVersion) -> Program: ...

    def is_gone(self, version: SpecVersion) -> bool:
        """Was a version of a WfSpec deleted? Its number never comes back."""

    def newest(self, name: str, major: int | None) -> SpecVersion | None: ...

    def task_def(self, name: str) -> TaskDef | None: ...

    @property
    def struct_defs(self) -> StructDefs:
        """Those that the TaskDefs name which were found so far."""
