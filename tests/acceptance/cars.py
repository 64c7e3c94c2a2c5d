"""cars: the StructDefs of the scenarios, and the tasks that work on them."""

from __future__ import annotations

from typing import Any

from lhredis.model.native import Struct
from lhredis.worker import lh_struct_def, task


@lh_struct_def("car")
class Car:
    make: str
    model: str
    mileage: int


@task
async def inc_mileage(car: Car) -> Car:
    return Car(car.make, car.model, car.mileage + 1)


@task
async def change(car: Car, make: str, model: str) -> Car:
    return Car(make, model, car.mileage)


def car(make: str, model: str, mileage: int) -> Struct:
    """What people see of a Car."""
    return Struct("car", {"make": make, "model": model, "mileage": mileage}, 0)


PERSON: dict[str, Any] = {
    "name": {"field_type": "STR"},
    "friends": {"field_type": {"inline_array_def": {"array_type": "STR"}}},
    "phoneNumbers": {"field_type": {"inline_map_def": {"key_type": "STR", "value_type": "STR"}}},
    "address": {
        "field_type": {
            "inline_struct_def": {
                "fields": {"street": {"field_type": "STR"}, "number": {"field_type": "INT"}}
            }
        }
    },
}

OBI_WAN: dict[str, Any] = {
    "name": "Obi-Wan Kenobi",
    "friends": ["Yoda", "Luke"],
    "phoneNumbers": {"home": "111-222-3344"},
    "address": {"street": "Sand Lane", "number": 1},
}
