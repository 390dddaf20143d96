"""Foreign code whose exceptions cannot even be shown: what it breaks is told all the same, in the proper words."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter import api
from oss_jupyter.errors import CredentialsError, ExecutorFailed, InputError, OssJupyterError
from oss_jupyter.model.sizes import KIB
from oss_jupyter.sandbox import Fault, Sandbox

from .conftest import Shell

SHOWN_BY = [SystemExit("0secret0of0its0text0"), RecursionError(), KeyboardInterrupt()]


def unspeakable(raised: BaseException, kind: type[BaseException] = Exception) -> BaseException:
    """Return an exception that raises another when it is asked for its text or repr."""

    def refuse(_self: object) -> str:
        raise raised

    made: BaseException = type("Unspeakable", (kind,), {"__str__": refuse, "__repr__": refuse})()
    return made


class Executor:
    """It raises when it is given work, or lets the work fail."""

    def __init__(self, error: BaseException, *, later: bool) -> None:
        self.error = error
        self.later = later

    def submit(self, _work: Any, *_arguments: Any) -> Future[Any]:
        """Do nothing."""
        if not self.later:
            raise self.error
        future: Future[Any] = Future()
        future.set_exception(self.error)
        return future


@pytest.mark.parametrize("raised", SHOWN_BY, ids=repr)
@pytest.mark.parametrize("kind", [Exception, SystemExit, OSError])
def test_a_provider(
    shell: Shell, service: Sandbox, data: Path, raised: BaseException, kind: type[BaseException]
) -> None:
    """The upload ends as a failure of the provider, and not as something unexpected."""

    def provide() -> tuple[str, str]:
        raise unspeakable(raised, kind)

    with pytest.raises(CredentialsError) as failed:
        api.upload(data, "oss://test-bucket/k", credentials=provide).result(20)
    assert failed.value.code == "CredentialsProviderFailed"
    assert "Unspeakable" in failed.value.what
    assert "0secret0" not in str(failed.value)


@pytest.mark.parametrize("raised", SHOWN_BY, ids=repr)
@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("kind", [Exception, SystemExit])
def test_an_executor(
    shell: Shell, service: Sandbox, data: Path, raised: BaseException, later: bool, kind: type[BaseException]
) -> None:
    """The upload ends as a failure of the executor, whether it raises at once or later."""
    executor: Any = Executor(unspeakable(raised, kind), later=later)
    with pytest.raises(ExecutorFailed, match="Unspeakable"):
        api.upload(data, "oss://test-bucket/k", executor=executor, part_size="1MiB", retries=0).result(20)


@pytest.mark.parametrize("raised", SHOWN_BY, ids=repr)
@pytest.mark.parametrize("kind", [Exception, SystemExit])
def test_a_callback(
    shell: Shell, service: Sandbox, data: Path, raised: BaseException, kind: type[BaseException]
) -> None:
    """The upload ends as it would without the callback, and a note says that it is not called again."""

    def listen(_snapshot: object) -> None:
        raise unspeakable(raised, kind)

    transfer = api.upload(data, "oss://test-bucket/k", on_progress=listen)
    assert transfer.result(20).size == data.stat().st_size
    assert "on_progress raised Unspeakable. It is not called again." in transfer.snapshot().notes


@pytest.mark.parametrize("bucket", ["test-bucket", "no-such-bucket"])
def test_what_was_refused_at_once_leaves_nothing(
    shell: Shell, service: Sandbox, data: Path, tmp_path: Path, bucket: str
) -> None:
    """An upload that was refused before anything was written leaves no file in the checkpoint directory."""
    checkpoints = tmp_path / "checkpoints"
    service.faults.add(Fault("InitiateMultipartUpload", code="AccessDenied", status=403, times=None))
    with pytest.raises(OssJupyterError):
        api.upload(data, f"oss://{bucket}/k", part_size="1MiB", checkpoint_dir=checkpoints, retries=0).result(20)
    assert list(checkpoints.iterdir()) == []


def test_a_provider_that_fails_at_once_leaves_nothing(
    shell: Shell, service: Sandbox, data: Path, tmp_path: Path
) -> None:
    """So does one whose credentials cannot be had, for a file of one part and of many."""
    for size in ("1MiB", "64MiB"):
        with pytest.raises(CredentialsError):
            api.upload(data, "oss://test-bucket/k", part_size=size, credentials=("only-an-id", "")).result(20)
    assert list((tmp_path / "state" / "checkpoints").iterdir()) == []


def test_a_limit_of_before_gets_the_floor_of_today(
    new_shell: Callable[..., Shell], service: Sandbox, data: Path, tmp_path: Path
) -> None:
    """With a byte a second, which an earlier version took, no upload would ever end: 1 KiB a second is the least."""
    new_shell().ok("%load_ext oss_jupyter")
    transfer = api.upload(data, "oss://test-bucket/k", part_size="1MiB", limit="64KiB/s")
    while not transfer.snapshot().upload_id:
        transfer.wait(0.05)
    transfer.pause()
    transfer.wait(20)
    (journal,) = (tmp_path / "state" / "checkpoints").glob("*.journal")
    first, *rest = journal.read_bytes().splitlines(keepends=True)
    entry = json.loads(first.rpartition(b" ")[0]) | {"limit": 5.0}
    text = json.dumps(entry).encode()
    journal.write_bytes(text + b" %08x\n" % zlib.crc32(text) + b"".join(rest))
    new_shell().ok("%load_ext oss_jupyter")
    found = [one for one in api.transfers() if one.id == transfer.id]
    assert [one.limit for one in found] == [KIB]
    with pytest.raises(InputError):
        found[0].set_limit(5)
