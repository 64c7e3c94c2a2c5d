"""struct_evolution: `lhredis validate-evolution`: may StructDefs change as they did?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lhredis.cli.connect import connect
from lhredis.cli.exits import OK, USAGE
from lhredis.cli.options import ApiUrl, Json, Level
from lhredis.errors import InvalidArgument

if TYPE_CHECKING:
    from lhredis.model.enums import StructDefCompatibilityType
    from lhredis.model.struct_def import PutStructDefRequest, ValidateStructDefEvolutionRequest


def validate_evolution(
    target: Annotated[
        str,
        typer.Argument(
            help="A module, module:class, or a JSON file, as of `lhredis deploy`: its StructDefs."
        ),
    ],
    allow: Annotated[
        str | None,
        typer.Option(
            metavar="UPDATES",
            help="NO_SCHEMA_UPDATES or FULLY_COMPATIBLE_SCHEMA_UPDATES; otherwise what the definition says.",
        ),
    ] = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Tell whether StructDefs may follow the versions that are registered; nothing is registered.

    If one may not, the exit code is 2.
    """
    from lhredis.cli.console import out, print_json
    from lhredis.cli.search_words import parse_choice
    from lhredis.cli.targets import requests_of
    from lhredis.model.enums import StructDefCompatibilityType
    from lhredis.model.struct_def import PutStructDefRequest

    allowed = parse_choice(StructDefCompatibilityType, allow, "--allow")
    wanted = [one for one in requests_of(target) if isinstance(one, PutStructDefRequest)]
    if not wanted:
        raise InvalidArgument(f"{target} has no StructDef")
    with connect(api_url) as client:
        answers = [(one, client.validate_struct_def_evolution(_question(one, allowed))) for one in wanted]
    if as_json:
        print_json({"results": [{"name": one.name, **answer.to_json()} for one, answer in answers]})
    else:
        for one, answer in answers:
            verdict = "may change" if answer.is_valid else f"may not change: {', '.join(answer.fields)}"
            out().print(f"StructDef {one.name}  {verdict}", markup=False)
    raise typer.Exit(OK if all(answer.is_valid for _, answer in answers) else USAGE)


def _question(
    wanted: PutStructDefRequest, allowed: StructDefCompatibilityType | None
) -> ValidateStructDefEvolutionRequest:
    from lhredis.model.ids import StructDefId
    from lhredis.model.struct_def import ValidateStructDefEvolutionRequest

    return ValidateStructDefEvolutionRequest(
        struct_def_id=StructDefId(name=wanted.name),
        struct_def=wanted.struct_def,
        compatibility_type=wanted.allowed_updates if allowed is None else allowed,
    )
