"""failure_filters: which failures a handler catches."""

from __future__ import annotations

from collections.abc import Sequence

from lhredis.model.enums import LHErrorType, LHFailureType
from lhredis.model.failures import FailureHandlerDef, caught_by_name
from lhredis.workflow.build_errors import WorkflowBuildError, checked, make
from lhredis.workflow.endings import check_exception_name


def catch_error(handler: str, error_type: LHErrorType | str | None) -> FailureHandlerDef:
    """One kind of technical ERROR, or all of them."""
    if error_type is None:
        return make(
            FailureHandlerDef,
            handler_spec_name=handler,
            any_failure_of_type=LHFailureType.FAILURE_TYPE_ERROR,
        )
    kind = checked(lambda: LHErrorType.parse(error_type))
    return make(FailureHandlerDef, handler_spec_name=handler, specific_failure=kind.name)


def catch_exception(handler: str, exception_name: str | None) -> FailureHandlerDef:
    """The business EXCEPTION of this name, or all of them."""
    if exception_name is None:
        return make(
            FailureHandlerDef,
            handler_spec_name=handler,
            any_failure_of_type=LHFailureType.FAILURE_TYPE_EXCEPTION,
        )
    name = check_exception_name(exception_name)
    return make(FailureHandlerDef, handler_spec_name=handler, specific_failure=name)


def catch_any_failure(handler: str) -> FailureHandlerDef:
    return make(FailureHandlerDef, handler_spec_name=handler)


def check_reachable(earlier: Sequence[FailureHandlerDef], later: FailureHandlerDef, node: str) -> None:
    """WorkflowBuildError when an earlier handler catches all that this one would: it would never run."""
    for handler in earlier:
        if _covers(handler, later):
            raise WorkflowBuildError(
                f"this handler of {node} would never run: an earlier one catches {_words(handler)} already"
            )


def _covers(earlier: FailureHandlerDef, later: FailureHandlerDef) -> bool:
    if earlier.specific_failure is not None:
        return later.specific_failure in caught_by_name(earlier.specific_failure)
    if earlier.any_failure_of_type is None:
        return True
    return _type_of(later) is earlier.any_failure_of_type


def _type_of(handler: FailureHandlerDef) -> LHFailureType | None:
    """ERROR, EXCEPTION, or None for both."""
    if handler.specific_failure is None:
        return handler.any_failure_of_type
    if handler.specific_failure in LHErrorType.__members__:
        return LHFailureType.FAILURE_TYPE_ERROR
    return LHFailureType.FAILURE_TYPE_EXCEPTION


def _words(handler: FailureHandlerDef) -> str:
    if handler.specific_failure is not None:
        return handler.specific_failure
    if handler.any_failure_of_type is None:
        return "every failure"
    return f"every {handler.any_failure_of_type.name.removeprefix('FAILURE_TYPE_')}"
