"""types: where declarations of types differ: a VariableDef of an older client tells its type in `type`, and
a struct without fields has no map of them."""

from __future__ import annotations

from littlehorse.model.common_wfspec_pb2 import InlineStructBuilder, VariableDef
from littlehorse.model.type_definition_pb2 import InlineStructDef

from lhredis.grpc.messages.mapper import Form, Mapping, register


def _variable_def(form: Form) -> Form:
    kind = form.pop("type", None)
    if kind is not None and "type_def" not in form:
        form["type_def"] = {"primitive_type": kind}
    return form


def _struct(form: Form) -> Form:
    return {"fields": {}} | form


register(InlineStructDef, Mapping(ours=_struct))
register(InlineStructBuilder, Mapping(ours=_struct))
register(VariableDef, Mapping(ours=_variable_def))
