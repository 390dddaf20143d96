"""Detached uploads when something goes wrong: with the host, its directory, its kernels, and the credentials."""

from __future__ import annotations

import math
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from multiprocessing.connection import Connection, answer_challenge, deliver_challenge
from pathlib import Path
from typing import Any

import pytest
from filelock import Timeout

import oss_jupyter as oj
from oss_jupyter.engine.transfer import coordinator_of
from oss_jupyter.errors import OssJupyterError, ServiceError
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.sandbox import Fault, Key, Sandbox
from oss_jupyter.session.detached.host import held
from oss_jupyter.session.detached.hosted import Hosted
from oss_jupyter.session.detached.link import HostSilent, ask, start
from oss_jupyter.session.detached.orders import order_of
from oss_jupyter.session.detached.place import HostPlace
from oss_jupyter.session.detached.values import Answer, Question
from oss_jupyter.session.session import Session

from .conftest import MIB, Shell
from .detached_kit import (
    TWO_PARTS,
    UPLOAD,
    WAIT_SECONDS,
    after_a_killed_kernel,
    alive,
    hosted_states,
    is_there,
    killed_in_the_middle,
    next_kernel,
    until,
)

__all__ = ["next_kernel"]

# More than it answers at once.
CROWD = 70
TARGET = "oss://test-bucket/k"


def begun(session: Session, target: str = TARGET, **given: Any) -> oj.Transfer:
    """Begin a detached upload of the file in this process."""
    arguments = UploadArguments.of(part_size="1MiB", parallel=1, detach=True, **given)
    return session.upload("trips.bin", target, arguments)


def connected() -> socket.socket:
    """Connect to the host, and say nothing."""
    one = socket.socket(socket.AF_UNIX)
    one.connect(HostPlace().read_address())
    return one


def test_a_full_disk(next_kernel: Session, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told with what to do, in the words of whoever reads it, and nothing half written stays."""
    resource = pytest.importorskip("resource")
    monkeypatch.setenv("OSS_JUPYTER_LANGUAGE", "zh")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))
    try:
        with pytest.raises(OssJupyterError, match="腾出空间") as told:
            start()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert told.value.code == "HostNotStarted"
    assert "Error" not in told.value.what
    assert [path.name for path in HostPlace().directory.iterdir()] == ["lock"]


@pytest.mark.parametrize("called", ["/proc/nobody", "a file"])
def test_a_home_that_cannot_be_used(
    next_kernel: Session, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, called: str
) -> None:
    """The directory that cannot be made is named, with what names another one."""
    monkeypatch.delenv("OSS_JUPYTER_STATE_DIR")
    (tmp_path / "a file").touch()
    monkeypatch.setenv("HOME", str(tmp_path / called))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    with pytest.raises(OssJupyterError) as told:
        start()
    assert told.value.code == "HostNotStarted"
    assert str(HostPlace().directory) in told.value.what
    assert "OSS_JUPYTER_STATE_DIR" in told.value.advice


def test_a_second_host_leaves_at_once(service: Sandbox, data: Path, next_kernel: Session) -> None:
    """Two kernels that need one at the same moment start two; neither waits until the other has lost its patience."""
    begun(next_kernel)
    with pytest.raises(Timeout):
        held(HostPlace(), patience_seconds=math.inf)
    service.rate_bytes_per_second = None


def test_whoever_says_nothing_or_nonsense_keeps_nobody_waiting(
    service: Sandbox, data: Path, next_kernel: Session
) -> None:
    """A crowd that does not know the key is let go after some seconds, with a bounded number of threads."""
    begun(next_kernel)
    pid = ask("hello")
    with ExitStack() as crowd:
        for number in range(CROWD):
            one = crowd.enter_context(connected())
            if number % 2:
                one.send(os.urandom(512))
        threads = list(Path(f"/proc/{pid}/task").iterdir()) if Path("/proc/self/task").exists() else []
        assert len(threads) < CROWD + 20
        assert ask("hello") == pid
    service.rate_bytes_per_second = None
    until(lambda: hosted_states() == [oj.State.COMPLETED])


def test_nothing_is_unpickled_of_who_does_not_know_the_key(service: Sandbox, data: Path, next_kernel: Session) -> None:
    """What comes in place of the proof is bytes that are compared, and the connection ends."""
    begun(next_kernel)
    with connected() as one:
        connection = Connection(os.dup(one.fileno()))
        assert connection.recv_bytes().startswith(b"#CHALLENGE#")
        connection.send(Question("hello"))
        assert connection.recv_bytes() == b"#FAILURE#"
        with pytest.raises((EOFError, OSError)):
            connection.recv_bytes()
        connection.close()


@pytest.mark.parametrize("question", [replace(Question("hello"), version="0.0.1"), Question])
def test_a_host_of_another_version_says_so(
    service: Sandbox, data: Path, next_kernel: Session, question: object
) -> None:
    """Whether the question names another version or cannot be read: its user is told which process that is."""
    begun(next_kernel)
    pid, message = ask("hello"), pickle.dumps(question)
    if question is Question:  # of a class that is not there
        message = message.replace(b"Question", b"Riddles!")
    with connected() as one:
        connection = Connection(os.dup(one.fileno()))
        answer_challenge(connection, HostPlace().read_key())
        deliver_challenge(connection, HostPlace().read_key())
        connection.send_bytes(message)
        answer: Answer = connection.recv()
        connection.close()
    assert answer.error is not None
    assert answer.error.code == "HostOfAnotherVersion"
    assert f"kill {pid}" in answer.error.advice


def test_a_host_that_was_stopped_is_not_taken_for_one_that_ended(
    service: Sandbox, data: Path, next_kernel: Session
) -> None:
    """While it stands still, which is told with its id, its upload stands as it was seen last; both go on together."""
    transfer = begun(next_kernel)
    until(lambda: transfer.snapshot().parts_done > 0)
    pid = ask("hello")
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(HostSilent) as caught:
            transfer.pause()
        assert f"kill -CONT {pid} " in caught.value.advice
        assert transfer.state is oj.State.RUNNING
    finally:
        os.kill(pid, signal.SIGCONT)
    service.rate_bytes_per_second = None
    assert transfer.result(WAIT_SECONDS).parts == 8


def test_its_directory_is_removed_while_it_works(
    service: Sandbox, data: Path, next_kernel: Session, place: Path
) -> None:
    """It listens anew, with another key, and the upload goes on with its checkpoint."""
    transfer = begun(next_kernel)
    until(lambda: transfer.snapshot().parts_done > 0)
    pid = ask("hello")
    shutil.rmtree(place.parent / "state")
    until(HostPlace().key.exists)
    assert ask("hello") == pid
    service.rate_bytes_per_second = None
    until(lambda: hosted_states() == [oj.State.COMPLETED])
    assert is_there(service, data)


def test_a_long_path_and_another_folder_for_temporary_files(
    service: Sandbox, data: Path, next_kernel: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no socket fits into the state directory it is elsewhere, and every kernel finds it there."""
    monkeypatch.setenv("OSS_JUPYTER_STATE_DIR", str(tmp_path / ("long" * 30)))
    known = killed_in_the_middle()
    address = Path(HostPlace().read_address())
    assert not address.is_relative_to(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (transfer,) = next_kernel.transfers()
    assert (transfer.id, transfer.state) == (known, oj.State.RUNNING)
    pid = ask("hello")
    transfer.abort()
    until(lambda: not alive(pid))
    assert not address.parent.exists()


def test_a_directory_that_others_can_look_into_is_refused(
    service: Sandbox, data: Path, next_kernel: Session, place: Path
) -> None:
    """No key is laid where somebody else could read it, and nothing is sent."""
    (place.parent / "state" / "host").mkdir(mode=0o755, parents=True)
    (place.parent / "state" / "host").chmod(0o755)
    with pytest.raises(OssJupyterError) as caught:
        begun(next_kernel)
    assert (caught.value.code, caught.value.safe) == ("HostNotPrivate", "Nothing was sent.")


def test_a_paused_one_keeps_no_process_and_goes_on_in_another(
    service: Sandbox, data: Path, next_kernel: Session
) -> None:
    """Its process ends, and it lies on the disk as interrupted; resuming its handle starts another process."""
    transfer = begun(next_kernel)
    until(lambda: transfer.snapshot().parts_done > 0)
    transfer.pause()
    pid = ask("hello")
    until(lambda: not alive(pid))
    until(lambda: transfer.state is oj.State.INTERRUPTED)
    service.rate_bytes_per_second = None
    transfer.resume()
    receipt = transfer.result(WAIT_SECONDS)
    assert receipt.kept_bytes > 0
    assert is_there(service, data)
    assert ask("hello") != pid


def test_a_kernel_that_is_too_busy_to_ask_learns_of_the_end(service: Sandbox, data: Path, next_kernel: Session) -> None:
    """Its upload ends, and so does the host, while it stands still; then it has the receipt all the same."""
    code = f"{UPLOAD.format('')}; print(t.id, flush=True); print(t.result({WAIT_SECONDS}).parts)"
    command = [sys.executable, "-c", f"import oss_jupyter as oj; {code}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as busy:
        assert busy.stdout is not None
        assert busy.stdout.readline()
        busy.send_signal(signal.SIGSTOP)
        pid = ask("hello")
        service.rate_bytes_per_second = None
        until(lambda: not alive(pid))
        busy.send_signal(signal.SIGCONT)
        assert busy.communicate(timeout=WAIT_SECONDS)[0].strip() == "8"


def test_a_failure_is_told_although_its_host_has_ended(service: Sandbox, data: Path, next_kernel: Session) -> None:
    """The handle knows why, and where the reason is gone it goes on."""
    service.faults.add(Fault("InitiateMultipartUpload", code="AccessDenied", status=403, times=None))
    transfer = begun(next_kernel)
    until(lambda: transfer.state is oj.State.FAILED)
    pid = ask("hello")
    until(lambda: not alive(pid))
    with pytest.raises(ServiceError):
        transfer.result(WAIT_SECONDS)
    service.faults.clear()
    service.rate_bytes_per_second = None
    transfer.resume()
    assert transfer.result(WAIT_SECONDS).parts == 8


def test_the_next_kernel_learns_why_it_failed_although_its_host_has_ended(
    service: Sandbox, data: Path, next_kernel: Session
) -> None:
    """It lies on the disk with the reason, and goes on when that is gone; what goes on and is killed has none."""
    known, pid = killed_in_the_middle(), ask("hello")
    service.faults.add(Fault("UploadPart", code="AccessDenied", status=403, times=None))
    until(lambda: hosted_states() == [oj.State.FAILED])
    until(lambda: not alive(pid))
    (transfer,) = next_kernel.transfers()
    assert (transfer.id, transfer.state) == (known, oj.State.INTERRUPTED)
    assert [one.code for one in (transfer.error,) if one] == ["AccessDenied"]
    service.faults.clear()
    transfer.resume()
    until(lambda: transfer.snapshot().parts_done > 0)
    assert not transfer.error
    os.kill(ask("hello"), signal.SIGKILL)
    until(lambda: transfer.state is oj.State.INTERRUPTED)
    assert [one.error for one in next_kernel.transfers()] == [None]


def test_what_is_queued_outlives_a_killed_host(service: Sandbox, data: Path, next_kernel: Session) -> None:
    """Uploads that have not begun yet are on the disk as well, and any kernel resumes all of them."""
    keys = (
        "for key in 'abcdefgh': t = oj.upload('trips.bin', 'oss://test-bucket/' + key, part_size='1MiB', detach=True)"
    )
    known = after_a_killed_kernel(keys)
    assert hosted_states().count(oj.State.QUEUED) == 4
    os.kill(ask("hello"), signal.SIGKILL)
    until(lambda: [one.state for one in next_kernel.transfers()] == [oj.State.INTERRUPTED] * 8)
    assert {one.id for one in next_kernel.transfers()} == set(known)
    service.rate_bytes_per_second = None
    assert all(one.result(WAIT_SECONDS).parts == 8 for one in next_kernel.resume("all"))


def test_an_upload_that_runs_here_is_handed_over(service: Sandbox, data: Path, next_kernel: Session) -> None:
    """The same cell with detach takes it out of this kernel, with the parts that are in OSS."""
    here = next_kernel.upload("trips.bin", TARGET, UploadArguments.of(part_size="1MiB", parallel=1))
    until(lambda: here.snapshot().parts_done > 1)
    transfer = begun(next_kernel)
    assert isinstance(coordinator_of(transfer), Hosted)
    service.rate_bytes_per_second = None
    assert transfer.result(WAIT_SECONDS).kept_bytes > 0
    assert is_there(service, data)


@pytest.mark.parametrize("begin", [UPLOAD.format(""), "(t,) = oj.transfers()"], ids=["same kernel", "next kernel"])
def test_the_same_cell_without_detach_shows_what_the_host_sends(
    service: Sandbox, data: Path, next_kernel: Session, begin: str
) -> None:
    """Whoever sends it again, here or in the next kernel, gets the upload that runs, and the cell comes back."""
    known = killed_in_the_middle() if begin != UPLOAD.format("") else None
    again = "for _ in range(5): time.sleep(0.3); a = oj.upload('trips.bin', 'oss://test-bucket/k')"
    lines = ("import time, oss_jupyter as oj", begin, again, "print(a.id, a is t, a.state)")
    ran = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, timeout=WAIT_SECONDS / 2, check=True
    )
    assert ran.stdout.split() == [known or next_kernel.transfers()[0].id, "True", "running"]


def test_one_with_another_checkpoint_directory_is_found(service: Sandbox, data: Path, next_kernel: Session) -> None:
    """The host tells the next kernel where the checkpoint lies, so it is shown, and can be aborted."""
    known = killed_in_the_middle("checkpoint_dir='elsewhere'")
    (transfer,) = next_kernel.transfers()
    assert (transfer.id, transfer.state) == (known, oj.State.RUNNING)
    transfer.abort()
    until(lambda: not list(service.uploads("test-bucket")))


def test_one_that_waits_for_credentials_is_told_once(
    service: Sandbox, data: Path, next_kernel: Session, shell: Shell
) -> None:
    """Loading the extension lists it as one that runs, with what it waits for, and the table's note says so, too."""
    service.keys.put(Key("sts-one", "secret-one", "token-one"))
    transfer = begun(next_kernel, credentials=("sts-one", "secret-one", "token-one"))
    until(lambda: transfer.snapshot().parts_done > 0)
    service.keys.put(Key("sts-one", "secret-one", "token-one", expires_at=1.0))
    until(lambda: transfer.state is oj.State.WAITING_FOR_CREDENTIALS)
    loaded = shell.ok("%reload_ext oss_jupyter").text
    assert loaded.lstrip().startswith("1 upload goes on without its kernel: ")
    assert ", waiting for credentials. " in loaded
    assert loaded.count("trips.bin") == 1
    listed = shell.ok("%oss_uploads").text
    assert "Waiting for new credentials" in listed
    assert "It goes on without" not in listed


def test_a_function_gives_new_credentials_while_its_kernel_lives(
    service: Sandbox, data: Path, next_kernel: Session
) -> None:
    """The host waits when a token has expired; the kernel that gave the function asks it, and hands the new one on."""
    service.keys.put(Key("sts-one", "secret-one", "token-one"))
    service.keys.put(Key("sts-two", "secret-two", "token-two"))
    now = ["one"]
    transfer = begun(next_kernel, credentials=lambda: tuple(f"{what}-{now[0]}" for what in ("sts", "secret", "token")))
    until(lambda: transfer.snapshot().parts_done > 0)
    service.keys.put(Key("sts-one", "secret-one", "token-one", expires_at=1.0))
    until(lambda: transfer.state is oj.State.WAITING_FOR_CREDENTIALS)
    now[0] = "two"
    service.rate_bytes_per_second = None
    assert transfer.result(WAIT_SECONDS).parts == 8
    assert is_there(service, data)


def test_it_signs_as_its_kernel_does(
    service: Sandbox, data: Path, next_kernel: Session, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials that a variable of the kernel leads to are found by it as well, and not those of another place."""
    for name in ("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET"):
        monkeypatch.delenv(name)
    entries = "accessKeyID = {}\naccessKeySecret = {}\n"
    (place / "mine").write_text("[default]\n" + entries.format("test-key-id", "test-key-secret"))
    (place.parent / "home").mkdir()
    (place.parent / "home" / ".ossutilconfig").write_text("[default]\n" + entries.format("another", "secret"))
    monkeypatch.setenv("OSSUTIL_CONFIG_FILE", "mine")
    service.rate_bytes_per_second = None
    assert begun(next_kernel).result(WAIT_SECONDS).parts == 8


def test_a_limit_for_all_uploads_reaches_it(service: Sandbox, data: Path, next_kernel: Session) -> None:
    """The setting counts for the host as well, whether it is set before or while one runs; and it can be taken away."""
    service.rate_bytes_per_second = None
    next_kernel.settings.limit = "2MiB/s"
    assert begun(next_kernel).result(WAIT_SECONDS).seconds > 2
    slow = begun(next_kernel, target="oss://test-bucket/l")
    until(lambda: slow.snapshot().parts_done > 0)
    next_kernel.settings.limit = None
    assert slow.result(WAIT_SECONDS).seconds < 3


def test_it_goes_by_the_proxy_of_its_kernel(
    service: Sandbox, data: Path, next_kernel: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The host has neither variables of proxies nor of certificates, so the order names what counts for this upload."""
    bundle = tmp_path / "ca.pem"
    bundle.write_text("")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:word@proxy.example.com:3128")
    monkeypatch.setenv("NO_PROXY", "oss-cn-beijing.aliyuncs.com")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    reached = {}
    for region in ("cn-hangzhou", "cn-beijing"):
        given = UploadArguments.of(region=region, endpoint=f"https://oss-{region}.aliyuncs.com")
        spec = next_kernel.wiring.spec("trips.bin", TARGET, given)
        order = order_of(spec, next_kernel.settings)
        reached[region] = (order.reach.proxy, order.reach.ca_bundle)
        assert "word" not in repr(order)
        assert "test-key-secret" not in repr(order)
    assert reached["cn-hangzhou"] == ("http://user:word@proxy.example.com:3128", str(bundle))
    assert reached["cn-beijing"] == (None, str(bundle))


def test_two_kernels_hand_over_and_look_at_once(service: Sandbox, data: Path, next_kernel: Session) -> None:
    """What one began the other sees and pauses, and each sees what became of it."""
    (known,) = after_a_killed_kernel(UPLOAD.format(""), TWO_PARTS)
    other = Session()
    (seen,), (seen_too,) = next_kernel.transfers(), other.transfers()
    seen.pause()
    until(lambda: seen_too.state is oj.State.PAUSED)
    service.rate_bytes_per_second = None
    seen_too.resume()
    assert seen.result(WAIT_SECONDS).crc64 == seen_too.result(WAIT_SECONDS).crc64
    assert known == seen.id == seen_too.id
    assert seen.result().size == MIB * 8
