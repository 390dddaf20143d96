"""Temporary credentials that expire while a command uploads: it waits where others can come, else it ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from oss_jupyter.sandbox import Fault, Key, Sandbox

from .conftest import Typed, is_there, parts_sent, until_asked

UPLOAD = ("upload", "trips.bin", "oss://test-bucket/k", "--part-size", "1MiB", "--parallel", "2")
EXPIRED = Fault("UploadPart", code="SecurityTokenExpired", status=403, times=None, skip=2)
PARTS = 8


@pytest.mark.parametrize("words", [UPLOAD, ("upload", "photos", *UPLOAD[2:])], ids=["a file", "a folder"])
def test_nobody_can_renew_an_environment(
    run: Callable[..., Typed], service: Sandbox, data: Path, words: tuple[str, ...]
) -> None:
    """The command ends with four lines, and the one that they name carries on once there are others."""
    (data.parent / "photos").mkdir()
    (data.parent / "photos" / "trips.bin").write_bytes(data.read_bytes())
    service.faults.add(EXPIRED)
    ended = run(*words)
    paused, _, safe, then, code = ended.err.splitlines()[-5:]
    assert (ended.status, safe, code) == (1, "The place is kept.", "SecurityTokenExpired"), ended.err
    assert paused.startswith("paused · ")
    service.faults.clear()
    service.clear_requests()
    done = run(*then.partition("oss-jupyter ")[2].split())
    assert done.status == 0, done.err
    assert parts_sent(service) == PARTS - 2


def test_where_no_place_is_kept(run: Callable[..., Typed], service: Sandbox, data: Path) -> None:
    """Nothing is named that would find nothing."""
    service.faults.add(EXPIRED)
    ended = run(*UPLOAD, "--checkpoint-dir", "none")
    assert (ended.status, "give the same command again" in ended.err, "resume" in ended.err) == (1, True, False)


def test_a_profile_can_be_renewed(
    begin: Callable[..., Typed], service: Sandbox, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said once that new credentials are waited for; those that are put there are taken."""
    for name in ("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET"):
        monkeypatch.delenv(name)
    config = tmp_path / "home" / ".ossutilconfig"
    config.parent.mkdir(exist_ok=True)
    config.write_text("[default]\naccessKeyId=test-key-id\naccessKeySecret=test-key-secret\n")
    config.chmod(0o600)
    service.faults.add(EXPIRED)
    upload = begin(*UPLOAD)
    until_asked(service)
    assert upload.process.stderr is not None
    assert upload.process.stderr.readline().startswith("trips.bin: Waiting for new credentials: ")
    service.faults.clear()
    service.keys.put(Key("next-key-id", "next-key-secret"))
    config.write_text("[default]\naccessKeyId=next-key-id\naccessKeySecret=next-key-secret\n")
    assert upload.end().status == 0, upload.err
    assert "Waiting for new" not in upload.err
    assert is_there(service, data)
