"""event_content: is the content of an event what its def declares?"""

from __future__ import annotations

from lhredis.api.call import Call
from lhredis.engine.language.declared import coerced
from lhredis.errors import InvalidArgument, ResourceExhausted
from lhredis.model.limits import PAYLOAD_BYTES_MAX
from lhredis.model.types import ReturnType
from lhredis.model.values import Value, encode_value, value_bytes
from lhredis.stepper.struct_types import struct_defs_of


async def check_content(call: Call, content: Value, declared: ReturnType | None, what: str) -> Value:
    """The content as a value of the declared type. InvalidArgument names the def; ResourceExhausted when
    it is too large."""
    size = value_bytes(encode_value(content))
    if size > PAYLOAD_BYTES_MAX:
        raise ResourceExhausted(
            f"the content of {what} has {size} bytes; a value has at most {PAYLOAD_BYTES_MAX} "
            "(PAYLOAD_BYTES_MAX)"
        )
    if declared is None:
        return content
    if declared.return_type is None:
        if content is not None:
            raise InvalidArgument(f"content: invalid type: {what} has no content (void)")
        return None
    try:
        struct_defs = await struct_defs_of(call.services.metadata, call.tenant, declared)
        return coerced(content, declared, struct_defs)
    except ValueError as error:
        raise InvalidArgument(f"content: invalid type for {what}: {error}") from None
