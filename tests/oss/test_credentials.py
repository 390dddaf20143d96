"""Where credentials come from, in which order, and that they are never shown."""

from __future__ import annotations

import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from oss_jupyter.errors import CredentialsError
from oss_jupyter.oss.credentials import Credentials, CredentialsChain, credentials_chain

SECRET = "k3J9aPq0Zx7LmN2vT8wYb4"
BOTH = {"OSS_ACCESS_KEY_ID": "env-id", "OSS_ACCESS_KEY_SECRET": "env-secret"}


def chain(environ: dict[str, str] | None = None) -> CredentialsChain:
    """A chain that sees neither the machine, its environment nor the files of whoever runs the tests."""
    environ = {} if environ is None else environ
    environ.setdefault("OSSUTIL_CONFIG_FILE", "/nowhere/ossutilconfig")
    for name in ("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "ALIBABA_CLOUD_ECS_METADATA_DISABLED"):
        environ[name] = "true"
    environ.setdefault("ALIBABA_CLOUD_CREDENTIALS_FILE", "/nowhere/credentials.ini")
    return credentials_chain(environ=environ)


def ossutil(tmp_path: Path, text: str) -> str:
    path = tmp_path / "ossutilconfig"
    path.write_text(text, "utf-8")
    return str(path)


class Provider:
    """Shaped like a provider of the SDK."""

    def get_credentials(self) -> Any:
        return SimpleNamespace(access_key_id="id", access_key_secret="secret", security_token="token")


class Client:
    """Shaped like the client of alibabacloud-credentials."""

    def get_credential(self) -> Any:
        return SimpleNamespace(access_key_id="id", access_key_secret="secret", security_token="token")

    @staticmethod
    def get_credentials(config: Any) -> Any:
        """An inner matter of that client, which takes an argument."""


@pytest.mark.parametrize(
    "given",
    [
        ("id", "secret", "token"),
        {"access_key_id": "id", "access_key_secret": "secret", "security_token": "token"},
        {"AccessKeyId": "id", "AccessKeySecret": "secret", "SecurityToken": "token"},
        Provider(),
        Provider,
        Client(),
        lambda: ("id", "secret", "token"),
        lambda: Provider(),
        Credentials("id", "secret", "token"),
    ],
)
def test_everything_that_holds_credentials_may_be_given(given: Any) -> None:
    """Each common form means the same credentials, so nobody has to convert them."""
    found = credentials_chain(given)

    assert found() == Credentials("id", "secret", "token")
    assert found.describe() == "given in Python"


def test_a_pair_has_no_token() -> None:
    """An empty token would be signed and refused."""
    assert credentials_chain(("id", "secret"))().security_token is None


@pytest.mark.parametrize("given", [("id",), ("id", ""), ("id", None), {}, 7, "id:secret", lambda: None, ("id", "s\n")])
def test_what_is_no_credentials_is_refused_in_words(given: Any) -> None:
    """A wrong argument is our error with advice, not a TypeError from deep inside."""
    with pytest.raises(CredentialsError):
        credentials_chain(given)()


def test_a_provider_that_returns_itself_for_ever_is_refused() -> None:
    """A callable that leads nowhere does not hang the upload."""

    def endless() -> Any:
        return endless

    with pytest.raises(CredentialsError, match="not understood"):
        credentials_chain(endless)()


def test_a_provider_is_asked_again_each_time() -> None:
    """A provider decides itself when its credentials are new."""
    keys = iter([("a", "1"), ("b", "2")])
    found = credentials_chain(lambda: next(keys))

    assert [found().access_key_id, found().access_key_id] == ["a", "b"]


def test_the_environment_is_read_anew_and_wins_over_the_file(tmp_path: Path) -> None:
    """`%env` in a later cell counts, and takes precedence over what was configured long ago."""
    path = ossutil(tmp_path, "[default]\naccess-key-id=file-id\naccess-key-secret=s\n")
    environ = {**BOTH, "OSSUTIL_CONFIG_FILE": path, "OSS_SESSION_TOKEN": "t"}
    found = chain(environ)
    before = found()
    environ.pop("OSS_ACCESS_KEY_ID")
    environ.pop("OSS_ACCESS_KEY_SECRET")

    assert before == Credentials("env-id", "env-secret", "t")
    assert found().access_key_id == "file-id"


def test_what_an_argument_names_wins_over_the_environment(tmp_path: Path) -> None:
    """What was written in the cell counts before what happens to be set."""
    path = ossutil(tmp_path, "[profile lab]\naccess-key-id=lab-id\naccess-key-secret=s\n")

    assert credentials_chain(profile="lab", config_file=path, environ=BOTH)().access_key_id == "lab-id"
    assert credentials_chain(("given", "s"), environ=BOTH)().access_key_id == "given"


@pytest.mark.parametrize("present", ["OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET"])
def test_half_a_pair_in_the_environment_says_which_half_is_missing(present: str) -> None:
    """Falling through to other credentials would upload as somebody else."""
    missing = "OSS_ACCESS_KEY_SECRET" if present.endswith("ID") else "OSS_ACCESS_KEY_ID"

    with pytest.raises(CredentialsError) as caught:
        chain({present: "x"})()

    assert f"has {present} but not {missing}" in caught.value.what
    assert f"%env {missing}=" in caught.value.advice


def test_a_mode_that_only_ossutil_knows_is_named(tmp_path: Path) -> None:
    """A profile that cannot be used here is told, and does not stand in the way."""
    with pytest.raises(CredentialsError, match="EcsRamRole"):
        chain({"OSSUTIL_CONFIG_FILE": ossutil(tmp_path, "[default]\nmode=EcsRamRole\n")})()


def test_finding_none_names_every_place_and_what_to_type(tmp_path: Path) -> None:
    """The first error of a newcomer says where was looked and what to do."""
    with pytest.raises(CredentialsError) as caught:
        chain({"OSSUTIL_CONFIG_FILE": str(tmp_path / "none")})()

    for place in ("the arguments (", "OSS_ACCESS_KEY_ID", f"{tmp_path.as_posix()}/none [default] (no such file)"):
        assert place in caught.value.what
    assert caught.value.what.endswith(
        "the RAM role of this machine (switched off by ALIBABA_CLOUD_ECS_METADATA_DISABLED)."
    )
    for command in ("%env OSS_ACCESS_KEY_ID=", "ossutil config", "aliyun configure"):
        assert command in caught.value.advice
    assert "OSS_ACCESS_KEY_SECRET" in caught.value.advice


def test_the_places_are_told_in_the_language_that_is_chosen_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chain is kept for long, and the language may be set after it was made."""
    asked = chain()
    monkeypatch.setenv("OSS_JUPYTER_LANGUAGE", "zh")
    with pytest.raises(CredentialsError) as caught:
        asked()

    for place in ("环境变量 OSS_ACCESS_KEY_ID 和 OSS_ACCESS_KEY_SECRET（未设置）；", "本机的实例 RAM 角色（"):
        assert place in caught.value.what
    assert "the " not in caught.value.what + caught.value.advice


@pytest.mark.parametrize("said", [f"cannot decode {SECRET}", "the password is hunterhunter", "https://vault/?token=x"])
def test_a_provider_that_raises_leaves_no_secret_behind(said: str) -> None:
    """Only the kind of what it raises is told; which words of a foreign text are secret cannot be known."""

    def failing() -> Any:
        raise ValueError(said)

    with pytest.raises(CredentialsError) as caught:
        credentials_chain(failing)()

    error = caught.value
    shown = "".join(traceback.format_exception(error)) + repr(error) + str(error)
    assert error.what.endswith("what gives them raised ValueError.")
    assert said not in shown
    assert error.__context__ is None


def test_an_interrupt_of_the_main_thread_is_the_users() -> None:
    """Ctrl-C in a provider passes in the main thread, and is a failure of the provider in any other."""

    def interrupted() -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        credentials_chain(interrupted)()
    with ThreadPoolExecutor(1) as pool, pytest.raises(CredentialsError):
        pool.submit(credentials_chain(interrupted)).result()


def test_nothing_shows_the_credentials() -> None:
    """A cell that ends in one of these values shows no key."""
    shown = repr(Credentials("the-id", "the-secret", "the-token")) + repr(credentials_chain(("the-id", "the-secret")))

    assert not any(word in shown for word in ("the-id", "the-secret", "the-token"))


@pytest.mark.parametrize("odd", ["k3J9\nPq0Z", "k3J9\rPq0Z", "k3J9 Pq0Z", "k3J9\x07Pq0Z", "k3J9é0Z", "k3J9\udcff0Z"])
@pytest.mark.parametrize("name", ["OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"])
def test_what_no_key_can_hold_is_refused_where_it_was_found(odd: str, name: str) -> None:
    """A request with it would break on its way and look like a broken line; the variable is named, not its value."""
    with pytest.raises(CredentialsError) as caught:
        chain({**BOTH, name: odd})()

    assert caught.value.what.startswith(f"{name} holds a ")
    assert "k3J9" not in str(caught.value)


def test_the_file_the_role_or_the_argument_is_named_that_holds_it(tmp_path: Path) -> None:
    """Who has several places to look at is told which one."""
    path = ossutil(tmp_path, "[profile lab]\naccess-key-id=lab id\naccess-key-secret=s\n")

    with pytest.raises(CredentialsError, match=r"^The access key id \(.*ossutilconfig \[lab\]\) holds a space, which"):
        credentials_chain(profile="lab", config_file=path)()
    with pytest.raises(CredentialsError, match=r"^The session token \(given in Python\) holds a line break, which"):
        credentials_chain(("id", "secret", "to\nken"))()


def test_white_space_around_them_is_taken_away() -> None:
    """What was read from a file or pasted ends with it often."""
    environ = {"OSS_ACCESS_KEY_ID": " id\n", "OSS_ACCESS_KEY_SECRET": "secret\r\n", "OSS_SESSION_TOKEN": "\ttoken "}

    assert chain(environ)() == Credentials("id", "secret", "token")
    assert credentials_chain((" id ", "secret ", " token "))() == Credentials("id", "secret", "token")
