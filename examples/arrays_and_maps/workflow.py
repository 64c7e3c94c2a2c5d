"""workflow: arrays and maps whose items have a type, checked from the start of a run on.

lhredis deploy examples.arrays_and_maps.workflow
lhredis worker examples.arrays_and_maps.tasks
lhredis run arrays-and-maps 'weights=[3, 7]' 'prices={"apple": 10}' --wait

With 'weights=[3, "seven"]' nothing starts: the second item is no INT.
"""

from __future__ import annotations

from examples.arrays_and_maps.tasks import heaviest, raise_prices
from lhredis.workflow import Workflow, WorkflowThread


def arrays_and_maps(wf: WorkflowThread) -> None:
    weights = wf.declare_array("weights", int, default_value=[3, 7])
    prices = wf.declare_map("prices", str, int, default_value={"apple": 10})

    weights.assign(weights.extend(5).remove_index(0))
    prices["pear"] = weights.size()
    prices.assign(wf.execute(raise_prices, prices, 50))
    top = wf.execute(heaviest, weights)
    wf.complete(wf.format("heaviest {0}, apple {1}, pear {2}", top, prices["apple"], prices["pear"]))


workflow = Workflow("arrays-and-maps", arrays_and_maps)
