"""What a process remembers of definitions is bounded."""

from __future__ import annotations

from lhredis.store.recent import Recent


def test_a_full_one_forgets_what_came_first() -> None:
    recent: Recent[int, str] = Recent(3)
    for number in range(5):
        recent[number] = str(number)
    assert recent == {2: "2", 3: "3", 4: "4"}


def test_what_is_there_is_replaced_and_nothing_is_forgotten() -> None:
    recent: Recent[int, str] = Recent(2)
    recent[1], recent[2] = "one", "two"
    recent[1] = "uno"
    assert recent == {1: "uno", 2: "two"}
