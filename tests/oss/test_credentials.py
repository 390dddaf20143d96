"""Where credentials come from, in which order, and that they are never shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from oss_jupyter.errors import CredentialsError
from oss_jupyter.oss.credentials import Credentials, CredentialsChain, credentials_chain

SECRET = "k3J9aPq0Zx7LmN2vT8wYb4"
BOTH = {"OSS_ACCESS_KEY_ID": "env-id", "OSS_ACCESS_KEY_SECRET": "env-secret"}


def not_installed() -> None:
    return None


def chain(environ: dict[str, str] | None = None, default_chain: Callable[[], Any] = not_installed) -> CredentialsChain:
    """A chain that sees neither the machine's environment nor the file of whoever runs the tests."""
    environ = {} if environ is None else environ
    environ.setdefault("OSSUTIL_CONFIG_FILE", "/nowhere/ossutilconfig")
    return credentials_chain(environ=environ, default_chain=default_chain)


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


def test_the_default_chain_comes_last_and_its_client_is_kept() -> None:
    """The client caches its token; a new one for each request would ask the metadata server each time."""
    made = []

    def make() -> Client:
        made.append(1)
        return Client()

    found = chain({}, make)

    assert (found().access_key_id, found().access_key_id, made) == ("id", "id", [1])
    assert found.describe() == "the package alibabacloud-credentials"


def test_the_default_chain_is_asked_anew_after_it_found_nothing() -> None:
    """Its client has a thread that nothing ends, so it is kept; what it found is not."""
    made: list[int] = []
    answers: list[Any] = [None, None, Provider().get_credentials()]

    def make() -> Any:
        made.append(1)
        return lambda: answers.pop(0)

    found = chain({}, make)
    for _ in range(2):
        with pytest.raises(CredentialsError):
            found()
    assert (found().access_key_id, made) == ("id", [1])


def test_the_default_chain_is_made_once_by_many_threads() -> None:
    """Uploads that begin at once share the client that the first of them makes."""
    made: list[int] = []
    all_there = threading.Barrier(8, timeout=20)

    def make() -> Client:
        made.append(1)
        time.sleep(0.1)  # others come meanwhile
        return Client()

    found = chain({}, make)

    def ask() -> str:
        all_there.wait()
        return found().access_key_id

    with ThreadPoolExecutor(8) as pool:
        assert [asked.result() for asked in [pool.submit(ask) for _ in range(8)]] == ["id"] * 8
    assert made == [1]


_ASKS_THE_REAL_CHAIN_OFTEN = """
import atexit, json, os, threading
from pathlib import Path
from oss_jupyter.errors import CredentialsError
from oss_jupyter.oss.credentials import credentials_chain

def look():
    try:
        return credentials_chain(environ={})().access_key_id
    except CredentialsError:
        return ""

def kept():
    return [threading.active_count(), atexit._ncallbacks()]

seen = [(look(), *kept()) for _ in range(4)]
path = Path.home() / ".alibabacloud" / "credentials.ini"
path.parent.mkdir()
path.write_text('''[default]\ntype = access_key\naccess_key_id = late\naccess_key_secret = s\n''')
seen += [(look(), *kept())]
child = os.fork()
if not child:
    os._exit(look() != "late")
print(json.dumps([seen, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_the_real_default_chain_leaves_nothing_with_each_look(tmp_path: Path) -> None:
    """Looks that find nothing cost one thread and one exit handler together; the next one finds what came meanwhile."""
    nobody = {"HOME": str(tmp_path), "ALIBABA_CLOUD_CREDENTIALS_URI": "http://127.0.0.1:9/"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _ASKS_THE_REAL_CHAIN_OFTEN],
        capture_output=True, text=True, env={**os.environ, **nobody}, timeout=60, check=True,
    )  # fmt: skip
    seen, in_a_forked_child = json.loads(done.stdout)
    assert [found for found, *_ in seen] == ["", "", "", "", "late"]
    assert len({tuple(kept) for _, *kept in seen}) == 1
    assert in_a_forked_child == 0
    assert done.stderr == ""


_ASKS_THE_REAL_CHAIN = """
from oss_jupyter.errors import CredentialsError
from oss_jupyter.oss.credentials import credentials_chain
try:
    credentials_chain(environ={})()
except CredentialsError as error:
    print(error)
"""


def test_the_real_default_chain_is_quiet_where_it_finds_nothing(tmp_path: Path) -> None:
    """Three lines (nobody knows what is safe) and nothing on standard error, where the package logs tracebacks."""
    nobody = {"HOME": str(tmp_path), "ALIBABA_CLOUD_CREDENTIALS_URI": "http://127.0.0.1:9/"}
    done = subprocess.run(
        [sys.executable, "-c", _ASKS_THE_REAL_CHAIN],
        capture_output=True, text=True, env={**os.environ, **nobody}, timeout=60, check=True,
    )  # fmt: skip
    for step in (
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET: not set", "~/.aliyun/config.json: no such file",
        "~/.alibabacloud/credentials.ini: not there, or without credentials",
        "the address in ALIBABA_CLOUD_CREDENTIALS_URI: not reached).",
    ):  # fmt: skip
        assert step in done.stdout
    assert "Provider" not in done.stdout
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr == ""


def test_a_mode_that_only_ossutil_knows_is_named_and_the_default_chain_gets_its_turn(tmp_path: Path) -> None:
    """A profile that cannot be used here is told, and does not stand in the way."""
    environ = {"OSSUTIL_CONFIG_FILE": ossutil(tmp_path, "[default]\nmode=EcsRamRole\n")}

    assert chain(environ, Client)().access_key_id == "id"
    with pytest.raises(CredentialsError, match="EcsRamRole"):
        chain(environ)()


def test_finding_none_names_every_place_and_what_to_type(tmp_path: Path) -> None:
    """The first error of a newcomer says where was looked and what to do."""

    def failing() -> Any:
        return lambda: (_ for _ in ()).throw(RuntimeError("unable to load credentials"))

    with pytest.raises(CredentialsError) as caught:
        chain({"OSSUTIL_CONFIG_FILE": str(tmp_path / "none")}, failing)()

    for place in ("the arguments (", "OSS_ACCESS_KEY_ID", f"{tmp_path.as_posix()}/none [default] (no such file)"):
        assert place in caught.value.what
    assert caught.value.what.endswith("; the package alibabacloud-credentials (it raised RuntimeError).")
    assert "%env OSS_ACCESS_KEY_ID=" in caught.value.advice
    assert "OSS_ACCESS_KEY_SECRET" in caught.value.advice


_CHAIN_SAYS = "unable to load credentials from any of the providers in the chain: "


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (f"['EcsRamRoleCredentialsProvider: HttpCode=404, {SECRET}']", "this machine: answered with status 404"),
        (f"['CLIProfileCredentialsProvider: invalid line: key = {SECRET}']", "config.json: no credentials there"),
        (f"['OIDCRoleArnCredentialsProvider: <html>{SECRET}, ']", "ALIBABA_CLOUD_ROLE_ARN: not reached"),
        (f"['EnvironmentVariableCredentialsProvider: no accessKeySecret {SECRET}']", "only the first is set"),
        ("['CLIProfileCredentialsProvider: cli credentials file is disabled']", "config.json: switched off"),
        (f"nobody knows this text: {SECRET}", "it raised RuntimeError"),
    ],
)  # fmt: skip
def test_what_the_default_chain_says_is_told_in_our_words_and_whole(said: str, told: str) -> None:
    """Of each step is told where it looked and why in vain; of its own text nothing is quoted, nothing is cut."""

    def failing() -> Any:
        raise RuntimeError(_CHAIN_SAYS + said)

    with pytest.raises(CredentialsError) as caught:
        chain({}, lambda: failing)()

    assert told in caught.value.what
    assert caught.value.what.endswith(").")
    assert SECRET not in str(caught.value)
    assert "…" not in str(caught.value)


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


def test_a_default_chain_that_hangs_holds_up_nobody_else() -> None:
    """Its client is made outside of the lock: another thread, or the one that makes it, can ask meanwhile."""
    let_go, hangs = threading.Event(), threading.Event()

    def make() -> Any:
        if hangs.is_set():
            return Client()
        hangs.set()
        let_go.wait(20)
        return Client()

    found = chain({}, make)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(found)
        assert hangs.wait(20)
        assert found().access_key_id == "id"
        assert not first.done()
        let_go.set()
        assert first.result(20).access_key_id == "id"


@pytest.mark.parametrize("kind", [SystemExit, RuntimeError])
def test_a_default_chain_that_cannot_be_made_is_one_of_the_places(kind: type[BaseException]) -> None:
    """What making its client raises is told like any place without credentials, and tried again at the next call."""
    failures = [kind("not here")]

    def make() -> Any:
        if failures:
            raise failures.pop()
        return Client()

    found = chain({}, make)
    with pytest.raises(CredentialsError, match=kind.__name__):
        found()
    assert found().access_key_id == "id"


def test_nothing_shows_the_credentials() -> None:
    """A cell that ends in one of these values shows no key."""
    shown = repr(Credentials("the-id", "the-secret", "the-token")) + repr(credentials_chain(("the-id", "the-secret")))

    assert not any(word in shown for word in ("the-id", "the-secret", "the-token"))
