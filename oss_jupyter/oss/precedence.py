"""Which region and which host count where several places name them: one rule, for all combinations.

The places are asked in their order: arguments, settings, environment, profile. Region and host are two questions, so
each is answered by the first place that says something about it. A host is named by an endpoint, or by `internal`,
`accelerate` or `dual_stack`. A region that nobody names is told by the first standard endpoint. Two regions that
contradict each other are refused, because whichever won would be a surprise to somebody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from oss_jupyter.errors import InputError
from oss_jupyter.oss.endpoint import HOST_KINDS, as_region, is_standard, region_of
from oss_jupyter.redact import shown
from oss_jupyter.texts import listed, sentences, tr


@dataclass(frozen=True)
class Place:
    """Somewhere that region and host can be named.

    name: of the place, as people write it. values: what it says, None and empty for nothing. written: how a value
    is written there. why_not: why nothing is said there, in a few words.
    """

    name: str
    values: Mapping[str, Any] = field(repr=False, default_factory=dict)
    written: str = "{name}={value!r}"
    why_not: str = ""

    def quote(self, name: str) -> str:
        """Return a value with where it comes from, like ``OSS_REGION=cn-hangzhou (the environment)``."""
        written = self.written.format(name=name, NAME=name.upper(), value=shown(str(self.values[name])))
        return tr("{written} ({place})", written=written, place=self.name)

    def __str__(self) -> str:
        return tr("{place} ({reason})", place=self.name, reason=self.why_not) if self.why_not else self.name


def choose(places: Sequence[Place]) -> dict[str, Any]:
    """Return region, endpoint, the kinds of hosts and cname, as EndpointSettings takes them. Raises InputError."""
    region, host = _first(places, "region"), _host(places)
    named = region.values["region"] if region else None
    endpoint = host.values.get("endpoint") if host else None
    if region and host and endpoint:
        _refuse_two_regions(places, region, host)
    if not named:
        named = next((told for told in map(region_of, _endpoints(places)) if told), None)
    if not named and not endpoint:
        raise InputError(
            tr("Neither a region nor an endpoint is given. Looked at: {places}.", places=listed(places)),
            tr('Add the bucket\'s region, like region="cn-hangzhou", or set OSS_REGION in the environment.'),
            code="RegionMissing",
        )
    kinds = {kind: bool(host and host.values.get(kind)) for kind in HOST_KINDS}
    return {"region": named, "endpoint": endpoint, **kinds, "cname": _cname(places, host)}


def _first(places: Sequence[Place], name: str) -> Place | None:
    return next((place for place in places if place.values.get(name)), None)


def _host(places: Sequence[Place]) -> Place | None:
    """Return the first place that names a host; ``internal=False`` takes back the `internal` of later places."""
    refused: set[str] = set()
    for place in places:
        if place.values.get("endpoint") or any(place.values.get(kind) for kind in HOST_KINDS if kind not in refused):
            return Place(place.name, {k: v for k, v in place.values.items() if k not in refused}, place.written)
        refused |= {kind for kind in HOST_KINDS if place.values.get(kind) is False}
    return None


def _endpoints(places: Sequence[Place]) -> Iterator[str]:
    return (place.values["endpoint"] for place in places if place.values.get("endpoint"))


def _cname(places: Sequence[Place], host: Place | None) -> bool:
    """Whether the endpoint is a domain of the user's own; said of an endpoint that a host of OSS has outranked, not."""
    saying = next((place for place in places if place.values.get("cname") is not None), None)
    if saying is None or not saying.values["cname"]:
        return False
    earlier = host is not None and [place.name for place in places].index(host.name) < places.index(saying)
    endpoint = host.values.get("endpoint") if host else None
    return not (earlier and (not endpoint or is_standard(endpoint)))


def _refuse_two_regions(places: Sequence[Place], region: Place, host: Place) -> None:
    wanted, told = as_region(region.values["region"]), region_of(host.values["endpoint"])
    if not told or told == wanted:
        return
    names = [place.name for place in places]
    if names.index(region.name) < names.index(host.name):
        advice = tr(
            'For {region}, give an endpoint there as well, like endpoint="oss-{region}.aliyuncs.com".', region=wanted
        )
    else:
        advice = tr('For {region}, give the region as well: region="{region}".', region=told)
    raise InputError(
        tr(
            "Two regions contradict each other: {region}, and {other_region} in {endpoint}.",
            region=region.quote("region"),
            other_region=told,
            endpoint=host.quote("endpoint"),
        ),
        sentences(advice, tr("Else correct one of the two.")),
        code="RegionContradiction",
    )
