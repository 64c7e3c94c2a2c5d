"""migration_plan: whether a WorkflowMigrationPlan makes sense, which threads have to go first, and the plan
as a WfRun takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lhredis.engine.run import Migration, SpecVersion, ThreadMigration
from lhredis.errors import FailedPrecondition, InvalidArgument
from lhredis.model.assignments import VariableAssignment, VariableMutation
from lhredis.model.enums import WfRunVariableAccessLevel
from lhredis.model.ids import Model
from lhredis.model.migration import (
    MigrationVars,
    PutWorkflowMigrationPlanRequest,
    ThreadMigrationPlan,
    ThreadMigrationPlanRequest,
    WorkflowMigrationPlan,
    WorkflowMigrationPlanId,
)
from lhredis.model.types import INPUT, ThreadVarDef
from lhredis.model.wf_spec import ThreadSpec, WfSpec

_NOT_MIGRATED = frozenset(("entrypoint", "exit", "nop"))


def plan_of(
    request: PutWorkflowMigrationPlanRequest, old: WfSpec, new: WfSpec, created_at: str
) -> WorkflowMigrationPlan:
    """The plan as it is registered. InvalidArgument when a name or a pair is wrong, FailedPrecondition when a
    variable that a thread needs would have no owner."""
    if old.id == new.id:
        raise InvalidArgument("major_version: a plan leads to another version than the one it starts from")
    after = _dependencies(request, old, new)
    return WorkflowMigrationPlan(
        workflow_migration_plan_id=WorkflowMigrationPlanId(name=request.name),
        created_at=created_at,
        old_wf_spec=request.old_wf_spec,
        major_version=request.major_version,
        revision=request.revision,
        thread_migrations={
            name: ThreadMigrationPlan(
                new_thread_name=thread.new_thread_name,
                node_migrations=thread.node_migrations,
                thread_spec_dependencies=after[name],
            )
            for name, thread in request.thread_migrations.items()
        },
    )


def _dependencies(
    request: PutWorkflowMigrationPlanRequest, old: WfSpec, new: WfSpec
) -> dict[str, tuple[str, ...]]:
    """For each ThreadSpec that the plan names: those that own variables of its new one, and that the plan
    names too."""
    for name, plan in request.thread_migrations.items():
        _check_thread(name, plan, old, new)
    before, after = _variables(old), _variables(new)
    came_from: dict[str, set[str]] = {}
    for name, plan in request.thread_migrations.items():
        came_from.setdefault(plan.new_thread_name, set()).add(name)
    found = {}
    for name, plan in request.thread_migrations.items():
        owners: set[str] = set()
        for variable in sorted(_used(new.thread_specs[plan.new_thread_name])):
            owner, definition = after.get(variable, (None, None))
            if owner is None or owner == plan.new_thread_name:
                continue
            assert definition is not None
            if owner in came_from:
                owners |= came_from[owner]
            elif _is_inherited(definition):
                continue
            elif variable not in before:
                raise FailedPrecondition(
                    f"thread_migrations.{name}: ThreadSpec {plan.new_thread_name!r} uses variable {variable!r}, "
                    f"which ThreadSpec {owner!r} owns; the plan does not migrate to that one"
                )
            elif before[variable][1].var_def.type != definition.var_def.type:
                raise FailedPrecondition(
                    f"thread_migrations.{name}: ThreadSpec {plan.new_thread_name!r} uses variable {variable!r} as "
                    f"{definition.var_def.type.name}; ThreadSpec {owner!r}, which owns it, is not migrated and has it "
                    f"as {before[variable][1].var_def.type.name}"
                )
        found[name] = tuple(sorted(owners - {name}))
    return found


def _check_thread(name: str, plan: ThreadMigrationPlanRequest, old: WfSpec, new: WfSpec) -> None:
    at = f"thread_migrations.{name}"
    before, after = old.thread_specs.get(name), new.thread_specs.get(plan.new_thread_name)
    if before is None:
        raise InvalidArgument(f"{at}: {_called(old)} has no ThreadSpec {name!r}")
    if after is None:
        raise InvalidArgument(
            f"{at}.new_thread_name: {_called(new)} has no ThreadSpec {plan.new_thread_name!r}"
        )
    if (name == old.entrypoint_thread_name) != (plan.new_thread_name == new.entrypoint_thread_name):
        raise InvalidArgument(
            f"{at}.new_thread_name: an entrypoint ThreadSpec is migrated to the entrypoint ThreadSpec, any other "
            f"to any other; got {name!r} to {plan.new_thread_name!r}"
        )
    if not plan.node_migrations:
        raise InvalidArgument(f"{at}.node_migrations: names no node: no ThreadRun would ever be migrated")
    for node_name, node_plan in plan.node_migrations.items():
        path = f"{at}.node_migrations.{node_name}"
        _check_node(before, node_name, _called(old), path)
        _check_node(after, node_plan.new_node_name, _called(new), f"{path}.new_node_name")
    own = {variable.var_def.name: variable for variable in after.variable_defs}
    for variable in before.variable_defs:
        same = own.get(variable.var_def.name)
        if same is not None and same.var_def.type != variable.var_def.type:
            raise InvalidArgument(
                f"{at}: variable {variable.var_def.name!r} is {variable.var_def.type.name} in the old version "
                f"and {same.var_def.type.name} in the new one: what a ThreadRun has in it would not fit"
            )


def _check_node(spec: ThreadSpec, node_name: str, called: str, path: str) -> None:
    node = spec.nodes.get(node_name)
    if node is None:
        raise InvalidArgument(f"{path}: the ThreadSpec has no node {node_name!r} in {called}")
    if node.kind in _NOT_MIGRATED:
        raise InvalidArgument(f"{path}: a node of the kind {node.kind.upper()} is not migrated")


def _called(spec: WfSpec) -> str:
    return f"WfSpec {spec.id.name!r} {spec.id.major_version}.{spec.id.revision}"


def _variables(spec: WfSpec) -> dict[str, tuple[str, ThreadVarDef]]:
    """Every variable but INPUT with the ThreadSpec that owns it."""
    return {
        variable.var_def.name: (name, variable)
        for name, thread in spec.thread_specs.items()
        for variable in thread.variable_defs
        if variable.var_def.name != INPUT
    }


def _is_inherited(variable: ThreadVarDef) -> bool:
    return variable.access_level is WfRunVariableAccessLevel.INHERITED_VAR


def _used(thread: ThreadSpec) -> set[str]:
    return {
        name
        for part in _parts(thread)
        if (name := part.variable_name if isinstance(part, VariableAssignment) else part.lhs_name) is not None
    }


def _parts(part: Any) -> Iterator[VariableAssignment | VariableMutation]:
    """All assignments and mutations in a part of a spec."""
    if isinstance(part, VariableAssignment | VariableMutation):
        yield part
    if isinstance(part, Model):
        for name in part.model_fields_set:
            yield from _parts(getattr(part, name))
    elif type(part) is tuple:
        for item in part:
            yield from _parts(item)
    elif type(part) is dict:
        for item in part.values():
            yield from _parts(item)


def migration_of(plan: WorkflowMigrationPlan, given: Mapping[str, MigrationVars]) -> Migration:
    """A plan as a WfRun takes it, with what new variables get. InvalidArgument when that is for a ThreadSpec
    that the plan does not name, or neither a literal nor a variable."""
    for name in given:
        if name not in plan.thread_migrations:
            raise InvalidArgument(
                f"migration_vars_by_thread.{name}: the plan migrates no ThreadSpec {name!r}"
            )
    old, threads = plan.old_wf_spec, {}
    for name, thread in plan.thread_migrations.items():
        nodes = {old_name: node.new_node_name for old_name, node in thread.node_migrations.items()}
        threads[name] = ThreadMigration(thread.new_thread_name, nodes, thread.thread_spec_dependencies)
        variables = given[name].var_assignment_by_var_name if name in given else {}
        for variable, assignment in variables.items():
            if assignment.source == "literal_value":
                threads[name].literals[variable] = assignment.literal_value
            elif assignment.source == "variable_name" and _is_whole(assignment):
                assert assignment.variable_name is not None
                threads[name].copied[variable] = assignment.variable_name
            else:
                raise InvalidArgument(
                    f"migration_vars_by_thread.{name}.{variable}: a literal_value, or a variable_name without a "
                    f"path; got {assignment.source}"
                )
    new = SpecVersion(old.name, plan.major_version, plan.revision)
    return Migration(
        plan.workflow_migration_plan_id.name,
        SpecVersion(old.name, old.major_version, old.revision),
        new,
        threads,
    )


def _is_whole(assignment: VariableAssignment) -> bool:
    return assignment.json_path is None and assignment.lh_path is None and assignment.target_type is None
