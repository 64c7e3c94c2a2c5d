"""types: where declarations of types differ: a VariableDef of an older client tells its type in `type`."""

from __future__ import annotations

from littlehorse.model.common_wfspec_pb2 import VariableDef

from lhredis.grpc.messages.mapper import Form, Mapping, register


def _variable_def(form: Form) -> Form:
    kind = form.pop("type", None)
    if kind is not None and "type_def" not in form:
        form["type_def"] = {"primitive_type": kind}
    return form


register(VariableDef, Mapping(ours=_variable_def))
