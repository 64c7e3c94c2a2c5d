"""types: where declarations of types differ: a VariableDef of an older client tells its type in `type`, or
its JSON_OBJ by an empty `type_def`, and a struct without fields has no map of them."""

from __future__ import annotations

from littlehorse.model.common_wfspec_pb2 import InlineStructBuilder, VariableDef
from littlehorse.model.type_definition_pb2 import InlineStructDef, ReturnType

from lhredis.grpc.messages.mapper import Form, Mapping, register


def _variable_def(form: Form) -> Form:
    kind = form.pop("type", None)
    if kind is not None and "type_def" not in form:
        form["type_def"] = {"primitive_type": kind}
    return _told(form, "type_def")


def _return_type(form: Form) -> Form:
    return _told(form, "return_type")


def _told(form: Form, name: str) -> Form:
    """JSON_OBJ is 0, which clients below 1.0 (littlehorse-client of npm is 0.14) do not send."""
    type_def = form.get(name)
    if type_def is not None and not type_def.keys() - {"masked"}:
        form[name] = {"primitive_type": "JSON_OBJ", **type_def}
    return form


def _struct(form: Form) -> Form:
    return {"fields": {}} | form


register(InlineStructDef, Mapping(ours=_struct))
register(InlineStructBuilder, Mapping(ours=_struct))
register(ReturnType, Mapping(ours=_return_type))
register(VariableDef, Mapping(ours=_variable_def))
