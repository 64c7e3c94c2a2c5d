"""struct_tables: StructDefs as tables for people."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from lhredis.cli.tables import grid, listed, shown
from lhredis.model.struct_def import StructDef
from lhredis.model.types import StructFieldDef


def struct_def_table(struct_def: StructDef) -> RenderableType:
    head = grid(
        [
            ("struct-def", Text(str(struct_def.id), style="bold")),
            ("description", Text(struct_def.description or "")),
            ("registered", Text(struct_def.created_at)),
        ]
    )
    rows = (_field(name, field) for name, field in struct_def.struct_def.fields.items())
    return Group(head, "", listed(("field", "type", "", "default", "description"), rows, empty="no fields"))


def _field(name: str, field: StructFieldDef) -> tuple[str, str, str, Text, str]:
    masked = field.field_type.masked
    kind = field.field_type.value_type.name + (", masked" if masked else "")
    need = "required" if field.required else "nullable" if field.is_nullable else ""
    return name, kind, need, shown(field.default_value, masked), field.description or ""
