"""run_queries: filters of WfRuns as a search of the indexes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from lhredis.api.services import Services
from lhredis.engine.run import SpecVersion
from lhredis.errors import InvalidArgument
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus
from lhredis.model.search import VariableMatch, WfRunFilters
from lhredis.store import keys
from lhredis.store.index_words import index_word
from lhredis.store.search import Keys, Search

STATUSES = tuple(sorted(LHStatus, key=lambda status: (status in TERMINAL_STATUSES, status)))
"""In the order of a run's life: one that ends while sets are read in this order is not missed."""


async def run_search(services: Services, tenant: str, filters: WfRunFilters, newest_first: bool) -> Search:
    """The search that these filters stand for. InvalidArgument when a variable is not searchable."""
    groups: list[Keys] = []
    name, variables = filters.wf_spec_name, filters.variable_filters
    if variables:
        assert name is not None
        await check_searchable(services, tenant, name, [match.var_name for match in variables])
        groups += [_of_variable(tenant, name, match) for match in variables]
    by_version = filters.wf_spec_major_version is not None or filters.status is not None
    if by_version or (name is not None and not variables):
        versions = await versions_of(
            services, tenant, name, filters.wf_spec_major_version, filters.wf_spec_revision
        )
        statuses = STATUSES if filters.status is None else (filters.status,)
        groups.append(of_versions(tenant, versions, statuses))
    partitions: Sequence[int] = range(services.partitions)
    keep = None
    parent = filters.parent_wf_run_id
    if parent is not None:
        partitions = [services.partition_of(parent)]
        root = parent.partition("_")[0]
        groups.append(lambda partition: [keys.index_tree(partition, tenant, root)])
        keep = _below(parent, filters.show_full_tree)
    if not groups:
        groups.append(lambda partition: [keys.index_runs(partition, tenant)])
    return Search(groups, partitions, *filters.between_ms, newest_first, keep)


def of_versions(tenant: str, versions: Sequence[SpecVersion], statuses: Iterable[LHStatus]) -> Keys:
    """The runs of these versions that have one of these statuses."""
    words = [(version, status.name) for status in statuses for version in versions]
    return lambda partition: [keys.index_status(partition, tenant, *word) for word in words]


async def versions_of(
    services: Services, tenant: str, name: str | None, major: int | None = None, revision: int | None = None
) -> list[SpecVersion]:
    """The versions meant, deleted ones included, because their runs are still there. Without a name
    those of all WfSpecs."""
    metadata = services.metadata
    names = [name] if name is not None else [one.name for one in await metadata.wf_spec_names(tenant)]
    return [
        version
        for version in await metadata.used_versions(tenant, names)
        if major in (None, version.major) and revision in (None, version.revision)
    ]


async def check_searchable(services: Services, tenant: str, name: str, wanted: Iterable[str]) -> None:
    """InvalidArgument when a variable of a WfSpec is not searchable in any of its versions."""
    searchable: set[str] = set()
    for version in await services.metadata.wf_spec_versions(tenant, name):
        spec = await services.metadata.wf_spec(tenant, version)
        for thread in spec.thread_specs.values():
            for variable in thread.variable_defs:
                searchable.update(variable.index_names)
    for var_name in wanted:
        if var_name not in searchable:
            known = ", ".join(sorted(searchable)) or "none"
            raise InvalidArgument(
                f"WfSpec {name!r} has no searchable variable {var_name!r}; there are: {known}"
            )


def _of_variable(tenant: str, name: str, match: VariableMatch) -> Keys:
    try:
        word = index_word(match.var_name, match.value)
    except ValueError as error:
        raise InvalidArgument(f"variable {match.var_name!r}: {error}") from None
    return lambda partition: [keys.index_variable(partition, tenant, name, word)]


def _below(parent: str, deeper: bool) -> Callable[[str], bool]:
    if deeper:
        return lambda wf_run_id: wf_run_id.startswith(f"{parent}_")
    return lambda wf_run_id: wf_run_id.rpartition("_")[0] == parent
