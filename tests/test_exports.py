"""The public surface: what is promised is there, and nothing else."""

from __future__ import annotations

import ast
import importlib.metadata
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import oss_jupyter


@pytest.mark.parametrize("name", oss_jupyter.__all__)
def test_every_name_is_real(name: str) -> None:
    """Each exported name leads to something that is documented."""
    thing = getattr(oss_jupyter, name)
    assert thing is not None
    if not isinstance(thing, str):
        assert inspect.getdoc(thing)


def test_the_list_is_sorted_and_complete() -> None:
    """The list is in order, without repeats, and `dir` shows it."""
    assert list(oss_jupyter.__all__) == sorted(set(oss_jupyter.__all__))
    assert dir(oss_jupyter) == sorted(oss_jupyter.__all__)


def test_no_public_name_is_a_modules() -> None:
    """Loading a module sets its name in the package, where it would take the place of a function."""
    modules = {path.stem for path in Path(oss_jupyter.__file__).parent.iterdir()}
    assert set(oss_jupyter.__all__) & modules == set()


def test_star_import() -> None:
    """``from oss_jupyter import *`` works in a fresh process."""
    program = "from oss_jupyter import *; print(upload.__module__, State.RUNNING)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["oss_jupyter.api", "running"]


def test_an_unknown_name() -> None:
    """Anything else is an AttributeError that names it."""
    with pytest.raises(AttributeError, match="no attribute 'uplaod'"):
        oss_jupyter.uplaod  # noqa: B018


def test_the_version_is_one() -> None:
    """The package and its metadata tell the same version."""
    assert oss_jupyter.__version__ == importlib.metadata.version("oss_jupyter")


def test_the_package_is_typed() -> None:
    """Type checkers may trust the annotations."""
    assert (Path(oss_jupyter.__file__).parent / "py.typed").exists()


def test_every_error_is_in_the_tree() -> None:
    """The drawing in errors.py names every class, and no class that is not there."""
    from oss_jupyter import errors

    classes = {
        name
        for name, kind in vars(errors).items()
        if inspect.isclass(kind) and issubclass(kind, errors.OssJupyterError)
    }
    drawn = {line.split()[0] for line in (errors.__doc__ or "").replace("─", " ").replace("├", " ").replace("└", " ")
             .replace("│", " ").splitlines() if line.startswith("    ") and line.split()}  # fmt: skip
    assert drawn == classes


TEST_FILES = sorted(Path(__file__).parent.rglob("test_*.py"))


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.name)
def test_each_test_says_what_it_is_for(path: Path) -> None:
    """Whoever breaks a test learns from one sentence what would be wrong for whom, and need not guess."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, functions)]
    silent = [node.name for node in nodes if node.name.startswith("test_") and not ast.get_docstring(node)]
    assert silent == []
