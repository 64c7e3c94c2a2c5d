"""load: find task functions, workers and workflows in the user's modules."""

from __future__ import annotations

import importlib
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from lhredis.errors import InvalidArgument

T = TypeVar("T")


def load(target: str) -> tuple[ModuleType, Any]:
    """(`module`, what `:object` names in it, or None). The current folder is searched first.

    `target` is `module`, `module:object`, or a path such as `folder/module.py`. InvalidArgument
    says what cannot be found; a module that fails while it is imported shows its own traceback.
    """
    module_name, _, object_name = target.partition(":")
    module = _import(module_name)
    found: Any = None
    if object_name:
        found = module
        for part in object_name.split("."):
            if not hasattr(found, part):
                raise InvalidArgument(f"{target}: the module {module_name} has no {object_name!r}")
            found = getattr(found, part)
    return module, found


def _import(name: str) -> ModuleType:
    folder = Path.cwd()
    if name.endswith(".py"):
        path = Path(name).resolve()
        if not path.is_file():
            raise InvalidArgument(f"there is no file {name}")
        folder, name = path.parent, path.stem
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(error.name + ".")):
            raise InvalidArgument(f"there is no module {name!r} in {folder} or installed") from None
        raise InvalidArgument(f"{name} cannot be imported: {error}{_where(error)}") from error
    except Exception as error:
        raise InvalidArgument(
            f"{name} cannot be imported: {type(error).__name__}: {error}{_where(error)}"
        ) from error


def _where(error: Exception) -> str:
    """` (file:line)` of the innermost frame of the user's code."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if "importlib" not in frame.filename
    ]
    own = [
        frame for frame in frames if "site-packages" not in frame.filename and "lhredis" not in frame.filename
    ]
    if isinstance(error, SyntaxError) or not frames[1:]:
        return ""
    frame = (own or frames)[-1]
    return f" ({frame.filename}:{frame.lineno})"


def all_of(module: ModuleType, kind: type[T]) -> list[T]:
    """The objects of this kind that the module names, each once, in the order of the file."""
    found = {id(value): value for value in vars(module).values() if isinstance(value, kind)}
    return list(found.values())


def struct_classes(module: ModuleType) -> list[type]:
    """The classes of @lh_struct_def that the module names, each once, in the order of the file."""
    from lhredis.model.struct_class import is_struct_class

    found = {id(value): value for value in vars(module).values() if is_struct_class(value)}
    return list(found.values())
