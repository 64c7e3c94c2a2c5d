"""turns: some of many at a time, each in its turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Turns:
    """Where to go on. What is there may change from one turn to the next."""

    def __init__(self, size_max: int) -> None:
        self._size_max = size_max
        self._first = 0

    def take(self, everything: Sequence[T]) -> list[T]:
        """The next `size_max`, from the beginning again after the end."""
        first = self._first % len(everything) if everything else 0
        self._first = first + self._size_max
        return [*everything[first:], *everything[:first]][: self._size_max]
