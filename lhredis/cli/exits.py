"""exits: what the exit code of a command means, and how its errors are shown."""

from __future__ import annotations

import io
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

import typer

from lhredis import errors
from lhredis.cli.groups import Group
from lhredis.cli.options import Settings

OK = 0
RUN_FAILED = 1
USAGE = 2
NOT_FOUND = 3
UNREACHABLE = 4
TIMEOUT = 5
BUG = 70
FILE = 74
INTERRUPTED = 130

MEANINGS = {
    OK: "done; of a run that was waited for: COMPLETED",
    RUN_FAILED: "the run ended in ERROR or EXCEPTION, a bulk job FAILED, doctor found a FAIL",
    USAGE: "wrong arguments, or refused as invalid",
    NOT_FOUND: "nothing has this id",
    UNREACHABLE: "the API or Redis cannot be reached",
    TIMEOUT: "what was waited for did not happen in time",
    BUG: "a bug in lhredis",
    FILE: "a file cannot be read or written: no space, no permission",
    INTERRUPTED: "Ctrl-C, or no to a question",
}
"""The one table of exit codes; the help shows it."""

CODES: dict[type[Exception], int] = {
    errors.LHRedisError: BUG,
    errors.InvalidArgument: USAGE,
    errors.AlreadyExists: USAGE,
    errors.FailedPrecondition: USAGE,
    errors.ResourceExhausted: USAGE,
    errors.NotFound: NOT_FOUND,
    errors.Unavailable: UNREACHABLE,
    errors.DeadlineExceeded: TIMEOUT,
    OSError: FILE,
}
"""Error class → exit code; a subclass has that of its nearest parent here, all else is a BUG."""

HELP = "Exit codes:\n\n\b\n" + "\n".join(f"  {code:>3}  {meaning}" for code, meaning in MEANINGS.items())

UNREACHABLE_HINT = (
    "  `lhredis doctor` tells what to change; `lhredis dev` starts all that is needed in this folder."
)

PROBLEM_TYPE_PREFIX = "https://lhredis.dev/problems/"


class Commands(Group):
    """The root of all commands: an error of any of them becomes a red line and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        _open_what_is_closed()
        _write_what_is_not_in_the_alphabet()
        settings = ctx.ensure_object(Settings)
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, typer.Abort):  # Abort: at a prompt, or no was answered
            if sys.stderr.isatty():
                print(file=sys.stderr)  # what the shell says next does not belong behind a prompt or ^C
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:  # `lhredis list … | head`: a click Exit would write to the pipe again
            sys.stderr.close()
            raise typer.Exit(OK) from None
        except Exception as error:
            if type(error).__module__.startswith(("click.", "typer.")):
                _explain_hyphen(error)
                raise
            _exit(_code(error), error, settings)


def _open_what_is_closed() -> None:
    """`>&-`: whoever closes a stream wants nothing of it; and the next file must not be taken for it."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115


def _write_what_is_not_in_the_alphabet() -> None:
    """A stream that is not UTF-8 gets an escape for what it cannot hold."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _explain_hyphen(error: Exception) -> None:
    """Nobody means an option by `-5`."""
    option = getattr(error, "option_name", None)
    if isinstance(option, str) and option[1:2].isdigit():
        error.message += ". Write -- before a value that begins with a hyphen"  # type: ignore[attr-defined]


def _code(error: Exception) -> int:
    return next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), BUG)


def _exit(code: int, error: Exception, settings: Settings) -> NoReturn:
    if settings.log_level == "debug":
        traceback.print_exception(error)
    if settings.json:
        print(json.dumps(problem(error)), file=sys.stderr)
    else:
        _print_lines(code, error)
        if code == NOT_FOUND and settings.called is not None:
            _suggest(settings.called)
    raise typer.Exit(code) from None


def problem(error: Exception) -> dict[str, Any]:
    """A problem (RFC 9457) as the API answers it, also for what never got there."""
    from lhredis.client.replies import CODES as PROBLEM_CODES

    code = next((code for code, kind in PROBLEM_CODES.items() if isinstance(error, kind)), "INTERNAL")
    body: dict[str, Any] = {
        "type": PROBLEM_TYPE_PREFIX + code.lower().replace("_", "-"),
        "code": code,
        "detail": str(error) or type(error).__name__,
    }
    if isinstance(error, errors.InvalidSpec):
        body["problems"] = [{"path": one.path, "message": one.message} for one in error.problems]
    return body


def _print_lines(code: int, error: Exception) -> None:
    from pydantic import ValidationError

    from lhredis.cli.console import err

    if isinstance(error, errors.InvalidSpec):
        err().print(f"error: {len(error.problems)} problem(s)", style="bold red", markup=False)
        for one in error.problems:
            err().print(f"  {one}", style="red", markup=False, highlight=False)
        return
    text = str(error) or type(error).__name__
    if code == BUG and isinstance(error, ValidationError):
        text = f"{text} (the API is of another version: see `lhredis version`; else it is a bug in lhredis)"
    elif code == BUG:
        text = f"{type(error).__name__}: {text} (a bug in lhredis; --log-level debug shows where)"
    err().print(f"error: {text}", style="bold red", markup=False, highlight=False)
    if code == UNREACHABLE:
        err().print(UNREACHABLE_HINT, markup=False, highlight=False)


def _suggest(called: typer.Context) -> None:
    from lhredis.cli.console import err
    from lhredis.cli.similar import meant

    for name in meant(called):
        err().print(f"  did you mean {name!r}?", markup=False, highlight=False)
