"""Uploads that outlive their kernel, with real processes: who is killed is killed, and the next one looks."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import oss_jupyter as oj
from oss_jupyter.engine.transfer import coordinator_of
from oss_jupyter.errors import InputError
from oss_jupyter.model.progress import PartState
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.sandbox import Fault, Sandbox
from oss_jupyter.session.detached.job import HostedDataset, HostedJob
from oss_jupyter.session.detached.link import HostGone, ask
from oss_jupyter.session.history import find_history
from oss_jupyter.session.planning import plan
from oss_jupyter.session.session import Session

from .conftest import MIB, Shell
from .detached_kit import (
    WAIT_SECONDS,
    a_folder,
    after_a_killed_kernel,
    alive,
    files_of,
    hosted_states,
    is_there,
    killed_in_the_middle,
    next_kernel,
    transfer_files,
    until,
)

__all__ = ["next_kernel"]

PAUSE_SECONDS = 2.0
NOWHERE: dict[str, Any] = {"checkpoint_dir": None}


def test_it_outlives_a_killed_kernel_and_obeys_the_next(service: Sandbox, data: Path, next_kernel: Session) -> None:
    """It is shown live, pauses, takes a limit, resumes and ends as the file; then its process ends, too."""
    known = killed_in_the_middle()
    pid = ask("hello")
    (transfer,) = next_kernel.transfers()
    assert (transfer.id, transfer.state) == (known, oj.State.RUNNING)
    transfer.pause()
    assert transfer.wait(WAIT_SECONDS)
    assert transfer.state is oj.State.PAUSED
    assert transfer.snapshot().parts_done < 8
    transfer.limit = "20MiB/s"
    assert transfer.limit == 20 * 1024 * 1024
    service.rate_bytes_per_second = None
    transfer.resume()
    assert transfer.result(WAIT_SECONDS).parts == 8
    assert is_there(service, data)
    until(lambda: not alive(pid))


def test_its_parts_can_be_looked_at(service: Sandbox, data: Path, next_kernel: Session) -> None:
    """A kernel that sends nothing of it itself knows which parts are in OSS, and how far one on the wire is."""
    killed_in_the_middle()
    (transfer,) = next_kernel.transfers()
    until(lambda: bool(transfer.snapshot().flights))
    flight = transfer.snapshot().flights[0]
    first, last = transfer.part(1), transfer.part(8)
    assert (first.state, first.sent_bytes, first.length) == (PartState.DONE, MIB, MIB)
    assert (last.state, last.offset, last.sent_bytes) == (PartState.WAITING, 7 * MIB, 0)
    assert transfer.part(flight.part_number).attempts == 1
    for number in (0, 9):
        with pytest.raises(IndexError):
            transfer.part(number)


def test_it_is_told_that_it_goes_on(service: Sandbox, data: Path, next_kernel: Session, shell: Shell) -> None:
    """Loading the extension and cells say so while it moves, and no longer when it is paused."""
    killed_in_the_middle()
    loaded = shell.ok("%reload_ext oss_jupyter").text
    assert "1 upload goes on without its kernel: " in loaded
    assert loaded.strip().endswith("Watch with: %oss_uploads")
    words = "It goes on without this kernel."
    assert words in shell.ok("%oss_uploads").text
    (transfer,) = next_kernel.transfers()
    assert words in shell.ok(f"%oss_uploads show {transfer.id}").text
    transfer.pause()
    assert transfer.wait(WAIT_SECONDS)
    assert words not in shell.ok("%oss_uploads").text
    assert "goes on without" not in shell.ok("%reload_ext oss_jupyter").text


def test_nobody_else_can_look_into_it(service: Sandbox, data: Path, next_kernel: Session, place: Path) -> None:
    """Directory, socket and key are the user's; keys are in no file, and in neither arguments nor environment."""
    killed_in_the_middle()
    host, pid = place.parent / "state" / "host", ask("hello")
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in (host, *host.iterdir())}
    assert modes == {"host": 0o700, "socket": 0o600, "address": 0o600, "key": 0o600, "lock": 0o600}
    seen = [path for path in host.parent.rglob("*") if path.is_file()]
    seen += [Path(f"/proc/{pid}/{name}") for name in ("environ", "cmdline") if Path("/proc/self").exists()]
    assert not [path for path in seen if b"test-key-secret" in path.read_bytes()]


def test_where_its_host_dies_it_goes_on_in_another(service: Sandbox, data: Path, next_kernel: Session) -> None:
    """Its handle is interrupted; resuming it starts another host, which keeps the parts that are in OSS."""
    known = killed_in_the_middle()
    (hosted,) = next_kernel.transfers()
    pid = ask("hello")
    os.kill(pid, signal.SIGKILL)
    until(lambda: hosted.state is oj.State.INTERRUPTED)
    service.rate_bytes_per_second = None
    assert [(one, one.state) for one in next_kernel.transfers()] == [(hosted, oj.State.INTERRUPTED)]
    (transfer,) = next_kernel.resume(known)
    assert transfer is hosted
    assert isinstance(coordinator_of(transfer), HostedJob)
    assert ask("hello") != pid
    assert transfer.result(WAIT_SECONDS).kept_bytes > 0
    assert is_there(service, data)


def test_without_detach_it_goes_on_in_the_kernel(service: Sandbox, data: Path, next_kernel: Session) -> None:
    """The same cell without it takes the upload back where its host has ended."""
    killed_in_the_middle()
    os.kill(ask("hello"), signal.SIGKILL)
    until(lambda: [one.state for one in next_kernel.transfers()] == [oj.State.INTERRUPTED])
    service.rate_bytes_per_second = None
    transfer = next_kernel.upload("trips.bin", "oss://test-bucket/k", UploadArguments.of(part_size="1MiB"))
    assert transfer.result(WAIT_SECONDS).kept_bytes > 0
    assert is_there(service, data)
    with pytest.raises(HostGone):
        ask("hello")


def test_it_waits_for_credentials_that_the_next_kernel_hands_it(
    service: Sandbox, data: Path, next_kernel: Session
) -> None:
    """A token that has expired stops it where it stands; with other credentials it goes on in the same process."""
    known = killed_in_the_middle("credentials=('test-key-id', 'test-key-secret')")
    pid = ask("hello")
    service.faults.add(Fault("UploadPart", code="SecurityTokenExpired", status=403, ec="0002-00000007", times=None))
    (transfer,) = next_kernel.transfers()
    until(lambda: transfer.state is oj.State.WAITING_FOR_CREDENTIALS)
    service.faults.clear()
    service.rate_bytes_per_second = None
    next_kernel.resume(known, credentials=("test-key-id", "test-key-secret"))
    assert transfer.result(WAIT_SECONDS).parts == 8
    assert is_there(service, data)
    assert ask("hello") == pid


def test_the_next_kernel_hands_on_what_its_environment_holds(
    service: Sandbox, data: Path, next_kernel: Session
) -> None:
    """An upload that was signed by the environment goes on by itself as soon as a kernel with good keys lists it."""
    killed_in_the_middle()
    expired = Fault("UploadPart", code="SecurityTokenExpired", status=403, ec="0002-00000007", times=None)
    service.faults.add(expired)
    until(lambda: hosted_states() == [oj.State.WAITING_FOR_CREDENTIALS])
    service.faults.clear()
    service.rate_bytes_per_second = None
    (transfer,) = next_kernel.transfers()
    assert transfer.result(WAIT_SECONDS).parts == 8
    assert is_there(service, data)


def test_a_folder_outlives_a_killed_kernel(service: Sandbox, place: Path, next_kernel: Session) -> None:
    """Its files arrive identical; the next kernel sees them, finds single ones, and pauses all within a second."""
    files = a_folder(place / "photos")
    (known,) = after_a_killed_kernel(
        "t = oj.upload('photos', 'oss://test-bucket/p/', detach=True)",
        "while t.snapshot().files.done < 20: time.sleep(0.05)",
    )
    (transfer,) = next_kernel.transfers()
    assert isinstance(transfer, oj.DatasetTransfer)
    assert (transfer.id, transfer.state) == (known, oj.State.RUNNING)
    large = next(one for one in files_of(transfer).on_the_wire if one.transfer_id)
    child = transfer.child(large.transfer_id)
    assert child is not None
    assert child.target.key == "p/large.bin"
    assert [one.key for one in transfer.find("LARGE")] == ["p/large.bin"]
    assert [one.key for one in transfer.files_at(large.number)] == ["p/large.bin"]
    begun_at = time.monotonic()
    transfer.pause()
    assert transfer.wait(WAIT_SECONDS)
    assert time.monotonic() - begun_at < PAUSE_SECONDS
    assert 0 < files_of(transfer).done < len(files)
    service.rate_bytes_per_second = None
    transfer.resume()
    receipt = transfer.result(WAIT_SECONDS)
    assert (receipt.total, receipt.failed) == (len(files), 0)
    assert {one.key for one in receipt.files()} == {f"p/{name}" for name in files}
    assert all(service.object_path("test-bucket", f"p/{name}").read_bytes() == data for name, data in files.items())


@pytest.mark.parametrize("kind", ["glob", "list", "mapping", "plan"])
def test_whatever_is_a_dataset_can_be_handed_over(
    service: Sandbox, place: Path, next_kernel: Session, kind: str
) -> None:
    """A pattern, several paths, keys of one's own, and what a plan has shown go up as they do without detach."""
    service.rate_bytes_per_second = None
    files = a_folder(place / "photos")
    detached = UploadArguments.of(detach=True, exclude="large.bin")
    if kind == "plan":
        shown = plan(next_kernel, "photos", "oss://test-bucket/p/", UploadArguments.of(exclude="large.bin"))
        transfer = shown.upload(detach=True)
    else:
        sources = {"glob": "photos/*/*.jpg", "list": ["photos/0", "photos/1"], "mapping": {"photos": "own/"}}
        transfer = next_kernel.upload(sources[kind], "oss://test-bucket/p/", detached)
    assert isinstance(coordinator_of(transfer), HostedDataset)
    assert isinstance(transfer, oj.DatasetTransfer)
    keys = {one.key for one in transfer.result(WAIT_SECONDS).files()}
    small = [name for name in files if name != "large.bin"]
    if kind == "list":
        assert keys == {f"p/{name[2:]}" for name in small if name[0] in "01"}
    else:
        assert keys == {f"p/own/{name}" if kind == "mapping" else f"p/{name}" for name in small}


def test_a_file_of_a_folder_that_fails_is_told_and_sent_later(
    service: Sandbox, place: Path, next_kernel: Session
) -> None:
    """Its process ends with errors and writes that into the history; resuming takes that file alone."""
    service.rate_bytes_per_second = None
    files = a_folder(place / "photos")
    (place / "photos" / "later.jpg").symlink_to("nowhere")
    (known,) = after_a_killed_kernel("t = oj.upload('photos', 'oss://test-bucket/p/', detach=True)")
    (transfer,) = next_kernel.transfers()
    assert transfer.wait(WAIT_SECONDS)
    assert transfer.state is oj.State.COMPLETED_WITH_ERRORS
    assert isinstance(transfer, oj.DatasetTransfer)
    assert [one.key for one in transfer.failures] == ["p/later.jpg"]
    until(lambda: [entry.outcome for entry in find_history(next_kernel.manager, None)] == ["completed with errors"])
    pid = ask("hello")
    until(lambda: not alive(pid))
    (place / "photos" / "nowhere").write_bytes(b"data")
    (resumed,) = next_kernel.resume(known)
    assert isinstance(resumed, oj.DatasetTransfer)
    receipt = resumed.result(WAIT_SECONDS)
    assert (receipt.sent, receipt.kept, receipt.failed) == (1, len(files), 0)


def test_what_was_written_down_outlives_a_killed_kernel(service: Sandbox, place: Path, next_kernel: Session) -> None:
    """An object is written in its kernel and sent without it; nothing of it stays on the disk."""
    (known,) = after_a_killed_kernel(
        "data = bytes(range(256)) * 32768",
        "t = oj.upload(data, 'oss://test-bucket/k', part_size='1MiB', parallel=1, detach=True)",
        "while t.snapshot().parts_done < 2: time.sleep(0.05)",
    )
    (transfer,) = next_kernel.transfers()
    assert (transfer.id, transfer.state, transfer.snapshot().source) == (known, oj.State.RUNNING, "bytes")
    service.rate_bytes_per_second = None
    assert transfer.result(WAIT_SECONDS).parts == 8
    assert service.object_path("test-bucket", "k").read_bytes() == bytes(range(256)) * 32768
    assert not [path.name for path in transfer_files(place) if path.suffix != ".lock"]


def test_a_script_ends_at_once_and_says_how_to_look(service: Sandbox, data: Path, next_kernel: Session) -> None:
    """The upload goes on without it, and the command that it names shows that."""
    script = "import oss_jupyter as oj; oj.upload('trips.bin', 'oss://test-bucket/k', part_size='1MiB', detach=True)"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stderr
    command = said.partition("It goes on without this program. Look with: ")[2]
    shown = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert (shown.stdout.count("running"), shown.stderr) == (1, "")
    (transfer,) = next_kernel.transfers()
    service.rate_bytes_per_second = None
    assert transfer.result(WAIT_SECONDS).parts == 8


def test_two_kernels_share_one_host(service: Sandbox, data: Path, next_kernel: Session) -> None:
    """Whoever begins at the same moment finds the same process, and each upload ends."""
    service.rate_bytes_per_second = None
    code = "import sys, oss_jupyter as oj; print(oj.upload('trips.bin', sys.argv[1], detach=True).result(60).crc64)"
    both = [
        subprocess.Popen([sys.executable, "-c", code, f"oss://test-bucket/{key}"], stdout=subprocess.PIPE, text=True)
        for key in "kl"
    ]
    said = [one.communicate(timeout=WAIT_SECONDS)[0] for one in both]
    assert said[0] == said[1] != ""
    assert len(hosted_states()) == 2
    assert is_there(service, data)


def test_what_ends_with_its_kernel_is_refused(service: Sandbox, data: Path, next_kernel: Session) -> None:
    """A stream, and what no checkpoint would find, are told so before anything is sent, and start no process."""
    for source, more in ((iter([b"a"]), {}), (b"bytes", NOWHERE), ("trips.bin", NOWHERE)):
        with pytest.raises(InputError) as caught:
            next_kernel.upload(source, "oss://test-bucket/x/k.bin", UploadArguments.of(detach=True, **more))
        assert caught.value.code == "CannotDetach"
    assert not [request for request in service.requests if request.operation != "GetService"]
    with pytest.raises(HostGone):
        ask("hello")
