"""The way to the service, looked at after an upload has failed on it."""

from __future__ import annotations

import time
from dataclasses import replace

from oss_jupyter.checks.beside import beside
from oss_jupyter.checks.network import CONNECTION, PROXY, look_at_network
from oss_jupyter.model.finding import Standing
from oss_jupyter.oss.endpoint import EndpointSettings

_WAIT_SECONDS = 2.0


def look_afterwards(settings: EndpointSettings, said: str) -> str:
    """Return what the failure has not said already, in a few sentences; it takes two seconds at most.

    Nothing is signed, and nothing is asked that costs. said: what happened, in the words of the failure.
    """
    quick = replace(settings, connect_timeout_seconds=_WAIT_SECONDS, read_timeout_seconds=_WAIT_SECONDS)
    findings = beside({CONNECTION: lambda: look_at_network(quick, time.time)}, _WAIT_SECONDS)
    told = [one for one in findings if one.standing is not Standing.FINE and one.text != said]
    if not any(one.standing is Standing.WRONG for one in findings):
        told += [one for one in findings if one.name == CONNECTION and one not in told]
    told += [one for one in findings if one.name == PROXY and one not in told and "through" in one.text]
    return " ".join(["Looked at the way afterwards:", *map(str, told)]) if told else ""
