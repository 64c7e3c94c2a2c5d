"""status: `lhredis version` and `lhredis health`."""

from __future__ import annotations

from lhredis.cli.connect import connect
from lhredis.cli.options import ApiUrl, Json, Level


def version(api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None) -> None:
    """The version of this command, and of the server if one answers."""
    from lhredis import __version__
    from lhredis.cli.console import out, print_json
    from lhredis.errors import LHRedisError

    server = None
    try:
        with connect(api_url) as client:
            server = client.server()
    except LHRedisError:
        pass  # no server is no error here
    if as_json:
        print_json({"version": __version__, "server": server})
        return
    out().print(f"lhredis {__version__}")
    out().print(f"server  {server['version']}" if server else "server  none answers", markup=False)


def health(api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None) -> None:
    """Whether the API can do its work now: exit code 0, or 4."""
    from lhredis.cli.console import out, print_json
    from lhredis.cli.tables import grid

    with connect(api_url) as client:
        ready = client.ready()
        server = client.server()
        url = client.base_url
    if as_json:
        print_json(ready)
        return
    redis = server.get("redis")
    rows = {
        "API": url,
        "status": ready.get("status"),
        "version": server.get("version"),
        "redis": redis.get("server") if isinstance(redis, dict) else redis,
        "partitions": server.get("partitions"),
        "durability": server.get("durability"),
    }
    out().print(grid((name, None if value is None else str(value)) for name, value in rows.items()))
