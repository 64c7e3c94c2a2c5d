"""messages: LittleHorse's messages as the JSON of our API, and back.

`mapper.py` does it by the descriptors; where a message and our form of it differ, the module of its noun
tells how.
"""

from lhredis.grpc.messages import bulk_jobs, ids, migration_plans, runs, types, values, wf_specs
from lhredis.grpc.messages.mapper import from_json, to_json

__all__ = [
    "bulk_jobs",
    "from_json",
    "ids",
    "migration_plans",
    "runs",
    "to_json",
    "types",
    "values",
    "wf_specs",
]
