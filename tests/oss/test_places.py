"""Credentials of roles, logins and machines, against a stand-in of the services that give them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.errors import CredentialsError, InputError
from oss_jupyter.oss.credentials import Credentials, CredentialsChain, credentials_chain
from oss_jupyter.oss.metadata import MetadataServer
from oss_jupyter.oss.places.machine import MachineRole
from oss_jupyter.oss.profiles import places_of_profile

from .cloud_kit import ENDS_AT, ROLE, Cloud, cloud

ENDS = datetime.fromisoformat(ENDS_AT.replace("Z", "+00:00"))
LATE = 2_000_000_000
AK = {"access_key_id": "ak", "access_key_secret": "hush"}
TOLD = {"mode": "StsToken", **AK, "sts_token": "hush-token"}
ROLE_ARN = {"ram_role_arn": "acs:ram::1:role/reader", "ram_session_name": "me"}
OAUTH = {"oauth_site_type": "CN", "oauth_access_token": "hush-o", "oauth_refresh_token": "hush-r"}
SSO = {"cloud_sso_account_id": "7", "cloud_sso_access_config": "c", "access_token": "hush-s"}
PROFILES: dict[str, dict[str, Any]] = {
    "AK": AK,
    "StsToken": TOLD,
    "RamRoleArn": {**AK, **ROLE_ARN},
    "EcsRamRole": {"ram_role_name": ROLE},
    "OIDC": {**ROLE_ARN, "oidc_provider_arn": "acs:ram::1:oidc-provider/p", "oidc_token_file": "{folder}/oidc"},
    "CloudSSO": {**SSO, "cloud_sso_sign_in_url": "{cloud}", "cloud_sso_access_token_expire": LATE},
    "OAuth": {**OAUTH, "oauth_access_token_expire": LATE},
    "External": {"process_command": f"{sys.executable} {{folder}}/external.py"},
    "ChainableRamRoleArn": {**ROLE_ARN, "source_profile": "StsToken"},
}


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """What gives credentials in the cloud."""
    with cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture
def at_home(services: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory with every kind of profile, on a computer whose way out is the stand-in."""
    services.broken, services.has_role = None, True
    services.asked.clear()
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, services.url)
    for name in filter(lambda name: name.startswith(("ALIBABA_CLOUD_", "OSS")), tuple(os.environ)):
        monkeypatch.delenv(name)
    # The package tells requests to look nowhere else for authorities.
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(services.authority))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "oidc").write_text("pod", "utf-8")
    told = {"mode": "StsToken", "access_key_id": "ext", "access_key_secret": "hush-e", "sts_token": "hush-t"}
    said = json.dumps({**told, "expiration": ENDS_AT})
    (tmp_path / "external.py").write_text(f"print({said!r})", "utf-8")
    write_profiles(tmp_path, services)
    return tmp_path


def write_profiles(home: Path, services: Cloud, current: str = "AK", **more: Any) -> Path:
    path = home / ".aliyun" / "config.json"
    path.parent.mkdir(exist_ok=True)
    profiles = [{"name": mode, "mode": mode, "region_id": "cn-beijing", **values} for mode, values in PROFILES.items()]
    text = json.dumps({"current": current, "profiles": [*profiles, *more.values()]})
    path.write_text(text.replace("{cloud}", services.url).replace("{folder}", home.as_posix()), "utf-8")
    return path


def chain(services: Cloud, environ: dict[str, str] | None = None, profile: str | None = None) -> CredentialsChain:
    """A chain that sees the environment given, and the stand-in's metadata server."""
    metadata = MetadataServer(("127.0.0.1", services.port))
    return credentials_chain(profile=profile, environ={} if environ is None else environ, metadata=metadata)


@pytest.mark.parametrize("mode", PROFILES)
def test_a_profile_in_each_mode_gives_what_the_package_gives(services: Cloud, at_home: Path, mode: str) -> None:
    """Whoever has set up the Alibaba Cloud CLI, in whichever way, has set up this; and hears until when it is good."""
    from alibabacloud_credentials.provider import CLIProfileCredentialsProvider

    expected = CLIProfileCredentialsProvider(profile_name=mode, profile_file=f"{at_home}/.aliyun/config.json")
    theirs = expected.get_credentials()
    place, found = chain(services, profile=mode).look()
    assert (found.access_key_id, found.access_key_secret) == (
        theirs.get_access_key_id(),
        theirs.get_access_key_secret(),
    )
    assert found.security_token == theirs.get_security_token()
    assert found.ends_at == (None if mode in ("AK", "StsToken") else ENDS)
    assert (place.name, place.mode) == (f"~/.aliyun/config.json [{mode}]", mode)


def test_the_order_of_the_places(services: Cloud, at_home: Path) -> None:
    """What is nearest to the cell wins, and each place gets its turn when those before it have nothing."""
    environ = {
        "OSS_ACCESS_KEY_ID": "oss-id",
        "OSS_ACCESS_KEY_SECRET": "s",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "cloud-id",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s",
        "ALIBABA_CLOUD_SECURITY_TOKEN": "t",
        "OSSUTIL_CONFIG_FILE": str(at_home / "ossutil"),
        "ALIBABA_CLOUD_ROLE_ARN": ROLE_ARN["ram_role_arn"],
        "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": "p",
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE": str(at_home / "oidc"),
        "ALIBABA_CLOUD_CREDENTIALS_URI": f"{services.url}/uri",
    }
    (at_home / "ossutil").write_text("[default]\naccess-key-id=file-id\naccess-key-secret=s\n", "utf-8")
    (at_home / ".alibabacloud").mkdir()
    ini = at_home / ".alibabacloud" / "credentials.ini"
    ini.write_text("[default]\ntype=access_key\naccess_key_id=ini-id\naccess_key_secret=s\n", "utf-8")

    def found() -> str:
        return chain(services, environ)().access_key_id

    seen = [found()]
    for gone in ("OSS_ACCESS_KEY_", "ALIBABA_CLOUD_ACCESS_KEY_"):
        for name in (f"{gone}ID", f"{gone}SECRET"):
            environ.pop(name)
        seen.append(found())
    environ.pop("ALIBABA_CLOUD_SECURITY_TOKEN")
    for path in (at_home / "ossutil", at_home / ".aliyun" / "config.json", ini):
        path.unlink()
        seen.append(found())
    for name in ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "ALIBABA_CLOUD_CREDENTIALS_URI"):
        environ.pop(name)
        seen.append(found())
    files = ["file-id", "ak", "ini-id"]
    assert seen == ["oss-id", "cloud-id", *files, "id-reader-by-pod", "id-uri", "id-machine"]


def test_a_place_that_is_set_up_and_gives_none_ends_the_search(services: Cloud, at_home: Path) -> None:
    """To go on as somebody else would be a surprise; the code of the refusal is told, its text is not."""
    write_profiles(at_home, services, current="RamRoleArn")
    services.broken = (403, '{"Code": "NoPermission", "Message": "hush-message"}')
    with pytest.raises(CredentialsError) as caught:
        chain(services)()
    assert (
        caught.value.what
        == "~/.aliyun/config.json [RamRoleArn] (RamRoleArn): was answered with NoPermission (status 403)."
    )
    assert "aliyun sts GetCallerIdentity --profile RamRoleArn" in caught.value.advice
    assert "hush" not in str(caught.value) + repr(caught.value.__context__)


@pytest.mark.parametrize(
    ("values", "told", "advice"),
    [
        (
            {"mode": "CloudSSO", **SSO, "cloud_sso_access_token_expire": 1},
            "(CloudSSO): raised ValueError",
            "aliyun configure --mode CloudSSO --profile odd",
        ),
        ({"mode": "RsaKeyPair"}, "a mode that the package alibabacloud-credentials does not know", "GetCallerIdentity"),
        ({"mode": "External", "process_command": "/nowhere/hush"}, "(External): raised CredentialException", "aliyun"),
        ({"mode": "ChainableRamRoleArn", **ROLE_ARN, "source_profile": "gone"}, "raised CredentialException", "aliyun"),
    ],
)
def test_a_profile_that_cannot_work_says_so(
    services: Cloud, at_home: Path, values: dict[str, Any], told: str, advice: str
) -> None:
    """A login that has ended, a mode of tomorrow, a command that is gone: each is named with what to do."""
    write_profiles(at_home, services, odd={"name": "odd", **values})
    with pytest.raises(CredentialsError) as caught:
        chain(services, profile="odd")()
    assert told in caught.value.what
    assert advice in caught.value.advice
    assert "hush" not in str(caught.value)


def test_an_empty_profile_is_no_hindrance(services: Cloud, at_home: Path) -> None:
    """`aliyun configure` leaves one behind with whoever gave up half-way; the next place gets its turn."""
    write_profiles(at_home, services, current="empty", empty={"name": "empty", "mode": "AK", "access_key_id": ""})
    assert chain(services)().access_key_id == "id-machine"


def test_credentials_that_cannot_be_renewed_are_used_while_they_are_good(services: Cloud, at_home: Path) -> None:
    """A service that is away for a minute ends no upload: the token before is good for years."""
    home = write_profiles(at_home, services, current="RamRoleArn")
    found = chain(services)
    before = found()
    services.broken = (503, "away")
    assert found() == before
    home.write_text(home.read_text("utf-8").replace("reader", "writer-of-all"), "utf-8")
    with pytest.raises(CredentialsError, match="status 503"):
        found()  # the profile is another one now


def test_the_environment_and_the_file_are_read_anew(services: Cloud, at_home: Path) -> None:
    """What `%env` and `aliyun configure` change during an upload counts without a restart."""
    environ: dict[str, str] = {}
    found = chain(services, environ)
    assert found().access_key_id == "ak"
    write_profiles(at_home, services, current="StsToken")
    assert found().security_token == "hush-token"
    environ["ALIBABA_CLOUD_CLI_PROFILE_DISABLED"] = "true"
    assert found.describe() == "the RAM role of this machine"


def test_a_profile_is_looked_for_in_both_files(services: Cloud, at_home: Path) -> None:
    """Whichever tool made it, its name suffices, and its region comes along; one that is in neither is told."""
    (at_home / ".ossutilconfig").write_text("[profile lab]\naccess-key-id=lab-id\naccess-key-secret=s\nregion=cn-x\n")
    assert chain(services, profile="lab")().access_key_id == "lab-id"
    assert chain(services, profile="AK")().access_key_id == "ak"
    assert [place.values.get("region") for place in places_of_profile("lab")] == ["cn-x", None]
    assert [place.values.get("region") for place in places_of_profile("AK")] == [None, "cn-beijing"]
    with pytest.raises(InputError) as refused:
        places_of_profile("nobody")
    assert refused.value.code == "ProfileNotFound"
    for name in ("~/.ossutilconfig [nobody]: no such profile; the file has lab", "~/.aliyun/config.json [nobody]"):
        assert name in refused.value.what


def test_the_role_of_the_machine_is_asked_once_and_never_through_a_proxy(services: Cloud, at_home: Path) -> None:
    """The metadata server knows this machine by its address; its token is good for hours."""
    (at_home / ".aliyun" / "config.json").unlink()
    found = chain(services)
    assert (found().access_key_id, found().ends_at) == ("id-machine", ENDS)
    roles = "direct /latest/meta-data/ram/security-credentials/"
    assert services.asked == ["direct /latest/api/token", roles, "direct /latest/api/token", roles + ROLE]


def test_a_machine_without_a_role_has_no_credentials(services: Cloud, at_home: Path) -> None:
    """It is told as a place like any other; but whoever names the machine in a profile hears it as an error."""
    (at_home / ".aliyun" / "config.json").unlink()
    services.has_role = False
    with pytest.raises(CredentialsError, match=r"the RAM role of this machine \(this machine has no RAM role\)"):
        chain(services)()
    asked = MachineRole({}, MetadataServer(("127.0.0.1", services.port)), asked_by="a profile")
    with pytest.raises(CredentialsError, match="a profile: this machine has no RAM role"):
        asked.find()


def test_a_metadata_server_that_goes_away_takes_no_good_credentials_along(tmp_path: Path) -> None:
    """They are due for new ones, and good for minutes yet: an upload goes on with them."""
    with cloud(tmp_path) as running:
        soon = datetime.now(timezone.utc) + timedelta(minutes=10)
        running.machine_ends_at = soon.strftime("%Y-%m-%dT%H:%M:%SZ")
        role = MachineRole({}, MetadataServer(("127.0.0.1", running.port)))
        before = role.find()
        assert isinstance(before, Credentials)
    assert role.find() == before


def test_outside_of_the_cloud_the_metadata_server_is_asked_once() -> None:
    """Who is in no cloud waits for it once at most, and hears where was looked."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        gone = server.getsockname()
    metadata = MetadataServer(gone)
    assert not metadata.reachable()
    with socket.create_server(gone):
        assert not metadata.reachable()
    assert MachineRole({}, metadata).find() == (
        "this machine is not in Alibaba Cloud: its metadata server was not reached"
    )


def test_the_metadata_server_has_no_more_than_its_second() -> None:
    """One that takes the connection and says nothing, or lets it hang, is given up in time."""
    with socket.create_server(("127.0.0.1", 0), backlog=8) as silent:
        began = time.monotonic()
        role = MachineRole({}, MetadataServer(silent.getsockname(), 0.2))
        with pytest.raises(CredentialsError, match="the metadata server was not reached"):
            role.find()
    assert time.monotonic() - began < 10


_FINDS_NONE = """
import json, sys, threading
from oss_jupyter.errors import CredentialsError
from oss_jupyter.oss.credentials import credentials_chain
from oss_jupyter.oss.metadata import MetadataServer
nowhere = MetadataServer(("127.0.0.1", 9))
for _ in range(2):
    try:
        credentials_chain(environ={}, metadata=nowhere)()
    except CredentialsError as error:
        said = str(error)
print(json.dumps([said, "alibabacloud_credentials" in sys.modules, threading.active_count()]))
"""


def test_the_package_is_loaded_only_where_it_is_needed(tmp_path: Path) -> None:
    """Nobody without roles pays for it, nothing is printed to standard error, and no thread stays behind."""
    done = subprocess.run(
        [sys.executable, "-c", _FINDS_NONE],
        capture_output=True, text=True, env={**os.environ, "HOME": str(tmp_path)}, timeout=60, check=True,
    )  # fmt: skip
    said, loaded, threads = json.loads(done.stdout)
    assert len(said.splitlines()) == 3
    assert (loaded, threads, done.stderr) == (False, 1, "")


_FORKS = """
import os, sys
from oss_jupyter.oss.credentials import credentials_chain
found = credentials_chain(environ={"ALIBABA_CLOUD_CREDENTIALS_URI": sys.argv[1]})
assert found().access_key_id == "id-uri"
child = os.fork()
if not child:
    os._exit(found().access_key_id != "id-uri")
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_asks_anew(services: Cloud, tmp_path: Path) -> None:
    """It uses neither its parent's providers nor what they were doing."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _FORKS, f"{services.url}/uri"],
        capture_output=True, text=True, env={**os.environ, "HOME": str(tmp_path)}, timeout=60, check=True,
    )  # fmt: skip
    assert (done.stdout.split(), done.stderr) == (["0"], "")


def test_what_was_found_is_told_without_what_it_is(services: Cloud, at_home: Path) -> None:
    """No key, secret or token is in anything that could be printed."""
    assert datetime.now(timezone.utc) < ENDS
    for mode in PROFILES:
        place, found = chain(services, profile=mode).look()
        assert "hush" not in repr(place) + repr(found) + place.name + place.mode
        assert found.access_key_id not in repr(found)
