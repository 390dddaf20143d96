"""What is chosen of a folder on a magic's line, up to the bucket."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.sandbox import Sandbox
from oss_jupyter.sandbox.replies import ServiceError

from .conftest import Shell

NAMES = ("a.csv", "tmp/a.csv", "tmp/keep.csv", "b.json", ".env", ".git/config", "raw/ü +%#'\n.csv")


@pytest.fixture
def folder(place: Path) -> Path:
    """A folder with data and with what is left beside it."""
    root = place / "data"
    for name in NAMES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name, encoding="utf-8")
    os.mkfifo(root / "pipe")
    return root


def content(service: Sandbox, key: str) -> str | None:
    """Return what an object below the prefix holds, None where there is none."""
    try:
        return service.object_path("test-bucket", f"in/{key}").read_text(encoding="utf-8")
    except ServiceError:
        return None


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("data/", {"a.csv", "tmp/a.csv", "tmp/keep.csv", "b.json", "raw/ü +%#'\n.csv"}),
        ("data --include *.csv --exclude tmp/", {"a.csv", "raw/ü +%#'\n.csv"}),
        ("data --exclude tmp/ --include tmp/keep.csv", {"a.csv", "tmp/keep.csv", "b.json", "raw/ü +%#'\n.csv"}),
        ("--exclude * --include *.json data", {"b.json"}),
        ("data --include .env", {".env"}),
        ("data --hidden --exclude=*.csv", {".env", "b.json"}),
        ('"data/*/*.csv" --exclude keep.csv', {"tmp/a.csv", "raw/ü +%#'\n.csv"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_rules_of_a_line_count_in_their_order(shell: Shell, service: Sandbox, line: str, expected: set[str]) -> None:
    """The last one that matches decides, and what arrives is what was chosen, with its bytes."""
    shell.ok(f"t = %oss_upload {line} oss://test-bucket/in/")
    shell.ok("t.result(20)")
    there = {key: content(service, key) for key in NAMES}
    assert there == {key: key if key in expected else None for key in NAMES}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("data/a.csv oss://test-bucket/in/ --include *.csv", "NothingToChoose"),
        ("data/a.csv oss://test-bucket/in/ --hidden", "NothingToChoose"),
        ("data oss://test-bucket/in/ --include !a.csv", "InvalidPattern"),
        ("data oss://test-bucket/in/ --exclude [a", "InvalidPattern"),
        ("data oss://test-bucket/in/ --compare sizes", "UnknownCompare"),
        ("nowhere/*.csv oss://test-bucket/in/", "SourceMissing"),
    ],
)
def test_what_cannot_be_chosen_is_four_lines(shell: Shell, service: Sandbox, line: str, code: str) -> None:
    """In the words of the line, and nothing is sent."""
    ran = shell.run(f"%oss_upload {line}")
    assert isinstance(ran.error, OssJupyterError)
    what, safe, advice, said = ran.error.four_lines()
    assert (safe, said) == ("Nothing was sent.", code)
    assert what
    assert advice
    assert [key for key in NAMES if content(service, key) is not None] == []
