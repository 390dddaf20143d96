"""What all small files of a dataset have in common on the wire, made of settings and of a PutObject like theirs."""

from __future__ import annotations

from oss_jupyter.model.small_files import FilesRoute
from oss_jupyter.model.wire_values import Route
from oss_jupyter.oss.endpoint import EndpointSettings

# What each file has of its own, and what the sender writes itself.
_OF_EACH = {"content-md5", "content-type", "content-length", "user-agent", "host", "date", "authorization"}
_OF_SIGNING = {"x-oss-date", "x-oss-content-sha256", "x-oss-security-token"}


def url_of_bucket(settings: EndpointSettings, bucket: str) -> str:
    """Return scheme, host and port by which a bucket is reached."""
    scheme, _, host = settings.url.partition("://")
    in_host = not (settings.path_style or settings.cname)
    return f"{scheme}://{bucket}.{host}" if in_host else settings.url


def files_route(
    settings: EndpointSettings, bucket: str, headers: tuple[tuple[str, str], ...], route: Route
) -> FilesRoute:
    """Return the route of small files. headers: of a PutObject with the same options."""
    return FilesRoute(
        url=url_of_bucket(settings, bucket),
        path_prefix=f"/{bucket}" if settings.path_style else "",
        bucket=bucket,
        region=settings.region or "",
        signature_version=settings.signature_version,
        headers=tuple(pair for pair in headers if pair[0].lower() not in _OF_EACH | _OF_SIGNING),
        route=route,
    )
