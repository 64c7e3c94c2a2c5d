"""Query parameters that may be given several times, and the words in the paths of events."""

from __future__ import annotations

import pytest

from lhredis.api.parameters import AWAIT_MS, AWAIT_MS_DEFAULT, EVENT_DEF, IGNORE, read_path, read_query
from lhredis.errors import InvalidArgument, InvalidSpec

KNOWN = (EVENT_DEF, IGNORE, AWAIT_MS)


def test_what_may_be_given_often_is_a_list() -> None:
    assert read_query(b"", KNOWN) == {"event_def": [], "ignore": [], "wait_ms": AWAIT_MS_DEFAULT}
    read = read_query(b"event_def=a&ignore=a/0&event_def=b&ignore=b%2F12&wait_ms=0", KNOWN)
    assert read == {"event_def": ["a", "b"], "ignore": [("a", 0), ("b", 12)], "wait_ms": 0}


def test_lists_of_two_requests_have_nothing_to_do_with_each_other() -> None:
    read_query(b"event_def=a", KNOWN)
    assert read_query(b"", KNOWN)["event_def"] == []


@pytest.mark.parametrize(
    ("query", "says"),
    [
        (b"event_def=a_b", "event_def: letters"),
        (b"ignore=a", "ignore: expected <def>/<number>, like sent/0; got 'a'"),
        (b"ignore=a/-1", "ignore: expected <def>/<number>"),
        (b"ignore=a/b/0", "ignore: expected <def>/<number>"),
        (b"wait_ms=1&wait_ms=2", "wait_ms: is given twice"),
        (b"wait_ms=60001", "wait_ms: expected an integer from 0 to 60000"),
    ],
)
def test_what_is_wrong_is_named(query: bytes, says: str) -> None:
    with pytest.raises(InvalidSpec, match=says):
        read_query(query, KNOWN)


def test_a_key_in_a_path_is_nearly_any_text() -> None:
    assert read_path({"event_def": "paid", "key": "order 1..ü"}) == {"event_def": "paid", "key": "order 1..ü"}
    with pytest.raises(InvalidArgument, match="key: any characters but / and ~"):
        read_path({"key": "a~b"})
    with pytest.raises(InvalidArgument, match="number: expected an integer from 0"):
        read_path({"number": "x"})
