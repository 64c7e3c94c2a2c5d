"""versions: a name with its version, as every table writes it: `order/0.1`, `approve-wish/3`."""

from __future__ import annotations

import re

from lhredis.errors import InvalidArgument

_MAJOR = re.compile(r"(\d{1,10})(?:\.(\d{1,10}))?")
_NUMBER = re.compile(r"\d{1,10}")


def spec_version(word: str, major: int | None, revision: int | None) -> tuple[str, int | None, int | None]:
    """`order`, `order/0`, `order/0.1`, or what the options say. InvalidArgument says how it is written."""
    name, slash, version = word.partition("/")
    if not slash:
        return word, major, revision
    _said_once(word, major, revision)
    found = _MAJOR.fullmatch(version)
    if found is None:
        raise InvalidArgument(f"expected <name>/<major>.<revision>, like {name}/0.1; got {word!r}")
    return name, int(found[1]), None if found[2] is None else int(found[2])


def written(major: int | None, revision: int | None) -> str:
    """What follows the name of a WfSpec to say so: `/0.1`, `/0`, or nothing."""
    if major is None:
        return ""
    return f"/{major}" if revision is None else f"/{major}.{revision}"


def numbered_version(word: str, number: int | None) -> tuple[str, int | None]:
    """`car`, `car/3`, or what the other word says. InvalidArgument says how it is written."""
    name, slash, version = word.partition("/")
    if not slash:
        return word, number
    _said_once(word, number)
    if not _NUMBER.fullmatch(version):
        raise InvalidArgument(f"expected <name>/<version>, like {name}/3; got {word!r}")
    return name, int(version)


def _said_once(word: str, *versions: object) -> None:
    if any(version is not None for version in versions):
        raise InvalidArgument(f"{word!r} names a version already: say it once")
