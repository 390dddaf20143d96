"""Where a filesystem is: what was given, and what the session makes of it.

Arguments that are not given come from the session's settings at each use, so what `%config` changes counts at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, cast

from oss_jupyter import forks
from oss_jupyter.errors import InputError
from oss_jupyter.model.arguments import UploadOptions
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.redact import quoted
from oss_jupyter.remote.reading import Reading
from oss_jupyter.session.session import Session, current_session
from oss_jupyter.texts import listed, tr

# What other filesystems over OSS call an access key; who comes from there need not change a cell.
_KEY_NAMES = ("key", "secret", "token")
# Of fsspec itself.
_FSSPEC = ("asynchronous", "loop", "batch_size", "skip_instance_cache", "use_listings_cache", "listings_expiry_time")


class Place:
    """The endpoint and the credentials of one filesystem. Any thread may call it; _reading is one reference."""

    def __init__(self, given: Mapping[str, Any], names: tuple[str, ...]) -> None:
        self.given = _checked(given, names)
        self._reading: Reading | None = None

    @property
    def session(self) -> Session:
        """The session of this process."""
        return current_session()

    def reading(self) -> Reading:
        """Return what reads there now."""
        wiring, given = self.session.wiring, cast("UploadOptions", self.given)
        control = wiring.control_at(given)
        known = self._reading
        if known is None or known.control is not control:
            with forks.no_forks:
                from oss_jupyter.oss.get_object import ObjectReader  # requests, 0.1 s

            known = self._reading = Reading(ObjectReader(control, wiring.policy(None)))
        return known

    def control(self) -> SdkControl:
        """Return what asks there now."""
        return self.reading().control

    def to_travel(self, *, with_credentials: bool) -> dict[str, Any]:
        """Return what finds the same place in another process, where other settings are; secrets stay here.

        A proxy is this computer's own and may hold a password.
        """
        found = self.session.wiring.endpoint(cast("UploadOptions", self.given)).place()
        stays = {"proxy"} if with_credentials else {"proxy", "credentials"}
        kept = {name: value for name, value in self.given.items() if name not in stays}
        found["endpoint"] = self.control().settings.url
        for kind in ("internal", "accelerate", "dual_stack", "insecure_http"):
            found.pop(kind, None)
            kept.pop(kind, None)
        return {**kept, **found}


def _checked(given: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return the arguments by our names, those that are None left out. Raises InputError for one that is unknown."""
    plain = {name: value for name, value in given.items() if value is not None and name not in _FSSPEC}
    key = tuple(plain.pop(name) for name in _KEY_NAMES if name in plain)
    if key:
        plain.setdefault("credentials", key)
    unknown = sorted(set(plain) - set(names))
    if unknown:
        near = get_close_matches(unknown[0], names, 1)
        advice = tr("The arguments are {names}.", names=listed(names))
        if near:
            advice = tr("Did you mean {name}?", name=near[0])
        what = tr("{name} is not an argument of a filesystem.", name=quoted(unknown[0]))
        raise InputError(what, advice, code="UnknownArgument")
    return plain
