"""`~/.ossutilconfig`, the file of the ossutil command: credentials, region and endpoint by profile.

Version 1 has one ``[Credentials]`` section, version 2 has ``[default]`` and ``[profile name]``, under the same name.
Keys come in camel, kebab and snake case. The file is read again when it changes.
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from oss_jupyter.errors import CredentialsError, Shortage
from oss_jupyter.oss.profile_file import ProfileFile, no_such_profile
from oss_jupyter.paths import absolute, home
from oss_jupyter.redact import shown
from oss_jupyter.texts import tr

_DEFAULT_NAME = ".ossutilconfig"
_PROFILE = "profile "
_OF_DEFAULT = ("credentials", "default", f"{_PROFILE}default")
_OF_BUCKETS = ("buckets ", "bucket-endpoint", "bucket-cname", "akservice")


@dataclass(frozen=True)
class Profile:
    """One profile. mode: how ossutil gets credentials; the values may be secret and are not shown."""

    name: str
    values: Mapping[str, str] = field(repr=False)

    @property
    def mode(self) -> str:
        """``AK``, ``StsToken`` or another of ossutil's words."""
        return self.values.get("mode") or ("StsToken" if self.values.get("ststoken") else "AK")


class OssutilConfig:
    """The file and the profile that `path`, `profile` or the environment name. Any thread may ask."""

    def __init__(
        self,
        profile: str | None = None,
        path: str | os.PathLike[str] | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._profile = profile or environ.get("OSSUTIL_PROFILE") or "default"
        named = path or environ.get("OSSUTIL_CONFIG_FILE")
        own = home()
        self.path = absolute(named, "OSSUTIL_CONFIG_FILE") if named else own / _DEFAULT_NAME if own else None
        self._file = ProfileFile(self.path, lambda text: _parse(text, self.name))

    @property
    def name(self) -> str:
        """The file and profile, as people write them."""
        own, path = home(), self.path
        if path is None:
            path_shown = f"~/{_DEFAULT_NAME}"
        else:
            path_shown = f"~/{path.relative_to(own).as_posix()}" if own and own in path.parents else str(path)
        return f"{path_shown} [{shown(self._profile)}]"

    def profile(self) -> Profile | str:
        """Return the profile, or in a few words why there is none. Raises TooManyFiles."""
        read = self._file.look()
        if isinstance(read, str):
            return read
        sections = read[1]
        wanted = _OF_DEFAULT if self._profile == "default" else (f"{_PROFILE}{self._profile}", self._profile)
        for section in wanted:
            found = next((values for name, values in sections.items() if _same(name, section)), None)
            if found is not None:
                return Profile(self._profile, found)
        return no_such_profile([*filter(None, map(_bare, sections))])

    def place(self) -> Mapping[str, str] | str:
        """Return the profile's values, or in a few words why there are none."""
        try:
            found = self.profile()
        except CredentialsError:
            return tr("not a configuration file")  # Whoever asks for the credentials in it is told.
        return found.values if isinstance(found, Profile) else found

    def endpoints(self) -> tuple[str, ...]:
        """Return the endpoints of all profiles."""
        return tuple(values["endpoint"] for values in self._sections().values() if values.get("endpoint"))

    def profile_names(self) -> tuple[str, ...]:
        """Return the names of all profiles."""
        names = map(_bare, self._sections())
        return tuple("default" if name.lower() in _OF_DEFAULT else name for name in names if name)

    def _sections(self) -> Mapping[str, Mapping[str, str]]:
        """Return what is in the file, nothing where it cannot be read."""
        try:
            read = self._file.look()
        except (Shortage, CredentialsError):
            return {}
        return {} if isinstance(read, str) else read[1]


def _parse(text: str, name: str) -> dict[str, dict[str, str]]:
    parser = configparser.ConfigParser(
        interpolation=None, strict=False, delimiters=("=",), allow_no_value=True, default_section=""
    )
    parser.optionxform = _plain  # type: ignore[method-assign,assignment]
    broken = False
    try:
        parser.read_string(text)
    except configparser.Error:
        broken = True  # Its message quotes the line, which may hold a secret.
    if broken:
        raise CredentialsError(
            tr("{name} is not a configuration file of ossutil.", name=name),
            tr("Run: ossutil config"),
        )
    return {
        section: {key: (value or "").strip().strip("\"'") for key, value in parser.items(section)}
        for section in parser.sections()
    }


def _plain(key: str) -> str:
    return key.lower().replace("-", "").replace("_", "").strip()


def _same(name: str, section: str) -> bool:
    # Section names of version 1 are capitalised; profile names are the user's own.
    return name == section or (section in _OF_DEFAULT and name.lower() == section)


def _bare(section: str) -> str:
    """Return the name of a section's profile; sections about buckets are none."""
    return "" if section.lower().startswith(_OF_BUCKETS) else section.removeprefix(_PROFILE)
