"""Where the service is: region, host, addressing, and how to get there. Nothing is sent from here.

One host serves one region, and Signature V4 names that region, so both must be known and agree. The official SDK would
take a host without a region and fail with a signature error later; here it is refused with the argument to add.
Which of several places counts is the matter of precedence.py.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import SplitResult, urlsplit

from oss_jupyter.errors import InputError
from oss_jupyter.model.arguments import PLACE_NAMES
from oss_jupyter.model.wire_values import Route
from oss_jupyter.oss.proxy import checked_proxy, split_url
from oss_jupyter.paths import absolute
from oss_jupyter.redact import quoted
from oss_jupyter.texts import tr

_REGION = re.compile(r"[a-z0-9-]{1,60}")
# oss-cn-hangzhou.aliyuncs.com, oss-cn-hangzhou-internal.aliyuncs.com, cn-hangzhou.oss.aliyuncs.com. No list of regions:
# new ones appear, and finance and government clouds have their own.
_STANDARD_HOST = re.compile(
    r"(?:(?P<bucket>[a-z0-9-]+)\.)?(?:oss-(?P<plain>[a-z0-9-]+?)(?:-internal)?|(?P<dual>[a-z0-9-]+)\.oss)\.aliyuncs\.com"
)
_HOSTS_OF_EVERY_REGION = ("accelerate", "accelerate-overseas")
# Ways to name a host by what it is for; each needs the region only.
HOST_KINDS = ("internal", "accelerate", "dual_stack")
_EXAMPLE = 'region="cn-hangzhou"'
# What a checkpoint remembers: never a proxy (it may hold a password), never a timeout (a matter of the machine).
_PLACE = (*(name for name in PLACE_NAMES if name != "proxy"), "insecure_http")


@dataclass(frozen=True)
class EndpointSettings:
    """How the service is reached; checked when it is made, so that what exists is usable.

    region: like ``cn-hangzhou``; taken from a standard endpoint where absent, None where V1 needs none. endpoint: a
    host or URL; chosen by region where absent, and then `internal`, `accelerate` or `dual_stack` pick the kind.
    cname: the endpoint is a domain bound to one bucket. path_style: the bucket is in the path; IP addresses and
    localhost always are. proxy: a URL, maybe with a password. ca_bundle: a file of trusted certificates. stall_seconds:
    longest time without one accepted byte of a part. insecure_http: without TLS.
    """

    region: str | None = None
    endpoint: str | None = None
    internal: bool = False
    accelerate: bool = False
    dual_stack: bool = False
    cname: bool = False
    path_style: bool = False
    signature_version: str = "v4"
    proxy: str | None = field(default=None, repr=False)
    ca_bundle: str | None = None
    connect_timeout_seconds: float = 10.0
    read_timeout_seconds: float = 20.0
    stall_seconds: float = Route.stall_seconds
    insecure_http: bool = False

    def __post_init__(self) -> None:
        _refuse_contradictions(self)
        endpoint = split_endpoint(self.endpoint, self.insecure_http) if self.endpoint else None
        host = (endpoint.hostname or "") if endpoint else ""
        values = {
            "region": _checked_region(self.region, host) if self.region else self._region_told_by(host),
            "endpoint": f"{endpoint.scheme}://{endpoint.netloc}" if endpoint else None,
            "path_style": self.path_style or (bool(host) and _has_no_subdomains(host)),
            "proxy": checked_proxy(self.proxy) if self.proxy else None,
            "ca_bundle": _ca_bundle(self.ca_bundle) if self.ca_bundle else None,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _region_told_by(self, host: str) -> str | None:
        region = region_of(host)
        if region is not None or (host and self.signature_version == "v1"):  # which names no region
            return region
        if not host:
            raise InputError(
                tr("Neither a region nor an endpoint is given."),
                tr('Add the bucket\'s region, like region="cn-hangzhou", or set OSS_REGION in the environment.'),
                code="RegionMissing",
            )
        raise InputError(
            tr("The region cannot be told from the endpoint {endpoint}.", endpoint=quoted(host)),
            tr("Signature V4 names the bucket's region: add it, like {example}.", example=_EXAMPLE),
            code="RegionMissing",
        )

    @property
    def url(self) -> str:
        """The service's address without a bucket, like ``https://oss-cn-hangzhou.aliyuncs.com``."""
        if self.endpoint:
            return self.endpoint
        host = f"oss-{self.region}"
        if self.dual_stack:
            host = f"{self.region}.oss"
        elif self.internal:
            host = f"oss-{self.region}-internal"
        elif self.accelerate:
            host = "oss-accelerate"
        return f"{'http' if self.insecure_http else 'https'}://{host}.aliyuncs.com"

    def describe(self) -> str:
        """Return the host as people read it."""
        return urlsplit(self.url).netloc

    def place(self) -> dict[str, Any]:
        """Return what a checkpoint remembers, ready for JSON."""
        defaults = {entry.name: entry.default for entry in fields(self)}
        return {name: getattr(self, name) for name in _PLACE if getattr(self, name) != defaults[name]}

    def reading_place(self) -> dict[str, Any]:
        """Return the same for whoever reads what was sent: without what follows from the rest."""
        place = {name: value for name, value in self.place().items() if name != "insecure_http"}
        if self.insecure_http:
            place["endpoint"] = self.url
        if self.endpoint and _has_no_subdomains(urlsplit(self.endpoint).hostname or ""):
            place.pop("path_style", None)
        return place

    @classmethod
    def from_place(cls, place: Mapping[str, Any], **machine: Any) -> EndpointSettings:
        """Return the settings a checkpoint remembers; `machine` adds the proxy and timeouts of today."""
        return cls(**{name: place[name] for name in _PLACE if name in place}, **machine)


def region_of(endpoint: str) -> str | None:
    """Return the region that a standard host or its URL tells, else None."""
    match = _STANDARD_HOST.fullmatch(_bare_host(endpoint))
    region = match and (match["plain"] or match["dual"])
    return None if not region or region in _HOSTS_OF_EVERY_REGION else region


def is_standard(endpoint: str) -> bool:
    """Whether a host or its URL is one of OSS's own, and not a domain of somebody else."""
    return _STANDARD_HOST.fullmatch(_bare_host(endpoint)) is not None


def is_loopback(endpoint: str) -> bool:
    """Whether a host or its URL is this computer."""
    host = host_of(endpoint)
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def host_of(endpoint: str) -> str:
    """Return the host, with its port, of a host or its URL, as `EndpointSettings.describe` has it."""
    return endpoint.strip().rpartition("://")[2].partition("/")[0].rpartition("@")[2]


def as_region(text: str) -> str:
    """Return a region in the form that signatures have, whatever its spelling."""
    return text.strip().lower().removeprefix("oss-")


def _bare_host(endpoint: str) -> str:
    authority = endpoint.strip().lower().rpartition("://")[2].partition("/")[0]
    return authority.rpartition("@")[2].partition(":")[0]


def keep_dots(url: str) -> str:
    """Return a URL in which the ``.`` and ``..`` of a key survive `requests`, which would resolve them as a path.

    A key like ``a/../b`` is a name of its own, and the signature is over that name.
    """
    path, mark, query = url.partition("?")
    return re.sub(r"(?<=/)\.{1,2}(?=/|$)", lambda dots: dots[0].replace(".", "%2E"), path) + mark + query


def _refuse_contradictions(settings: EndpointSettings) -> None:
    kinds = [name for name in HOST_KINDS if getattr(settings, name)]
    if len(kinds) > 1:
        two = tr("{argument} and {other} name two different hosts.", argument=kinds[0], other=kinds[1])
        raise InputError(two, tr("Set only one of them."))
    if kinds and settings.endpoint:
        raise InputError(
            tr("{argument}=True chooses a host, and endpoint names another.", argument=kinds[0]),
            tr("Leave out one of them; {argument}=True needs only the region.", argument=kinds[0]),
        )
    if settings.cname and not settings.endpoint:
        raise InputError(
            tr("cname=True says the endpoint is a domain of your own, and no endpoint is given."),
            tr('Add endpoint="data.example.com".'),
        )
    if settings.cname and settings.endpoint and is_standard(settings.endpoint):
        raise InputError(
            tr(
                "cname=True says the endpoint is a domain of your own, and {endpoint} is one of OSS.",
                endpoint=quoted(settings.endpoint),
            ),
            tr("Leave out cname, or write the domain that is bound to the bucket."),
        )
    if settings.cname and settings.path_style:
        raise InputError(tr("cname and path_style are two different forms of address."), tr("Set only one of them."))
    if settings.signature_version not in ("v4", "v1"):
        raise InputError(
            tr("signature_version={version} is not known.", version=quoted(settings.signature_version)),
            tr("Choose v4 or v1."),
        )
    for name in ("connect_timeout_seconds", "read_timeout_seconds", "stall_seconds"):
        if not getattr(settings, name) > 0:
            raise InputError(
                tr("{name} must be above zero.", name=name),
                tr("Leave it out, or write for example {name}=10.", name=name),
            )


def split_endpoint(endpoint: str, insecure_http: bool = False) -> SplitResult:
    """Return the pieces of a host or its URL. Raises InputError for what is no address of a service."""
    text = endpoint.strip()
    if "://" not in text:
        text = f"{'http' if insecure_http else 'https'}://{text}"
    text = text.removesuffix("/")
    advice = tr('Write the host only, like endpoint="oss-cn-hangzhou.aliyuncs.com".')
    parts = split_url(text)
    if "@" in text:
        raise InputError(tr("The endpoint holds a user name or password."), advice)
    if parts is None:
        raise InputError(tr("The endpoint is not a host name or URL."), advice)
    if parts.scheme not in ("https", "http"):
        scheme = quoted(parts.scheme)
        raise InputError(tr("The endpoint's scheme {scheme} is neither https nor http.", scheme=scheme), advice)
    if parts.path or parts.query or parts.fragment:
        raise InputError(tr("{endpoint} is not the address of a service.", endpoint=quoted(endpoint)), advice)
    if insecure_http and parts.scheme == "https":
        raise InputError(tr("insecure_http=True contradicts an endpoint with https://."), tr("Leave out one of them."))
    host = parts.hostname or ""
    match = _STANDARD_HOST.fullmatch(host)
    if match and match["bucket"]:
        raise InputError(
            tr("The endpoint {endpoint!r} begins with a bucket.", endpoint=host),
            tr(
                'Write endpoint="{endpoint}"; the bucket belongs into oss://{bucket}/key.',
                endpoint=host.partition(".")[2],
                bucket=match["bucket"],
            ),
        )
    return parts


def _checked_region(region: str, host: str) -> str:
    region = as_region(region)
    if not _REGION.fullmatch(region):
        raise InputError(
            tr("{region} is not the id of a region.", region=quoted(region)),
            tr("Write it like {example}.", example=_EXAMPLE),
        )
    told = region_of(host)
    if told and told != region:
        raise InputError(
            tr(
                "The endpoint {endpoint} is in {told}, and region={region!r} is another.",
                endpoint=quoted(host),
                told=told,
                region=region,
            ),
            tr('Leave out the region, or write region="{told}".', told=told),
        )
    return region


def _has_no_subdomains(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _ca_bundle(ca_bundle: str) -> str:
    path = absolute(ca_bundle, "ca_bundle")
    if not os.path.exists(path):  # noqa: PTH110 - Path.exists() raises where a name is too long
        raise InputError(
            tr("The certificate file {path} is not there.", path=quoted(str(path))),
            tr("Correct ca_bundle, or leave it out to trust the certificates that requests brings."),
        )
    return str(path)
