"""function: a Python function as a task: its TaskDef from its type hints, and how to call it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints, overload

from lhredis.model.ids import check_name
from lhredis.model.task_def import PutTaskDefRequest
from lhredis.model.types import ReturnType, TypeDefinition, VariableDef
from lhredis.model.value_types import ValueType
from lhredis.model.values import MASK, Value, encode_value
from lhredis.worker.context import WorkerContext
from lhredis.worker.convert import (
    ConversionError,
    Converter,
    input_converter,
    is_native,
    output_converter,
    variable_type,
)


class TaskSignatureError(TypeError):
    """A function cannot be a task; the message says which parameter is in the way, and why."""


class InputError(Exception):
    """An input does not fit the function's parameter."""


@dataclass(frozen=True, slots=True)
class LHType:
    """`Annotated[str, LHType(name="card", masked=True)]`: another name, or a value people must not see.

    `array` makes `list[int]` a native Array<INT>, `map` makes `dict[str, int]` a Map<STR, INT>; without
    them, they are JSON_ARR and JSON_OBJ.
    """

    name: str | None = None
    masked: bool = False
    array: bool = False
    map: bool = False

    @property
    def native(self) -> bool:
        return self.array or self.map


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    variable: VariableDef
    convert: Converter


class TaskFunction:
    """A function that is a task. Calling it calls the function, so that tests can."""

    def __init__(self, function: Callable[..., Any], name: str | None = None) -> None:
        self.function = function
        self.is_async = inspect.iscoroutinefunction(function)
        self.task_def_name = name or function.__name__.strip("_").replace("_", "-")
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self.__wrapped__ = function
        try:
            check_name(self.task_def_name)
        except ValueError as error:
            raise TaskSignatureError(f"task {self.task_def_name!r}: {error}") from None
        self._context: str | None = None
        self._parameters, hint, extra = self._read_signature()
        self.masked_inputs = tuple(
            parameter.variable.name for parameter in self._parameters if parameter.variable.masked
        )
        """Names of the inputs that people must not see."""
        self.masked_output = extra.masked
        returns = None
        if hint is not None and hint is not type(None):
            returns = ReturnType(
                return_type=TypeDefinition.of(self._type("return", hint, extra), extra.masked)
            )
        self.returns = returns
        self._output = output_converter(hint, extra.native)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    @property
    def task_def(self) -> PutTaskDefRequest:
        """What registers the task."""
        return PutTaskDefRequest(
            name=self.task_def_name,
            input_vars=tuple(parameter.variable for parameter in self._parameters),
            return_type=self.returns,
            description=inspect.getdoc(self.function),
        )

    @property
    def wants_context(self) -> bool:
        return self._context is not None

    def arguments(self, inputs: dict[str, Value], context: WorkerContext | None) -> dict[str, Any]:
        """The keyword arguments of one call. InputError names the input that does not fit."""
        arguments: dict[str, Any] = {}
        for parameter in self._parameters:
            try:
                arguments[parameter.name] = parameter.convert(inputs[parameter.variable.name])
            except KeyError:
                raise InputError(f"input {parameter.variable.name!r} is missing in the task") from None
            except ConversionError as error:
                why = _MASKED if parameter.variable.masked else error
                raise InputError(f"input {parameter.variable.name!r}: {why}") from None
        if self._context is not None:
            arguments[self._context] = context
        return arguments

    def output(self, returned: Any) -> Value:
        """What the function returned, as a value. ConversionError when it does not fit its hint."""
        try:
            return self._output(returned)
        except ConversionError:
            if self.masked_output:
                raise ConversionError(_MASKED) from None
            raise

    def _read_signature(self) -> tuple[tuple[_Parameter, ...], Any, LHType]:
        hints = get_type_hints(self.function, include_extras=True)
        parameters: list[_Parameter] = []
        for parameter in inspect.signature(self.function).parameters.values():
            hint = hints.get(parameter.name)
            if hint is None:
                raise TaskSignatureError(
                    f"task {self.task_def_name!r}: parameter {parameter.name!r} has no type hint"
                )
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                raise TaskSignatureError(
                    f"task {self.task_def_name!r}: {parameter.name!r} must be a plain parameter"
                )
            if hint is WorkerContext:
                self._context = parameter.name
                continue
            made = self._parameter(parameter, hint)
            if any(made.variable.name == other.variable.name for other in parameters):
                raise TaskSignatureError(
                    f"task {self.task_def_name!r}: two inputs are named {made.variable.name!r}"
                )
            parameters.append(made)
        hint, extra = _split(hints.get("return"))
        return tuple(parameters), hint, extra

    def _parameter(self, parameter: inspect.Parameter, annotated: Any) -> _Parameter:
        hint, extra = _split(annotated)
        kind = self._type(parameter.name, hint, extra)
        convert = input_converter(hint, extra.native)
        given = {} if parameter.default is parameter.empty else {"default_value": parameter.default}
        try:
            if given.get("default_value") is not None:
                given["default_value"] = encode_value(self._default(parameter.default, hint, extra, convert))
            variable = VariableDef(
                name=extra.name or parameter.name.replace("_", "-").strip("-"),
                type_def=TypeDefinition.of(kind, extra.masked),
                **given,
            )
        except (ConversionError, ValueError) as error:
            raise TaskSignatureError(f"task {self.task_def_name!r}, {parameter.name}: {error}") from None
        return _Parameter(parameter.name, variable, convert)

    def _default(self, default: Any, hint: Any, extra: LHType, convert: Converter) -> Value:
        if is_native(hint, extra.native):
            return output_converter(hint, extra.native)(default)
        convert(default)
        return default

    def _type(self, what: str, hint: Any, extra: LHType) -> ValueType:
        try:
            return variable_type(hint, extra.native)
        except (TypeError, ValueError) as error:
            raise TaskSignatureError(f"task {self.task_def_name!r}, {what}: {error}") from None


_MASKED = f"{MASK} does not fit the type hint"


def _split(hint: Any) -> tuple[Any, LHType]:
    """A hint without its LHType, and that LHType."""
    if get_origin(hint) is Annotated:
        inner, *extras = get_args(hint)
        found = next((extra for extra in extras if isinstance(extra, LHType)), None)
        if found is not None:
            return inner, found
    return hint, LHType()


@overload
def task(function: Callable[..., Any], /) -> TaskFunction: ...
@overload
def task(name: str, /) -> Callable[[Callable[..., Any]], TaskFunction]: ...
def task(argument: Any, /) -> Any:
    """Make a function a task: `@task`, named after the function with hyphens, or `@task("name")`.

    Async functions run in the event loop, plain ones in threads. TaskSignatureError when a
    parameter has no type hint, or one that no variable can hold.
    """
    if isinstance(argument, str):
        return lambda function: TaskFunction(function, argument)
    return TaskFunction(argument)
