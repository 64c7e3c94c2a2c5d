"""spec_versions: which version of a WfSpec a request means."""

from __future__ import annotations

from lhredis.engine.run import SpecVersion
from lhredis.errors import InvalidArgument
from lhredis.store.metadata import Metadata


async def find_version(
    metadata: Metadata, tenant: str, name: str, major: int | None, revision: int | None
) -> SpecVersion:
    """The newest version, the newest revision of a major version, or exactly the one named. NotFound;
    InvalidArgument for a revision without a major version."""
    if revision is not None and major is None:
        raise InvalidArgument("revision: says nothing without a major_version")
    return await metadata.find_version(tenant, name, major, revision)
