"""Credentials of the RAM role of the machine in the cloud on which this runs."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from oss_jupyter import forks
from oss_jupyter.errors import CredentialsError
from oss_jupyter.oss.metadata import MetadataServer, StrangeAnswerError
from oss_jupyter.oss.places.foreign import checked
from oss_jupyter.oss.places.found import SPARE, Credentials
from oss_jupyter.texts import tr

_ROLE = "ALIBABA_CLOUD_ECS_METADATA"
_DISABLED = "ALIBABA_CLOUD_ECS_METADATA_DISABLED"
# New ones are there half an hour before the old ones end.
_RENEWED = timedelta(minutes=15)


class _Kept:
    """The credentials of each role. `_lock` guards _of."""

    def __init__(self) -> None:
        self._begin()
        forks.in_child(self._begin)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._of: dict[tuple[MetadataServer, str], Credentials] = {}

    def get(self, server: MetadataServer, role: str, spare: timedelta) -> Credentials | None:
        with self._lock:
            known = self._of.get((server, role))
        return known if known is not None and known.last(spare) else None

    def put(self, server: MetadataServer, role: str, found: Credentials) -> None:
        with self._lock:
            self._of[server, role] = found


_kept = _Kept()


class MachineRole:
    """The role named, else the one that the environment names, else the machine's only one.

    asked_by: what names it, where a configuration does; without it a machine outside of the cloud is no error.
    """

    mode = "EcsRamRole"

    def __init__(
        self,
        environ: Mapping[str, str],
        server: MetadataServer,
        role: str = "",
        asked_by: str = "",
    ) -> None:
        self._environ = environ
        self._role = role
        self._asked_by = asked_by
        self._server = server

    @property
    def name(self) -> str:
        """What names it, or that it is the machine's."""
        return self._asked_by or tr("the RAM role of this machine")

    def find(self) -> Credentials | str:
        """Return the role's credentials. Raises CredentialsError where the machine has a role but gives none."""
        if self._disabled():
            return self._none(tr("switched off by {variable}", variable=_DISABLED))
        role = self._role or self._environ.get(_ROLE, "").strip()
        known = _kept.get(self._server, role, SPARE)
        if known is not None and known.last(_RENEWED):
            return known
        try:
            found = self._ask(role)
        except CredentialsError:
            if known is None:
                raise
            return known
        return known if known is not None and isinstance(found, str) else found

    def _ask(self, role: str) -> Credentials | str:
        if not self._server.reachable():
            return self._none(tr("this machine is not in Alibaba Cloud: its metadata server was not reached"))
        try:
            named = role or self._server.role()
            answer = self._server.credentials_of(named) if named else ""
        except OSError as error:
            raise self._failed(_told(error)) from None
        if not named:
            return self._none(tr("this machine has no RAM role"))
        told = _parsed(answer)
        if told.get("Code") != "Success":
            raise self._failed(tr("the metadata server gives none for the role {role}", role=named))
        found = checked(
            told.get("AccessKeyId"), told.get("AccessKeySecret"), told.get("SecurityToken"), told.get("Expiration")
        )
        _kept.put(self._server, role, found)
        return found

    def _disabled(self) -> bool:
        return self._environ.get(_DISABLED, "").lower() == "true"

    def _none(self, reason: str) -> str:
        if self._asked_by:
            raise self._failed(reason)
        return reason

    def _failed(self, reason: str) -> CredentialsError:
        return CredentialsError(
            tr("{place}: {reason}.", place=self.name, reason=reason),
            tr("Give this machine a role that may write to the bucket, in the console of ECS, or use another profile."),
            code="CredentialsProviderFailed",
        )


def _told(error: OSError) -> str:
    if isinstance(error, StrangeAnswerError):
        return tr("the metadata server {failed}", failed=error)
    return tr("the metadata server was not reached")


def _parsed(answer: str) -> dict[str, Any]:
    try:
        told = json.loads(answer)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
