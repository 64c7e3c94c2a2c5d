"""consumers: a name tells who stands behind it, whatever it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lhredis.store.consumers import Consumer, consumer_named

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(worker_id=TEXT, version=st.none() | TEXT, front=TEXT)
def test_the_name_that_a_front_makes_tells_the_worker(worker_id: str, version: str | None, front: str):
    consumer = Consumer(worker_id, version, front)
    assert consumer_named(consumer.name) == consumer


@given(name=TEXT)
def test_any_other_name_is_the_workers_own(name: str):
    assert consumer_named(name) == Consumer(name) or consumer_named(name).name == name


def test_names_that_only_look_like_one():
    for name in ("[", "[]", '["a"]', "[1, 2, 3]", '["a", null, 4]', '{"a": 1}', "host-12-ab"):
        assert consumer_named(name) == Consumer(name)
