"""cron: when a cron expression comes next, in a time zone. Pure: the time is an argument.

Five fields, as Debian's cron reads them (names like MON, and L, LW and # for days, too). Where clocks
change, a job of a fixed time runs once: in the hour that is left out, right after it; in the hour that
comes twice, the first time. A job with a `*` in its minutes or hours goes by the time that passes.
"""

from __future__ import annotations

from datetime import datetime, tzinfo

from cronsim import CronSim, CronSimError

from lhredis.errors import InvalidArgument
from lhredis.model.limits import CRON_CHARS_MAX

FIELDS = 5


def next_tick(expression: str, zone: tzinfo, after_ms: int) -> int | None:
    """The first tick after a moment; both in epoch ms. None when there is none in the next 50 years.

    InvalidArgument names what is wrong with the expression.
    """
    if len(expression) > CRON_CHARS_MAX:
        raise InvalidArgument(
            f"cron_expression: at most {CRON_CHARS_MAX} characters (CRON_CHARS_MAX); got {len(expression)}"
        )
    if not expression.isascii() or len(expression.split()) != FIELDS:
        raise InvalidArgument(
            "cron_expression: expected five fields (minute, hour, day of the month, month, day of the week), "
            f'like "5 0 * 8 *"; got {expression!r}'
        )
    try:
        for tick in CronSim(expression, datetime.fromtimestamp(after_ms // 1000, zone)):
            tick_ms = int(tick.timestamp()) * 1000
            if tick_ms > after_ms:  # in the hour that comes twice, cronsim starts from the first one
                return tick_ms
    except CronSimError as error:
        raise InvalidArgument(f"cron_expression: {error}; got {expression!r}") from None
    except (OverflowError, ValueError):  # behind the year 9999
        return None
    return None
