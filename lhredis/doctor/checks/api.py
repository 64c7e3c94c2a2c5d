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
    partitions = None if facts is None or facts.partitions is None else len(facts.partitions)
    if partitions is not None and partitions != api.partitions:
        text = f"{api.url} has {api.partitions} partitions and the Redis that we asked has {partitions}: it uses another one"
        yield fail("api", text, "give both the same LHREDIS_REDIS_URL")
    elif api.version != __version__:
        change = "install the same version here and there"
        yield warn("api", f"{api.url} is lhredis {api.version}; this is {__version__}", change)
    else:
        yield ok("api", f"{api.url} is ready: lhredis {api.version}")
