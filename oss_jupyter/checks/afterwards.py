"""What a check can tell for free about an upload that has failed: no byte is sent, and it takes two seconds at most."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from oss_jupyter.checks.beside import Look, beside
from oss_jupyter.checks.ends import LIFE, look_at_life
from oss_jupyter.checks.network import CONNECTION, PROXY, goes_through_proxy, look_at_network
from oss_jupyter.checks.room import ROOM, look_at_room
from oss_jupyter.errors import CheckpointError, NetworkError, OssJupyterError, ServiceError
from oss_jupyter.model.credentials_found import CredentialsFound
from oss_jupyter.model.finding import Finding, Standing
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.texts import sentences, tr

_WAIT_SECONDS = 2.0
_FORBIDDEN = 403


@dataclass(frozen=True)
class Failed:
    """An upload that has failed. who: the credentials that signed; raises CredentialsError. folder: of checkpoints."""

    error: OssJupyterError
    settings: EndpointSettings
    who: Callable[[], CredentialsFound]
    folder: Path | None


def look_afterwards(failed: Failed) -> str:
    """Return what the failure has not said already, in a few sentences, "" where nothing fits it."""
    looks = _fitting(failed)
    if not looks:
        return ""
    findings = [one for one in beside(looks, _WAIT_SECONDS) if one.text != failed.error.what]
    told = [one for one in findings if one.standing is not Standing.FINE or one.name == LIFE]
    if isinstance(failed.error, NetworkError):
        told += _of_the_way(findings, told, failed.settings)
    return tr("Looked afterwards: {found}", found=sentences(*map(str, told))) if told else ""


def _of_the_way(findings: list[Finding], told: list[Finding], settings: EndpointSettings) -> list[Finding]:
    """Return that the service answers again, where it does, and through which proxy."""
    again = [] if any(one.standing is Standing.WRONG for one in findings) else [CONNECTION]
    proxy = [PROXY] if goes_through_proxy(settings) else []
    return [one for one in findings if one not in told and one.name in (*again, *proxy)]


def _fitting(failed: Failed) -> dict[str, Look]:
    """Return what is looked at after such a failure."""
    error, now = failed.error, time.time
    way = replace(failed.settings, connect_timeout_seconds=_WAIT_SECONDS, read_timeout_seconds=_WAIT_SECONDS)
    if isinstance(error, NetworkError):
        return {CONNECTION: lambda: look_at_network(way, now)}
    if isinstance(error, ServiceError) and error.reply.status == _FORBIDDEN:
        # Whose key it was, and whether its time, or the clock's, is over.
        return {LIFE: lambda: look_at_life(failed.who(), 0.0, now()), CONNECTION: lambda: look_at_network(way, now)}
    if isinstance(error, CheckpointError):
        return {ROOM: lambda: look_at_room(failed.folder, 0)}
    return {}
