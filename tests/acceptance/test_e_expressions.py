"""E: expressions, and the mutations of edges."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.errors import InvalidArgument
from lhredis.model.enums import LHStatus, VariableMutationType, VariableType
from lhredis.worker import task
from lhredis.workflow import WorkflowThread
from tests.acceptance.cars import OBI_WAN, PERSON
from tests.acceptance.town import Town

T = VariableType
COMPLETED, ERROR = LHStatus.COMPLETED, LHStatus.ERROR


@task
async def add_one(number: int) -> int:
    return number + 1


@task
async def double(number: int) -> int:
    return 2 * number


@task
async def greet(name: str) -> str:
    return f"Greetings {name}"


async def failed_at(town: Town, run: Any, position: int, *words: str) -> None:
    assert run.status is ERROR
    failure = await town.failure(run, 0, position)
    assert failure.failure_name == "VAR_SUB_ERROR"
    for word in words:
        assert word in failure.message


# Texts and sums


async def test_e1_extend_a_text(town: Town) -> None:
    await town.deploy(lambda wf: wf.complete(wf.declare_str("text").extend("-suffix")))
    assert (await town.run({"text": "hello"})).thread_runs[0].output == "hello-suffix"


async def test_e1_extend_a_text_in_place(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        text = wf.declare_str("text")
        text += "-suffix"
        text += 7

    await town.deploy(story)
    assert await town.variable(await town.run({"text": "hello"}), "text") == "hello-suffix7"


@pytest.mark.parametrize("before", [137, None])
async def test_e2_expression_as_task_input(town: Town, before: int | None) -> None:
    await town.work(add_one)

    def story(wf: WorkflowThread) -> None:
        x, result = wf.declare_int("x"), wf.declare_int("result")
        result.assign(wf.execute(add_one, x + 1))

    await town.deploy(story)
    run = await town.play({"x": 1, "result": before})
    assert run.status is COMPLETED
    assert await town.variables(run) == {"x": 1, "result": 3}


DIVISIONS = [
    (5, 2, 2.0),
    (5.0, 2, 2.5),
    (5, 2.0, 2.5),
    (5.0, 2.0, 2.5),
    (-5, 2, -2.0),
    (-5.0, 2, -2.5),
]


@pytest.mark.parametrize(("lhs", "rhs", "quotient"), DIVISIONS)
async def test_e4_division_of_json_into_double(town: Town, lhs: Any, rhs: Any, quotient: float) -> None:
    def story(wf: WorkflowThread) -> None:
        given, result = wf.declare_json_obj("given"), wf.declare_double("result")
        result.assign(given["lhs"] / given["rhs"])

    await town.deploy(story)
    run = await town.run({"given": {"lhs": lhs, "rhs": rhs}})
    found = await town.variable(run, "result")
    assert found == quotient and type(found) is float


@pytest.mark.parametrize(("lhs", "rhs", "quotient"), DIVISIONS)
async def test_e4_division_of_json_into_int(town: Town, lhs: Any, rhs: Any, quotient: float) -> None:
    def story(wf: WorkflowThread) -> None:
        given, result = wf.declare_json_obj("given"), wf.declare_int("result")
        result.assign(given["lhs"] / given["rhs"])

    await town.deploy(story)
    run = await town.run({"given": {"lhs": lhs, "rhs": rhs}})
    found = await town.variable(run, "result")
    assert found == int(quotient) and type(found) is int


async def test_e4_division_of_a_double_variable_into_int_is_refused(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.declare_int("result").assign(wf.declare_double("d") / 2)

    with pytest.raises(InvalidArgument, match="Cannot assign DOUBLE to INT"):
        await town.deploy(story)


@pytest.mark.parametrize(
    ("given", "price"),
    [
        ({"quantity": 3, "price": 100.0, "pct": 10}, 270.0),
        ({"quantity": 3, "price": 100.0, "pct": None}, None),
        ({"quantity": 3, "price": 100.0}, None),
    ],
)
async def test_e5_discount_that_is_null(town: Town, given: dict[str, Any], price: float | None) -> None:
    def story(wf: WorkflowThread) -> None:
        order, total = wf.declare_json_obj("order"), wf.declare_double("total")
        discount = wf.subtract(1.0, order["pct"].divide(100.0))
        total.assign(order["quantity"].multiply(order["price"]).multiply(discount))

    await town.deploy(story)
    run = await town.run({"order": given})
    if price is None:
        await failed_at(town, run, 0, "null")
    assert await town.variable(run, "total") == price


@pytest.mark.parametrize(("a", "b", "sum_"), [(900, 2.7, 902), (1.9, -0.5, 1), (-1.9, 0, -1), (2, 3, 5)])
async def test_e5_a_sum_of_json_into_int_is_cut(town: Town, a: Any, b: Any, sum_: int) -> None:
    def story(wf: WorkflowThread) -> None:
        json, result = wf.declare_json_obj("json"), wf.declare_int("result")
        result.assign(json["a"] + json["b"])

    await town.deploy(story)
    found = await town.variable(await town.run({"json": {"a": a, "b": b}}), "result")
    assert found == sum_ and type(found) is int


async def test_e5_a_double_of_json_into_int_is_not(town: Town) -> None:
    await town.deploy(lambda wf: wf.declare_int("result").assign(wf.declare_json_obj("json")["a"]))
    await failed_at(town, await town.run({"json": {"a": 12.3}}), 0, "DOUBLE")


@pytest.mark.parametrize(
    ("template", "args", "text"),
    [
        ("Hi {0}!", ["Leia"], "Hi Leia!"),
        ("{1} {0} {1}", ["a", "b"], "b a b"),
        ("{0} of {1}", [1234, 1.5], "1234 of 1.5"),
        ("{0}", [None], "null"),
        ("{0}", [True], "true"),
    ],
)
async def test_e6_format_string(town: Town, template: str, args: list[Any], text: str) -> None:
    def story(wf: WorkflowThread) -> None:
        given = wf.declare_json_arr("args")
        wf.complete(wf.format(template, *(given[index] for index in range(len(args)))))

    await town.deploy(story)
    assert (await town.run({"args": args})).thread_runs[0].output == text


# Writing into JSON


@pytest.mark.parametrize("before", [{"foo": "old", "x": 1}, {"foo": {"a": 1}}, {}])
async def test_e7_write_into_json(town: Town, before: dict[str, Any]) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.declare_json_obj("json")["foo"] = "bar"

    await town.deploy(story)
    run = await town.run({"json": before})
    assert run.status is COMPLETED
    assert await town.variable(run, "json") == before | {"foo": "bar"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, None),
        ({"other": 1}, None),
        ({"foo": None}, None),
        ({"foo": {}}, {"foo": {"bar": "baz"}}),
        ({"foo": {"bar": 1, "x": 2}}, {"foo": {"bar": "baz", "x": 2}}),
    ],
)
async def test_e8_write_deep_into_json(town: Town, before: dict[str, Any], after: Any) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.declare_json_obj("json")["foo"]["bar"] = "baz"

    await town.deploy(story)
    run = await town.run({"json": before})
    if after is None:
        await failed_at(town, run, 0, "missing property")
    assert await town.variable(run, "json") == (before if after is None else after)


async def test_e8_a_missing_path_reads_as_null(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        json = wf.declare_json_obj("json")
        wf.complete(json["no"]["such"]["place"] == None)  # noqa: E711

    await town.deploy(story)
    for given in ({"a": 1}, {"no": None}, {"no": {"such": []}}, None):
        assert (await town.run({"json": given})).thread_runs[0].output is True


async def test_e9_writing_into_arrays_of_json(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        json = wf.declare_json_obj("json")
        json["items"][1]["n"] += 5
        json["items"][0] = "first"

    await town.deploy(story)
    run = await town.run({"json": {"items": [0, {"n": 1}]}})
    assert await town.variable(run, "json") == {"items": ["first", {"n": 6}]}
    await failed_at(town, await town.run({"json": {"items": [0]}}), 0)


async def test_e9_a_json_path_into_a_text_is_refused(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.complete(wf.declare_json_obj("json").with_json_path("$.a"))

    def retype(form: Any) -> None:
        form["thread_specs"]["entrypoint"]["variable_defs"][0]["var_def"]["type_def"] = "STR"

    with pytest.raises(InvalidArgument, match="STR"):
        await town.deploy_changed(story, retype)


# Sizes


@pytest.mark.parametrize(
    ("kind", "value", "size"),
    [
        (list[int], [7, 8, 9], 3),
        (list[str], [], 0),
        (T.JSON_ARR, [1, "two", None, {}], 4),
        (T.JSON_ARR, [], 0),
        (T.STR, "hello!", 6),
        (T.STR, "", 0),
    ],
)
async def test_e10_size(town: Town, kind: VariableType | type, value: Any, size: int) -> None:
    await town.work(double)

    def story(wf: WorkflowThread) -> None:
        variable, result = wf.add_variable("v", kind), wf.declare_int("size")
        branch = wf.declare_str("branch", "small")
        result.assign(variable.size())
        wf.execute(double, variable.size())
        wf.do_if(variable.size() > 2, lambda then: branch.assign("gt2"))

    await town.deploy(story)
    run = await town.play({"v": value})
    assert run.status is COMPLETED
    assert await town.outputs(run) == [2 * size]
    variables = await town.variables(run)
    assert variables["size"] == size
    assert variables["branch"] == ("gt2" if size > 2 else "small")


@pytest.mark.parametrize("value", [7, 1.5, True, {"a": 1}, None])
async def test_e11_size_of_what_has_none(town: Town, value: Any) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.declare_int("size").assign(wf.declare_json_obj("json")["v"].size())

    await town.deploy(story)
    await failed_at(town, await town.run({"json": {"v": value}}), 0, "Cannot resolve size()")


async def test_e11_size_by_json_path(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        json, size = wf.declare_json_obj("json"), wf.declare_int("size")
        size.assign(json["v"].size())

    await town.deploy(story)
    for value, size in (([1, 2], 2), ("abc", 3)):
        assert await town.variable(await town.run({"json": {"v": value}}), "size") == size


@pytest.mark.parametrize("kind", [T.INT, T.BOOL, T.DOUBLE])
async def test_e11_size_of_a_variable_that_has_none_is_refused(town: Town, kind: VariableType) -> None:
    with pytest.raises(InvalidArgument, match=r"size\(\)"):
        await town.deploy(lambda wf: wf.complete(wf.add_variable("v", kind).size()))


# Mutations


def divide_after_changes(wf: WorkflowThread) -> None:
    my_int, my_double = wf.declare_int("my-int"), wf.declare_double("my-double", 2.0)
    my_json = wf.declare_json_obj("my-json", {"n": 1})
    wf.execute(add_one, my_int)
    my_double *= my_int
    my_json["n"] = my_int
    my_int += 8
    my_double /= my_int
    wf.execute(add_one, my_int)


async def test_e13_rollback(town: Town) -> None:
    await town.work(add_one)
    await town.deploy(divide_after_changes)
    run = await town.play({"my-int": -8})
    await failed_at(town, run, 1, "Cannot divide by zero")
    assert await town.variables(run) == {"my-int": -8, "my-double": 2.0, "my-json": {"n": 1}}
    assert len(await town.task_runs(run)) == 1


async def test_e13_each_mutation_sees_the_ones_before(town: Town) -> None:
    await town.work(add_one)
    await town.deploy(divide_after_changes)
    run = await town.play({"my-int": -6})
    assert run.status is COMPLETED
    assert await town.variables(run) == {"my-int": 2, "my-double": -6.0, "my-json": {"n": -6}}


async def test_e13_a_mutation_that_fails_is_handled_where_its_node_is(town: Town) -> None:
    await town.work(add_one)

    def story(wf: WorkflowThread) -> None:
        n, handled = wf.declare_int("n", 7), wf.declare_bool("handled", False)
        called = wf.execute(add_one, 1)
        wf.handle_error(called, lambda handler: handled.assign(True), "VAR_SUB_ERROR")
        n += 1
        n /= 0
        wf.complete(n)

    await town.deploy(story)
    run = await town.play()
    assert run.status is COMPLETED
    assert run.thread_runs[0].output == 7
    assert await town.variable(run, "handled") is True
    failure = await town.failure(run, 0, 1)
    assert failure.was_properly_handled and failure.failure_handler_threadrun_id == 1


async def test_e13_the_output_of_a_node_that_did_not_run(town: Town) -> None:
    await town.work(add_one)
    outputs = []

    def story(wf: WorkflowThread) -> None:
        with wf.if_(wf.declare_bool("runs")):
            outputs.append(wf.execute(add_one, 1))
        wf.execute(add_one, outputs[-1])

    await town.deploy(story)
    assert await town.outputs(await town.play({"runs": True})) == [2, 3]
    await failed_at(town, await town.run({"runs": False}), 3, "no output")


async def test_e13_no_edge_holds(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        with wf.if_(wf.declare_bool("flag")):
            wf.complete(1)
        with wf.else_():
            wf.complete(2)

    def drop_else(form: Any) -> None:
        nodes = form["thread_specs"]["entrypoint"]["nodes"]
        (nop,) = (node for name, node in nodes.items() if name.endswith("NOP"))
        assert len(nop["outgoing_edges"]) == 2
        del nop["outgoing_edges"][1]
        (gone,) = (name for name in nodes if name.startswith("3-"))
        del nodes[gone]

    await town.deploy_changed(story, drop_else)
    assert (await town.run({"flag": True})).thread_runs[0].output == 1
    await failed_at(town, await town.run({"flag": False}), 1)


async def test_e14_removals_from_a_list(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        items = wf.declare_json_arr("items")
        items.assign(items.remove_if_present(5))
        items.assign(items.remove_if_present("hello"))
        items.assign(items.remove_index(3))

    await town.deploy(story)
    run = await town.run({"items": ["asdf", "asdf", 3, 4, 9]})
    assert await town.variable(run, "items") == ["asdf", "asdf", 3, 9]


Op = VariableMutationType


@pytest.mark.parametrize(
    ("operation", "before", "operand", "after"),
    [
        (Op.REMOVE_IF_PRESENT, ["a", "b", "a"], "a", ["b", "a"]),
        (Op.REMOVE_IF_PRESENT, [1, 1.0, "1"], 1.0, [1, "1"]),
        (Op.REMOVE_INDEX, [1, 2, 3], 0, [2, 3]),
        (Op.REMOVE_INDEX, [1, 2, 3], 3, None),
        (Op.REMOVE_INDEX, [], 0, None),
        (Op.ADD, [1], "x", [1, "x"]),
        (Op.ADD, [1], [2, 3], [1, [2, 3]]),
        (Op.EXTEND, [1], [2, 3], [1, 2, 3]),
    ],
)
async def test_e14_mutations_of_a_list(
    town: Town, operation: VariableMutationType, before: list[Any], operand: Any, after: list[Any] | None
) -> None:
    await town.deploy(lambda wf: wf.mutate(wf.declare_json_arr("items"), operation, operand))
    run = await town.run({"items": before})
    if after is None:
        await failed_at(town, run, 0)
    assert await town.variable(run, "items") == (before if after is None else after)


@pytest.mark.parametrize(("key", "after"), [("a", {"b": 2}), ("nobody", {"a": 1, "b": 2})])
async def test_e15_remove_key(town: Town, key: str, after: dict[str, Any]) -> None:
    await town.deploy(lambda wf: wf.mutate(wf.declare_json_obj("json"), Op.REMOVE_KEY, key))
    assert await town.variable(await town.run({"json": {"a": 1, "b": 2}}), "json") == after


@pytest.mark.parametrize(
    ("base", "exponent", "power"),
    [
        (2, 3, 8),
        (2, -1, 0),
        (0, 0, 1),
        (-2, 3, -8),
        (1, -5, 1),
        (-1, -3, -1),
        (2.0, 3, 8.0),
        (2, 3.0, 8.0),
        (2.0, -1, 0.5),
        (4, 0.5, 2.0),
        (0, -1, None),
        (0.0, -1.0, None),
        (10, 400, None),
        (10.0, 400, None),
        (-8.0, 0.5, None),
    ],
)
async def test_e16_pow(town: Town, base: Any, exponent: Any, power: Any) -> None:
    def story(wf: WorkflowThread) -> None:
        json = wf.declare_json_obj("json")
        json["power"] = json["base"].pow(json["exponent"])

    await town.deploy(story)
    run = await town.run({"json": {"base": base, "exponent": exponent}})
    if power is None:
        await failed_at(town, run, 0)
    else:
        found = (await town.variable(run, "json"))["power"]
        assert found == power and type(found) is type(power)


@pytest.mark.parametrize(
    ("operation", "a", "b", "result"),
    [
        (Op.ADD, 2**63 - 1, 1, None),
        (Op.MULTIPLY, 2**62, 2, None),
        (Op.SUBTRACT, -(2**63), 1, None),
        (Op.ADD, 2**53 + 1, 1, 2**53 + 2),
        (Op.DIVIDE, -7, 2, -3),
        (Op.DIVIDE, 7, -2, -3),
    ],
)
async def test_e16_whole_numbers_stay_whole(
    town: Town, operation: VariableMutationType, a: int, b: int, result: int | None
) -> None:
    await town.deploy(lambda wf: wf.mutate(wf.declare_int("a"), operation, wf.declare_int("b")))
    run = await town.run({"a": a, "b": b})
    if result is None:
        await failed_at(town, run, 0)
    assert await town.variable(run, "a") == (a if result is None else result)


# Paths


@task
async def look_up(name: str) -> str:
    return f"Looking up {name}"


@task
async def call(number: str) -> str:
    return f"Calling {number}"


@pytest.mark.parametrize("kind", ["struct", "json"])
async def test_e17_paths(town: Town, kind: str) -> None:
    await town.struct_defs(person=PERSON)
    await town.work(greet, look_up, call)

    def story(wf: WorkflowThread) -> None:
        person = wf.declare_struct("person", "person") if kind == "struct" else wf.declare_json_obj("person")
        wf.execute(greet, person.get("name"))
        wf.execute(look_up, person.get("friends").get(0))
        wf.execute(call, person.get("phoneNumbers").get("home"))

    await town.deploy(story)
    run = await town.play({"person": OBI_WAN})
    assert run.status is COMPLETED
    assert await town.outputs(run) == [
        "Greetings Obi-Wan Kenobi",
        "Looking up Yoda",
        "Calling 111-222-3344",
    ]


@pytest.mark.parametrize("kind", ["struct", "json"])
async def test_e17_paths_that_lead_nowhere_read_null(town: Town, kind: str) -> None:
    await town.struct_defs(person=PERSON)

    def story(wf: WorkflowThread) -> None:
        person = wf.declare_struct("person", "person") if kind == "struct" else wf.declare_json_obj("person")
        friend, number = wf.declare_str("friend", "x"), wf.declare_str("number", "x")
        friend.assign(person["friends"][7])
        number.assign(person["phoneNumbers"]["work"])

    await town.deploy(story)
    run = await town.run({"person": OBI_WAN})
    assert run.status is COMPLETED
    variables = await town.variables(run)
    assert (variables["friend"], variables["number"]) == (None, None)


async def test_e17_a_field_that_a_struct_does_not_have_is_refused(town: Town) -> None:
    await town.struct_defs(person=PERSON)
    with pytest.raises(InvalidArgument, match="'rank'"):
        await town.deploy(lambda wf: wf.complete(wf.declare_struct("person", "person")["rank"]))


@pytest.mark.parametrize("kind", ["struct", "json"])
async def test_e17_writing_at_paths(town: Town, kind: str) -> None:
    await town.struct_defs(person=PERSON)

    def story(wf: WorkflowThread) -> None:
        person = wf.declare_struct("person", "person") if kind == "struct" else wf.declare_json_obj("person")
        person["name"] = "Ben"
        person["friends"][1] = "Leia"
        person["phoneNumbers"]["work"] = "999"
        person["address"]["number"] += 41
        wf.complete(
            wf.format(
                "{0} {1} {2} {3}",
                person["name"],
                person["friends"][1],
                person["phoneNumbers"]["work"],
                person["address"]["number"],
            )
        )

    await town.deploy(story)
    run = await town.run({"person": OBI_WAN})
    assert run.thread_runs[0].output == "Ben Leia 999 42"
