"""What the design says of threads and locks is so: each thread stands in its table, and each lock names its fields."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import oss_jupyter

ROOT = Path(oss_jupyter.__file__).parent
DESIGN = ROOT.parent / "docs" / "design.md"
LOCKS = {"Lock", "RLock", "Condition"}
# Methods of lists, dictionaries, sets and counters that change them.
CHANGES = {"append", "appendleft", "add", "clear", "discard", "extend", "insert", "pop", "popleft", "popitem", "remove"}
CHANGES |= {"setdefault", "update"}
CONTAINERS = {"List", "Dict", "Set", "DictComp", "list", "dict", "set", "bytearray", "deque", "defaultdict", "Counter"}


@cache
def modules() -> dict[Path, ast.Module]:
    """Return each file of the package as it is read."""
    return {path: ast.parse(path.read_text("utf-8")) for path in sorted(ROOT.rglob("*.py"))}


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield each call with the last word of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func).rpartition(".")[2], node


def pattern(name: ast.expr) -> str:
    """Return a thread's name with a star for each part that is filled in."""
    if isinstance(name, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in name.values)
    return str(name.value) if isinstance(name, ast.Constant) else "?"


def threads_of(tree: ast.AST) -> Iterator[str]:
    """Yield the names of the threads that a file starts."""
    values = {ast.unparse(node.targets[0]): node.value for node in ast.walk(tree) if isinstance(node, ast.Assign)}
    for called, call in calls(tree):
        named = {word.arg: word.value for word in call.keywords}
        if called == "Thread":
            yield pattern(named["name"]) if "name" in named else "without a name"
        elif called == "ThreadPoolExecutor":
            yield f"{pattern(named['thread_name_prefix'])}_*" if "thread_name_prefix" in named else "without a name"
        elif called == "start_thread":
            yield pattern(values.get(ast.unparse(call.args[1]), call.args[1]))


def test_the_table_of_threads_is_complete() -> None:
    """Whoever reads a stack dump of a kernel finds each thread in the design, and none there that is gone."""
    section = DESIGN.read_text("utf-8").partition("## Threads, locks and processes")[2].partition("\n- ")[0]
    table = {re.sub(r"[A-Z]+", "*", name) for name in re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)}
    started = {name for path, tree in modules().items() if path.name != "threads.py" for name in threads_of(tree)}
    assert started == table


def field_of(node: ast.AST) -> str | None:
    """Return ``_name`` of ``self._name`` and of an item of it."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return node.attr if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self" else None


def assigned(tree: ast.AST) -> Iterator[tuple[str, ast.AST | None]]:
    """Yield each field that is assigned or deleted, with what it becomes where that stands beside it."""
    for node in ast.walk(tree):
        targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Delete)):
            for target in targets:
                for one in target.elts if isinstance(target, ast.Tuple) else [target]:
                    if (field := field_of(one)) is not None:
                        yield field, getattr(node, "value", None)


def made_by(kind: ast.ClassDef, makers: set[str]) -> set[str]:
    """Return the fields of a class that begin as what one of these makes: a call of it, or a display like ``[]``."""
    fields = [(field, value) for field, value in assigned(kind) if value is not None]
    return {
        field
        for field, value in fields
        if type(value).__name__ in makers
        or (isinstance(value, ast.Call) and re.split(r"[.\[]", ast.unparse(value.func))[-1] in makers)
    }


def changing(kind: ast.ClassDef) -> set[str]:
    """Return the fields that a class changes once it is made."""
    methods = [node for node in kind.body if isinstance(node, ast.FunctionDef) and node.name != "__init__"]
    found = {field for method in methods for field, _ in assigned(method)}
    containers = made_by(kind, CONTAINERS)
    for method in methods:
        for called, call in calls(method):
            owner = field_of(call.func.value) if isinstance(call.func, ast.Attribute) else None
            if owner in containers and called in CHANGES:
                found.add(str(owner))
    return found


def test_each_lock_names_what_it_guards(subtests: pytest.Subtests) -> None:
    """A maintainer who touches a field learns from the class which lock to take, or whose the field is."""
    locked = {
        f"{path.stem}.{kind.name}": kind
        for path, tree in modules().items()
        for kind in ast.walk(tree)
        if isinstance(kind, ast.ClassDef) and made_by(kind, LOCKS)
    }
    assert len(locked) > 10
    for name, kind in locked.items():
        with subtests.test(name):
            named = set(re.findall(r"\w+", ast.get_docstring(kind) or ""))
            assert sorted((made_by(kind, LOCKS) | changing(kind)) - named) == []
