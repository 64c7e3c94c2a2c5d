"""lua: that scripts say what they do, have a mirror, and compute no key (rules 15 to 17 and 19)."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import REPOSITORY, docstrings, modules, plant

LINES_MAX = 80
KEY_PREFIX = "lh:"
KEYS_MODULE = "lhredis/store/keys.py"

# A scan is unbounded, the clock is not ours, and the others take their keys where no check sees them.
FORBIDDEN_COMMANDS = {
    "EVAL", "EVALSHA", "FCALL", "FLUSHALL", "FLUSHDB", "HSCAN", "KEYS", "RANDOMKEY", "SCAN", "SSCAN",
    "TIME", "ZSCAN",
}  # fmt: skip
KEY_IS_THIRD = {"OBJECT", "XGROUP", "XINFO", "MEMORY"}
NO_KEY = {"PUBLISH", "SPUBLISH"}

_FIELD = re.compile(r"^-- (mirror|slot|cost|returns)\s+(\S.*)$", re.MULTILINE)
_ASSIGNMENT = re.compile(
    r"(?:^|;|\bthen|\belse|\bdo)\s*(local\s+)?(\w+(?:\s*,\s*\w+)*)\s*=(?!=)\s*"
    r"(?=(.+?)\s*(?:$|;|\belse|\bend\b))",
    re.MULTILINE,
)
_DECLARATION = re.compile(r"\bfor\s+(.*?)\s*(?:\bin\b|=)|\bfunction\b[^(]*\(([^)]*)\)")


def test_every_script_says_what_it_does_and_has_a_mirror() -> None:
    assert bad_headers(REPOSITORY) == []


def test_no_script_is_too_long() -> None:
    assert long_scripts(REPOSITORY) == []


def test_every_status_is_in_the_header() -> None:
    assert unknown_statuses(REPOSITORY) == []


def test_no_script_computes_a_key() -> None:
    assert computed_keys(REPOSITORY) == []


def test_only_one_file_spells_keys() -> None:
    assert spelled_keys(REPOSITORY) == []


def bad_headers(root: Path) -> list[str]:
    """Scripts without `#!lua`, their own name, a field of the header, or the mirror that it names."""
    complaints = []
    for path, text in scripts(root):
        name = Path(path).stem
        lines = text.splitlines()
        if not lines or not re.fullmatch(r"#!lua( flags=[\w,\-]+)?", lines[0]):
            complaints.append(f"{path}: its first line must be #!lua")
        if len(lines) < 2 or not lines[1].startswith(f"-- {name}: "):
            complaints.append(f"{path}: its second line must be `-- {name}: what it does.`")
        if not re.fullmatch(r"[a-z]+(_[a-z]+)+", name):
            complaints.append(f"{path}: its name must be verb_noun")
        fields = dict(_FIELD.findall(_header(text)))
        for field in ("mirror", "slot", "cost", "returns"):
            if field not in fields:
                complaints.append(f"{path}: its header has no {field}")
        mirror = f"lhredis/store/commands/{name}.py"
        if fields.get("mirror", mirror).strip() != mirror or not (root / mirror).exists():
            complaints.append(f"{path}: its mirror must be {mirror}, and exist")
    for mirror_path, name, _ in modules(root, "lhredis/store/commands"):
        script = f"scripts/lua/{Path(mirror_path).stem}.lua"
        if not mirror_path.endswith("__init__.py") and not (root / script).exists():
            complaints.append(f"{mirror_path}: {name} mirrors {script}, which does not exist")
    return complaints


def long_scripts(root: Path) -> list[str]:
    """Scripts with too many lines of code; comments and empty lines do not count."""
    complaints = []
    for path, text in scripts(root):
        lines = sum(1 for line in _code(text).splitlines() if line.strip())
        if lines > LINES_MAX:
            complaints.append(f"{path}: {lines} lines of code, and {LINES_MAX} are the most")
    return complaints


def unknown_statuses(root: Path) -> list[str]:
    """Answers whose first word is not a word, or not in the header's `returns`."""
    complaints = []
    for path, text in scripts(root):
        told = _told_statuses(text)
        for answer in re.findall(r"\breturn\s*\{\s*([^,}]*)", _code(text)):
            status = answer.strip().strip("'\"")
            if status == answer.strip() or status not in told:
                complaints.append(f"{path}: returns {answer.strip()}, which its header does not tell")
    return complaints


def computed_keys(root: Path) -> list[str]:
    """Calls whose key is not an element of KEYS, or a name that only elements of KEYS are bound to.

    A binding of several names at once is understood; a parameter of a function is not: it takes the
    index of a key.
    """
    complaints = []
    for path, text in scripts(root):
        code = _code(text)
        if KEY_PREFIX in code:
            complaints.append(f"{path}: spells a key")
        bindings = _bindings(code)
        for at, arguments in _calls(code):
            command = arguments[0].strip("'\"").upper()
            is_literal = arguments[0][:1] in ("'", '"')
            if is_literal and command in FORBIDDEN_COMMANDS:
                complaints.append(f"{path}: may not call {command}")
                continue
            if is_literal and (command in NO_KEY or command.startswith("XREAD")):
                continue
            key = arguments[2 if command in KEY_IS_THIRD else 1 :][:1]
            if not key or not (_is_element_of_keys(key[0]) or _is_bound_to_keys(bindings, key[0], at)):
                complaints.append(f"{path}: {', '.join(arguments)}: its key does not come by KEYS")
    return complaints


def spelled_keys(root: Path) -> list[str]:
    """Strings outside `store/keys.py` that start as our keys do."""
    complaints = []
    for path, _, tree in modules(root):
        if path == KEYS_MODULE:
            continue
        ignored = docstrings(tree)
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or id(node) in ignored:
                continue
            text = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
            if isinstance(text, str) and text.startswith(KEY_PREFIX):
                complaints.append(f"{path}:{node.lineno}: {text!r} is for {KEYS_MODULE} to spell")
    return complaints


def scripts(root: Path) -> list[tuple[str, str]]:
    """`(path from the root, text)` of every script."""
    return [
        (str(path.relative_to(root)), path.read_text())
        for path in sorted((root / "scripts/lua").glob("*.lua"))
    ]


def _header(text: str) -> str:
    return re.split(r"^(?!--|#!)", text, maxsplit=1, flags=re.MULTILINE)[0]


def _code(text: str) -> str:
    # Good enough for our scripts: none has `--` in a string, nor a comment of several lines.
    return "\n".join(line.partition("--")[0] for line in text.splitlines() if not line.startswith("#!"))


def _told_statuses(text: str) -> set[str]:
    block = re.search(r"^-- returns\s+(.*(?:\n--\s{8,}.*)*)", _header(text), re.MULTILINE)
    lines = block.group(1).splitlines() if block else []
    return {match.group(1) for line in lines if (match := re.match(r"(?:--\s+)?([\w\-]+)", line))}


def _calls(code: str) -> list[tuple[int, list[str]]]:
    """`(where, arguments)` of every call of a command, by whatever name."""
    aliases = {"redis.call", "redis.pcall"}
    for _, names, values in _ASSIGNMENT.findall(code):
        bound = zip(_split(names), _split(values), strict=False)
        aliases |= {name for name, value in bound if value in ("redis.call", "redis.pcall")}
    pattern = "|".join(re.escape(alias) for alias in aliases)
    found = re.finditer(rf"(?<![\w.])(?:{pattern})\s*\(", code)
    return [(match.start(), _split(code[match.end() :])) for match in found]


def _bindings(code: str) -> list[tuple[int, str, bool, bool]]:
    """`(where, name, is a declaration, is an element of KEYS)` of every binding, in order."""
    found = []
    for match in _ASSIGNMENT.finditer(code):
        values = _split(match[3])
        for number, name in enumerate(_split(match[2])):
            is_key = number < len(values) and _is_element_of_keys(values[number])
            found.append((match.start(2), name, bool(match[1]), is_key))
    for match in _DECLARATION.finditer(code):
        found += [(match.start(), name, True, False) for name in _split(match[1] or match[2] or "")]
    return sorted(found)


def _is_bound_to_keys(bindings: list[tuple[int, str, bool, bool]], wanted: str, at: int) -> bool:
    """Whether all bindings of a name, from its declaration before `at` to its next one, are to KEYS."""
    own = [binding for binding in bindings if binding[1] == wanted]
    declared = [where for where, _, is_declaration, _ in own if is_declaration]
    first = max((where for where in declared if where < at), default=-1)
    last = min((where for where in declared if where > at), default=sys.maxsize)
    meant = [is_key for where, _, _, is_key in own if first <= where < last]
    return bool(meant) and all(meant)


def _is_element_of_keys(expression: str) -> bool:
    if not (expression.startswith("KEYS[") and expression.endswith("]")):
        return False
    inner = expression[len("KEYS[") : -1]
    return len(_split(inner + ")")) == 1 and inner.count("[") == inner.count("]") and ".." not in expression


def _split(text: str) -> list[str]:
    """The parts between top-level commas, up to the bracket that closes what `text` is in."""
    parts, depth, quote = [""], 0, ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth < 0:
                break
        elif character == "," and depth == 0:
            parts.append("")
            continue
        parts[-1] += character
    return [part.strip().rstrip(";") for part in parts if part.strip()]


GOOD = """#!lua
-- claim_partition: take the right to work a partition.
--
-- mirror   lhredis/store/commands/claim_partition.py
-- slot     every key carries the partition's tag
-- cost     O(1)
-- returns  held               ours
--          taken <owner>      another holds it

local owner = KEYS[1]   -- string  who has it

local scheduler_id = ARGV[1]   -- str  who asks

if redis.call('GET', owner) then return {'taken', owner} end
redis.call('SET', owner, scheduler_id)
return {'held'}
"""
MIRROR = {"lhredis/store/commands/claim_partition.py": '"""claim_partition: mirrors."""'}
SCRIPT = "scripts/lua/claim_partition.lua"
ALL_CHECKS = (bad_headers, long_scripts, unknown_statuses, computed_keys)


def test_a_good_script_passes(tmp_path: Path) -> None:
    root = plant(tmp_path, {SCRIPT: GOOD, **MIRROR})
    assert [complaint for check in ALL_CHECKS for complaint in check(root)] == []


@pytest.mark.parametrize("line", GOOD.splitlines()[:2] + GOOD.splitlines()[3:7])
def test_a_header_without_one_of_its_lines_is_reported(tmp_path: Path, line: str) -> None:
    assert bad_headers(plant(tmp_path, {SCRIPT: GOOD.replace(line + "\n", ""), **MIRROR}))


def test_a_script_without_its_mirror_and_a_mirror_without_its_script_are_reported(tmp_path: Path) -> None:
    assert bad_headers(plant(tmp_path / "1", {SCRIPT: GOOD}))
    assert bad_headers(plant(tmp_path / "2", MIRROR))
    other = GOOD.replace("commands/claim_partition.py", "commands/other.py")
    assert bad_headers(plant(tmp_path / "3", {SCRIPT: other, **MIRROR}))


def test_a_long_script_is_reported(tmp_path: Path) -> None:
    long = GOOD + "local x = 1\n" * LINES_MAX
    assert long_scripts(plant(tmp_path, {SCRIPT: long}))
    commented = GOOD + "-- a comment\n\n" * LINES_MAX
    assert long_scripts(plant(tmp_path, {SCRIPT: commented})) == []


@pytest.mark.parametrize("answer", ["return {'gone'}", "return {scheduler_id}"])
def test_a_status_that_the_header_does_not_tell_is_reported(tmp_path: Path, answer: str) -> None:
    assert unknown_statuses(plant(tmp_path, {SCRIPT: GOOD + answer}))


@pytest.mark.parametrize(
    "line",
    [
        "redis.call('GET', owner .. ':more')",
        "redis.call('GET', 'a-key')",
        "redis.call('GET', ARGV[1])",
        "redis.call('GET', KEYS[1] .. KEYS[2])",
        "local key = owner .. 'x'; redis.call('GET', key)",
        "local key = KEYS[1]\nkey = ARGV[1]\nredis.call('GET', key)",
        "local call = redis.call\ncall('GET', 'a-key')",
        "local call, at = redis.call, 3\ncall('GET', at)",
        "local key = KEYS[1]\nif a then key = ARGV[1] else key = KEYS[2] end\nredis.call('GET', key)",
        "local key = KEYS[1]\nfor i = 1, 2 do redis.call('GET', key)\nkey = ARGV[i] end",
        "local a, key = KEYS[1], ARGV[1]\nredis.call('GET', key)",
        "for _, key in ipairs(ARGV) do redis.call('DEL', key) end",
        "local function f(key) redis.call('DEL', key) end",
        "redis.call(unpack(ARGV))",
        "redis.call('SCAN', '0')",
        "redis.call('TIME')",
        "redis.call('XGROUP', 'CREATE', 'a-key', 'workers', '0')",
        "local prefix = 'lh:{p1}'",
    ],
)
def test_a_computed_key_is_reported(tmp_path: Path, line: str) -> None:
    assert computed_keys(plant(tmp_path, {SCRIPT: GOOD + line}))


@pytest.mark.parametrize(
    "line",
    [
        "redis.call('HSET', KEYS[tonumber(ARGV[2])], 'a', 'b')",
        "local key = KEYS[1]; if a then key = KEYS[3] else key = KEYS[2] end; redis.call('GET', key)",
        "local function f(key) redis.call('DEL', KEYS[key]) end\nlocal key = KEYS[1]\nredis.call('DEL', key)",
        "local command, key, n = ARGV[1], KEYS[tonumber(ARGV[2])], 3\nredis.call(command, key, n)",
        "redis.call('XGROUP', 'CREATE', owner, 'workers', '0')",
        "for at = 1, #KEYS do redis.call('DEL', KEYS[at]) end",
        "redis.call('SET', owner, 'x' .. scheduler_id)",
        "redis.call('ZADD', owner, unpack(ARGV, 1, 2))",
    ],
)
def test_a_key_that_comes_by_keys_is_not(tmp_path: Path, line: str) -> None:
    assert computed_keys(plant(tmp_path, {SCRIPT: GOOD + line})) == []


@pytest.mark.parametrize("text", ["x = 'lh:{p1}:runs'", "x = f'lh:{{p{n}}}:runs'", "x = b'lh:meta'"])
def test_a_key_that_is_spelled_elsewhere_is_reported(tmp_path: Path, text: str) -> None:
    assert spelled_keys(plant(tmp_path / "1", {"lhredis/store/runs.py": text}))
    assert spelled_keys(plant(tmp_path / "2", {KEYS_MODULE: text, "lhredis/a.py": '"""lh: said."""'})) == []
