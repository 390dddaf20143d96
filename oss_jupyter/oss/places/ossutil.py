"""Credentials in a profile of ossutil."""

from __future__ import annotations

from oss_jupyter.oss.ossutil_config import OssutilConfig
from oss_jupyter.oss.places.found import Credentials
from oss_jupyter.texts import tr


class Ossutil:
    """A profile that holds a pair, or a triple with a token."""

    def __init__(self, config: OssutilConfig) -> None:
        self._config = config

    @property
    def name(self) -> str:
        """The file and the profile."""
        return self._config.name

    @property
    def mode(self) -> str:
        """``AK``, ``StsToken`` or another of ossutil's words; "" where there is no profile."""
        profile = self._config.profile()
        return "" if isinstance(profile, str) else profile.mode

    def find(self) -> Credentials | str:
        """Return what the profile holds now. Raises CredentialsError where the file is none of ossutil's."""
        profile = self._config.profile()
        if isinstance(profile, str):
            return profile
        if profile.mode.lower() not in ("ak", "ststoken"):
            return tr(
                "its mode {mode} is ossutil's own; the profiles of  aliyun configure  are known in all modes",
                mode=profile.mode,
            )
        values = profile.values
        key_id, secret = values.get("accesskeyid", ""), values.get("accesskeysecret", "")
        if not key_id or not secret:
            return tr("has no access key secret" if key_id else "has no access key id")
        return Credentials(key_id, secret, values.get("ststoken") or None)
