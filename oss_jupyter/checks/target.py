"""What is at the target already, and whether this machine stands beside it."""

from __future__ import annotations

import os

from oss_jupyter.errors import ServiceError
from oss_jupyter.model.finding import Finding, fine, unknown, warning
from oss_jupyter.model.sizes import count, format_size
from oss_jupyter.model.target import Target
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.endpoint import EndpointSettings, is_standard
from oss_jupyter.oss.metadata import MetadataServer, metadata_server
from oss_jupyter.oss.objects import list_folder

_FORBIDDEN = 403
TARGET, INSIDE = "target", "inside"


def look_at_target(control: SdkControl, target: Target) -> list[Finding]:
    """Return what an upload would replace, or how full the folder is. Raises OssJupyterError where nobody answers."""
    try:
        return [_object(control, target) if target.key and not target.key.endswith("/") else _folder(control, target)]
    except ServiceError as error:
        if error.reply.status == _FORBIDDEN and error.reply.code in ("AccessDenied", ""):
            return [unknown(TARGET, "The credentials may not look at what is there already.")]
        return [unknown(TARGET, error.what, error.advice)]


def _object(control: SdkControl, target: Target) -> Finding:
    head = control.head(target)
    if head is None:
        return fine(TARGET, f"There is no {target} yet.")
    since = f" of {head.modified_at:%Y-%m-%d %H:%M} UTC" if head.modified_at else ""
    return fine(
        TARGET,
        f"{target} is there, {format_size(head.size)}{since}: the same bytes are not sent again, others replace it.",
    )


def _folder(control: SdkControl, target: Target) -> Finding:
    page = next(list_folder(control, target.bucket, target.key))
    named = [
        *([count(len(page.objects), "object")] if page.objects else []),
        *([count(len(page.prefixes), "folder")] if page.prefixes else []),
    ]
    more = "" if page.complete else " at least"
    return fine(
        TARGET, f"In {target} there are{more} {' and '.join(named)}." if named else f"Nothing is in {target} yet."
    )


def look_around(settings: EndpointSettings, server: MetadataServer = metadata_server) -> list[Finding]:
    """Return whether the network inside of the region could be used, or is used from outside of it."""
    standard = is_standard(settings.url) and not settings.accelerate
    if not standard or os.environ.get("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "").lower() == "true":
        return []
    stands = ""
    if server.reachable():
        try:
            stands = server.region().strip()
        except OSError:
            stands = ""
    inside = settings.internal or "-internal." in settings.url
    here = f"This machine stands in {stands}"
    if not inside and stands and stands == settings.region:
        advice = "Use internal=True: it is faster, and nothing is charged for the traffic."
        return [warning(INSIDE, f"{here}, beside the bucket, and goes through the internet.", advice)]
    if inside and stands and stands != settings.region:
        only = f"the endpoint answers inside of {settings.region} only"
        return [warning(INSIDE, f"{here}, and {only}.", "Leave out internal=True.")]
    return [fine(INSIDE, f"{here}.")] if stands else []
