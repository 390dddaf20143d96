"""The spool of an object: private, counted, gone at every end, kept with what can be resumed."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import oss_jupyter as oj
from oss_jupyter.errors import CheckpointNotWritable, InputError
from oss_jupyter.sandbox import Fault, Sandbox
from oss_jupyter.session.session import current_session
from tests.notebook.conftest import Shell
from tests.notebook.kernels import Kernel

np: Any = importlib.import_module("numpy")
MIB = 1024 * 1024
DATA = os.urandom(3 * MIB)


def _left(place: Path) -> list[str]:
    """Return the endings of what lies in the checkpoint directory, locks left out."""
    files = [path for path in place.parent.joinpath("state", "checkpoints").rglob("*") if path.is_file()]
    return sorted(path.suffix for path in files if path.suffix != ".lock")


def _first_parts(service: Sandbox) -> int:
    return [request.part_number for request in service.requests].count(1)


def _paused(service: Sandbox, **more: Any) -> oj.Transfer:
    """Return an upload of DATA of which one part is in OSS."""
    service.faults.add(Fault("UploadPart", part_number=2, kind="stall", times=None))
    transfer = oj.upload(DATA, "oss://test-bucket/k", part_size="1MiB", parallel=1, **more)
    while not transfer.snapshot().parts_done:
        transfer.wait(0.01)
    transfer.pause()
    transfer.wait(20)
    service.faults.clear()
    return transfer


@pytest.mark.parametrize("end", ["complete", "abort", "forget"])
def test_the_spool_goes_with_its_upload(service: Sandbox, shell: Shell, place: Path, end: str) -> None:
    """It is kept and counted while the upload can be resumed, and removed however that ends."""
    transfer = _paused(service)
    assert _left(place) == [".journal", ".spool"]
    assert "1 spool of objects and streams takes 3 MiB in " in shell.ok("%oss_uploads").text
    if end == "complete":
        transfer.resume()
        transfer.result(20)
        assert _first_parts(service) == 1
        assert service.object_path("test-bucket", "k").read_bytes() == DATA
    elif end == "abort":
        transfer.abort()
        transfer.wait(20)
    else:
        oj.forget(transfer.id)
    assert _left(place) == []
    assert "spool" not in shell.ok("%oss_uploads").text


def test_what_is_queued_is_on_disk_already(service: Sandbox, shell: Shell, place: Path) -> None:
    """An object whose turn has not come survives its kernel, too, and clean removes nothing of it."""
    oj.settings().uploads_at_once = 1
    service.faults.add(Fault("UploadPart", kind="stall", times=None))
    first = oj.upload(DATA, "oss://test-bucket/1", part_size="1MiB")
    queued = oj.upload(DATA, "oss://test-bucket/2", part_size="1MiB")
    assert str(queued.state) == "queued"
    assert _left(place).count(".spool") == _left(place).count(".journal") == 2
    shell.ok("%oss_uploads clean")
    assert _left(place).count(".spool") == 2
    for transfer in (queued, first):
        transfer.abort()
        transfer.wait(20)
    assert _left(place) == []


def test_other_bytes_are_another_upload(service: Sandbox, place: Path) -> None:
    """The same variable with other data never mixes with what was begun."""
    _paused(service)
    oj.upload(DATA[::-1], "oss://test-bucket/k", part_size="1MiB").result(20)
    assert service.object_path("test-bucket", "k").read_bytes() == DATA[::-1]
    assert _left(place) == [".journal", ".spool"]


def test_a_lost_spool_is_said_and_made_again(service: Sandbox, place: Path) -> None:
    """Somebody removed it: four lines name the object, and the same cell goes on with what is in OSS."""
    transfer = _paused(service)
    (spool,) = place.parent.joinpath("state", "checkpoints").rglob("*.spool")
    spool.unlink()
    transfer.resume()
    with pytest.raises(oj.OssJupyterError) as refused:
        transfer.result(20)
    assert refused.value.code == "SpoolMissing"
    assert " bytes " in refused.value.what
    oj.upload(DATA, "oss://test-bucket/k", part_size="1MiB").result(20)
    assert _first_parts(service) == 1
    assert service.object_path("test-bucket", "k").read_bytes() == DATA


def test_it_has_no_other_place(service: Sandbox, tmp_path: Path) -> None:
    """Only files can be found at another path."""
    service.faults.add(Fault("UploadPart", part_number=2, code="InternalError", status=500, times=None))
    transfer = oj.upload(DATA, "oss://test-bucket/k", part_size="1MiB", retries=0)
    transfer.wait(20)
    (tmp_path / "f.bin").write_bytes(DATA)
    with pytest.raises(InputError) as refused:
        current_session().relocate(transfer, tmp_path / "f.bin")
    assert refused.value.code == "NoFile"


def test_what_the_disk_cannot_hold_is_refused_with_the_numbers(service: Sandbox, place: Path) -> None:
    """Before anything is written, where the size is known."""
    huge = np.memmap(place / "sparse", mode="w+", shape=(10**13,), dtype="u1")
    with pytest.raises(CheckpointNotWritable) as refused:
        oj.upload(huge, "oss://test-bucket/k.npy")
    assert "9.1 TiB more are needed, and " in refused.value.what
    assert refused.value.safe == "Nothing was sent."
    assert _left(place) == []


_LIMITED = """
import resource, sys
import pandas as pd, polars as pl, oss_jupyter as oj
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
df = pd.DataFrame({"a": range(100_000)})
query = pl.LazyFrame({"a": range(100_000)}).with_columns(pl.col("a").sin())
given = [(df, "t.csv"), (df, "t.parquet"), (df, "t.json"), (query, "t.csv"), (query, "t.parquet"), (query, "t.json")]
for table, key in given:
    try:
        oj.upload(table, f"oss://test-bucket/{key}")
    except oj.OssJupyterError as error:
        print(error.code)
"""


def test_a_disk_that_is_full_while_it_is_written(service: Sandbox, place: Path) -> None:
    """Whatever a library makes of the system's refusal, the numbers are told, and nothing is left."""
    done = subprocess.run([sys.executable, "-c", _LIMITED], capture_output=True, text=True, timeout=100)
    assert done.stdout.split() == ["NoRoomForSpool"] * 6, done.stdout + done.stderr
    assert _left(place) == []


_SLOW = """
%load_ext oss_jupyter
import time
class Slow(dict):
    def items(self):
        for number in range(10**9):
            yield str(number), "x" * 1000
            if number % 1000 == 0: time.sleep(0.01)
data = Slow(a=1)
"""


@pytest.mark.parametrize("how", ["interrupt", "kill"])
def test_a_cell_that_is_stopped_while_it_writes(
    new_kernel: Callable[..., Kernel], service: Sandbox, place: Path, how: str
) -> None:
    """Ctrl-C leaves no spool and says so in a line; what a killed kernel left goes when the next object is written."""
    kernel = new_kernel()
    kernel.run(_SLOW + "import json; json.encoder.c_make_encoder = None")
    cell = kernel.begin("%oss_upload data oss://test-bucket/k.json")
    kernel.until(lambda: any("writing it to disk first: " in bundle["text/plain"] for bundle in cell.bundles))
    assert ".draft" in _left(place)
    if how == "interrupt":
        kernel.interrupt()
        kernel.until(lambda: cell.idle)
        assert cell.error is not None
        kernel.until(lambda: any("stopped while it was written to disk: " in one["text/plain"] for one in cell.bundles))
        assert cell.error["traceback"] == [
            "Interrupted while data was being written: nothing was sent, and nothing of it is left."
        ]
    else:
        kernel.kill()
        assert ".draft" in _left(place)
        oj.upload(b"x", "oss://test-bucket/x").result(20)
    assert ".draft" not in _left(place)
    assert ".spool" not in _left(place)
    assert not service.uploads("test-bucket")


_ADAPTER = """
class Adapter:
    suffixes = (".shout",)
    def takes(self, value): return type(value).__name__ == "Shout"
    def write(self, value, file, suffix, options): file.write(value.text.upper().encode() + options.get("end", b""))
adapter = Adapter()
"""
_USES_IT = """
import oss_jupyter as oj
class Shout: text = "hello"
oj.upload(Shout(), "oss://test-bucket/a.shout", writer_options={"end": b"!"}).result(20)
"""


def test_other_packages_add_their_own(service: Sandbox, place: Path, tmp_path: Path) -> None:
    """An entry point is enough, and what it takes goes up as it writes it."""
    packages = tmp_path / "packages"
    (packages / "shout-1.0.dist-info").mkdir(parents=True)
    (packages / "shout.py").write_text(_ADAPTER, "utf-8")
    (packages / "shout-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: shout\nVersion: 1.0\n", "utf-8"
    )
    entry = "[oss_jupyter.objects]\nshout = shout:adapter\n"
    (packages / "shout-1.0.dist-info" / "entry_points.txt").write_text(entry, "utf-8")
    environment = os.environ | {"PYTHONPATH": str(packages)}
    done = subprocess.run([sys.executable, "-c", _USES_IT], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert service.object_path("test-bucket", "a.shout").read_bytes() == b"HELLO!"


def test_what_no_variable_names_is_called_what_people_call_it(service: Sandbox, shell: Shell, place: Path) -> None:
    """An open file by its name, other objects by their type."""
    (place / "notes.txt").write_bytes(b"notes")
    with (place / "notes.txt").open("rb") as file:
        called = [
            oj.upload(value, f"oss://test-bucket/{number}.json").snapshot().source
            for number, value in enumerate((file, b"1", bytearray(b"2"), {"a": 1}))
        ]
    assert called == ["notes.txt", "bytes", "a bytearray", "a dict"]


def test_a_query_of_polars_is_interrupted(new_kernel: Callable[..., Kernel], service: Sandbox, place: Path) -> None:
    """polars listens to no interrupt; the cell ends all the same, and nothing of the object is left."""
    kernel = new_kernel()
    kernel.run("%load_ext oss_jupyter\nimport oss_jupyter as oj, polars as pl")
    cell = kernel.begin(
        "a = pl.LazyFrame({'a': range(60_000)})\nq = a.join(a, how='cross').with_columns(c=pl.col('a').sin())\n"
        "oj.upload(q, 'oss://test-bucket/k.parquet')"
    )
    kernel.until(lambda: bool(cell.bundles))
    kernel.interrupt()
    kernel.until(lambda: cell.idle)
    assert cell.error is not None
    assert "nothing of it is left" in cell.error["evalue"]
    assert _left(place) == []
    assert kernel.run("print('alive')").text == "alive\n"
