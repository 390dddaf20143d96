"""What PAI-DSW tells of the instance in which a kernel runs: when it stops by itself. One small request, signed here.

The operation is GetInstance of the API 2022-01-01 (documentation "PAI-DSW API"), signed as the documentation says,
"Request syntax and signature method V3". Which instance it is stands in the environment of its kernels.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import urllib3

from oss_jupyter.model.small_files import SigningKeys
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.oss.environment import route_to
from oss_jupyter.oss.small_get import small_get
from oss_jupyter.texts import tr

_ALGORITHM, _VERSION = "ACS3-HMAC-SHA256", "2022-01-01"
_INSTANCE, _REGIONS = "DSW_INSTANCE_ID", ("REGION", "dsw_region")
_WORD = re.compile(r"[A-Za-z0-9][\w-]{0,99}")
_OK = 200
_ANSWER_MAX_BYTES = 1 << 20


@dataclass(frozen=True)
class AutomaticStop:
    """When an instance stops by itself. due_at: at that time, None for none.

    idle_minutes: after it has been idle for so long, 0 for never; it is idle while its processors are used less than
    cpu_percent.
    """

    due_at: datetime | None = None
    idle_minutes: int = 0
    cpu_percent: int = 0


def dsw_instance() -> str:
    """Return the id of the instance in which this runs, "" elsewhere."""
    named = os.environ.get(_INSTANCE, "")
    return named if _WORD.fullmatch(named) else ""


def automatic_stop(keys: SigningKeys, settings: EndpointSettings) -> AutomaticStop:
    """Ask when this instance stops. settings: how the network is reached, and a region where the environment has none.

    Raises OSError, with a few words, and what `route_to` does.
    """
    region = next((os.environ[name] for name in _REGIONS if os.environ.get(name)), settings.region or "")
    if not _WORD.fullmatch(region):
        raise OSError(tr("its region is not known"))
    host, path = f"pai-dsw.{region}.aliyuncs.com", f"/api/v2/instances/{dsw_instance()}"
    headers = signed("GET", host, path, "GetInstance", keys, time.time() + keys.clock_offset_seconds)
    route = route_to(f"https://{host}{path}", settings, host)
    try:
        with small_get(f"https://{host}{path}", route, settings, headers) as reply:
            status, content = reply.status_code, reply.raw.read(_ANSWER_MAX_BYTES, decode_content=True)
    except (OSError, urllib3.exceptions.HTTPError) as error:  # their words may quote the request
        raise OSError(tr("{host} does not answer: {error}", host=host, error=type(error).__name__)) from None
    said = _document(content)
    if status != _OK:
        raise OSError(tr("{host} answers with status {status}", host=host, status=f"{status}{_code(said)}"))
    return _read(said)


def signed(method: str, host: str, path: str, action: str, keys: SigningKeys, now: float) -> dict[str, str]:
    """Return the headers of a request without query and body. now: seconds since the epoch."""
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
        "x-acs-signature-nonce": secrets.token_hex(16),
        "x-acs-version": _VERSION,
    }
    if keys.security_token:
        headers["x-acs-security-token"] = keys.security_token
    names = ";".join(sorted(headers))
    signature = signature_of(method, path, "", headers, keys.access_key_secret)
    credential = f"Credential={keys.access_key_id},SignedHeaders={names},Signature={signature}"
    return {**headers, "Authorization": f"{_ALGORITHM} {credential}"}


def signature_of(method: str, path: str, query: str, headers: Mapping[str, str], secret: str) -> str:
    """Return the signature of a request, whose query is in its canonical form."""
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    whole = "\n".join((method, path, query, lines, ";".join(sorted(headers)), headers["x-acs-content-sha256"]))
    to_sign = f"{_ALGORITHM}\n{hashlib.sha256(whole.encode()).hexdigest()}"
    return hmac.new(secret.encode(), to_sign.encode(), "sha256").hexdigest()


def _document(content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}


def _code(said: Mapping[str, Any]) -> str:
    code = said.get("Code")
    return f" ({code})" if isinstance(code, str) and _WORD.fullmatch(code.replace(".", "_")) else ""


def _read(said: Mapping[str, Any]) -> AutomaticStop:
    if not isinstance(said.get("InstanceId"), str):
        raise OSError(tr("the answer is about no instance"))
    culler, timer = (said.get(name) for name in ("IdleInstanceCuller", "InstanceShutdownTimer"))
    culler = culler if isinstance(culler, dict) else {}
    due = timer.get("DueTime") if isinstance(timer, dict) else None
    return AutomaticStop(_time(due), _number(culler, "MaxIdleTimeInMinutes"), _number(culler, "CpuPercentThreshold"))


def _number(said: Mapping[str, Any], name: str) -> int:
    value = said.get(name)
    return value if isinstance(value, int) and value > 0 else 0


def _time(text: Any) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except (TypeError, ValueError):
        return None
