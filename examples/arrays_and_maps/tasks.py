"""tasks: a shop that weighs its baskets: `lhredis worker examples.arrays_and_maps.tasks`."""

from __future__ import annotations

from typing import Annotated

from lhredis.worker import LHType, task

Weights = Annotated[list[int], LHType(array=True)]
"""A native Array<INT>; without LHType, `list[int]` is a JSON_ARR, whose items may be anything."""

Prices = Annotated[dict[str, int], LHType(map=True)]


@task
async def heaviest(weights: Weights) -> int:
    return max(weights)


@task
async def raise_prices(prices: Prices, percent: int) -> Prices:
    return {name: price + price * percent // 100 for name, price in prices.items()}
