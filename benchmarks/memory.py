"""memory: bytes in Redis for a finished ten-step run, a sleeping run, and a run with a queued task.

python -m benchmarks.memory --runs 2000
"""

from __future__ import annotations

import argparse
import time

import redis

from benchmarks.deployment import Deployment
from benchmarks.report import report
from benchmarks.throughput import check, start, wait_for
from benchmarks.workload import sleeper, steps
from lhredis.model.task_def import PutTaskDefRequest


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with Deployment() as deployment:
        client = deployment.client
        client.put_task_def(
            PutTaskDefRequest.model_validate(
                {
                    "name": "unserved",
                    "input_vars": [{"name": "number", "type_def": "INT"}],
                    "return_type": "INT",
                }
            )
        )
        deployment.deploy(
            [steps("bench-steps", "increment", 10), sleeper("sleeper"), steps("queued", "unserved", 1)]
        )
        figures = {}
        for name, spec in (("finished", "bench-steps"), ("sleeping", "sleeper"), ("queued", "queued")):
            ids = [f"{name}-{number}" for number in range(options.runs)]
            before = used_bytes(deployment.redis_url)
            start(client, spec, ids)
            if name == "finished":
                wait_for(client, ids)
                check(client, ids, 10)
            figures[f"bytes_per_{name}_run"] = round(
                (used_bytes(deployment.redis_url) - before) / options.runs
            )
    report("memory", {**figures, **vars(options)}, options.json)


def used_bytes(url: str) -> int:
    """What the data set takes: the allocator's figure without connections' buffers."""
    with redis.Redis.from_url(url) as connection:
        time.sleep(0.5)
        return int(connection.info("memory")["used_memory_dataset"])


if __name__ == "__main__":
    main()
