"""Credentials in environment variables: those of OSS's own tools, and those of Alibaba Cloud's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from oss_jupyter.errors import CredentialsError
from oss_jupyter.oss.places.found import Credentials, usable
from oss_jupyter.texts import tr

OSS = ("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN")
ALIBABA_CLOUD = (
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABA_CLOUD_SECURITY_TOKEN",
)


@dataclass(frozen=True)
class Environment:
    """names: of the variables with id, secret and session token."""

    names: tuple[str, str, str]
    environ: Mapping[str, str] = field(repr=False)
    mode = ""

    @property
    def name(self) -> str:
        """The variables, as people write them."""
        return tr("the environment variables {id} and {secret}", id=self.names[0], secret=self.names[1])

    def find(self) -> Credentials | str:
        """Return what they hold now. Raises CredentialsError where that is half of a pair, or none of a key."""
        key_id, secret, token = (self.environ.get(name, "").strip() for name in self.names)
        if bool(key_id) != bool(secret):
            there, missing = self.names[:2] if key_id else self.names[1::-1]
            raise CredentialsError(
                tr("The environment has {there} but not {missing}.", there=there, missing=missing),
                tr("Set both (in a notebook: %env {missing}=<value>).", missing=missing),
                code="HalfCredentials",
            )
        return usable(Credentials(key_id, secret, token or None), self.names) if key_id else tr("not set")
