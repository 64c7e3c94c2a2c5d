"""run_queries: filters of WfRuns as a search of the indexes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from lhredis.api.services import Services
from lhredis.engine.run import SpecVersion
from lhredis.errors import InvalidArgument
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus, VariableType
from lhredis.model.search import VariableMatch, WfRunFilters
from lhredis.model.value_types import ValueType
from lhredis.model.values import Value
from lhredis.store import keys
from lhredis.store.index_words import index_word
from lhredis.store.search import Keys, Search, is_too_many

_HELD: dict[VariableType, type | tuple[type, ...]] = {
    VariableType.BOOL: bool,
    VariableType.INT: (int, float),
    VariableType.DOUBLE: (int, float),
    VariableType.STR: str,
    VariableType.WF_RUN_ID: str,
    VariableType.TIMESTAMP: datetime,
}
"""By what a variable of this type can be found; one of another type by anything (items of a JSON_ARR)."""

STATUSES = tuple(sorted(LHStatus, key=lambda status: (status in TERMINAL_STATUSES, status)))
"""In the order of a run's life: one that ends while sets are read in this order is not missed."""


async def run_search(services: Services, tenant: str, filters: WfRunFilters, newest_first: bool) -> Search:
    """The search that these filters stand for. InvalidArgument when a variable is not searchable."""
    groups: list[Keys] = []
    name, variables = filters.wf_spec_name, filters.variable_filters
    if variables:
        assert name is not None
        words = await words_of(services, tenant, name, variables)
        groups += [_of_variable(tenant, name, word) for word in words]
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


def runs_to_read(
    services: Services, tenant: str, versions: Sequence[SpecVersion], statuses: Iterable[LHStatus]
) -> Keys:
    """The runs to read for what is in those of these versions and statuses: they, or all of the tenant's where
    versions are too many to be looked up one by one."""
    wanted = list(statuses)
    if is_too_many(services.partitions * len(versions) * len(wanted)):
        return lambda partition: [keys.index_runs(partition, tenant)]
    return of_versions(tenant, versions, wanted)


async def versions_of(
    services: Services, tenant: str, name: str | None, major: int | None = None, revision: int | None = None
) -> list[SpecVersion]:
    """The versions meant, deleted ones included, because their runs are still there. Without a name
    those of all WfSpecs."""
    return [
        version
        for version in await services.metadata.used_versions(tenant, name)
        if major in (None, version.major) and revision in (None, version.revision)
    ]


async def check_searchable(
    services: Services, tenant: str, name: str, wanted: Iterable[tuple[str, Value]]
) -> None:
    """InvalidArgument when a variable of a WfSpec is not searchable in any of its versions, or in none holds
    such a value. What a path of JSON leads to may be anything."""
    searchable: dict[str, set[ValueType | None]] = defaultdict(set)
    for version in await services.metadata.wf_spec_versions(tenant, name):
        spec = await services.metadata.wf_spec(tenant, version)
        for thread in spec.thread_specs.values():
            for variable in thread.variable_defs:
                for index_name in variable.index_names:
                    whole = index_name == variable.var_def.name
                    searchable[index_name].add(variable.var_def.type if whole else None)
    for var_name, value in wanted:
        if var_name not in searchable:
            known = ", ".join(sorted(searchable)) or "none"
            raise InvalidArgument(
                f"WfSpec {name!r} has no searchable variable {var_name!r}; there are: {known}"
            )
        kinds = searchable[var_name]
        if not any(_may_hold(kind, value) for kind in kinds):
            types = " or ".join(sorted(kind.name for kind in kinds if kind is not None))
            raise InvalidArgument(f"variable {var_name!r} is {types}: nothing is found by {value!r:.200}")


def _may_hold(kind: ValueType | None, value: Value) -> bool:
    if kind is VariableType.INT and isinstance(value, float) and not value.is_integer():
        return False
    held = _HELD.get(kind) if isinstance(kind, VariableType) else None
    return held is None or (isinstance(value, held) and isinstance(value, bool) == (held is bool))


async def words_of(services: Services, tenant: str, name: str, matches: Sequence[VariableMatch]) -> list[str]:
    """The words of the indexes by which these are found. InvalidArgument as in check_searchable, or when
    nothing is found by such a value."""
    await check_searchable(services, tenant, name, [(match.var_name, match.value) for match in matches])
    return [_word(match) for match in matches]


def _word(match: VariableMatch) -> str:
    try:
        return index_word(match.var_name, match.value)
    except ValueError as error:
        raise InvalidArgument(f"variable {match.var_name!r}: {error}") from None


def _of_variable(tenant: str, name: str, word: str) -> Keys:
    return lambda partition: [keys.index_variable(partition, tenant, name, word)]


def _below(parent: str, deeper: bool) -> Callable[[str], bool]:
    if deeper:
        return lambda wf_run_id: wf_run_id.startswith(f"{parent}_")
    return lambda wf_run_id: wf_run_id.rpartition("_")[0] == parent
