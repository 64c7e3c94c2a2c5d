"""user_task_registration: a UserTaskDef is compared with its newest version, and stored as a new one."""

from __future__ import annotations

from lhredis.errors import Unavailable
from lhredis.model.user_task_def import PutUserTaskDefRequest, UserTaskDef
from lhredis.store.definitions import now_text
from lhredis.store.metadata import Metadata

TRIES_MAX = 20
"""How often registration starts over because others registered the same UserTaskDef meanwhile."""


async def register_user_task_def(
    metadata: Metadata, tenant: str, request: PutUserTaskDefRequest
) -> UserTaskDef:
    """Register a UserTaskDef as the newest version; when nothing changed, return the newest one."""
    for _ in range(TRIES_MAX):
        user_task_def = await _try(metadata, tenant, request)
        if user_task_def is not None:
            return user_task_def
    raise Unavailable(f"UserTaskDef {request.name!r} is being registered by others all the time; try again")


async def _try(metadata: Metadata, tenant: str, request: PutUserTaskDefRequest) -> UserTaskDef | None:
    """None when another process registered a version at the same time."""
    known = metadata.user_task_defs
    seen = (await known.newest(tenant, [request.name])).get(request.name)
    if seen is not None:
        newest = await known.get(tenant, request.name, seen)
        if (newest.fields, newest.description) == (request.fields, request.description):
            return newest
    version = max(await known.used(tenant, request.name), default=-1) + 1
    user_task_def = UserTaskDef(
        name=request.name,
        version=version,
        fields=request.fields,
        description=request.description,
        created_at=now_text(),
    )
    return user_task_def if await known.put(tenant, user_task_def, seen) else None
