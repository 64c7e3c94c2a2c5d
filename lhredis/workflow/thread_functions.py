"""thread_functions: check that a function can describe a thread, or a part of one."""

from __future__ import annotations

import inspect

from lhredis.workflow.build_errors import WorkflowBuildError


def check_thread_function(function: object) -> None:
    """WorkflowBuildError unless `function` can be called with one WorkflowThread, and does its work then."""
    if not callable(function):
        raise WorkflowBuildError(f"a function that takes a WorkflowThread is needed; got {function!r}")
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        raise WorkflowBuildError(
            f"{_name(function)} is async or a generator; a workflow function is a plain one"
        )
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        raise WorkflowBuildError(f"{_name(function)} has to take one argument, the WorkflowThread") from None


def _name(function: object) -> str:
    return getattr(function, "__qualname__", repr(function))
