"""format_strings: fill the numbered places of a text."""

from __future__ import annotations

import re

from lhredis.engine.language.values import check_length

_PLACEHOLDER = re.compile(r"\{(\d{1,9})\}")


def filled(template: str, values: list[str]) -> str:
    """The text with each `{0}`, `{1}` … replaced by the value of that number; one that has none stays.
    VarSubError when it becomes larger than any value may be."""
    parts: list[str] = []
    characters = at = 0
    for match in _PLACEHOLDER.finditer(template):
        number = int(match[1])
        part = values[number] if number < len(values) else match[0]
        parts += (template[at : match.start()], part)
        at = match.end()
        characters += len(part)
        check_length(characters)
    return "".join((*parts, template[at:]))
