"""Credentials of a profile of the Alibaba Cloud CLI, and of the older file beside it."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oss_jupyter.oss.aliyun_config import AliyunConfig, CliProfile
from oss_jupyter.oss.metadata import MetadataServer
from oss_jupyter.oss.places.found import Credentials
from oss_jupyter.oss.places.machine import MachineRole
from oss_jupyter.oss.places.package import Recipe, providers
from oss_jupyter.oss.profile_file import NO_FILE
from oss_jupyter.paths import home
from oss_jupyter.texts import english, tr

_HELD = {"AK": ("access_key_id", "access_key_secret"), "StsToken": ("access_key_id", "access_key_secret", "sts_token")}
_LACKING = {
    "access_key_id": english("has no access key id"),
    "access_key_secret": english("has no access key secret"),
    "sts_token": english("has no session token"),
}
_LOGGED_IN = ("CloudSSO", "OAuth")
_INI = Path(".alibabacloud") / "credentials.ini"


class Aliyun:
    """A profile in any mode. What it just holds is read here; the rest is left to the package, and to `MachineRole`."""

    def __init__(self, config: AliyunConfig, environ: Mapping[str, str], metadata: MetadataServer) -> None:
        self._config = config
        self._environ = environ
        self._metadata = metadata

    @property
    def name(self) -> str:
        """The file and the profile."""
        return self._config.name

    @property
    def mode(self) -> str:
        """``AK``, ``RamRoleArn`` or another of the CLI's words; "" where there is no profile."""
        profile = self._config.profile()
        return "" if isinstance(profile, str) else profile.mode

    def find(self) -> Credentials | str:
        """Return what the profile leads to now. Raises CredentialsError where it leads to none."""
        profile = self._config.profile()
        if isinstance(profile, str):
            return profile
        if profile.mode in _HELD:
            return _held(profile)
        if profile.mode == "EcsRamRole":
            return MachineRole(self._environ, self._metadata, profile.get("ram_role_name"), self.name).find()
        path, name = str(self._config.path), profile.name
        recipe = Recipe(("aliyun", path, name), profile.stamp, lambda package: _provider(package, path, name))
        return providers.find(recipe, f"{self.name} ({profile.mode})", _advice(profile))


class CredentialsFile:
    """`~/.alibabacloud/credentials.ini`, which the SDKs of Alibaba Cloud read."""

    mode = ""

    def __init__(self, environ: Mapping[str, str]) -> None:
        own = home()
        named = environ.get("ALIBABA_CLOUD_CREDENTIALS_FILE")
        self._path = Path(named) if named else own / _INI if own else None
        self._profile = environ.get("ALIBABA_CLOUD_PROFILE") or "default"
        self.name = named or f"~/{_INI.as_posix()}"

    def find(self) -> Credentials | str:
        """Return what the file leads to. Raises CredentialsError where it leads to none."""
        try:
            status = self._path.stat() if self._path else None
        except OSError:
            status = None
        if self._path is None or status is None:
            return tr("no such file")
        if not stat.S_ISREG(status.st_mode):
            return tr(NO_FILE)
        path, profile = str(self._path), self._profile
        recipe = Recipe(
            ("ini", path, profile),
            (status.st_mtime_ns, status.st_size),
            lambda package: package.ProfileCredentialsProvider(profile_file=path, profile_name=profile),
        )
        return providers.find(recipe, f"{self.name} [{profile}]", tr("Correct that file, or move it away."))


def _held(profile: CliProfile) -> Credentials | str:
    missing = next((name for name in _HELD[profile.mode] if not profile.get(name)), None)
    if missing is not None:
        return tr(_LACKING[missing])
    key_id, secret, token = map(profile.get, _LACKING)
    return Credentials(key_id, secret, token if profile.mode == "StsToken" else None)


def _advice(profile: CliProfile) -> str:
    if profile.mode in _LOGGED_IN:
        return tr(
            "Log in again, in a terminal:  aliyun configure --mode {mode} --profile {profile}",
            mode=profile.mode,
            profile=profile.name,
        )
    return tr("In a terminal,  aliyun sts GetCallerIdentity --profile {profile}  tells more.", profile=profile.name)


def _provider(package: Any, path: str, name: str) -> Any:
    """Return a provider of a profile that tells when its credentials end; the package's own forgets it."""

    class Telling(package.CLIProfileCredentialsProvider):  # type: ignore[misc]
        inner: Any = None

        def _get_credentials_provider(self, config: Any, profile_name: str) -> Any:
            self.inner = super()._get_credentials_provider(config, profile_name)
            return self.inner

        def get_credentials(self) -> Any:
            got = super().get_credentials()
            return got if self.inner is None else self.inner.get_credentials()

    return Telling(profile_name=name, profile_file=path)
