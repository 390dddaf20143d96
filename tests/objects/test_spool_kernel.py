"""An object of the notebook goes up by the name of its variable, and outlives its kernel."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.sandbox import Sandbox
from tests.notebook.kernels import Cell, Kernel

np: Any = importlib.import_module("numpy")
pd: Any = importlib.import_module("pandas")  # it has no annotations

MAKE = """
%load_ext oss_jupyter
import numpy as np, pandas as pd
df = pd.DataFrame(np.random.default_rng(7).random((200_000, 5)), columns=list("abcde"))
"""
UPLOAD = "t = %oss_upload df oss://test-bucket/t.parquet --part-size 1MiB --parallel 2"
MIB = 1024 * 1024


def _plain(cell: Cell) -> str:
    return "\n".join(bundle["text/plain"] for bundle in cell.bundles)


def _spools(place: Path) -> list[Path]:
    return [path for path in place.parent.joinpath("state").rglob("*") if path.suffix in (".spool", ".draft")]


def _sent(service: Sandbox) -> list[int]:
    return [request.part_number or 0 for request in service.requests if request.operation == "UploadPart"]


@pytest.mark.parametrize("again", ["%oss_uploads resume all", MAKE + UPLOAD], ids=["resumed", "run again"])
def test_a_table_outlives_its_kernel(
    new_kernel: Callable[..., Kernel], service: Sandbox, place: Path, again: str
) -> None:
    """A DataFrame whose kernel is killed goes on from its spool, or by the same cell, and no finished part twice."""
    service.rate_bytes_per_second = 2 * MIB
    first = new_kernel()
    first.run(MAKE)
    assert first.run(UPLOAD).error is None
    done = first.run("import time\nwhile t.snapshot().parts_done < 3: time.sleep(0.01)\nprint(t.snapshot().parts_done)")
    (spool,) = _spools(place)
    assert spool.stat().st_mode & 0o777 == 0o600
    first.kill()
    kept = int(done.text)
    service.rate_bytes_per_second = None

    second = new_kernel()
    banner = second.run("%load_ext oss_jupyter")
    assert "1 unfinished upload: df -> oss://test-bucket/t.parquet, " in _plain(banner)
    assert second.run(again).error is None
    ended = second.run(
        "import oss_jupyter as oj\n(t,) = oj.transfers()\nprint(t.result().kept_bytes, t.snapshot().source)"
    )
    kept_bytes, source = ended.text.split()
    assert (int(kept_bytes) >= kept * MIB, source) == (True, "df")
    assert len(_sent(service)) <= 8 + 2
    table = pd.DataFrame(np.random.default_rng(7).random((200_000, 5)), columns=list("abcde"))
    pd.testing.assert_frame_equal(pd.read_parquet(service.object_path("test-bucket", "t.parquet")), table)
    assert not _spools(place)
    there = second.run(MAKE + UPLOAD + " --wait")
    assert "completed · already there, nothing was sent" in _plain(there)
    assert not _spools(place)
