"""How an object that was sent is reached from here. Receipts ask for it, so that none carries an endpoint or a key.

What a receipt was made by answers for it. A copy, as one that was pickled, asks the session of this process.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from oss_jupyter.errors import InputError
from oss_jupyter.model.signed_url import SignedUrl
from oss_jupyter.model.target import Target
from oss_jupyter.texts import tr

R = TypeVar("R", bound="Reached")


class Reach(Protocol):
    """The way to the service with somebody's credentials. Any thread may call it."""

    def signed_url(self, target: Target, expires_seconds: int | None) -> SignedUrl:
        """Return a link to an object; None: as long as it can be. Raises CredentialsError. Asks no service."""

    def reading_place(self) -> Mapping[str, Any]:
        """Return region, endpoint and what else says how the service is reached; nothing secret."""


class Here(Protocol):
    """What this process knows by itself."""

    def reach(self, target: Target) -> Reach:
        """Return the way to an object. Raises InputError where region and endpoint are not known."""

    def reading_place(self) -> Mapping[str, Any]:
        """Return what settings and environment say of the way; empty where they do not suffice."""


_here: list[Here] = []


def set_here(here: Here) -> None:
    """Let `here` answer for receipts that know nobody."""
    _here[:] = [here]


def reach_from_here(target: Target) -> Reach:
    """Return the way to an object as this process knows it. Raises InputError."""
    if not _here:
        raise InputError(
            tr("This copy of a receipt knows neither region nor credentials, and nothing was set up in this process."),
            tr(
                "Call oj.settings() first, or %load_ext oss_jupyter; then those of the settings and the environment "
                "count."
            ),
            code="NothingSetUp",
        )
    return _here[0].reach(target)


def place_here() -> Mapping[str, Any]:
    """Return what this process knows of the way by itself."""
    return _here[0].reading_place() if _here else {}


class Reached:
    """A receipt's memory of how its object was reached. It is no field: not shown, compared, saved or pickled."""

    _reach: Reach | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_reach"}

    def _reach_to(self, target: Target) -> Reach:
        return self._reach or reach_from_here(target)

    def _place_of(self, target: Target) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Return how the service is reached, and what of that this process does not know by itself."""
        known = place_here()
        try:
            place = self._reach_to(target).reading_place()
        except InputError:  # nobody knows, so whoever runs the snippet has to
            place = {}
        return place, {} if place == known else place


def reached_by(receipt: R, reach: Reach) -> R:
    """Return the same receipt, which from now on asks `reach`."""
    object.__setattr__(receipt, "_reach", reach)
    return receipt
