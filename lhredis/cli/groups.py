"""groups: commands that stand in the help with the whole first sentence of theirs."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

SENTENCE_CHARS_MAX = 1000
"""Longer than any: click cuts at 45 characters."""


class Group(TyperGroup):
    """Folds what does not fit a line instead of cutting it off."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        rows = [
            (name, command.get_short_help_str(SENTENCE_CHARS_MAX))
            for name in self.list_commands(ctx)
            if (command := self.get_command(ctx, name)) is not None and not command.hidden
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
