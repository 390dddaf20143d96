"""What Shift-Tab shows in a notebook, which is the manual that people read."""

from __future__ import annotations

import inspect

import pytest

import oss_jupyter as oj
from oss_jupyter.model.arguments import ARGUMENTS

from .conftest import Shell


@pytest.mark.parametrize(
    "name", ["oj.upload", "oj.Snapshot", "oj.Receipt", "oj.DatasetReceipt", "oj.Transfer", "oj.settings()"]
)
def test_it_tells_each_thing_once(shell: Shell, name: str) -> None:
    """First come names and defaults, then what each is; the words do not stand in the signature as well."""
    thing = shell.ok(f"import oss_jupyter as oj\n{name}").result
    shown = shell.inner.inspector.info(thing, oname="shown")
    assert "Annotated" not in f"{shown['definition']}{shown['init_definition']}"
    assert shown["docstring"] == inspect.getdoc(thing)


def test_it_tells_every_argument_of_an_upload(shell: Shell) -> None:
    """Whoever forgot a name finds it without leaving the cell."""
    signature = shell.inner.inspector.info(oj.upload, oname="oj.upload")["definition"]
    assert [name for name in ARGUMENTS if f"\n    {name}=" not in signature] == []
