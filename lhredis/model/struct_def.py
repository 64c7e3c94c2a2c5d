"""struct_def: named, versioned record types."""

from __future__ import annotations

from lhredis.model.enums import StructDefCompatibilityType
from lhredis.model.ids import Model, Name, StructDefId
from lhredis.model.types import InlineStructDef


class PutStructDefRequest(Model):
    """What registers a StructDef, or a new version of it. The same again changes nothing; what else may
    change is told by `allowed_updates`."""

    name: Name
    struct_def: InlineStructDef
    description: str | None = None
    allowed_updates: StructDefCompatibilityType = StructDefCompatibilityType.NO_SCHEMA_UPDATES


class StructDef(Model):
    """One version of a record type; immutable once registered. `created_at` is RFC 3339."""

    id: StructDefId
    struct_def: InlineStructDef
    description: str | None = None
    created_at: str


class ValidateStructDefEvolutionRequest(Model):
    """Asks whether `struct_def` may follow the version that `struct_def_id` names (the newest one, if it
    names none)."""

    struct_def_id: StructDefId
    struct_def: InlineStructDef
    compatibility_type: StructDefCompatibilityType = StructDefCompatibilityType.NO_SCHEMA_UPDATES


class StructDefEvolution(Model):
    """The answer: the fields whose change is not allowed are in `fields`."""

    is_valid: bool
    fields: tuple[str, ...] = ()
