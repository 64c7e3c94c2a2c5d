"""deploy: `lhredis deploy`: register what modules and files define."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from lhredis.cli.connect import connect
from lhredis.cli.options import ApiUrl, Json, Level
from lhredis.errors import InvalidArgument, InvalidSpec, LHRedisError, NotFound, Problem

if TYPE_CHECKING:
    from lhredis.client import SyncClient

Found = TypeVar("Found")


def deploy(
    targets: Annotated[
        list[str],
        typer.Argument(
            help="module (all its @task functions and Workflows), module:object, or a JSON file of a WfSpec or TaskDef."
        ),
    ],
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Register TaskDefs and WfSpecs. What is registered already is left as it is."""
    from lhredis.cli.console import print_json

    requests = [request for target in targets for request in _requests(target)]
    requests.sort(key=lambda request: hasattr(request, "thread_specs"))  # WfSpecs need their TaskDefs
    with connect(api_url) as client:
        registered = [_put(client, request, as_json) for request in requests]
    if as_json:
        print_json({"results": registered})


def _requests(target: str) -> list[Any]:
    """The registrations that a target stands for, in the order of the module."""
    if target.endswith(".json"):
        return [_from_file(Path(target))]
    from lhredis.cli.load import all_of, load
    from lhredis.worker import TaskFunction, Worker
    from lhredis.workflow import Workflow

    module, found = load(target)
    if found is None:
        objects: list[Any] = [*all_of(module, TaskFunction), *all_of(module, Workflow)]
        if not objects:
            raise InvalidArgument(f"{target} has neither a @task function nor a Workflow")
    elif isinstance(found, Worker):
        objects = list(found.functions.values())
    elif isinstance(found, TaskFunction | Workflow):
        objects = [found]
    else:
        raise InvalidArgument(
            f"{target} is a {type(found).__name__}; a @task function or a Workflow is needed"
        )
    return [one.compile() if isinstance(one, Workflow) else one.task_def for one in objects]


def _from_file(path: Path) -> Any:
    from pydantic import ValidationError

    from lhredis.model.task_def import PutTaskDefRequest
    from lhredis.model.wf_spec import PutWfSpecRequest

    try:
        body = json.loads(path.read_bytes())
    except OSError as error:
        raise InvalidArgument(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise InvalidArgument(f"{path} is no JSON: {error}") from None
    kind: Any = PutWfSpecRequest if isinstance(body, dict) and "thread_specs" in body else PutTaskDefRequest
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        raise InvalidSpec(
            [
                Problem(".".join(map(str, one["loc"])), one["msg"].removeprefix("Value error, "))
                for one in error.errors()
            ]
        ) from None


def _put(client: SyncClient, request: Any, quiet: bool) -> Any:
    """Register it, and tell whether that changed anything."""
    with _naming(request.name):
        if hasattr(request, "thread_specs"):
            newest = _or_none(lambda: client.get_wf_spec(request.name))
            spec = client.put_wf_spec(request)
            _tell(quiet, "WfSpec", str(spec.id), newest is not None and newest.id == spec.id)
            return spec
        before = _or_none(lambda: client.get_task_def(request.name))
        task_def = client.put_task_def(request)
        _tell(quiet, "TaskDef", request.name, before is not None)
        return task_def


def _or_none(call: Callable[[], Found]) -> Found | None:
    try:
        return call()
    except NotFound:
        return None


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """An error inside also says what was being registered."""
    try:
        yield
    except InvalidSpec as error:
        problems = [
            Problem(f"{name}: {one.path}" if one.path else name, one.message) for one in error.problems
        ]
        raise InvalidSpec(problems) from None
    except LHRedisError as error:
        raise type(error)(f"{name}: {error}") from None


def _tell(quiet: bool, what: str, name: str, unchanged: bool) -> None:
    if not quiet:
        from lhredis.cli.console import out

        outcome = "[dim]unchanged[/]" if unchanged else "[green]registered[/]"
        out().print(f"{what:<8} {name}  {outcome}")
