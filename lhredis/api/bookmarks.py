"""bookmarks: where a page ended, as a word that means nothing to anybody else."""

from __future__ import annotations

import base64
from typing import Any

import orjson

from lhredis.errors import InvalidArgument
from lhredis.store.walk import Place

BOOKMARK_CHARS_MAX = 8_192
MS_MAX = 2**53


def write_bookmark(kind: str, place: Place, inside: tuple[int, ...] = ()) -> str:
    """`kind` tells what was searched, and in which order; `inside` how far the page got in the last one."""
    return base64.urlsafe_b64encode(orjson.dumps([kind, *place, *inside])).decode().rstrip("=")


def read_bookmark(kind: str, text: str | None, inside: int = 0) -> tuple[Place, tuple[int, ...]] | None:
    """What was written, `inside` numbers long. InvalidArgument when it is of another kind, or no bookmark."""
    if text is None:
        return None
    try:
        if len(text) > BOOKMARK_CHARS_MAX:
            raise ValueError
        form: Any = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        is_list = type(form) is list and len(form) == 3 + inside and form[0] == kind
        if not is_list or not _is_number(form[1]) or type(form[2]) is not str:
            raise ValueError
        if not all(_is_number(number) for number in form[3:]):
            raise ValueError
    except ValueError:
        raise InvalidArgument(
            "bookmark: is none that this API gave for such a search, in this order"
        ) from None
    return (form[1], form[2]), tuple(form[3:])


def _is_number(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MS_MAX
