"""refusals: make Python's own questions fail loudly while a workflow is built.

The function of a workflow runs once, when it is compiled; a variable has no value then. Without
these methods `if x > 3:` would take the branch for good and `f"{x}"` would hold a Python address.
"""

from __future__ import annotations

from typing import NoReturn

from lhredis.workflow.build_errors import NotKnownYet


class Refusals:
    """Mixed into everything that stands for a value of a WfRun."""

    def __bool__(self) -> NoReturn:
        raise NotKnownYet(
            "a condition is not known while the workflow is built; use wf.do_if(...) or `with wf.if_(...)`, "
            "and & | ~ in place of and, or, not and chained comparisons"
        )

    def __iter__(self) -> NoReturn:
        raise NotKnownYet(
            "the items are not known while the workflow is built; use wf.do_while(...) with an index"
        )

    def __contains__(self, item: object) -> NoReturn:
        raise NotKnownYet(
            "its content is not known while the workflow is built; use x.does_contain(item) or item.is_in(x)"
        )

    def __len__(self) -> NoReturn:
        raise NotKnownYet("the length is not known while the workflow is built; use x.size()")

    def __format__(self, spec: str) -> NoReturn:
        raise NotKnownYet('the text is not known while the workflow is built; use wf.format("… {0} …", x)')

    def __str__(self) -> NoReturn:
        raise NotKnownYet(
            "the text is not known while the workflow is built; use x.cast_to_str() or wf.format(...)"
        )
