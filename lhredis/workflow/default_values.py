"""default_values: check that the default of a variable fits its type."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

from lhredis.model.enums import VariableType
from lhredis.model.ids import check_wf_run_id
from lhredis.model.struct_class import PRIMITIVES, to_native
from lhredis.model.value_types import ValueType
from lhredis.model.values import WfRunId, encode_value
from lhredis.workflow.build_errors import WorkflowBuildError, checked

PYTHON_TYPES: dict[VariableType, type] = {kind: python_type for python_type, kind in PRIMITIVES.items()}
"""The Python type of a value of each primitive type (model/values.py)."""


def default_form(name: str, variable_type: ValueType, value: object) -> Any:
    """The JSON form of the default `value`; WorkflowBuildError unless it is of the type, or None.

    An int is taken for a DOUBLE, a str for a WF_RUN_ID, a list for an array, a dict for a map or struct.
    """
    if value is None:
        return None
    if not isinstance(variable_type, VariableType):
        return checked(lambda: encode_value(to_native(value, variable_type)))
    if variable_type is VariableType.DOUBLE and type(value) is int:
        value = float(value)
    if variable_type is VariableType.WF_RUN_ID and type(value) is str:
        text = value
        value = WfRunId(checked(lambda: check_wf_run_id(text)))
    expected = PYTHON_TYPES[variable_type]
    if not (type(value) is expected or (expected is datetime and isinstance(value, datetime))):
        raise WorkflowBuildError(
            f"{name!r} is {variable_type.name}: its default is a Python {expected.__name__}; got {value!r}"
        )
    return copy.deepcopy(checked(lambda: encode_value(value)))
