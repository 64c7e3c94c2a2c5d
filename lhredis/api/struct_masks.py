"""struct_masks: the fields of Structs that people must not see."""

from __future__ import annotations

from lhredis.model.native import Array, Map, Struct
from lhredis.model.values import MASK, Value


def without_masked_fields(value: Value) -> Value:
    """The value with `*****` in place of what its Structs say is masked, however deep; a null stays."""
    if isinstance(value, Struct):
        shown = {
            name: MASK if name in value.masked and of is not None else without_masked_fields(of)
            for name, of in value.fields.items()
        }
        return Struct(value.struct_def, shown, value.version, value.masked)
    if isinstance(value, Array):
        return Array(value.type.element, [without_masked_fields(item) for item in value.items])
    if isinstance(value, Map):
        entries = {key: without_masked_fields(of) for key, of in value.entries.items()}
        return Map(value.type.key, value.type.value, entries)
    return value
