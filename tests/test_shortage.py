"""Too many open files are named for what they are, wherever that strikes, and are nobody else's fault."""

from __future__ import annotations

import errno
import pickle
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from oss_jupyter.errors import NetworkError, NoMemory, NoThread, Shortage, TooManyFiles
from oss_jupyter.local.source import FileSource
from oss_jupyter.local.store import CheckpointDirectory
from oss_jupyter.local.writers import found_in_processes
from oss_jupyter.model.reading import reading
from oss_jupyter.model.record import CheckpointHeader
from oss_jupyter.model.retry import Action, classify
from oss_jupyter.model.shortage import shortage_of
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import Fingerprint, PartReceipt, PartRequest, SignedRequest
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.credentials import Credentials, credentials_chain
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.oss.failures import from_exception
from oss_jupyter.oss.ossutil_config import OssutilConfig
from oss_jupyter.oss.send_part import send_part

from .engine.kit import make_file
from .notebook.kept import ID, leave
from .shortage import few_descriptors, no_new_descriptors

_HEADER = CheckpointHeader(ID, "/data/a.bin", Target("bucket", "a.bin"), Fingerprint(10, 1, "2"), 102_400, "UP")
_WORDS = "Too many files are open in this process."


def service_at(endpoint: str) -> SdkControl:
    """Return a control that asks there."""
    return SdkControl(EndpointSettings(region="cn-hangzhou", endpoint=endpoint), lambda: Credentials("id", "secret"))


def test_wherever_it_strikes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source, a part, a checkpoint, its lock, a list of them, a profile, a socket, a name: all say the same."""
    file = make_file(tmp_path / "a.bin", 1000)
    store, later = CheckpointDirectory(tmp_path / "checkpoints"), CheckpointDirectory(tmp_path / "later")
    journal, _ = store.open(ID)
    journal.start(_HEADER)
    leave(tmp_path / "left")
    config = tmp_path / "config"
    config.write_text("[default]\n", encoding="utf-8")
    monkeypatch.setenv("OSSUTIL_CONFIG_FILE", str(config))
    part = PartRequest(SignedRequest("http://127.0.0.1:9/bucket/a.bin"), str(file), 0, 1000, 1)
    near, far = service_at("http://127.0.0.1:9"), service_at("http://no-such-host.invalid")
    with pytest.raises(NetworkError):
        near.head(Target("bucket", "a.bin"))  # everything is loaded now
    strikes: dict[str, Callable[[], object]] = {
        "checked": FileSource(file).check,
        "checksum": lambda: FileSource(file).md5(0, 1000),
        "writers": FileSource(file).open_for_writing,
        "part": lambda: send_part(part),
        "lock": lambda: later.open("abcdefgh"),
        "receipt": lambda: journal.add(PartReceipt(1, "E", 1)),
        "begun": lambda: journal.start(_HEADER),
        "profile": OssutilConfig().profile,
        "socket": lambda: near.head(Target("bucket", "a.bin")),
        "name": lambda: far.head(Target("bucket", "a.bin")),
    }
    said: dict[str, str] = {}
    with no_new_descriptors():
        for name, strike in strikes.items():
            try:
                strike()
            except Exception as error:
                said[name] = f"{type(error).__name__}: {error}".partition("\n")[0]
        found = CheckpointDirectory(tmp_path / "left").inventory()
    assert said == dict.fromkeys(strikes, f"TooManyFiles: {_WORDS}")
    assert [type(one.problem) for one in found] == [TooManyFiles]
    journal.add(PartReceipt(1, "E", 1))
    journal.close()
    assert store.inventory()[0].record is not None


def test_a_list_forgets_that_it_could_not_be_read(tmp_path: Path) -> None:
    """What could not be read for want of a descriptor is read at the next look."""
    leave(tmp_path / "left")
    store = CheckpointDirectory(tmp_path / "left")
    with few_descriptors(left=1):  # enough for the directory's names, and none for a file while they are read
        hidden = store.inventory()
    assert hidden
    assert [one.problem for one in store.inventory()] == [None]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tell who writes")
def test_who_writes_a_file_is_not_answered_wrongly(tmp_path: Path) -> None:
    """Where the processes cannot be looked into for a moment, nobody is told that nobody writes the file."""
    file = make_file(tmp_path / "a.bin", 1000)
    said: set[str] = set()

    def ask_often() -> None:
        for _ in range(300):
            try:
                said.add(str(found_in_processes(file)))
            except OSError as error:
                said.add(str(shortage_of(error)).partition("\n")[0])

    with file.open("ab"):
        asking = threading.Thread(target=ask_often)
        asking.start()
        while asking.is_alive():
            with no_new_descriptors():
                asking.join(0.001)
            asking.join(0.001)
        assert found_in_processes(file)
    assert {_WORDS} <= said <= {_WORDS, "True"}


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (MemoryError(), NoMemory),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), NoMemory),
        (RuntimeError("can't allocate lock"), NoMemory),
        (RuntimeError("can't allocate read lock"), NoMemory),
        (ImportError("libcrypto.so.3: failed to map segment from shared object"), NoMemory),
        (RuntimeError("can't start new thread"), NoThread),
        (OSError(errno.EMFILE, "Too many open files"), TooManyFiles),
    ],
)
def test_what_a_provider_had_no_room_for_is_no_matter_of_credentials(
    raised: BaseException, kind: type[Shortage]
) -> None:
    """Whoever gives the credentials may be told that there is no room; that passes, and is waited for."""

    def provider() -> NoReturn:
        raise raised

    with pytest.raises(kind) as caught:
        credentials_chain(provider)()
    assert classify(caught.value) is Action.SLOW_DOWN
    assert caught.value.advice


def test_a_resolver_without_memory() -> None:
    """That a name could not be looked up for want of memory is not taken for a wrong name."""
    assert type(from_exception(socket.gaierror(socket.EAI_MEMORY, "Memory allocation failure"))) is NoMemory


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EBUSY, errno.EPROTO])
def test_a_resolver_without_descriptors(number: int) -> None:
    """Whatever number glibc comes back with, depending on what it did before, is told as what was missing."""
    assert not isinstance(from_exception(OSError(number, "of a resolver")), Shortage)
    with no_new_descriptors():
        said = from_exception(OSError(number, "of a resolver"))
    assert isinstance(said, TooManyFiles)


@pytest.mark.parametrize(("number", "where"), [(errno.EMFILE, "in this process"), (errno.ENFILE, "on this computer")])
def test_two_kinds(number: int, where: str) -> None:
    """Whose limit it is decides what can be done; it is waited for, and crosses to other processes."""
    with pytest.raises(TooManyFiles, match=where) as raised, reading("a.bin"):
        raise OSError(number, "Too many open files")
    error = pickle.loads(pickle.dumps(raised.value))
    assert "resume" in error.advice
    assert "disk" not in str(error)
    assert classify(error) is Action.SLOW_DOWN


def test_when_the_limit_is_asked_for_at_the_beginning(tmp_path: Path) -> None:
    """An upload that cannot even look at its file says so in four lines, and that nothing was sent."""
    make_file(tmp_path / "a.bin", 1000)
    code = (
        "import os, resource, oss_jupyter as oj\n"
        "try: oj.upload('missing.bin', 'oss://bucket/k', region='cn-hangzhou')\n"  # everything is loaded now
        "except oj.errors.SourceMissing: pass\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"
        "kept = []\n"
        "try:\n"
        "    while True: kept.append(os.open('a.bin', os.O_RDONLY))\n"
        "except OSError: pass\n"
        "try: oj.upload('a.bin', 'oss://bucket/k', region='cn-hangzhou')\n"
        "except oj.errors.TooManyFiles as error: print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    what, safe, advice, name = run.stdout.splitlines()
    assert (what, safe, name) == (_WORDS, "Nothing was sent.", "TooManyFiles")
    assert "ulimit -n" in advice
