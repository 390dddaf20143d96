"""The rooms and the arrows between them: what each may import, checked by reading the source."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

import oss_jupyter

ROOT = Path(oss_jupyter.__file__).parent
SHARED = {"errors", "names", "redact", "texts"}
# What a room may import of ours, beside itself; the front door (the empty name) holds the version and loads no room.
ROOMS = {
    "names": set(),
    "redact": {"names", "texts"},
    "errors": {"names", "redact", "texts"},
    "paths": SHARED,
    "crc64": SHARED,
    "version": set(),
    "child": {"texts"},
    "forks": set(),
    "texts": set(),
    "model": SHARED,
    "oss": SHARED | {"forks", "paths", "crc64", "model", "version", ""},
    "local": SHARED | {"paths", "crc64", "model"},
    "objects": SHARED | {"model"},
    "engine": SHARED | {"child", "crc64", "forks", "model", ""},
    "checks": SHARED | {"model", "oss", "local"},
    "session": SHARED | {"child", "forks", "paths", "model", "oss", "local", "objects", "engine", "checks", ""},
    "console": SHARED | {"paths", "model", "local", "engine", "session"},
    "notebook": SHARED | {"forks", "paths", "model", "local", "objects", "engine", "session", "console", ""},
    "remote": SHARED | {"forks", "crc64", "model", "oss", "engine", "session", ""},
    "api": SHARED | {"model", "engine", "session", "notebook", "remote"},
    "sandbox": SHARED | {"child", "paths"},
    "cli": SHARED | {"version", "model", "engine", "session", "console"},
    "__main__": {"child", "cli", "texts"},
    "": SHARED | {"version"},
}
# What a room may import of others, where that is part of its promise.
PACKAGES = {
    "names": set(),
    "redact": set(),
    "errors": set(),
    "child": set(),
    "paths": {"platformdirs"},
    "forks": set(),
    "crc64": {"anycrc"},
    "model": set(),
    "texts": set(),
    "local": {"filelock", "pathspec"},
    "objects": {"numpy", "pyarrow", "requests"},
    "engine": set(),
}
# The folders of the notebook, each on top of those before it.
FLOORS = [
    "notebook.display", "notebook.panel.common", "notebook.panel.card", "notebook.panel.desk", "notebook.panel",
    "notebook.magics", "notebook.completion", "notebook",
]  # fmt: skip
MODULES = sorted(ROOT.rglob("*.py"))
# Where a statement holds others.
BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")


def name_of(path: Path) -> str:
    """Return ``engine.run`` for a file; the package itself is the empty name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def room_of(name: str) -> str:
    return name.partition(".")[0]


@cache
def imports(path: Path, *, lazy: bool = True, types: bool = True) -> frozenset[str]:
    """Return what a file imports, with full names; without `lazy` only what happens when it is loaded."""
    package = ["oss_jupyter", *path.relative_to(ROOT).parent.parts]

    def walk(node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) + 1 - node.level]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names if is_module(f"{module}.{alias.name}"))
        elif isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            for statement in node.body if types else []:
                yield from walk(statement)
        elif lazy or not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for block in BLOCKS:
                for child in getattr(node, block, []):
                    yield from walk(child)

    return frozenset(walk(tree_of(path)))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def is_module(name: str) -> bool:
    place = ROOT.parent.joinpath(*name.split("."))
    return place.is_dir() or place.with_suffix(".py").exists()


def ours(name: str) -> str | None:
    """Return the name within the package, or None for a foreign one."""
    head, _, rest = name.partition(".")
    return rest if head == "oss_jupyter" else None


def modules_of(wanted: Callable[[str], bool]) -> list[Path]:
    """Return the files of the rooms that are wanted."""
    found = [path for path in MODULES if wanted(room_of(name_of(path)))]
    assert found
    return found


def wrong(paths: list[Path], what: Callable[[Path], set[str]]) -> dict[str, set[str]]:
    """Return what is wrong with each file with which something is."""
    return {name_of(path): found for path in paths if (found := what(path))}


def test_no_forbidden_arrow() -> None:
    """A room imports only the rooms it may; the front door reaches the others lazily or for types."""

    def forbidden(path: Path) -> set[str]:
        room = room_of(name_of(path))
        at_once = room != ""
        found = {ours(name) for name in imports(path, lazy=at_once, types=at_once)} - {None}
        return {room_of(name) for name in found if name is not None} - ROOMS[room] - {room}

    assert wrong(MODULES, forbidden) == {}


def test_rooms_that_keep_to_the_standard_library() -> None:
    """Values and rules need nothing from outside; the disk needs a lock; the engine needs nobody's network."""

    def foreign(path: Path) -> set[str]:
        allowed = PACKAGES[room_of(name_of(path))] | set(sys.stdlib_module_names) | {"oss_jupyter"}
        return {name.partition(".")[0] for name in imports(path)} - allowed

    assert wrong(modules_of(lambda room: room in PACKAGES), foreign) == {}


def test_only_the_notebook_knows_ipython() -> None:
    """Neither IPython nor widgets are imported anywhere else, and rich by nobody but the bar of a terminal."""

    def of_a_page(path: Path) -> set[str]:
        rich = set() if name_of(path) == "console.terminal" else {"rich"}
        return {name.partition(".")[0] for name in imports(path)} & {
            "IPython",
            "ipykernel",
            "ipywidgets",
            "anywidget",
            *rich,
        }

    assert wrong(modules_of(lambda room: room not in ("", "notebook")), of_a_page) == {}


def test_values_do_nothing() -> None:
    """The model has no threads, no files and no clock of its own."""
    deeds = {"os", "io", "pathlib", "socket", "subprocess", "threading", "time"}
    assert wrong(modules_of(lambda room: room == "model"), lambda path: deeds & imports(path)) == {}


@pytest.mark.parametrize("name", ["oss/send_part.py", "oss/wire.py"])
def test_the_data_plane_knows_no_sdk(name: str) -> None:
    """A part may be sent where neither the SDK nor credentials are."""
    found = imports(ROOT / name)
    assert not any(module.startswith("alibabacloud") for module in found)
    assert "oss_jupyter.oss.credentials" not in found


@cache
def graph() -> dict[str, set[str]]:
    """Return for every module which of ours it imports, also late and for types. The front door loads others late."""
    found = {name_of(path): {ours(name) or "" for name in imports(path)} for path in MODULES}
    # A package's own files may import each other through it: that is no arrow to the package.
    return {
        name: {other for other in others if other in found and not f"{name}.".startswith(f"{other}.")}
        for name, others in found.items()
        if name
    }


def reached(start: str, arrows: dict[str, set[str]]) -> set[str]:
    """Return what a module imports, by whatever way."""
    found: set[str] = set()
    ahead = [start]
    while ahead:
        new = arrows.get(ahead.pop(), set()) - found
        found |= new
        ahead += new
    return found


def test_no_circles() -> None:
    """No module imports itself, by whatever way, not even inside a function or for types."""
    arrows = graph()
    assert {name for name in arrows if name in reached(name, arrows)} == set()


def floor_of(name: str) -> int:
    """Return how high a module of the notebook stands."""
    return FLOORS.index(name if name in FLOORS else name.rpartition(".")[0])


def test_the_floors_of_the_notebook() -> None:
    """A folder of the notebook imports only those that stand before it."""
    for name, others in graph().items():
        if name.startswith("notebook."):
            inside = {other for other in others if other.startswith("notebook.")}
            assert {other for other in inside if floor_of(other) > floor_of(name)} == set(), name


@pytest.mark.parametrize("statement", ["import oss_jupyter", "import oss_jupyter.engine.run, oss_jupyter.local.store"])
def test_what_importing_costs(statement: str) -> None:
    """Importing the package loads neither requests nor the SDK nor IPython nor a widget."""
    heavy = ["requests", "urllib3", "alibabacloud_oss_v2", "IPython", "ipywidgets", "tornado", "traitlets", "rich"]
    program = f"import sys; {statement}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_sandbox_is_nobodys_business() -> None:
    """Nothing else imports the sandbox."""
    users = {
        name_of(path)
        for path in MODULES
        if room_of(name_of(path)) != "sandbox"
        and any((ours(name) or "").startswith("sandbox") for name in imports(path))
    }
    assert users == set()


def test_files_and_functions_fit_an_eye() -> None:
    """Outside of the sandbox no file has more than 300 lines, and nine of ten functions have fewer than 15."""
    files = [path for path in MODULES if room_of(name_of(path)) != "sandbox"]
    texts = {path: path.read_text(encoding="utf-8") for path in files}
    assert {name_of(path): text.count("\n") for path, text in texts.items() if text.count("\n") > 300} == {}
    lengths = sorted(lines_of(function) for function in functions(files))
    assert lengths[int(0.9 * len(lengths))] < 15


def test_no_function_takes_more_than_eight_arguments() -> None:
    """Whoever calls one can say what each argument is for; what belongs together is one value."""
    files = [path for path in MODULES if room_of(name_of(path)) != "sandbox"]
    taken = {
        function.name: len(function.args.posonlyargs + function.args.args + function.args.kwonlyargs)
        for function in functions(files)
    }
    assert {name: count for name, count in taken.items() if count > 8} == {}


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines a function has, its docstring counted."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def functions(files: list[Path]) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Return all functions of some files."""
    nodes = (node for path in files for node in ast.walk(tree_of(path)))
    return [node for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
