"""Who signs: the credentials, and in which order the places are asked where they can be.

They are looked up each time something is signed, so rotating ones work, and nothing here is ever saved or shown. The
first place that has them wins. A place where somebody put some that cannot be had ends the search: those of a later
place would be somebody else's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from oss_jupyter.errors import CredentialsError
from oss_jupyter.oss.aliyun_config import AliyunConfig
from oss_jupyter.oss.metadata import MetadataServer, metadata_server
from oss_jupyter.oss.ossutil_config import OssutilConfig
from oss_jupyter.oss.places.aliyun import Aliyun, CredentialsFile
from oss_jupyter.oss.places.environment import ALIBABA_CLOUD, OSS, Environment
from oss_jupyter.oss.places.found import Credentials, Place, names_at, usable
from oss_jupyter.oss.places.given import Given
from oss_jupyter.oss.places.machine import MachineRole
from oss_jupyter.oss.places.ossutil import Ossutil
from oss_jupyter.oss.places.roles import CredentialsUri, OidcRole
from oss_jupyter.texts import listed, tr

__all__ = ["Credentials", "CredentialsChain", "credentials_chain"]

_ID, _SECRET, _ = OSS
# A profile that is named can be in two files.
_NAMED_MOST = 2


class CredentialsChain:
    """Asks one place after another at each call. Any thread may call it."""

    def __init__(self, places: tuple[Place, ...], needed: str = "") -> None:
        self._places = places
        self._needed = needed

    def __repr__(self) -> str:
        return f"CredentialsChain({', '.join(place.name for place in self._places)})"

    def __call__(self) -> Credentials:
        """Return the credentials of now. Raises CredentialsError."""
        return self.look()[1]

    def describe(self) -> str:
        """Return where the credentials come from, like ``~/.ossutilconfig [default]``. Raises CredentialsError."""
        return self.look()[0].name

    @property
    def of_environment(self) -> bool:
        """Whether those of now are in variables of this process. Asks no other place, which may take its time."""
        variables = (place for place in self._places if isinstance(place, Environment))
        with suppress(CredentialsError):
            return any(isinstance(place.find(), Credentials) for place in variables)
        return False

    def look(self) -> tuple[Place, Credentials]:
        """Return the first place that has credentials, and them. Raises CredentialsError."""
        looked = [tr("the arguments (neither credentials nor a profile)")] if len(self._places) > _NAMED_MOST else []
        for place in self._places:
            found = place.find()
            if isinstance(found, Credentials):
                return place, usable(found, names_at(place.name))
            looked.append(tr("{place} ({reason})", place=place.name, reason=found))
        raise CredentialsError(
            tr("No credentials were found. Looked at: {places}.", places=listed(looked, ";")),
            self._needed
            or tr(
                "Set {id} and {secret} in the environment (in a notebook: %env {id}=<id>), "
                "or, so that no notebook keeps them, run  ossutil config  or  aliyun configure  in a terminal.",
                id=_ID,
                secret=_SECRET,
            ),
            code="NoCredentials",
        )


def credentials_chain(
    given: Any = None,
    profile: str | None = None,
    config_file: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str] = os.environ,
    needed: str = "",
    metadata: MetadataServer = metadata_server,
) -> CredentialsChain:
    """Return the places to look at, in order; what is named by an argument is the only one.

    given: a pair, a triple, a mapping, a provider (``get_credentials``), or a callable that returns any of them; or
    places that were looked up before.
    profile: looked for in ossutil's file, then in the one of the Alibaba Cloud CLI. config_file: of ossutil. needed:
    what to do where none are found, if more is known than where to put them.
    """
    if isinstance(given, CredentialsChain):
        return given
    if given is not None:
        return CredentialsChain((Given(given),))
    ossutil = OssutilConfig(profile, config_file, environ)
    aliyun = Aliyun(AliyunConfig(profile, environ=environ), environ, metadata)
    if config_file is not None:
        return CredentialsChain((Ossutil(ossutil),))
    if profile is not None:
        return CredentialsChain((Ossutil(ossutil), aliyun))
    # What takes long is set up by somebody, and so ends the search. Only the last one is asked on suspicion.
    places = (
        Environment(OSS, environ),
        Environment(ALIBABA_CLOUD, environ),
        Ossutil(ossutil),
        aliyun,
        CredentialsFile(environ),
        OidcRole(environ),
        CredentialsUri(environ),
        MachineRole(environ, server=metadata),
    )
    return CredentialsChain(places, needed)
