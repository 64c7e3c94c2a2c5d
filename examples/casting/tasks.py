"""tasks: reading a thermometer: `lhredis worker examples.casting.tasks`."""

from __future__ import annotations

from lhredis.worker import task


@task
async def read_thermometer(text: str) -> str:
    """The number in what a sensor sent, which is still text."""
    return text.removesuffix("F").strip()


@task
async def to_celsius(fahrenheit: float) -> float:
    return (fahrenheit - 32.0) * 5.0 / 9.0


@task
async def show_temperature(label: str, celsius: int) -> str:
    return f"{label}: {celsius} degrees"
