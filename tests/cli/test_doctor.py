"""`lhredis doctor` says what is wrong with a deployment, and what to change."""

from __future__ import annotations

import json
import signal
import subprocess

from redis import Redis

from lhredis.cli import exits
from tests.cli.conftest import Call
from tests.cli.processes import STOP_S_MAX, Dev, command


def test_a_healthy_deployment_is_told_line_by_line(lhredis: Call) -> None:
    assert lhredis("run", "story-greet", "name=Ada", "--wait").code == exits.OK, "the worker is there"
    outcome = lhredis("doctor")
    assert outcome.code == exits.OK, outcome.out
    lines = {line.split()[1]: line for line in outcome.out.splitlines() if line[:4].strip() in ("OK", "WARN")}
    assert "Valkey" in lines["server"]
    assert "1 api 0.1.0, 1 scheduler 0.1.0, 1 worker 0.1.0" in lines["processes"]
    assert "all 8 are worked" in lines["partitions"]
    assert "queue story-greet" in outcome.out and "workers: 1" in outcome.out
    assert lines["api"].rstrip().endswith("lhredis 0.1.0")
    assert lines["durability"].startswith("WARN"), lines["durability"]
    assert "→ CONFIG SET appendonly yes" in outcome.out


def test_what_fails_is_told_with_code_1(lhredis: Call, dev: Dev) -> None:
    with Redis.from_url(dev.where["redis_url"]) as redis:
        redis.config_set("maxmemory-policy", "allkeys-lru")
        try:
            outcome = lhredis("doctor", "--json")
        finally:
            redis.config_set("maxmemory-policy", "noeviction")
    assert outcome.code == exits.RUN_FAILED
    assert outcome.json["verdict"] == "FAIL"
    (failed,) = [one for one in outcome.json["findings"] if one["level"] == "FAIL"]
    assert failed["subject"] == "eviction"
    assert failed["change"].startswith("CONFIG SET maxmemory-policy noeviction")


def test_it_looks_again_until_ctrl_c(dev: Dev) -> None:
    watching = subprocess.Popen(
        command("doctor", "--watch", "--json"), env=dev.environment, stdout=subprocess.PIPE, text=True
    )
    assert watching.stdout is not None
    with Redis.from_url(dev.where["redis_url"]) as redis:
        try:
            assert json.loads(watching.stdout.readline())["verdict"] == "WARN"
            redis.config_set("maxmemory-policy", "allkeys-lru")
            while json.loads(watching.stdout.readline())["verdict"] != "FAIL":
                pass
        finally:
            redis.config_set("maxmemory-policy", "noeviction")
            watching.send_signal(signal.SIGINT)
    assert watching.wait(STOP_S_MAX) == exits.INTERRUPTED
    watching.stdout.close()


def test_nothing_there_is_told_not_raised(alone: Call) -> None:
    outcome = alone("doctor", "--redis-url", "redis://127.0.0.1:1/0", "--api-url", "http://127.0.0.1:1")
    assert outcome.code == exits.RUN_FAILED
    assert outcome.err == ""
    assert outcome.out.count("FAIL") == 2
    assert "start lhredis server" in outcome.out
