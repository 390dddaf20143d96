"""`~/.aliyun/config.json`, the file of the Alibaba Cloud CLI: profiles, each with a mode and a region.

The layout is that of https://github.com/aliyun/aliyun-cli. The file is read again when it changes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oss_jupyter.errors import CredentialsError, Shortage
from oss_jupyter.oss.profile_file import ProfileFile, Stamp, no_such_profile
from oss_jupyter.paths import home
from oss_jupyter.redact import shown
from oss_jupyter.texts import tr

_FILE = Path(".aliyun") / "config.json"
_DISABLED = "ALIBABA_CLOUD_CLI_PROFILE_DISABLED"
# As the CLI itself asks them.
CLI_PROFILE_NAMED_BY = ("ALIBABA_CLOUD_PROFILE", "ALIBABACLOUD_PROFILE", "ALICLOUD_PROFILE")


@dataclass(frozen=True)
class CliProfile:
    """One profile. values: as the file has them; they may be secret and are not shown. stamp: of the file."""

    name: str
    values: Mapping[str, Any] = field(repr=False)
    stamp: Stamp = field(default=(0, 0), repr=False)

    @property
    def mode(self) -> str:
        """How it gives credentials: ``AK``, ``StsToken``, ``RamRoleArn`` or another word of the CLI's."""
        return str(self.values.get("mode") or "AK")

    def get(self, key: str) -> str:
        """Return a value, "" where there is none, or one that is no text."""
        value = self.values.get(key)
        return value.strip() if isinstance(value, str) else ""


class AliyunConfig:
    """The file, and the profile that `profile` or the environment names, else the one that is current in the file.

    Any thread may ask.
    """

    def __init__(
        self,
        profile: str | None = None,
        path: str | os.PathLike[str] | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._environ = environ
        self._named = profile or next(filter(None, map(environ.get, CLI_PROFILE_NAMED_BY)), "")
        own = home()
        self.path = Path(path) if path else own / _FILE if own else None
        self._file = ProfileFile(self.path, lambda text: _parse(text, self.path))

    @property
    def name(self) -> str:
        """The file and profile, as people write them."""
        own, path = home(), self.path
        told = f"~/{_FILE.as_posix()}"
        if path is not None and path != (own and own / _FILE):
            told = str(path)
        return f"{told} [{shown(self._named or self._current() or 'default')}]"

    def profile(self) -> CliProfile | str:
        """Return the profile, or in a few words why there is none. Raises CredentialsError, TooManyFiles."""
        if self._environ.get(_DISABLED, "").lower() == "true":
            return tr("switched off by {variable}", variable=_DISABLED)
        read = self._file.look()
        if isinstance(read, str):
            return read
        stamp, content = read
        wanted = self._named or str(content.get("current") or "default")
        profiles = _profiles(content)
        for values in profiles:
            if values.get("name") == wanted:
                return CliProfile(wanted, values, stamp)
        return no_such_profile([shown(str(values.get("name"))) for values in profiles])

    def place(self) -> Mapping[str, str] | str:
        """Return the region that the profile names, or why it names none."""
        try:
            found = self.profile()
        except CredentialsError:
            return tr("not a configuration file")  # whoever asks for the credentials in it is told
        return found if isinstance(found, str) else {"region": found.get("region_id")}

    def profile_names(self) -> tuple[str, ...]:
        """Return the names of all profiles."""
        return tuple(name for values in _profiles(self._content()) if (name := str(values.get("name") or "")))

    def _current(self) -> str:
        return str(self._content().get("current") or "")

    def _content(self) -> Mapping[str, Any]:
        """Return what is in the file, nothing where it cannot be read."""
        try:
            read = self._file.look()
        except (Shortage, CredentialsError):
            return {}
        return {} if isinstance(read, str) else read[1]


def _parse(text: str, path: Path | None) -> dict[str, Any]:
    content: Any = None
    with suppress(ValueError):  # which holds the whole text
        content = json.loads(text)
    if not isinstance(content, dict):
        raise CredentialsError(
            tr("{path} is not a configuration file of the Alibaba Cloud CLI.", path=path),
            tr("Run: aliyun configure"),
        )
    return content


def _profiles(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed = content.get("profiles")
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
