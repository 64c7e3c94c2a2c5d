"""where: which API and which Redis a command means: as told, else the `lhredis dev` of this folder."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from lhredis import config

DATA_FOLDER_DEFAULT = Path(".lhredis")
NOTE_NAME = "dev.json"
"""In the data folder of a running `lhredis dev`: where it is."""


def find_api_url(given: str | None) -> str:
    """What was given (an option or LHREDIS_API_URL), else a running dev's, else the default."""
    return given or _of_dev("api_url") or config.API_URL_DEFAULT


def find_redis_url(given: str | None) -> str:
    """As `find_api_url`. A worker that took another Redis than the API would wait for ever."""
    return given or _of_dev("redis_url") or config.REDIS_URL_DEFAULT


def write_note(folder: Path, note: dict[str, Any]) -> None:
    """Tell commands that start in this folder's parent where dev is."""
    (folder / ".gitignore").write_text("*\n")
    beside = folder / f"{NOTE_NAME}.new"
    beside.write_text(json.dumps({**note, "pid": os.getpid()}, indent=2) + "\n")
    beside.replace(folder / NOTE_NAME)


def remove_note(folder: Path) -> None:
    (folder / NOTE_NAME).unlink(missing_ok=True)


def _of_dev(name: str) -> str | None:
    with contextlib.suppress(OSError, ValueError, KeyError):
        note = json.loads((DATA_FOLDER_DEFAULT / NOTE_NAME).read_text())
        os.kill(note["pid"], 0)  # OSError: it was killed and could not take its note away
        return str(note[name])
    return None
