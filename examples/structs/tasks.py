"""tasks: what a garage does with cars: `lhredis worker examples.structs.tasks`."""

from __future__ import annotations

from typing import Annotated

from lhredis.worker import LHStructField, lh_struct_def, task


@lh_struct_def("owner")
class Owner:
    name: str
    phone: Annotated[str, LHStructField(masked=True)]


@lh_struct_def("car", description="Something with four wheels")
class Car:
    make: str
    owner: Owner
    mileage: int = 0


@task
async def drive(car: Car, miles: int) -> Car:
    """A Struct comes as an instance of its class, and goes back as one."""
    return Car(car.make, car.owner, car.mileage + miles)


@task
async def invoice(name: str, miles: int) -> str:
    return f"{name} has driven {miles} miles"
