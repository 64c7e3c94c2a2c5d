"""workflow: casts: what may lose something, or may fail, has to be said.

lhredis deploy examples.casting.workflow
lhredis worker examples.casting.tasks
lhredis run casting reading="212 F" sensor=7 --wait
"""

from __future__ import annotations

from examples.casting.tasks import read_thermometer, show_temperature, to_celsius
from lhredis.workflow import Workflow, WorkflowThread


def measure(wf: WorkflowThread) -> None:
    reading = wf.declare_str("reading").required()
    sensor = wf.declare_int("sensor").required()

    fahrenheit = wf.execute(read_thermometer, reading).cast_to_double()  # text: this could fail
    celsius = wf.execute(to_celsius, fahrenheit)
    whole = celsius.cast_to_int()  # cuts off what is behind the point
    wf.complete(wf.execute(show_temperature, sensor, whole))  # INT to STR goes by itself


workflow = Workflow("casting", measure)
