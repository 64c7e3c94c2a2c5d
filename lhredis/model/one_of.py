"""one_of: fields of which exactly one is given (a protobuf `oneof`)."""

from __future__ import annotations

from lhredis.model.ids import Model


def given_of(model: Model, names: tuple[str, ...]) -> list[str]:
    """Which of these fields were given. A null gives nothing, but for `literal_value`: there it is one."""
    return [
        name
        for name in names
        if name in model.model_fields_set and (getattr(model, name) is not None or name == "literal_value")
    ]


def exactly_one(model: Model, names: tuple[str, ...]) -> None:
    """ValueError unless exactly one of these fields was given."""
    given = given_of(model, names)
    if len(given) != 1:
        raise ValueError(f"give exactly one of {', '.join(names)}; got {', '.join(given) or 'none'}")
