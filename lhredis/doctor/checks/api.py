"""api: does it answer, and does it use this Redis?"""

from __future__ import annotations

from collections.abc import Iterator

from lhredis import __version__
from lhredis.doctor.facts import ApiFacts, Facts
from lhredis.doctor.findings import Finding, fail, ok, warn


def check(api: ApiFacts, facts: Facts | None) -> Iterator[Finding]:
    """`facts` are None where Redis could not be asked."""
    if api.error and api.version:  # it is there, and says what it waits for
        yield fail("api", api.error, "see first what is said of Redis")
        return
    if api.error:
        yield fail("api", api.error, "start lhredis server, or say where it is: --api-url or LHREDIS_API_URL")
        return
    another = "" if facts is None else _why_it_is_another(api, facts)
    if another:
        text = f"{api.url} is ready, and uses another Redis than the one that we asked: {another}"
        yield fail("api", text, "give both the same LHREDIS_REDIS_URL")
    elif api.version != __version__:
        change = "install the same version here and there"
        yield warn("api", f"{api.url} is lhredis {api.version}; this is {__version__}", change)
    else:
        yield ok("api", f"{api.url} is ready: lhredis {api.version}")


def _why_it_is_another(api: ApiFacts, facts: Facts) -> str:
    """How we know that the API does not use the Redis that was asked; empty where it may."""
    if facts.partitions is None:
        return "no process has ever joined ours"
    if len(facts.partitions) != api.partitions:
        return f"it has {api.partitions} partitions, ours {len(facts.partitions)}"
    is_cluster = bool(facts.info.get("cluster_enabled"))  # each node tells of its own connections only
    if facts.processes and not is_cluster and all(one.role != "api" for one in facts.processes):
        return "no API is connected to ours"
    return ""
