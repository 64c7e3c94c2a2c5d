"""register: put one definition, and tell whether that changed anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from lhredis.errors import InvalidSpec, LHRedisError, NotFound, Problem

if TYPE_CHECKING:
    from lhredis.client import SyncClient

Found = TypeVar("Found")

_CREATED = {"created_at"}


def register(client: SyncClient, request: Any) -> tuple[Any, str, bool]:
    """What was registered, the words for it, and whether it was there before just so. An error also
    says what was being registered."""
    from lhredis.model.event_def import PutExternalEventDefRequest, PutWorkflowEventDefRequest
    from lhredis.model.struct_def import PutStructDefRequest
    from lhredis.model.user_task_def import PutUserTaskDefRequest
    from lhredis.model.wf_spec import PutWfSpecRequest

    name = request.name
    with _naming(name):
        if isinstance(request, PutWfSpecRequest):
            newest = _or_none(lambda: client.get_wf_spec(name))
            spec = client.put_wf_spec(request)
            return spec, f"WfSpec            {spec.id}", newest is not None and newest.id == spec.id
        if isinstance(request, PutStructDefRequest):
            before = _or_none(lambda: client.get_struct_def(name))
            struct_def = client.put_struct_def(request)
            return (
                struct_def,
                f"StructDef         {struct_def.id}",
                before is not None and before.id == struct_def.id,
            )
        if isinstance(request, PutUserTaskDefRequest):
            newest_form = _or_none(lambda: client.get_user_task_def(name))
            form = client.put_user_task_def(request)
            return form, f"UserTaskDef       {name}/{form.version}", newest_form == form
        if isinstance(request, PutExternalEventDefRequest):
            replaced = _or_none(lambda: client.get_external_event_def(name))
            event_def = client.put_external_event_def(request)
            return event_def, f"ExternalEventDef  {name}", _same(replaced, event_def)
        if isinstance(request, PutWorkflowEventDefRequest):
            thrown = _or_none(lambda: client.get_workflow_event_def(name))
            return client.put_workflow_event_def(request), f"WorkflowEventDef  {name}", thrown is not None
        task_def = _or_none(lambda: client.get_task_def(name))
        return client.put_task_def(request), f"TaskDef           {name}", task_def is not None


def _same(one: Any, other: Any) -> bool:
    return one is not None and one.model_dump(exclude=_CREATED) == other.model_dump(exclude=_CREATED)


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
