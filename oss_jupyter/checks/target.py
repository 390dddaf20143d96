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
from oss_jupyter.texts import english, tr

_FORBIDDEN = 403
TARGET, INSIDE = english("target"), english("inside")


def look_at_target(control: SdkControl, target: Target) -> list[Finding]:
    """Return what an upload would replace, or how full the folder is. Raises OssJupyterError where nobody answers."""
    try:
        return [_object(control, target) if target.key and not target.key.endswith("/") else _folder(control, target)]
    except ServiceError as error:
        if error.reply.status == _FORBIDDEN and error.reply.code in ("AccessDenied", ""):
            return [unknown(TARGET, tr("The credentials may not look at what is there already."))]
        return [unknown(TARGET, error.what, error.advice)]


def _object(control: SdkControl, target: Target) -> Finding:
    head = control.head(target)
    if head is None:
        return fine(TARGET, tr("There is no {target} yet.", target=target))
    since = {"since": f"{head.modified_at:%Y-%m-%d %H:%M}"} if head.modified_at else {}
    text = tr(
        "{target} is there, {size} of {since} UTC: the same bytes are not sent again, others replace it."
        if since
        else "{target} is there, {size}: the same bytes are not sent again, others replace it.",
        target=target,
        size=format_size(head.size),
        **since,
    )
    return fine(TARGET, text)


def _folder(control: SdkControl, target: Target) -> Finding:
    page = next(list_folder(control, target.bucket, target.key))
    objects = count(len(page.objects), "object") if page.objects else ""
    folders = count(len(page.prefixes), "folder") if page.prefixes else ""
    if not objects and not folders:
        return fine(TARGET, tr("Nothing is in {target} yet.", target=target))
    both = objects and folders and tr("{objects} and {folders}", objects=objects, folders=folders)
    what = both or objects or folders
    held = tr(
        "{target} holds {what}." if page.complete else "{target} holds at least {what}.", target=target, what=what
    )
    return fine(TARGET, held)


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
    if not stands:
        return []
    if not inside and stands == settings.region:
        return [_beside_the_bucket(stands)]
    if inside and stands != settings.region:
        return [_out_of_reach(stands, settings.region)]
    return [fine(INSIDE, tr("This machine stands in {region}.", region=stands))]


def _beside_the_bucket(region: str) -> Finding:
    return warning(
        INSIDE,
        tr("This machine stands in {region}, beside the bucket, and goes through the internet.", region=region),
        tr("Use internal=True: it is faster, and nothing is charged for the traffic."),
    )


def _out_of_reach(region: str, wanted: str | None) -> Finding:
    text = tr(
        "This machine stands in {region}, and the endpoint answers inside of {wanted} only.",
        region=region,
        wanted=wanted,
    )
    return warning(INSIDE, text, tr("Leave out internal=True."))
