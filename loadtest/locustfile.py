"""locustfile: users that start WfRuns over HTTP and wait until they end.

    lhredis dev & lhredis deploy loadtest.workload & lhredis worker loadtest.workload &
    locust -f loadtest/locustfile.py --headless -u 50 -r 10 -t 30s --host http://127.0.0.1:8000

Beside each HTTP request, the statistics have `end-to-end`: from the POST that starts a run to the
answer that tells its end. A run that does not end COMPLETED with the right output is a failure.
"""

from __future__ import annotations

import time
from typing import Any

from locust import HttpUser, constant, events, run_single_user, task

WAIT_MS = 30_000


class Starter(HttpUser):
    """Starts a run, waits for its end, and starts the next one."""

    wait_time = constant(0)

    @task
    def run_to_the_end(self) -> None:
        began = time.perf_counter()
        body = {"wf_spec_name": "load", "variables": {"number": 1}}
        with self.client.post(
            f"/v1/wf-runs?wait_ms={WAIT_MS}", json=body, name="POST /v1/wf-runs", catch_response=True
        ) as answer:
            problem = _problem_of(answer)
            if problem:
                answer.failure(problem)
        events.request.fire(
            request_type="RUN",
            name="end-to-end",
            response_time=(time.perf_counter() - began) * 1000,
            response_length=len(answer.content or b""),
            exception=RuntimeError(problem) if problem else None,
            context={},
        )


def _problem_of(answer: Any) -> str | None:
    """What is wrong with the answer, if anything."""
    if answer.status_code != 201:
        return f"status {answer.status_code}: {answer.text[:200]}"
    run = answer.json()
    if run["status"] != "COMPLETED":
        return f"the run is {run['status']}"
    output = run["thread_runs"][0].get("output")
    return None if output == 6 else f"the output is {output}, not 6"


if __name__ == "__main__":
    run_single_user(Starter)
