"""verdict: a seed is played with its faults, and compared with the same runs without any."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from tests.simulation.outcomes import differences, executed
from tests.simulation.world import Plan, Story, play
from tests.simulation.zoo import SPECS

ALONE = "r"
COMPLAINTS_SHOWN_MAX = 25


@dataclass(slots=True)
class Verdict:
    """What was wrong with a seed, in words; nothing when it went as it should."""

    plan: Plan
    story: Story
    complaints: list[str]

    def told(self) -> str:
        """All that somebody needs who has to find out why."""
        runs = " ".join(sorted({name for _, name, _ in self.plan.runs}))
        lines = [
            f"seed {self.plan.seed} failed (WfSpecs: {runs})",
            "",
            *self.story.trace,
            "",
            str(self.plan),
            *(f"- {complaint}" for complaint in self.complaints[:COMPLAINTS_SHOWN_MAX]),
        ]
        return "\n".join(lines)


def judge(plan: Plan) -> Verdict:
    """Play a plan, and find everything that is not as it should be."""
    story = play(plan)
    complaints = list(story.violations)
    for wf_run_id, name, n in plan.runs:
        alone = _without_faults(name, n)
        complaints += differences(alone.outcomes[ALONE], story.outcomes[wf_run_id], wf_run_id)
        if SPECS[name].loose:
            continue
        complaints += differences(
            executed(alone.executed, ALONE), executed(story.executed, wf_run_id), f"{wf_run_id} executed"
        )
    return Verdict(plan, story, complaints)


@cache
def _without_faults(name: str, n: int) -> Story:
    """One run alone, with nothing that goes wrong. AssertionError when not even that comes to an end."""
    story = play(Plan(0, [(ALONE, name, n)]))
    assert not story.violations, "\n".join([*story.trace, f"{name} without any fault:", *story.violations])
    return story
