"""Signed URLs and passwords that people paste where something else belongs: nothing that is shown repeats them."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from traitlets import TraitError

from oss_jupyter import api, redact
from oss_jupyter.errors import InputError, OssJupyterError
from oss_jupyter.model.target import parse_target
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.oss.credentials import credentials_chain
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.session.wiring import Wiring

from .conftest import Shell

# Everything secret in PASTED holds one of these words.
SECRETS = ("hunter2", "LTAI5tPasted", "c2lnbmVk", "CAISpasted")
PASTED = [
    "https://b.oss-cn-hangzhou.aliyuncs.com/k?OSSAccessKeyId=LTAI5tPasted&Expires=1&Signature=c2lnbmVk%3D",
    "https://oss-cn-beijing.aliyuncs.com?x-oss-credential=LTAI5tPasted%2F2026&x-oss-signature=c2lnbmVk",
    "b.oss-cn-hangzhou.aliyuncs.com/k?security-token=CAISpasted",
    "https://LTAI5tPasted:hunter2@oss-cn-beijing.aliyuncs.com/k?x=y",
    "https://LTAI5tPasted:hunter2@oss-cn-beijing.aliyuncs.com",
    "https://user:hunter2/with/slashes@host/k",
    "https://user:hunter2?and#marks@host/k",
    "https://user:p@hunter2?@host/k",
    "https://user:hunter2@host:port/k",
    "https://user:hunter2@[::1/k",
    "https://user:hunter2@\u2100.example.com/k",
    "oss://LTAI5tPasted:hunter2@bucket/k",
    "oss://LTAI5tPasted:hun/hunter2@bucket/k",
    "oss://hunter2@bucket/k",
    "LTAI5tPasted:hunter2@host/k",
    "https://host/k#access_token=hunter2",
    "https%3A%2F%2Fuser%3Ahunter2%40host%2Fk%3FSignature%3Dc2lnbmVk",
    "s3://user:hunter2@bucket/k",
]  # fmt: skip


def told(error: BaseException | None) -> Iterator[str]:
    """Yield whatever an error shows, and the errors behind it."""
    if error is not None:
        yield f"{error}{error!r}{error.args}{vars(error)}{getattr(error, 'object', '')}"
        yield "".join(traceback.format_exception_only(type(error), error))
        yield from told(error.__cause__)
        yield from told(error.__context__)


def assert_discreet(text: str) -> None:
    assert [secret for secret in SECRETS if secret in text] == []


@pytest.fixture
def data(place: Path) -> Path:
    """A file to upload, in the folder of the notebook."""
    path = place / "f.bin"
    path.write_bytes(b"x")
    return path


@pytest.mark.parametrize(
    "name",
    ["target", "source", "region", "endpoint", "ca_bundle", "profile", "checkpoint_dir", "signature_version",
     "prove", "part_size", "limit", "retries", "parallel", "acl", "expires", "callback", "metadata", "force",
     "traffic_limit", "path_source", "path_ca_bundle"],
)  # fmt: skip
def test_no_argument_is_repeated(data: Path, name: str) -> None:
    """An argument that is refused is told without user, query and fragment, in every error of the chain."""
    wiring = Wiring(OssJupyter())
    for pasted in PASTED:
        given: dict[str, Any] = {"source": data, "target": "oss://test-bucket/k", "region": "cn-hangzhou"}
        if name.startswith("path_"):
            given[name.removeprefix("path_")] = Path(pasted)
        else:
            given[name] = {pasted: pasted} if name in ("callback", "metadata") else pasted
        with pytest.raises(OssJupyterError) as refused:
            wiring.spec(given.pop("source"), given.pop("target"), UploadArguments.of(**given))
        assert_discreet("".join(told(refused.value)))


@pytest.mark.parametrize(
    "line",
    [
        "%oss_upload '{}' oss://test-bucket/k",
        "%oss_upload f.bin '{}'",
        "%oss_upload f.bin oss://test-bucket/k --endpoint '{}'",
        "%oss_upload f.bin oss://test-bucket/k --part-size='{}'",
        "%oss_upload f.bin oss://test-bucket/k --retries '{}'",
        "%oss_upload f.bin oss://test-bucket/k --prove '{}'",
        "%oss_upload f.bin oss://test-bucket/k --traffic-limit '{}'",
        "%oss_upload f.bin oss://test-bucket/k --wait='{}'",
        "%oss_upload f.bin oss://test-bucket/k --p='{}'",
        "%oss_upload f.bin oss://test-bucket/k --credentials '{}'",
        "%oss_upload f.bin oss://test-bucket/k '{}'",
        "%oss_upload f.bin oss://test-bucket/k --{}",
        "%oss_uploads '{}'",
        "%oss_uploads show '{}'",
        "%oss_uploads resume '{}' --endpoint '{}'",
        "%oss_panel '{}'",
        "%oss_sandbox '{}'",
        "%oss_sandbox start --rate '{}'",
        "%oss_sandbox start --bucket '{}'",
        "%oss_sandbox start --bucket=b --rate='{}'",
    ],
)
def test_no_line_is_repeated(shell: Shell, data: Path, line: str) -> None:
    """What a magic says of a wrong line holds none of its values, be it our words or those of argparse."""
    for pasted in PASTED:
        ran = shell.run(line.replace("{}", pasted))
        assert ran.error is not None
        assert_discreet(ran.text + "".join(told(ran.error)))


@pytest.mark.parametrize(
    "name",
    ["endpoint", "part_size", "limit", "parallel", "retries", "prove", "signature_version", "internal",
     "stall_seconds", "helper", "uploads_at_once", "language"],
)  # fmt: skip
def test_no_setting_is_repeated(name: str) -> None:
    """A setting that is refused is not quoted by traitlets either, also where it has the wrong type."""
    settings = OssJupyter()
    before = getattr(settings, name)
    for value in (value for pasted in PASTED for value in (pasted, (pasted,), pasted.encode())):
        with pytest.raises(TraitError) as refused:
            setattr(settings, name, value)
        assert name in str(refused.value)
        assert_discreet("".join(told(refused.value)))
    assert getattr(settings, name) == before


def test_a_proxy_keeps_its_password_to_itself() -> None:
    """A proxy may have a user and a password, so some of these are good ones; the others are not quoted."""
    settings = OssJupyter()
    for pasted in PASTED:
        try:
            settings.proxy = pasted
        except TraitError as refused:
            assert_discreet("".join(told(refused)))


def test_ipythons_way_to_the_settings_is_as_discreet(shell: Shell, caplog: pytest.LogCaptureFixture) -> None:
    """%config logs what it could not set, and its listing leaves out the password of a proxy that works."""
    for name in ("endpoint", "proxy", "retries", "part_size"):
        shell.ok(f"%config OssJupyter.{name} = {PASTED[3]!r}")
    shell.ok("%config OssJupyter.proxy = 'http://user:hunter2@127.0.0.1:3128'")
    assert api.settings().proxy == "http://user:hunter2@127.0.0.1:3128"
    listed = shell.ok("%config OssJupyter").text
    assert "http://…@127.0.0.1:3128" in listed
    assert_discreet(listed + caplog.text)


@pytest.mark.parametrize("region", [None, "cn-hangzhou"])
def test_the_environment_is_not_repeated(data: Path, monkeypatch: pytest.MonkeyPatch, region: str | None) -> None:
    """OSS_ENDPOINT is quoted where it contradicts a region, and where it is none, without what is secret in it."""
    for pasted in PASTED:
        monkeypatch.setenv("OSS_ENDPOINT", pasted)
        with pytest.raises(OssJupyterError) as refused:
            Wiring(OssJupyter()).spec(data, "oss://test-bucket/k", UploadArguments.of(region=region))
        assert_discreet("".join(told(refused.value)))


def test_places_are_named_without_secrets(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The profile of the environment is named in the places that were looked at."""
    monkeypatch.setenv("OSSUTIL_PROFILE", PASTED[3])
    with pytest.raises(OssJupyterError) as refused:
        credentials_chain(environ={"OSSUTIL_PROFILE": PASTED[3]})()
    assert_discreet("".join(told(refused.value)))


def test_a_callback_that_fails_on_its_own_address_is_not_repeated(
    shell: Shell, service: Any, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What on_progress raises is noted and logged without the address that its text quotes."""

    def post(_snapshot: object) -> None:
        raise ConnectionError(f"Max retries exceeded with url: {PASTED[0]}")

    transfer = api.upload(data, "oss://test-bucket/k", on_progress=post)
    transfer.result(20)
    notes = " ".join(transfer.snapshot().notes)
    assert "on_progress raised ConnectionError" in notes
    assert_discreet(notes + caplog.text)


@pytest.mark.parametrize("key", ["what?.csv", "a@b.csv", "user@host/mail?x=1.csv", "#1.csv", "why?signature.txt"])
def test_keys_are_shown_as_they_are(key: str) -> None:
    """In the key of an object ? @ and # are letters, also in an error about the object."""
    target = parse_target(f"oss://test-bucket/{key}")
    assert str(target) == f"oss://test-bucket/{key}"
    assert InputError(f"{target} is there already.").what == f"oss://test-bucket/{key} is there already."


@pytest.mark.parametrize(
    "query", ["OSSAccessKeyId=LTAI5tPasted&Signature=x", "x-oss-signature=c2lnbmVk", "Signature=y"]
)
def test_a_key_with_a_signature_is_none(query: str) -> None:
    """A signed URL with oss:// in front is a mistake, and would lie in the journal with its signature."""
    with pytest.raises(InputError, match=r"up to the question mark: oss://test-bucket/k\.csv\.") as refused:
        parse_target(f"oss://test-bucket/k.csv?{query}")
    assert_discreet("".join(told(refused.value)))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("cn hangzhou", "cn hangzhou"),
        ("C:\\data\\trips.csv", "C:\\data\\trips.csv"),
        ("/home/me@work/ca.pem", "/home/me@work/ca.pem"),
        ("https://host/a/b", "https://host/a/b"),
        ("https://u@host/a?b#c", "https://…@host/a?…"),
        ("x" * 1_000_000, "x" * 120 + "…"),
    ],
)
def test_what_is_left_of_a_text(text: str, left: str) -> None:
    """What is no secret can still be recognised."""
    assert redact.shown(text) == left


def test_a_sentence_goes_on_after_what_was_cut() -> None:
    """A quotation is closed, and an address that nobody cut is cut where an error is made."""
    arguments = UploadArguments.of(region="cn-hangzhou", prove="https://b/k?x=y")
    with pytest.raises(InputError, match=r"'https://b/k\?…' is not known\.\n"):
        Wiring(OssJupyter()).spec(__file__, "oss://test-bucket/k", arguments)
    assert (
        InputError("See https://u:hunter2@h/k for more.", "Or s3://h?a=hunter2").what == "See https://…@h/k for more."
    )


def test_what_is_accepted_holds_no_secret() -> None:
    """The settings of an endpoint have no proxy in their repr, and no endpoint with a password can be made."""
    settings = EndpointSettings(region="cn-hangzhou", proxy="http://user:hunter2@127.0.0.1:3128")
    assert_discreet(repr(settings) + str(settings.place()))
