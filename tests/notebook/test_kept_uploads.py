"""Uploads of an earlier kernel that cannot, or should not, just go on: listed with the reason, resumed or given up."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import oss_jupyter as oj
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import InputError, OssJupyterError
from oss_jupyter.model.dataset import DatasetSource, Piece
from oss_jupyter.model.states import State
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.objects.streamed import Streamed
from oss_jupyter.sandbox import Fault, Sandbox
from oss_jupyter.session.session import current_session

from .conftest import Shell
from .kept import HEADER_0_1_0, ID, RECEIPT_0_1_0, change, leave, line

NewShell = Callable[..., Shell]
CREDENTIALS = ("test-key-id", "test-key-secret")


@pytest.fixture
def checkpoints(tmp_path: Path) -> Path:
    """The checkpoint directory of every kernel in the test."""
    return tmp_path / "state" / "checkpoints"


@pytest.fixture
def left(new_shell: NewShell, service: Sandbox, data: Path) -> Iterator[Callable[..., str]]:
    """Leave the upload of `data` unfinished, as a kernel that is gone; returns its id."""

    def leave_behind(target: str = "oss://test-bucket/k", **arguments: Any) -> str:
        new_shell()
        service.faults.add(Fault("UploadPart", part_number=6, kind="stall", times=None))
        transfer = oj.upload(data, target, part_size="1MiB", parallel=arguments.pop("parallel", 2), **arguments)
        while transfer.snapshot().parts_done < 5:
            assert not transfer.wait(0.05), transfer.error
        transfer.pause()
        transfer.wait(60)
        service.faults.clear()
        new_shell()
        return transfer.id

    yield leave_behind
    service.faults.clear()


def only() -> Transfer:
    (transfer,) = oj.transfers()
    return transfer


def test_a_journal_of_the_first_version_is_read(new_shell: NewShell, checkpoints: Path) -> None:
    """A literal journal of 0.1.0 is listed and could go on, with today's settings where it says nothing."""
    checkpoints.mkdir(parents=True, mode=0o700)
    (checkpoints / f"{ID}.journal").write_bytes(line(HEADER_0_1_0) + line(RECEIPT_0_1_0) + line('{"completing":true}'))
    new_shell(parallel=7).ok("%load_ext oss_jupyter")
    transfer = only()
    now = transfer.snapshot()
    assert (now.state, now.parts_kept, now.parts_total, now.parallel) == (State.INTERRUPTED, 1, 8, 7)
    assert now.upload_id == "0004B9894A22E5B1888A1E29F8236E2D"
    assert (transfer.limit, transfer.error, coordinator_of(transfer).spec.profile) == (None, None, "")


def test_certificates_that_were_renamed(left: Callable[..., str], place: Path, new_shell: NewShell, data: Path) -> None:
    """Listed with what is missing, left alone by `all` with a word, and resumed with the file's new name."""
    (place / "ca.pem").write_text("")
    known = left(ca_bundle="ca.pem")
    (place / "ca.pem").rename(place / "ca-2026.pem")
    shell = new_shell()
    said = shell.ok("%load_ext oss_jupyter").text
    assert f"Left alone: trips.bin -> oss://test-bucket/k ({known})." in said
    assert f"%oss_uploads resume {known} --ca-bundle FILE" in said
    assert "It cannot go on as it was begun: The certificate file" in shell.ok("%oss_uploads").text
    assert "Left alone" in shell.ok("%oss_uploads resume all").text
    assert only().state is State.INTERRUPTED
    shell.ok(f"%oss_uploads resume {known} --ca-bundle ca-2026.pem")
    receipt = only().result(30)
    assert receipt.kept_bytes >= 5 * 1024 * 1024


def test_what_was_given_anew_is_kept(left: Callable[..., str], place: Path, new_shell: NewShell) -> None:
    """The next kernel needs no argument any more."""
    (place / "ca.pem").write_text("")
    known = left(ca_bundle="ca.pem")
    (place / "ca.pem").rename(place / "ca-2026.pem")
    new_shell()
    oj.resume(known, ca_bundle="ca-2026.pem")[0].pause()
    only().wait(60)
    new_shell()
    assert only().error is None


def test_what_is_there_again_is_found(left: Callable[..., str], place: Path, new_shell: NewShell) -> None:
    """A file that comes back needs no word: the transfer that waits for it goes on."""
    (place / "ca.pem").write_text("")
    left(ca_bundle="ca.pem")
    (place / "ca.pem").rename(place / "away.pem")
    new_shell()
    transfer = only()
    assert transfer.error is not None
    (place / "away.pem").rename(place / "ca.pem")
    transfer.resume()
    transfer.result(30)


def test_an_upload_that_cannot_be_reached_says_so_when_it_is_resumed(
    left: Callable[..., str], place: Path, new_shell: NewShell
) -> None:
    """Resumed by name all the same, it fails with what is missing and what is in OSS; aborting needs it too."""
    (place / "ca.pem").write_text("")
    known = left(ca_bundle="ca.pem")
    (place / "ca.pem").unlink()
    new_shell()
    (transfer,) = oj.resume(known)
    with pytest.raises(InputError, match="cannot go on as it was begun"):
        transfer.result(60)
    transfer.abort()
    transfer.wait(60)
    assert transfer.error is not None
    assert "checkpoint is kept" in transfer.error.safe


def test_what_is_missing_can_be_given_to_abort_too(
    left: Callable[..., str], place: Path, new_shell: NewShell, service: Sandbox
) -> None:
    """Whoever does not want the upload any more removes its parts with the same argument."""
    (place / "ca.pem").write_text("")
    known = left(ca_bundle="ca.pem")
    (place / "ca.pem").rename(place / "ca-2026.pem")
    shell = new_shell()
    shell.ok("%load_ext oss_jupyter")
    assert "were removed from OSS" in shell.ok(f"%oss_uploads abort {known} --ca-bundle ca-2026.pem").text
    assert not service.uploads("test-bucket")


@pytest.fixture
def profiles(tmp_path: Path) -> Callable[..., None]:
    """Write the profiles of ~/.ossutilconfig; the default one has wrong keys."""

    def write(*names: str) -> None:
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        text = "[default]\naccessKeyID=x\naccessKeySecret=x\n"
        text += "".join(
            f"[profile {name}]\naccessKeyID={CREDENTIALS[0]}\naccessKeySecret={CREDENTIALS[1]}\n" for name in names
        )
        (home / ".ossutilconfig").write_text(text)

    return write


def test_profile_limit_and_parallel_are_remembered(
    left: Callable[..., str], profiles: Callable[..., None], monkeypatch: pytest.MonkeyPatch, new_shell: NewShell
) -> None:
    """A restart does not change who signs, how fast, how many at once, and what is read again."""
    profiles("work")
    monkeypatch.delenv("OSS_ACCESS_KEY_ID")
    monkeypatch.delenv("OSS_ACCESS_KEY_SECRET")
    left(profile="work", limit="200MiB/s", parallel=3, prove="all")
    new_shell(parallel=9)
    (transfer,) = oj.resume("all")
    assert (coordinator_of(transfer).spec.profile, transfer.limit, transfer.parallel) == ("work", 200 * 1024 * 1024, 3)
    assert transfer.result(30).proven == "all"


def test_what_was_changed_on_the_way_is_remembered(left: Callable[..., str], new_shell: NewShell) -> None:
    """The last limit and number of parts at once count, not the first."""
    known = left(limit="200MiB/s")
    transfer = only()
    transfer.set_limit(None)
    transfer.set_parallel(None)
    oj.resume(known)
    transfer.pause()
    transfer.wait(60)
    new_shell()
    assert (only().limit, only().parallel) == (None, None)


def test_a_profile_that_is_gone(
    left: Callable[..., str], profiles: Callable[..., None], new_shell: NewShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named, and another profile, or credentials, take its place."""
    profiles("work")
    known = left(profile="work")
    profiles("other")
    shell = new_shell()
    shell.ok("%load_ext oss_jupyter")
    assert "The profile work cannot be used" in shell.ok("%oss_uploads").text
    assert (
        f"--profile NAME or %oss_uploads resume {known} --credentials VARIABLE"
        in shell.ok("%oss_uploads resume all").text
    )
    assert isinstance(shell.run(f"%oss_uploads resume {known} --profile nobody").error, InputError)
    assert "with what is given now: The profile" in shell.run(f"%oss_uploads resume {known} --profile nobody").text
    shell.ok(f"%oss_uploads resume {known} --profile other")
    only().result(30)


def test_a_profile_that_is_gone_is_replaced_by_credentials(
    left: Callable[..., str], profiles: Callable[..., None], new_shell: NewShell
) -> None:
    """Credentials in Python do as well, and are told to be needed again by the next kernel, not the profile."""
    profiles("work")
    known = left(profile="work")
    profiles()
    new_shell()
    (transfer,) = oj.resume(known, CREDENTIALS)
    transfer.pause()
    transfer.wait(60)
    new_shell()
    assert only().error is None
    assert (coordinator_of(only()).spec.profile, coordinator_of(only()).spec.credentials_given) == ("", True)


def test_credentials_given_in_python_are_asked_for_again(
    left: Callable[..., str], new_shell: NewShell, monkeypatch: pytest.MonkeyPatch, checkpoints: Path
) -> None:
    """They are in no checkpoint; without others, the failure says which upload needs them and how to give them."""
    known = left(credentials=CREDENTIALS)
    monkeypatch.delenv("OSS_ACCESS_KEY_ID")
    monkeypatch.delenv("OSS_ACCESS_KEY_SECRET")
    assert CREDENTIALS[1].encode() not in (checkpoints / f"{known}.journal").read_bytes()
    new_shell()
    (transfer,) = oj.resume("all")
    with pytest.raises(OssJupyterError) as failure:
        transfer.result(20)
    assert f'oj.resume("{known}", credentials=VARIABLE)' in failure.value.advice
    oj.resume(known, CREDENTIALS)[0].result(30)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"place": {"region": "cn-hangzhou", "endpoint": "ftp://nowhere"}}, "neither https nor http"),
        ({"place": {"region": "cn hang"}}, "is not the id of a region"),
        ({"place": {}}, "Neither a region nor an endpoint"),
        ({"place": {"region": "cn-hangzhou", "internal": True, "accelerate": True}}, "two different hosts"),
        ({"place": {"region": "cn-hangzhou", "signature_version": "v9"}}, "v9"),
    ],
)
def test_a_place_that_cannot_be(
    left: Callable[..., str], new_shell: NewShell, service: Sandbox, checkpoints: Path, changes: Any, said: str
) -> None:
    """Listed with the reason, and resumed with an endpoint and a region."""
    known = left()
    change(checkpoints / f"{known}.journal", **changes)
    shell = new_shell()
    shell.ok("%load_ext oss_jupyter")
    listed = shell.ok("%oss_uploads").text
    assert said in listed
    if "v9" in said:
        return  # nobody can give that anew; it can be aborted
    shell.ok(f"%oss_uploads resume {known} --endpoint {service.endpoint} --region {service.region}")
    assert only().result(30).kept_bytes >= 5 * 1024 * 1024


@pytest.mark.parametrize("options", [{"acl": "everybody"}, {"no_such_option": "x"}, {"storage_class": 5}])
def test_options_that_are_not_known(
    left: Callable[..., str], new_shell: NewShell, service: Sandbox, checkpoints: Path, options: dict[str, Any]
) -> None:
    """The object would not be what was asked for, so it is not resumed; but its parts can be removed."""
    known = left()
    change(checkpoints / f"{known}.journal", options=options)
    shell = new_shell()
    shell.ok("%load_ext oss_jupyter")
    assert "It cannot go on as it was begun" in shell.ok("%oss_uploads").text
    (transfer,) = oj.resume(known)
    with pytest.raises(InputError, match="cannot go on"):
        transfer.result(60)
    assert "were removed from OSS" in shell.ok(f"%oss_uploads abort {known}").text
    assert not service.uploads("test-bucket")


def test_an_endpoint_that_is_none_of_the_users(new_shell: NewShell, checkpoints: Path, data: Path) -> None:
    """What others may have planted is never sent by `all`, and named with its endpoint."""
    leave(checkpoints, source=str(data), place={"endpoint": "https://oss.attacker.example", "region": "cn-hangzhou"})
    shell = new_shell(auto_resume=True)
    said = shell.ok("%load_ext oss_jupyter").text
    assert "Its endpoint oss.attacker.example is none of your settings" in said
    assert "Left alone" in shell.ok("%oss_uploads resume all").text
    with pytest.warns(UserWarning, match=r"attacker\.example"):
        assert oj.resume("all") == ()
    assert only().state is State.INTERRUPTED
    (named,) = oj.resume(ID)
    assert named.state is not State.INTERRUPTED
    named.pause()


@pytest.mark.parametrize("kind", ["file", "folder", "stream"])
def test_an_endpoint_that_was_used_in_this_kernel(
    new_shell: NewShell, checkpoints: Path, data: Path, kind: str
) -> None:
    """It is the user's, whatever went there: what else is unfinished there goes on with all others."""
    place: dict[str, Any] = {"endpoint": "https://oss.company.example", "region": "cn-hangzhou"}
    leave(checkpoints, source=str(data), place=place)
    new_shell()
    assert coordinator_of(only()).spec.hindrance is not None
    new_shell()
    session, asked = current_session(), UploadArguments.of(**place)
    if kind == "file":
        session.wiring.spec(data, "oss://test-bucket/other", asked)
    elif kind == "folder":
        session.datasets.spec(DatasetSource((Piece(str(data.parent), ""),), "folder"), "oss://test-bucket/other", asked)
    else:
        session.streams.spec(Streamed([b"content"], "a stream"), "oss://test-bucket/other", asked)
    assert coordinator_of(only()).spec.hindrance is None


@pytest.mark.parametrize(
    "host",
    [
        "oss-cn-beijing.aliyuncs.com",
        "cn-beijing.oss.aliyuncs.com",
        "oss-accelerate.aliyuncs.com",
        "127.0.0.1:9",
        "[::1]:9",
    ],
)
def test_the_services_own_hosts_and_this_computer_need_no_word(
    new_shell: NewShell, checkpoints: Path, host: str
) -> None:
    """Neither OSS itself nor a sandbox on this computer has to be among the settings."""
    leave(checkpoints, place={"endpoint": f"http://{host}", "region": "cn-beijing"})
    new_shell()
    assert only().error is None


@pytest.mark.parametrize("host", ["oss-cn-beijing.aliyuncs.com.example", "evil.fcapp.run", "127.0.0.1.example"])
def test_hosts_that_only_look_like_it(new_shell: NewShell, checkpoints: Path, host: str) -> None:
    """A name that begins like the service's is somebody else's."""
    leave(checkpoints, place={"endpoint": f"https://{host}", "region": "cn-beijing"})
    new_shell()
    error = only().error
    assert error is not None
    assert error.code == "AsksFirst"


@pytest.mark.parametrize("where", ["setting", "environment", "profile"])
def test_an_endpoint_of_the_users_needs_no_word(
    new_shell: NewShell, checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Settings, environment and every profile name endpoints."""
    leave(checkpoints, place={"endpoint": "https://oss.corp.example:8443", "region": "cn-beijing"})
    settings = {}
    if where == "setting":
        settings = {"endpoint": "oss.corp.example:8443"}
    elif where == "environment":
        monkeypatch.setenv("OSS_ENDPOINT", "https://oss.corp.example:8443")
    else:
        (tmp_path / "home").mkdir()
        (tmp_path / "home" / ".ossutilconfig").write_text("[profile work]\nendpoint=https://oss.corp.example:8443/\n")
    new_shell(**settings).ok("%load_ext oss_jupyter")
    assert only().error is None


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
@pytest.mark.parametrize("what", ["directory", "file"])
def test_a_checkpoint_that_others_can_write(
    left: Callable[..., str], new_shell: NewShell, checkpoints: Path, what: str
) -> None:
    """Whoever could have written it is not trusted with `all`, and the user with a name is."""
    known = left()
    (checkpoints if what == "directory" else checkpoints / f"{known}.journal").chmod(0o777)
    new_shell()
    with pytest.warns(UserWarning, match="Others can write"):
        assert oj.resume("all") == ()
    oj.resume(known)[0].result(30)


def test_all_does_not_take_what_belongs_to_one(shell: Shell) -> None:
    """An endpoint for all would send each upload to another's bucket."""
    assert isinstance(shell.run("%oss_uploads resume all --endpoint oss-cn-hangzhou.aliyuncs.com").error, InputError)


def test_what_other_kernels_drive_is_among_the_transfers(left: Callable[..., str], new_shell: NewShell) -> None:
    """It can be looked at and not be moved; when the other kernel is gone, it can be resumed."""
    known = left()
    store = current_session().wiring.stores.directories()[0]
    journal, _ = store.open(known)
    new_shell()
    transfer = only()
    assert transfer.state is State.ELSEWHERE
    assert transfer.snapshot().parts_kept >= 5
    for verb in (transfer.pause, transfer.resume, transfer.abort):
        with pytest.raises(OssJupyterError, match="in another kernel cannot be"):
            verb()
    assert oj.resume("all") == ()
    journal.close()
    again = only()
    assert again is transfer
    assert again.state is State.INTERRUPTED
    again.resume()
    again.result(30)


def test_a_paused_transfer_that_another_kernel_takes_over(left: Callable[..., str], new_shell: NewShell) -> None:
    """The handle follows: in another kernel, and gone from the list when that kernel has completed it."""
    known = left()
    transfer = only()
    journal, _ = current_session().wiring.stores.directories()[0].open(known)
    assert only().state is State.ELSEWHERE
    journal.delete()
    journal.close()
    assert oj.transfers() == ()
    assert transfer.state is State.ELSEWHERE
