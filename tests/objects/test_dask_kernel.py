"""A table of Dask from a cell, and what is left of it when its kernel is killed."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from oss_jupyter.sandbox import Sandbox
from tests.notebook.kernels import Kernel

np: Any = importlib.import_module("numpy")
pd: Any = importlib.import_module("pandas")  # it has no annotations

MAKE = """
%load_ext oss_jupyter
import numpy as np, pandas as pd, dask.dataframe as dd
df = pd.DataFrame(np.random.default_rng(7).random((200_000, 5)), columns=list("abcde"))
ddf = dd.from_pandas(df, npartitions=2)
"""
UPLOAD = "t = %oss_upload ddf oss://test-bucket/table/ --part-size 1MiB --parallel 2"
MIB = 1024 * 1024


def _sent(service: Sandbox) -> int:
    return sum(request.operation == "UploadPart" and request.status == 200 for request in service.requests)


def test_a_table_of_dask_outlives_its_kernel(new_kernel: Callable[..., Kernel], service: Sandbox, place: Path) -> None:
    """The same cell in another kernel computes it anew, and sends again no part whose bytes are in OSS."""
    service.rate_bytes_per_second = 2 * MIB
    first = new_kernel()
    first.run(MAKE)
    assert first.run(UPLOAD).error is None
    first.run(f"import time\nwhile t.snapshot().confirmed_bytes < {3 * MIB}: time.sleep(0.01)")
    first.kill()
    sent = _sent(service)
    service.rate_bytes_per_second = None

    second = new_kernel()
    second.run("%load_ext oss_jupyter")
    (folder,) = place.parent.joinpath("state").rglob("*.made")
    assert "Run the cell again" in second.run("%oss_uploads resume all\nimport oss_jupyter as oj\n"
        "(t,) = oj.transfers()\nt.wait(20)\nprint(t.error)").text  # fmt: skip
    ended = second.run(f"{MAKE}{UPLOAD}\nprint(t.result().sent, t.snapshot().source)")
    assert ended.error is None
    assert ended.text.split()[-2:] == ["2", "ddf"]
    parts = second.run("import oss_jupyter as oj\nprint(sum(-(-f.size // 2**20) for f in t.result().files()))")
    assert sent >= 3
    assert _sent(service) <= int(parts.text) + 2
    paths = [service.object_path("test-bucket", f"table/part.{number:04}.parquet") for number in (0, 1)]
    found = [pd.read_parquet(path) for path in paths]
    table = pd.DataFrame(np.random.default_rng(7).random((200_000, 5)), columns=list("abcde"))
    pd.testing.assert_frame_equal(pd.concat(found), table)
    assert not folder.exists()
