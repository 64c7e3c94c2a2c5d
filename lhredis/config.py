"""config: settings that several processes share, each also an environment variable; an empty one is none."""

from __future__ import annotations

import os

REDIS_URL_DEFAULT = "redis://127.0.0.1:6379/0"
API_URL_DEFAULT = "http://127.0.0.1:8000"
TENANT_DEFAULT = "default"


def redis_url() -> str:
    """LHREDIS_REDIS_URL: where Redis or Valkey is."""
    return os.environ.get("LHREDIS_REDIS_URL") or REDIS_URL_DEFAULT


def api_url() -> str:
    """LHREDIS_API_URL: where the HTTP API is, for clients."""
    return os.environ.get("LHREDIS_API_URL") or API_URL_DEFAULT


def tenant() -> str:
    """LHREDIS_TENANT: whose data is meant."""
    return os.environ.get("LHREDIS_TENANT") or TENANT_DEFAULT
